package import QueryLanguage

/// A length of time in brackets or after `offset`: a literal, or arithmetic that may use the query's step and range.
package indirect enum DurationExpression: Sendable {
    /// Seconds, and whether written as a duration (`5m`) rather than a number (`300`).
    case literal(Double, isDuration: Bool)
    case step
    case range
    case negated(DurationExpression)
    case binary(BinaryOperator, DurationExpression, DurationExpression)
    case minimum(DurationExpression, DurationExpression)
    case maximum(DurationExpression, DurationExpression)
    case paren(DurationExpression)

    /// What a duration may depend on.
    struct Context {
        /// Milliseconds.
        var step: Int64
        /// Milliseconds from the query's start to its end.
        var range: Int64
    }

    /// The length in milliseconds.
    func milliseconds(_ context: Context) throws(QueryError) -> Int64 {
        let seconds = try evaluate(context)
        guard abs(seconds) < 1e12 else { throw QueryError(.execution, "duration out of range") }
        return Int64((seconds * 1000).rounded())
    }

    private func evaluate(_ context: Context) throws(QueryError) -> Double {
        switch self {
        case .literal(let seconds, _): return seconds
        case .step: return Double(context.step) / 1000
        case .range: return Double(context.range) / 1000
        case .negated(let inner): return try -inner.evaluate(context)
        case .paren(let inner): return try inner.evaluate(context)
        case .minimum(let left, let right): return try min(left.evaluate(context), right.evaluate(context))
        case .maximum(let left, let right): return try max(left.evaluate(context), right.evaluate(context))
        case .binary(let operation, let left, let right):
            let divisor = try right.evaluate(context)
            if operation == .divide, divisor == 0 { throw QueryError(.execution, "division by zero") }
            if operation == .modulo, divisor == 0 { throw QueryError(.execution, "modulo by zero") }
            return operation.apply(try left.evaluate(context), divisor)
        }
    }

    /// The length when it is written as it stands: a literal with or without a sign.
    var literalSeconds: Double? {
        switch self {
        case .literal(let seconds, _): seconds
        case .negated(.literal(let seconds, _)): -seconds
        default: nil
        }
    }

    /// Whether the length depends on the query's step or range.
    var dependsOnQuery: Bool {
        switch self {
        case .literal: false
        case .step, .range: true
        case .negated(let inner), .paren(let inner): inner.dependsOnQuery
        case .binary(_, let left, let right), .minimum(let left, let right), .maximum(let left, let right):
            left.dependsOnQuery || right.dependsOnQuery
        }
    }

    /// As printed on its own: a plain literal is a duration.
    var text: String {
        if let literalSeconds { return PrometheusDuration.format(Int64((literalSeconds * 1000).rounded())) }
        return inner
    }

    private var inner: String {
        switch self {
        case .literal(let seconds, let isDuration):
            isDuration ? PrometheusDuration.format(Int64((seconds * 1000).rounded())) : Printer.number(seconds)
        case .step: "step()"
        case .range: "range()"
        case .negated(let inner): "-\(inner.inner)"
        case .binary(let operation, let left, let right): "\(left.inner) \(operation.rawValue) \(right.inner)"
        case .minimum(let left, let right): "min_of(\(left.inner), \(right.inner))"
        case .maximum(let left, let right): "max_of(\(left.inner), \(right.inner))"
        case .paren(let inner): "(\(inner.inner))"
        }
    }
}
