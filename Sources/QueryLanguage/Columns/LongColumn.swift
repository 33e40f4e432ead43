package import Telemetry

/// Columns over millions of steps, as subqueries have them: merely to touch the memory of one takes longer than a query may go on once it is over.
package enum LongColumn {
    /// Steps that are filled between two looks at the budget: about a millisecond.
    private static let run = 1 << 18
    package static let runMask = run - 1

    /// A stretch of steps in pieces between which the budget can be looked at.
    package static func runs(_ steps: Range<Int>) -> some Sequence<Range<Int>> {
        stride(from: steps.lowerBound, to: steps.upperBound, by: run).lazy.map { $0..<min($0 + run, steps.upperBound) }
    }

    /// As many values as there are steps; fewer when the query ends meanwhile.
    package static func make(_ value: Double, _ steps: Int, _ budget: QueryBudget) -> [Double] {
        if steps <= run { return [Double](repeating: value, count: steps) }
        var column: [Double] = []
        column.reserveCapacity(steps)
        while column.count < steps {
            if budget.isOver { return column }
            column.append(contentsOf: repeatElement(value, count: min(run, steps - column.count)))
        }
        return column
    }
}
