package import Telemetry

/// Binary operators on whole vectors of columns: every step of two vectors at once.
///
/// Matching labels are looked at once per series, not once per step; which elements meet at a step is then decided by presence alone.
/// - Throws: `MatchingError` when elements cannot be paired one to one (or many to one) at some step.
package struct VectorArithmetic: Sendable {
    package let operation: BinaryOperator
    /// Whether a comparison answers 0 or 1 instead of filtering.
    package let returnsBool: Bool
    package let steps: Int
    package private(set) var notes = OperationNotes()
    /// Asked between series: the result of a cancelled operation is incomplete, and for nobody.
    private let isCancelled: @Sendable () -> Bool

    package init(_ operation: BinaryOperator, returnsBool: Bool, steps: Int, isCancelled: @escaping @Sendable () -> Bool = { false }) {
        self.operation = operation
        self.returnsBool = returnsBool
        self.steps = steps
        self.isCancelled = isCancelled
    }

    private var dropsName: Bool { returnsBool || !(operation.isComparison || operation.isSet || operation.isTrim) }

    // MARK: - Scalars

    /// A vector with a scalar per step on one side.
    package mutating func combine(_ vector: [StepSeries], scalar: [Double], scalarIsLeft: Bool) -> [StepSeries] {
        var result: [StepSeries] = []
        result.reserveCapacity(vector.count)
        for series in vector {
            if isCancelled() { break }
            var column = StepSeries(labels: series.labels, values: series.values)
            column.dropsName = series.dropsName || dropsName
            column.newestInput = series.newestInput
            if scalarIsLeft {
                combine(scalar, series.values, keepsRight: true, into: &column.values)
            } else {
                combine(series.values, scalar, keepsRight: false, into: &column.values)
            }
            if operation.isTrim {
                for step in 0..<steps where series.hasFloat(step) {
                    notes.incompatible(operation, leftIsHistogram: false, rightIsHistogram: false)
                }
            }
            for step in 0..<series.histograms.count {
                guard let histogram = series.histograms[step] else { continue }
                let value = StepValue.float(scalar[step])
                let other = StepValue.histogram(histogram)
                let outcome = scalarIsLeft ? apply(value, other) : apply(other, value)
                guard let outcome else { continue }
                column.set(step, outcome.value)
            }
            if column.hasAnySample { result.append(column) }
        }
        return result
    }

    /// Steps of a column between two looks at whether the query is cancelled.
    private static let stepsPerLook = 1 << 14

    private func combine(_ left: [Double], _ right: [Double], keepsRight: Bool, into result: inout [Double]) {
        var start = 0
        while start < steps, start == 0 || !isCancelled() {
            let part = start..<min(start + Self.stepsPerLook, steps)
            ColumnArithmetic.combine(operation, left, right, part, returnsBool: returnsBool, keepsRight: keepsRight, into: &result)
            start = part.upperBound
        }
    }

    // MARK: - Sets

    /// `and`, `or`, `unless`.
    package func combineSets(_ left: [StepSeries], _ right: [StepSeries], matching: VectorMatching) -> [StepSeries] {
        let keys = matching.keys
        var result = left
        var presence: [Labels: [Bool]] = [:]
        let marked = operation == .or ? left : right
        for series in marked {
            if isCancelled() { break }
            var flags = presence.removeValue(forKey: keys.key(of: series.labels)) ?? [Bool](repeating: false, count: steps)
            for step in 0..<steps where !flags[step] && series.hasSample(step) { flags[step] = true }
            presence[keys.key(of: series.labels)] = flags
        }
        switch operation {
        case .or:
            for var series in right {
                if isCancelled() { break }
                if let flags = presence[keys.key(of: series.labels)] {
                    for step in 0..<steps where flags[step] { series.remove(step) }
                }
                if series.hasAnySample { result.append(series) }
            }
            return result
        default:
            for index in result.indices {
                if isCancelled() { break }
                let flags = presence[keys.key(of: result[index].labels)]
                for step in 0..<steps where (flags?[step] ?? false) != (operation == .and) { result[index].remove(step) }
            }
            return result.filter(\.hasAnySample)
        }
    }

    // MARK: - Pairs

    /// Series of both sides that share a key.
    private struct Group {
        var key: Labels
        var many: [Int] = []
        var one: [Int] = []
    }

    /// Everything but sets, on two vectors.
    package mutating func combine(
        _ left: [StepSeries], _ right: [StepSeries], matching: VectorMatching
    ) throws(MatchingError) -> [StepSeries] {
        let isSwapped = matching.cardinality == .oneToMany
        let many = isSwapped ? right : left
        let one = isSwapped ? left : right
        // As Prometheus does it: with group_right the sides change places before they are filled.
        let fillMany = matching.fillLeft
        let fillOne = matching.fillRight
        if (many.isEmpty && fillMany == nil) || (one.isEmpty && fillOne == nil) { return [] }
        let keys = matching.keys
        var groups: [Group] = []
        var numbers: [Labels: Int] = [:]
        func group(_ labels: Labels) -> Int? {
            if isCancelled() { return nil }
            let key = keys.key(of: labels)
            if let number = numbers[key] { return number }
            numbers[key] = groups.count
            groups.append(Group(key: key))
            return groups.count - 1
        }
        for (index, series) in many.enumerated() {
            guard let number = group(series.labels) else { return [] }
            groups[number].many.append(index)
        }
        for (index, series) in one.enumerated() {
            guard let number = group(series.labels) else { return [] }
            groups[number].one.append(index)
        }

        var result: [StepSeries] = []
        /// Whether anything stands on the "many" side at a step: else nothing is matched there, and duplicates are no matter.
        let isMatched = groups.contains { $0.one.count > 1 }
            ? (0..<steps).map { step in fillMany != nil || isCancelled() || many.contains { $0.hasSample(step) } } : []
        for group in groups {
            if isCancelled() { break }
            if group.one.count > 1 { try checkUnique(group, one, isMatched, isLeft: isSwapped) }
            var outputs = PairOutputs(steps: steps, isOneToOne: matching.cardinality == .oneToOne)
            for index in group.many {
                let series = many[index]
                for other in group.one {
                    if isCancelled() { return [] }
                    try pair(series, one[other], isSwapped, matching, &outputs)
                }
                if let fillOne {
                    let missing = steps(of: series, missingIn: group.one.map { one[$0] })
                    guard !missing.isEmpty else { continue }
                    let stand = StepSeries(labels: group.key, values: missing.column(fillOne))
                    try pair(series, stand, isSwapped, matching, &outputs)
                }
            }
            if let fillMany {
                for index in group.one {
                    if isCancelled() { return [] }
                    let series = one[index]
                    let missing = steps(of: series, missingIn: group.many.map { many[$0] })
                    guard !missing.isEmpty else { continue }
                    let stand = StepSeries(labels: group.key, values: missing.column(fillMany))
                    try pair(stand, series, isSwapped, matching, &outputs)
                }
            }
            result.append(contentsOf: outputs.series.filter(\.hasAnySample))
        }
        return result
    }

    private struct StepSet {
        var flags: [Bool]
        var isEmpty: Bool { !flags.contains(true) }
        func column(_ value: Double) -> [Double] { flags.map { $0 ? value : StepSeries.absent } }
    }

    /// Steps at which a series has a sample and none of the others does.
    private func steps(of series: StepSeries, missingIn others: [StepSeries]) -> StepSet {
        StepSet(
            flags: (0..<steps).map { step in
                series.hasSample(step) && !(step & 15 == 0 && isCancelled()) && !others.contains { $0.hasSample(step) }
            })
    }

    private func checkUnique(_ group: Group, _ one: [StepSeries], _ isMatched: [Bool], isLeft: Bool) throws(MatchingError) {
        for step in 0..<steps where isMatched[step] {
            if isCancelled() { return }
            var first: Int?
            for index in group.one where one[index].hasSample(step) {
                guard let earlier = first else {
                    first = index
                    continue
                }
                throw MatchingError(
                    """
                    found duplicate series for the match group \(group.key.spacedDescription) on the \(isLeft ? "left" : "right") hand-side \
                    of the operation: \
                    [\(one[index].labels.spacedDescription), \(one[earlier].labels.spacedDescription)];many-to-many matching not allowed: \
                    matching labels must be unique on one side
                    """)
            }
        }
    }

    private func resultLabels(_ many: Labels, _ one: Labels, _ matching: VectorMatching) -> Labels {
        var labels = dropsName ? many.withoutMetricName : many
        if matching.cardinality == .oneToOne {
            let names = LabelNames(matching.labels)
            labels = matching.isOn ? labels.keeping(names) : labels.dropping(names)
        }
        guard !matching.included.isEmpty else { return labels }
        var builder = LabelsBuilder(labels)
        for name in matching.included { builder.set(name, one[name] ?? "") }
        return builder.labels
    }

    private mutating func pair(
        _ many: StepSeries, _ one: StepSeries, _ isSwapped: Bool, _ matching: VectorMatching, _ outputs: inout PairOutputs
    ) throws(MatchingError) {
        let left = isSwapped ? one : many
        let right = isSwapped ? many : one
        var column = StepSeries(labels: resultLabels(many.labels, one.labels, matching), steps: steps)
        // The name comes from the "many" side, and with it whether it falls off.
        column.dropsName = dropsName || many.dropsName
        column.newestInput = max(left.newestInput, right.newestInput)
        combine(left.values, right.values, keepsRight: false, into: &column.values)
        if operation.isTrim || !left.histograms.isEmpty || !right.histograms.isEmpty {
            for step in 0..<steps {
                guard let mine = StepValue(left, step), let theirs = StepValue(right, step) else { continue }
                if case .float = mine, case .float = theirs, !operation.isTrim { continue }
                guard let outcome = apply(mine, theirs) else { continue }
                column.set(step, outcome.value)
            }
        }
        try outputs.add(column, of: many, one)
    }

    /// An operator on one element of each side, at least one of them a histogram; nil when nothing is left.
    private mutating func apply(_ left: StepValue, _ right: StepValue) -> (value: StepValue, Void)? {
        let outcome = HistogramOperation.apply(operation, left, right, &notes)
        switch outcome {
        case .none: return nil
        case .filtered(let value, let isKept):
            if returnsBool { return (.float(isKept ? 1 : 0), ()) }
            return isKept ? (value, ()) : nil
        case .value(let value): return (value, ())
        }
    }
}

