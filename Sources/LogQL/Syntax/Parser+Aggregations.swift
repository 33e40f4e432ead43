import Bytes
import QueryLanguage

extension Parser {
    mutating func rangeAggregation(_ operation: RangeAggregation.Operation, start: Int) throws(QueryError) -> RangeAggregation {
        try expect("(")
        var parameter: Double?
        if current.kind == .number {
            parameter = try number()
            try expect(",")
        }
        let place = current.range
        var aggregation = RangeAggregation(
            operation: operation, log: LogExpression(matchers: [], range: place), window: 0, parameter: parameter, range: place)
        if operation == .countDistinct {
            aggregation.counted = try labelName()
            try expect(",")
        }
        if !current.isSymbol("{"), !current.isSymbol("(") {
            throw unexpected("expecting " + (parameter == nil && aggregation.counted == nil ? "NUMBER or { or (" : "{ or ("))
        }
        try logRange(into: &aggregation)
        if aggregation.window == 0 || !accept(")") { throw unexpected() }
        if current.isWord("by") || current.isWord("without") { aggregation.grouping = try grouping() }
        aggregation.range = start..<tokens[index - 1].range.upperBound
        try check(aggregation)
        return aggregation
    }

    /// A selector, a pipeline and a window in the orders Loki allows: the pipeline before or after the window, parentheses around it.
    private mutating func logRange(into aggregation: inout RangeAggregation) throws(QueryError) {
        try nested { (parser) throws(QueryError) in
            if parser.accept("(") {
                try parser.logRange(into: &aggregation)
                try parser.expect(")")
            } else {
                aggregation.log = try parser.selector()
            }
            if aggregation.unwrap == nil { try parser.unwrappedPipeline(into: &aggregation) }
            if parser.current.kind == .range {
                if aggregation.window != 0 { throw parser.unexpected() }
                try parser.window(into: &aggregation)
                if aggregation.unwrap == nil { try parser.unwrappedPipeline(into: &aggregation) }
            }
        }
    }

    private mutating func window(into aggregation: inout RangeAggregation) throws(QueryError) {
        let token = advance()
        do throws(LiteralError) {
            aggregation.window = try PrometheusDuration.parse(token.text)
            guard aggregation.window > 0 else { throw LiteralError("duration must be greater than 0") }
        } catch {
            throw failure(error.message, at: token.range)
        }
        guard acceptWord("offset") else { return }
        let isNegative = accept("-")
        guard current.kind == .duration || current.text == "0" else { throw unexpected("expecting DURATION") }
        let text = advance()
        guard let nanoseconds = Quantities.duration(text.text.utf8) else { throw failure("not a valid duration", at: text.range) }
        aggregation.offset = (isNegative ? -1 : 1) * nanoseconds / 1_000_000
    }

    private mutating func unwrappedPipeline(into aggregation: inout RangeAggregation) throws(QueryError) {
        aggregation.log.stages += try pipeline(stopsAtUnwrap: true)
        aggregation.log.range = aggregation.log.range.lowerBound..<tokens[max(index - 1, 0)].range.upperBound
        guard current.isSymbol("|"), following.isWord("unwrap") else { return }
        advance()
        advance()
        if following.isSymbol("(") {
            guard let conversion = Unwrap.Conversion(rawValue: current.text), conversion != .none else { throw unexpected() }
            advance()
            try expect("(")
            aggregation.unwrap = Unwrap(label: try labelName(), conversion: conversion)
            try expect(")")
        } else {
            aggregation.unwrap = Unwrap(label: try labelName(), conversion: .none)
        }
        while accept("|") { aggregation.unwrap?.filters.append(try labelFilter()) }
    }

    private func check(_ aggregation: RangeAggregation) throws(QueryError) {
        let operation = aggregation.operation
        if aggregation.parameter != nil, operation != .quantile {
            throw failure("parameter \(aggregation.parameter!) not supported for operation \(operation.rawValue)", at: aggregation.range)
        }
        if operation == .quantile, aggregation.parameter == nil {
            throw failure("parameter required for operation \(operation.rawValue)", at: aggregation.range)
        }
        if let counted = aggregation.counted {
            if aggregation.unwrap != nil { throw failure("unwrap is not supported for \(operation.rawValue)()", at: aggregation.range) }
            if aggregation.grouping?.isWithout == true { throw failure("without is not supported for \(operation.rawValue)()", at: aggregation.range) }
            if aggregation.grouping?.labels.contains(counted) == true {
                throw failure("cannot group by the counted field \(Literals.quote(counted))", at: aggregation.range)
            }
        }
        if aggregation.grouping != nil, !operation.allowsGrouping {
            throw failure("grouping not allowed for \(operation.rawValue) aggregation", at: aggregation.range)
        }
        if aggregation.unwrap != nil, !operation.allowsUnwrap {
            throw failure("invalid aggregation \(operation.rawValue) with unwrap", at: aggregation.range)
        }
        if aggregation.unwrap == nil, operation.needsUnwrap {
            throw failure("invalid aggregation \(operation.rawValue) without unwrap", at: aggregation.range)
        }
        if case .table = aggregation.log.stages.last {
            throw failure("a range aggregation takes no pipe that works on the whole answer", at: aggregation.range)
        }
    }

    /// `by (…)` or `without (…)`.
    mutating func grouping() throws(QueryError) -> Grouping {
        let isWithout = advance().text == "without"
        return Grouping(labels: try labelList(), isWithout: isWithout)
    }

    mutating func vectorAggregation(_ operation: VectorAggregation.Operation, place: Range<Int>) throws(QueryError) -> Expression {
        var grouping: Grouping?
        if current.isWord("by") || current.isWord("without") { grouping = try self.grouping() }
        try expect("(")
        var count: Int?
        if current.kind == .number, following.isSymbol(",") {
            let token = advance()
            advance()
            guard operation.takesCount else { throw failure("unsupported parameter for operation \(operation.rawValue)(\(token.text),", at: token.range) }
            guard let value = Int(token.text) else { throw failure("invalid parameter \(operation.rawValue)(\(token.text),", at: token.range) }
            guard value > 0 else {
                throw failure("invalid parameter (must be greater than 0) \(operation.rawValue)(\(token.text)", at: token.range)
            }
            count = value
        }
        let operand = try metricExpression()
        try expect(")")
        if current.isWord("by") || current.isWord("without"), grouping == nil { grouping = try self.grouping() }
        if operation.takesCount, count == nil { throw failure("parameter required for operation \(operation.rawValue)", at: place) }
        if grouping != nil, operation == .sort || operation == .sortDescending || operation == .approximateTopk {
            throw failure("grouping not allowed for \(operation.rawValue) aggregation", at: place)
        }
        return .aggregation(VectorAggregation(operation: operation, count: count, operand: operand, grouping: grouping))
    }
}

extension RangeAggregation.Operation {
    var allowsGrouping: Bool {
        switch self {
        case .avg, .stddev, .stdvar, .quantile, .max, .min, .first, .last, .countDistinct: true
        default: false
        }
    }

    var allowsUnwrap: Bool { self != .count && self != .bytes && self != .bytesRate }

    var needsUnwrap: Bool {
        switch self {
        case .count, .rate, .bytes, .bytesRate, .absent, .countDistinct: false
        default: true
        }
    }
}
