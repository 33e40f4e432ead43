import QueryLanguage

/// Whether an expression has the same value at every step, because all it reads is pinned by `@`.
enum StepInvariance {
    /// Functions that look at the evaluation time itself.
    private static let timeDependent: Set<String> = [
        "days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year", "predict_linear", "time", "timestamp",
        "start_timestamp",
    ]

    static func holds(_ expression: Expression) -> Bool {
        switch expression {
        case .number, .string: return true
        case .selector(let node): return node.shift.at != nil
        case .matrix(let node): return node.selector.shift.at != nil
        case .subquery(let node): return node.shift.at != nil
        case .paren(let node): return holds(node.expression)
        case .unary(let node): return holds(node.expression)
        case .aggregate(let node): return holds(node.expression) && node.parameter.map(holds) ?? true
        case .call(let node): return !timeDependent.contains(node.function.name) && node.arguments.allSatisfy(holds)
        case .binary:
            var next = expression
            while case .binary(let node) = next {
                if !holds(node.right) { return false }
                next = node.left
            }
            return holds(next)
        }
    }
}