/// Why two vectors cannot be matched.
package struct MatchingError: Error, Equatable, Sendable, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}

/// Results of one group of matching series; at each step they must not collide.
private struct PairOutputs {
    let steps: Int
    let isOneToOne: Bool
    private(set) var series: [StepSeries] = []
    private var pairs: [(StepSeries, StepSeries)] = []

    init(steps: Int, isOneToOne: Bool) {
        self.steps = steps
        self.isOneToOne = isOneToOne
    }

    /// - Parameters many, one: the operands: a second match is an error even where a comparison filters its result away.
    mutating func add(_ column: StepSeries, of many: StepSeries, _ one: StepSeries) throws(MatchingError) {
        if isOneToOne {
            for (otherMany, otherOne) in pairs {
                for step in 0..<steps where many.hasSample(step) && one.hasSample(step) && otherMany.hasSample(step) && otherOne.hasSample(step) {
                    throw MatchingError("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")
                }
            }
            pairs.append((many, one))
        }
        guard let index = series.firstIndex(where: { $0.labels == column.labels && $0.dropsName == column.dropsName }) else {
            series.append(column)
            return
        }
        series[index].newestInput = max(series[index].newestInput, column.newestInput)
        for step in 0..<steps {
            guard let value = StepValue(column, step) else { continue }
            if series[index].hasSample(step) {
                throw MatchingError("multiple matches for labels: grouping labels must ensure unique matches")
            }
            series[index].set(step, value)
        }
    }
}

extension Labels {
    /// `up{job="x"}`, as Prometheus prints a metric in messages: the name before the braces.
    package var metricDescription: String {
        guard let name = metricName else { return description }
        let rest = dropping(LabelNames([Labels.metricName]))
        return rest.isEmpty ? name : "\(name)\(rest.spacedDescription)"
    }

    /// `{a="b", c="d"}`, as Prometheus prints a label set in messages: names that are no identifiers stand in quotes.
    package var spacedDescription: String {
        "{" + pairs.map { "\(Literals.isIdentifier($0.name) ? $0.name : Literals.quote($0.name))=\(Literals.quote($0.value))" }
            .joined(separator: ", ") + "}"
    }
}
