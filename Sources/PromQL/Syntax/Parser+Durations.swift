import QueryLanguage

/// Lengths of time: in brackets any arithmetic, after `offset` one signed operand.
extension Parser {
    /// Arithmetic on durations as it may stand in brackets.
    mutating func durationSum(context: String, minimum: Int = 1) throws(QueryError) -> DurationExpression {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.depthLimit { throw fail("expression is nested too deeply: the limit is \(Self.depthLimit)") }
        var left = try durationUnary(context: context)
        while case .binary(let operation) = current.kind, operation.precedence >= max(minimum, BinaryOperator.add.precedence),
            operation != .atan2
        {
            let place = current.range
            try advance()
            let right = try durationSum(context: context, minimum: operation.precedence + (operation.isRightAssociative ? 0 : 1))
            if right.literalSeconds == 0, operation == .divide { throw fail("division by zero", place) }
            if right.literalSeconds == 0, operation == .modulo { throw fail("modulo by zero", place) }
            left = .binary(operation, left, right)
        }
        return left
    }

    mutating func durationUnary(context: String) throws(QueryError) -> DurationExpression {
        guard case .binary(let operation) = current.kind, operation == .add || operation == .subtract else {
            return try durationPrimary(context: context)
        }
        try advance()
        let inner = try durationSum(context: context, minimum: BinaryOperator.power.precedence)
        return operation == .add ? inner : .negated(inner)
    }

    /// One signed operand, as it may stand after `offset`.
    mutating func durationOperand(context: String) throws(QueryError) -> DurationExpression {
        guard case .binary(let operation) = current.kind, operation == .add || operation == .subtract else {
            return try durationPrimary(context: context)
        }
        try advance()
        let inner = try durationPrimary(context: context)
        return operation == .add ? inner : .negated(inner)
    }

    mutating func durationPrimary(context: String) throws(QueryError) -> DurationExpression {
        if let value = numberValue {
            guard value.isFinite, abs(value) < 9_223_372_036 else { throw fail("duration out of range") }
            let isDuration = current.kind == .duration
            try advance()
            return .literal(value, isDuration: isDuration)
        }
        if current.kind == .leftParen {
            try advance()
            let inner = try durationSum(context: context)
            try expect(.rightParen, context, "\")\"")
            return .paren(inner)
        }
        switch current.keyword {
        case "step", "range":
            let isStep = current.keyword == "step"
            try advance()
            try expect(.leftParen, context, "\"(\"")
            try expect(.rightParen, context, "\")\"")
            return isStep ? .step : .range
        case "min_of", "max_of":
            let isMinimum = current.keyword == "min_of"
            try advance()
            try expect(.leftParen, context, "\"(\"")
            let left = try durationSum(context: context)
            try expect(.comma, context, "\",\"")
            let right = try durationSum(context: context)
            try expect(.rightParen, context, "\")\"")
            return isMinimum ? .minimum(left, right) : .maximum(left, right)
        default:
            if current.kind == .string { throw fail("unexpected character in duration expression: '\(current.text.prefix(1))'") }
            throw unexpected(context, expected: "number, duration, step(), or range()")
        }
    }
}
