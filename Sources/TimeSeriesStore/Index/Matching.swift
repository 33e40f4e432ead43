import Bytes
import Telemetry

/// Which series of an index satisfy all matchers.
///
/// Equalities come first, the most selective foremost; what remains is either looked up by values (few values, many candidates) or checked
/// on the candidates themselves (few candidates, many values).
enum Matching {
    static func series<Index: LabelIndex>(
        _ matchers: [LabelMatcher], in index: Index, budget: QueryBudget
    ) throws(StoreError) -> [UInt32] {
        var candidates: [UInt32]?
        var rest: [Condition] = []
        var equalities: [Int] = []
        for matcher in matchers {
            let condition = Condition(matcher)
            if case .anything = condition.test { continue }
            guard let name = index.symbol(of: matcher.name) else {
                // No series of this index has the label.
                if condition.admitsAbsent { continue }
                return []
            }
            if case .oneOf(let values) = condition.test, values.count == 1, !condition.admitsAbsent {
                guard let value = index.symbol(of: values[0]), let entry = index.entry(name: name, value: value) else { return [] }
                equalities.append(entry)
            } else {
                rest.append(condition)
            }
        }
        for entry in equalities.sorted(by: { index.postingsCount(entry: $0) < index.postingsCount(entry: $1) }) {
            let postings = index.postings(entry: entry)
            candidates = candidates.map { Postings.intersect($0, postings) } ?? postings
            if candidates!.isEmpty { return [] }
        }
        rest.sort { $0.rank < $1.rank }
        for condition in rest {
            try budget.check()
            let name = index.symbol(of: condition.matcher.name)!
            if let known = candidates, known.count < condition.valueCount(name, in: index) {
                candidates = try condition.filter(known, name: name, in: index, budget)
            } else {
                candidates = try condition.lookUp(candidates, name: name, in: index, budget)
            }
            if candidates!.isEmpty { return [] }
        }
        return candidates ?? Array(0..<UInt32(index.seriesCount))
    }
}

/// A matcher with its regular expression seen through: many are a value, a list of values, or everything.
private struct Condition {
    enum Test {
        case anything
        case present
        case oneOf([String])
        case noneOf([String])
        case pattern(RegularExpression, isNegated: Bool)
    }

    let matcher: LabelMatcher
    let test: Test
    let admitsAbsent: Bool

    init(_ matcher: LabelMatcher) {
        self.matcher = matcher
        admitsAbsent = matcher.matchesEmpty
        switch matcher.operation {
        case .equal: test = .oneOf([matcher.value])
        case .notEqual: test = matcher.value.isEmpty ? .present : .noneOf([matcher.value])
        case .matchesExpression:
            if matcher.value == ".*" {
                test = .anything
            } else if matcher.value == ".+" {
                test = .present
            } else if let values = matcher.expression!.setMatches {
                test = .oneOf(values)
            } else {
                test = .pattern(matcher.expression!, isNegated: false)
            }
        case .matchesNotExpression:
            if let values = matcher.expression!.setMatches {
                test = .noneOf(values)
            } else {
                test = .pattern(matcher.expression!, isNegated: true)
            }
        }
    }

    /// Cheap conditions first.
    var rank: Int {
        switch test {
        case .anything: 0
        case .oneOf, .noneOf: 1
        case .present: 2
        case .pattern: 3
        }
    }

    func valueCount(_ name: UInt32, in index: some LabelIndex) -> Int {
        switch test {
        case .oneOf(let values), .noneOf(let values): values.count
        default: index.entries(of: name).count
        }
    }

    /// Keeps the candidates whose own value passes; each distinct value is tested once.
    func filter<Index: LabelIndex>(
        _ candidates: [UInt32], name: UInt32, in index: Index, _ budget: QueryBudget
    ) throws(StoreError) -> [UInt32] {
        var verdicts: [UInt32: Bool] = [:]
        var watch = BudgetWatch(budget)
        func isMatch(_ series: UInt32) -> Bool {
            guard let value = index.value(of: name, series: Int(series)) else { return admitsAbsent }
            if let verdict = verdicts[value] { return verdict }
            let verdict = passes(index.symbolBytes, index.symbolRange(value))
            verdicts[value] = verdict
            return verdict
        }
        var matching: [UInt32] = []
        for series in candidates {
            try watch.advance(Self.piecesPerTest)
            if isMatch(series) { matching.append(series) }
        }
        return matching
    }

    /// A regular expression on a value of ordinary length takes some tenths of a microsecond.
    private static let piecesPerTest = 40

    /// Unites the postings of the values that pass, or takes away those of the values that do not when absence passes.
    func lookUp<Index: LabelIndex>(_ candidates: [UInt32]?, name: UInt32, in index: Index, _ budget: QueryBudget) throws(StoreError)
        -> [UInt32]
    {
        var entries: [Int] = []
        var watch = BudgetWatch(budget)
        switch (test, admitsAbsent) {
        case (.oneOf(let values), false), (.noneOf(let values), true):
            entries = values.compactMap { value in index.symbol(of: value).flatMap { index.entry(name: name, value: $0) } }
        case (.pattern(let expression, false), false), (.pattern(let expression, true), true):
            // Either way it is the values that match that are wanted, and these begin as the pattern says.
            let bytes = index.symbolBytes
            let candidates = expression.literalPrefix.map { index.entries(of: name, withPrefix: $0) } ?? index.entries(of: name)
            for entry in candidates {
                try watch.advance(Self.piecesPerTest)
                if expression.matches(bytes, range: index.symbolRange(index.value(entry: entry))) { entries.append(entry) }
            }
        default:
            let bytes = index.symbolBytes
            for entry in index.entries(of: name) {
                try watch.advance(Self.piecesPerTest)
                if passes(bytes, index.symbolRange(index.value(entry: entry))) != admitsAbsent { entries.append(entry) }
            }
        }
        let numbers = try Postings.unite(entries.lazy.map { index.postings(entry: $0) }, seriesCount: index.seriesCount, budget)
        if admitsAbsent {
            return Postings.subtract(candidates ?? Array(0..<UInt32(index.seriesCount)), numbers)
        }
        return candidates.map { Postings.intersect($0, numbers) } ?? numbers
    }

    private func passes(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        switch test {
        case .anything, .present: true
        case .oneOf(let values): values.contains { bytes[range].elementsEqual($0.utf8) }
        case .noneOf(let values): !values.contains { bytes[range].elementsEqual($0.utf8) }
        case .pattern(let expression, let isNegated): expression.matches(bytes, range: range) != isNegated
        }
    }
}
