package import QueryLanguage
package import Telemetry

/// What an expression evaluates to.
package enum ValueType: String, Sendable {
    case none
    case scalar
    case string
    case vector = "instant vector"
    case matrix = "range vector"
}

/// A parsed PromQL expression; every node knows its bytes in the text.
package indirect enum Expression: Sendable {
    case number(NumberLiteral)
    case string(StringLiteral)
    case selector(VectorSelector)
    case matrix(MatrixSelector)
    case subquery(Subquery)
    case aggregate(Aggregation)
    case binary(Binary)
    case call(Call)
    case paren(Paren)
    case unary(Unary)

    package var range: Range<Int> {
        switch self {
        case .number(let node): node.range
        case .string(let node): node.range
        case .selector(let node): node.range
        case .matrix(let node): node.range
        case .subquery(let node): node.range
        case .aggregate(let node): node.range
        case .binary(let node): node.left.range.lowerBound..<node.right.range.upperBound
        case .call(let node): node.range
        case .paren(let node): node.range
        case .unary(let node): node.range
        }
    }

    package var type: ValueType {
        switch self {
        case .number: .scalar
        case .string: .string
        case .selector, .aggregate: .vector
        case .matrix, .subquery: .matrix
        case .binary(let node): node.left.type == .scalar && node.right.type == .scalar ? .scalar : .vector
        case .call(let node): node.function.result
        case .paren(let node): node.expression.type
        case .unary(let node): node.expression.type
        }
    }

    /// The expression inside any parentheses.
    package var unwrapped: Expression {
        var expression = self
        while case .paren(let node) = expression { expression = node.expression }
        return expression
    }
}

package struct NumberLiteral: Sendable {
    package var value: Double
    /// Whether it was written as a duration (`1m` is 60).
    package var isDuration: Bool
    package var range: Range<Int>
}

package struct StringLiteral: Sendable {
    package var value: String
    /// What the literal stands for, which need not be UTF-8.
    package var bytes: [UInt8]
    package var range: Range<Int>
}

/// `@ 1603774568`, `@ start()`, `@ end()`.
package enum AtModifier: Hashable, Sendable {
    /// Milliseconds.
    case time(Int64)
    case start, end
}

/// What may shift a selector or subquery in time.
package struct TimeShift: Sendable {
    package var offset: DurationExpression?
    package var at: AtModifier?

    package init(offset: DurationExpression? = nil, at: AtModifier? = nil) {
        self.offset = offset
        self.at = at
    }
}

/// `anchored` takes real samples at the edges of a range; `smoothed` interpolates there.
package enum EdgeMode: String, Sendable {
    case plain, anchored, smoothed
}

package struct VectorSelector: Sendable {
    /// The name before the braces, or a quoted one within; empty when the name is only matched.
    package var name: String
    package var matchers: [LabelMatcher]
    package var shift: TimeShift
    package var edges: EdgeMode
    package var range: Range<Int>
}

package struct MatrixSelector: Sendable {
    package var selector: VectorSelector
    package var duration: DurationExpression
    package var range: Range<Int>
}

package struct Subquery: Sendable {
    package var expression: Expression
    package var duration: DurationExpression
    /// Nil means the default step.
    package var step: DurationExpression?
    package var shift: TimeShift
    package var range: Range<Int>
}

package struct Aggregation: Sendable {
    package var operation: AggregationOperator
    package var parameter: Expression?
    package var expression: Expression
    package var grouping: Grouping
    package var range: Range<Int>
}

package struct Binary: Sendable {
    package var operation: BinaryOperator
    package var left: Expression
    package var right: Expression
    package var returnsBool: Bool
    package var matching: VectorMatching
    /// Whether the text names a matching, so that it is printed and may not stand with scalars.
    package var hasMatching: Bool
}

package struct Call: Sendable {
    package var function: Function
    package var arguments: [Expression]
    package var range: Range<Int>
}

package struct Paren: Sendable {
    package var expression: Expression
    package var range: Range<Int>
}

package struct Unary: Sendable {
    package var isNegative: Bool
    package var expression: Expression
    package var range: Range<Int>
}
