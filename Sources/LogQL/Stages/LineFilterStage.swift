import Bytes
import Telemetry

/// Keeps or drops entries by their line.
struct LineFilterStage: Sendable {
    private enum Test: Sendable {
        case contains([UInt8])
        case matches(RegularExpression)
        case pattern(LinePattern)
        case address(AddressSet)
    }

    private let tests: [Test]
    private let isNegated: Bool
    /// What the store can test in this stage's place; nil when the stage must run here.
    let pushedDown: LineFilter?

    init(_ expression: LineFilterExpression) {
        isNegated = expression.operation.isNegated
        var tests: [Test] = []
        for operand in expression.operands {
            switch operand {
            case .ip(let text): tests.append(.address(AddressSet(text)!))
            case .text(let text):
                switch expression.operation {
                case .contains, .excludes: tests.append(.contains(text))
                case .matches, .matchesNot:
                    if let compiled = try? RegularExpression(String(decoding: text, as: UTF8.self)) { tests.append(.matches(compiled)) }
                case .pattern, .patternNot:
                    if let pattern = try? LinePattern(filter: text) { tests.append(.pattern(pattern)) }
                }
            }
        }
        self.tests = tests
        var filters: [LineFilter.Test] = []
        for test in tests {
            switch test {
            case .contains(let text): filters.append(.contains(text))
            case .matches(let expression): filters.append(.matches(expression))
            case .pattern, .address: break
            }
        }
        if filters.count < tests.count || filters.isEmpty {
            pushedDown = nil
        } else {
            pushedDown = LineFilter(filters.count == 1 ? filters[0] : .anyOf(filters), isNegated: isNegated)
        }
    }

    /// Literals of a positive pattern, which the store may use to skip blocks though the stage still runs.
    var necessary: [LineFilter] {
        guard !isNegated, tests.count == 1, case .pattern(let pattern) = tests[0] else { return [] }
        return pattern.parts.compactMap { part in
            if case .literal(let literal) = part { LineFilter(.contains(literal)) } else { nil }
        }
    }

    func keeps(_ state: borrowing EntryState) -> Bool { holds(state.text, state.line) != isNegated }

    private func holds(_ text: [UInt8], _ line: Range<Int>) -> Bool {
        for test in tests {
            let holds = switch test {
            case .contains(let literal): literal.isEmpty || ByteSearch.firstRange(of: literal, in: text, range: line) != nil
            case .matches(let expression): expression.matches(text, range: line)
            case .pattern(let pattern): pattern.matches(text, line)
            case .address(let set): set.isFound(in: text, line)
            }
            if holds { return true }
        }
        return false
    }
}
