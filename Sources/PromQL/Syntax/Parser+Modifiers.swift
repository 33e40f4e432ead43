import QueryLanguage

/// What may follow an operand: ranges, subqueries, `offset`, `@`, `anchored` and `smoothed`.
extension Parser {
    /// Ranges, subqueries, `offset`, `@`, `anchored` and `smoothed`.
    mutating func postfix() throws(QueryError) -> Expression {
        var operand = try primary()
        while true {
            let start = operand.range.lowerBound
            if current.kind == .leftBracket {
                operand = try bracket(operand)
            } else if current.kind == .at {
                let place = current.range
                try advance()
                let modifier = try atModifier()
                try shift(&operand, "@ modifier", place) { (shift: inout TimeShift) throws(QueryError) in
                    if shift.at != nil { throw QueryError(.bad, "@ <timestamp> may not be set multiple times") }
                    shift.at = modifier
                }
                operand.extend(start..<previousEnd)
            } else if current.keyword == "offset" {
                let place = current.range
                try advance()
                isInDuration = false
                let offset = try durationOperand(context: "offset")
                try shift(&operand, "offset modifier", place) { (shift: inout TimeShift) throws(QueryError) in
                    if shift.offset != nil { throw QueryError(.bad, "offset may not be set multiple times") }
                    shift.offset = offset
                }
                operand.extend(start..<previousEnd)
            } else if current.keyword == "anchored" || current.keyword == "smoothed" {
                let mode: EdgeMode = current.keyword == "anchored" ? .anchored : .smoothed
                try setEdges(mode, of: &operand)
                try advance()
                operand.extend(start..<previousEnd)
            } else {
                return operand
            }
        }
    }

    func shift(
        _ operand: inout Expression, _ what: String, _ place: Range<Int>, _ body: (inout TimeShift) throws(QueryError) -> Void
    ) throws(QueryError) {
        do throws(QueryError) {
            switch operand {
            case .selector(var node):
                try body(&node.shift)
                operand = .selector(node)
            case .matrix(var node):
                try body(&node.selector.shift)
                operand = .matrix(node)
            case .subquery(var node):
                try body(&node.shift)
                operand = .subquery(node)
            default:
                throw QueryError(
                    .bad, "\(what) must be preceded by an instant vector selector or range vector selector or a subquery")
            }
        } catch {
            throw fail(error.message, place)
        }
    }

    func setEdges(_ mode: EdgeMode, of operand: inout Expression) throws(QueryError) {
        func set(_ node: inout VectorSelector) throws(QueryError) {
            if node.edges != .plain { throw fail("\(mode.rawValue) and \(node.edges.rawValue) modifiers cannot be used together") }
            node.edges = mode
        }
        switch operand {
        case .selector(var node):
            try set(&node)
            operand = .selector(node)
        case .matrix(var node):
            try set(&node.selector)
            operand = .matrix(node)
        default:
            throw fail("\(mode.rawValue) modifier must be preceded by an instant vector selector or range vector selector")
        }
    }

    mutating func atModifier() throws(QueryError) -> AtModifier {
        if current.keyword == "start" || current.keyword == "end" {
            let isStart = current.keyword == "start"
            try advance()
            try expect(.leftParen, "@", "\"(\"")
            try expect(.rightParen, "@", "\")\"")
            return isStart ? .start : .end
        }
        let place = current.range
        var sign = 1.0
        if current.kind == .binary(.subtract) || current.kind == .binary(.add) {
            sign = current.kind == .binary(.subtract) ? -1 : 1
            try advance()
        }
        guard let value = numberValue else { throw unexpected("@", expected: "timestamp") }
        // Half of what milliseconds can hold leaves room for every offset, range and lookback.
        guard value.isFinite, abs(value) < 4.6e15 else {
            throw fail("timestamp out of bounds for @ modifier: \(Printer.number(sign * value))", place)
        }
        try advance()
        return .time(Int64((sign * value * 1000).rounded()))
    }

    /// `[5m]` or `[5m:1m]` after an operand.
    mutating func bracket(_ operand: Expression) throws(QueryError) -> Expression {
        let place = current.range
        let context = "subquery or range selector"
        isInDuration = true
        defer { isInDuration = false }
        try advance()
        if current.kind == .end { throw fail("unexpected end of input in duration expression") }
        if current.kind == .rightBracket { throw unexpected(context, expected: "number, duration, step(), or range()") }
        let duration = try durationSum(context: context)
        if current.kind == .colon {
            try advance()
            let step = current.kind == .rightBracket ? nil : Optional(try durationSum(context: context))
            guard current.kind == .rightBracket else { throw unexpected(context, expected: "\"]\"") }
            isInDuration = false
            try advance()
            try requirePositive(duration, place)
            if let step { try requirePositive(step, place) }
            let range = operand.range.lowerBound..<previousEnd
            if operand.type != .vector {
                let type = operand.type == .matrix ? "matrix" : operand.type.rawValue
                throw fail("subquery is only allowed on instant vector, got \(type) instead", range)
            }
            return .subquery(Subquery(expression: operand, duration: duration, step: step, shift: TimeShift(), range: range))
        }
        guard current.kind == .rightBracket else { throw unexpected(context, expected: "\"]\"") }
        isInDuration = false
        try advance()
        try requirePositive(duration, place)
        let range = operand.range.lowerBound..<previousEnd
        guard case .selector(let selector) = operand else { throw fail("ranges only allowed for vector selectors", range) }
        if selector.shift.offset != nil { throw fail("no offset modifiers allowed before range", range) }
        if selector.shift.at != nil { throw fail("no @ modifiers allowed before range", range) }
        return .matrix(MatrixSelector(selector: selector, duration: duration, range: range))
    }

    func requirePositive(_ duration: DurationExpression, _ place: Range<Int>) throws(QueryError) {
        if let seconds = duration.literalSeconds {
            if seconds <= 0 { throw fail("duration must be greater than 0", place) }
            if seconds > 9_223_372_036 { throw fail("duration out of range", place) }
        }
    }
}

extension Expression {
    /// Widens the range of a selector or subquery over a modifier that follows it.
    fileprivate mutating func extend(_ range: Range<Int>) {
        switch self {
        case .selector(var node):
            node.range = range
            self = .selector(node)
        case .matrix(var node):
            node.range = range
            self = .matrix(node)
        case .subquery(var node):
            node.range = range
            self = .subquery(node)
        default: break
        }
    }
}
