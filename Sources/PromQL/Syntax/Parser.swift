import Bytes
import QueryLanguage
import Telemetry

/// Reads PromQL by recursive descent with precedence climbing; nesting is limited, so that no text can exhaust the stack.
struct Parser {
    /// Parentheses, calls and operators that may stand in each other. A chain of operators of one precedence counts once.
    static let depthLimit = 256

    private var lexer: Lexer
    let text: String
    private(set) var current: Token
    /// End of the word before the current one.
    private(set) var previousEnd = 0
    private var depth = 0
    private var openParens = 0
    private var isInDuration = false

    init(_ text: String) throws(QueryError) {
        self.text = text
        lexer = Lexer(text)
        current = try lexer.next()
    }

    /// Parses and checks a whole query.
    static func parse(_ text: String) throws(QueryError) -> Expression {
        var parser = try Parser(text)
        if parser.current.kind == .end {
            throw .parseError("no expression found in input", at: 0..<0, in: text)
        }
        let expression = try parser.expression()
        switch parser.current.kind {
        case .end: break
        case .rightParen: throw parser.fail("unexpected right parenthesis ')'")
        case .rightBrace: throw parser.fail("unexpected character: '}'")
        default: throw parser.unexpected()
        }
        try Checker(text: text).check(expression)
        return expression
    }

    // MARK: - Words

    func fail(_ message: String, _ range: Range<Int>? = nil) -> QueryError { .parseError(message, at: range ?? current.range, in: text) }

    func unexpected(_ context: String = "", expected: String = "") -> QueryError {
        if current.kind == .end, context.isEmpty, openParens > 0 { return fail("unclosed left parenthesis") }
        var message = "unexpected \(current.description)"
        if !context.isEmpty { message += " in \(context)" }
        if !expected.isEmpty { message += ", expected \(expected)" }
        return fail(message)
    }

    mutating func advance() throws(QueryError) {
        previousEnd = current.range.upperBound
        current = try isInDuration ? lexer.nextInDuration() : lexer.next()
    }

    mutating func expect(_ kind: Token.Kind, _ context: String, _ expected: String) throws(QueryError) {
        guard current.kind == kind else { throw unexpected(context, expected: expected) }
        try advance()
    }

    /// The word after the current one, which stays current.
    private func following() -> Token? {
        var ahead = lexer
        return try? ahead.next()
    }

    // MARK: - Expressions

    mutating func expression(minimum: Int = 1) throws(QueryError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.depthLimit { throw fail("expression is nested too deeply: the limit is \(Self.depthLimit)") }
        var left = try unary()
        while case .binary(let operation) = current.kind, operation.precedence >= minimum {
            try advance()
            var node = Binary(operation: operation, left: left, right: left, returnsBool: false, matching: VectorMatching(), hasMatching: false)
            try modifiers(of: &node)
            node.right = try expression(minimum: operation.precedence + (operation.isRightAssociative ? 0 : 1))
            left = .binary(node)
        }
        return left
    }

    private mutating func unary() throws(QueryError) -> Expression {
        let isNegative: Bool
        switch current.kind {
        case .binary(.subtract): isNegative = true
        case .binary(.add): isNegative = false
        default: return try postfix()
        }
        let start = current.range.lowerBound
        try advance()
        let operand = try expression(minimum: BinaryOperator.power.precedence)
        let range = start..<operand.range.upperBound
        if case .number(var number) = operand {
            if isNegative { number.value = -number.value }
            number.range = range
            return .number(number)
        }
        return .unary(Unary(isNegative: isNegative, expression: operand, range: range))
    }

    /// `bool`, `on (…)`, `ignoring (…)`, `group_left (…)`, `fill (…)` after an operator.
    private mutating func modifiers(of node: inout Binary) throws(QueryError) {
        if node.operation.isSet { node.matching.cardinality = .manyToMany }
        if current.keyword == "bool" {
            node.returnsBool = true
            try advance()
        }
        if current.keyword == "on" || current.keyword == "ignoring", following()?.kind == .leftParen {
            node.matching.isOn = current.keyword == "on"
            node.hasMatching = true
            try advance()
            node.matching.labels = try groupingLabels()
            if current.keyword == "group_left" || current.keyword == "group_right" {
                let isLeft = current.keyword == "group_left"
                if node.operation.isSet {
                    throw fail("no grouping allowed for \(Literals.quote(node.operation.rawValue)) operation")
                }
                node.matching.cardinality = isLeft ? .manyToOne : .oneToMany
                try advance()
                if current.kind == .leftParen {
                    node.matching.included = try groupingLabels()
                    if let label = node.matching.included.first(where: node.matching.labels.contains), node.matching.isOn {
                        throw fail("label \(Literals.quote(label)) must not occur in ON and GROUP clause at once")
                    }
                }
            }
        }
        while current.keyword.hasPrefix("fill"), ["fill", "fill_left", "fill_right"].contains(current.keyword),
            following()?.kind == .leftParen, isNumberInParentheses
        {
            if node.operation.isSet { throw fail("filling in missing series not allowed for set operators") }
            let keyword = current.keyword
            try advance()
            try advance()
            let value = try signedNumber()
            try expect(.rightParen, "fill", "\")\"")
            if keyword != "fill_right" { node.matching.fillLeft = value }
            if keyword != "fill_left" { node.matching.fillRight = value }
            node.hasMatching = true
        }
    }

    /// Whether the parenthesis after the current word holds just a number: else `fill` is a metric's name.
    private var isNumberInParentheses: Bool {
        var ahead = lexer
        guard (try? ahead.next())?.kind == .leftParen, var token = try? ahead.next() else { return false }
        if token.kind == .binary(.add) || token.kind == .binary(.subtract) {
            guard let next = try? ahead.next() else { return false }
            token = next
        }
        return token.kind == .number || token.kind == .duration
    }

    private mutating func signedNumber() throws(QueryError) -> Double {
        var sign = 1.0
        if current.kind == .binary(.subtract) || current.kind == .binary(.add) {
            sign = current.kind == .binary(.subtract) ? -1 : 1
            try advance()
        }
        guard let value = numberValue else { throw unexpected("number", expected: "number") }
        try advance()
        return sign * value
    }

    /// The current word as a number; a duration counts in seconds.
    var numberValue: Double? {
        switch current.kind {
        case .number: Literals.number(current.text)
        case .duration: (try? PrometheusDuration.parse(current.text)).map { Double($0) / 1000 }
        default: nil
        }
    }

    // MARK: - Operands

    private mutating func primary() throws(QueryError) -> Expression {
        let token = current
        switch token.kind {
        case .number, .duration:
            guard let value = numberValue else { throw unexpected() }
            try advance()
            return .number(NumberLiteral(value: value, isDuration: token.kind == .duration, range: token.range))
        case .string:
            try advance()
            let bytes = try stringBytes(token)
            return .string(StringLiteral(value: String(decoding: bytes, as: UTF8.self), bytes: bytes, range: token.range))
        case .leftParen:
            try advance()
            openParens += 1
            let inner = try expression()
            openParens -= 1
            guard current.kind == .rightParen else {
                throw current.kind == .end ? fail("unclosed left parenthesis") : unexpected()
            }
            try advance()
            return .paren(Paren(expression: inner, range: token.range.lowerBound..<previousEnd))
        case .leftBrace: return try selector(name: "", start: token.range.lowerBound)
        case .identifier:
            let next = following()
            if let operation = AggregationOperator(rawValue: token.keyword),
                next?.kind == .leftParen || next?.keyword == "by" || next?.keyword == "without"
            {
                try advance()
                return try aggregation(operation, start: token.range.lowerBound)
            }
            try advance()
            if current.kind == .leftParen { return try call(token) }
            return try selector(name: token.text, start: token.range.lowerBound)
        default: throw unexpected()
        }
    }

    func string(_ token: Token) throws(QueryError) -> String { String(decoding: try stringBytes(token), as: UTF8.self) }

    private func stringBytes(_ token: Token) throws(QueryError) -> [UInt8] {
        do {
            return try Literals.unquote(lexer.bytes[token.range])
        } catch {
            throw fail(error.message, token.range)
        }
    }

    private mutating func arguments(_ what: String) throws(QueryError) -> [Expression] {
        try expect(.leftParen, what, "\"(\"")
        openParens += 1
        defer { openParens -= 1 }
        var arguments: [Expression] = []
        if current.kind != .rightParen {
            arguments.append(try expression())
            while current.kind == .comma {
                try advance()
                if current.kind == .rightParen { throw fail("trailing commas not allowed in function call args") }
                arguments.append(try expression())
            }
        }
        guard current.kind == .rightParen else {
            throw current.kind == .end ? fail("unclosed left parenthesis") : unexpected()
        }
        try advance()
        return arguments
    }

    private mutating func call(_ name: Token) throws(QueryError) -> Expression {
        guard let function = Function.named(name.text) else {
            throw fail("unknown function with name \(Literals.quote(name.text))", name.range)
        }
        let arguments = try arguments("function call")
        return .call(Call(function: function, arguments: arguments, range: name.range.lowerBound..<previousEnd))
    }

    private mutating func aggregation(_ operation: AggregationOperator, start: Int) throws(QueryError) -> Expression {
        var grouping: Grouping?
        func isModifier(_ token: Token) -> Bool { token.keyword == "by" || token.keyword == "without" }
        if isModifier(current) {
            let isWithout = current.keyword == "without"
            try advance()
            grouping = Grouping(labels: try groupingLabels(), isWithout: isWithout)
        }
        let arguments = try arguments("aggregation")
        if grouping == nil, isModifier(current) {
            let isWithout = current.keyword == "without"
            try advance()
            grouping = Grouping(labels: try groupingLabels(), isWithout: isWithout)
        }
        let range = start..<previousEnd
        if arguments.isEmpty { throw fail("no arguments for aggregate expression provided", range) }
        let wanted = operation.takesParameter ? 2 : 1
        guard arguments.count == wanted else {
            throw fail("wrong number of arguments for aggregate expression provided, expected \(wanted), got \(arguments.count)", range)
        }
        return .aggregate(
            Aggregation(
                operation: operation, parameter: operation.takesParameter ? arguments[0] : nil, expression: arguments[wanted - 1],
                grouping: grouping ?? Grouping(), range: range))
    }

    /// `(a, "b.c", d,)`.
    private mutating func groupingLabels() throws(QueryError) -> [String] {
        let context = "grouping opts"
        try expect(.leftParen, context, "\"(\"")
        var labels: [String] = []
        while current.kind != .rightParen {
            switch current.kind {
            case .identifier where Printer.isPlainName(current.text): labels.append(current.text)
            case .binary(let operation) where operation.isSet || operation == .atan2: labels.append(current.text)
            case .number where Printer.isPlainName(current.text): labels.append(current.text)
            case .string: labels.append(try string(current))
            default: throw unexpected(context, expected: "label")
            }
            try advance()
            if current.kind == .rightParen { break }
            try expect(.comma, context, "\",\" or \")\"")
        }
        try advance()
        return labels
    }

    // MARK: - Selectors

    private mutating func selector(name: String, start: Int) throws(QueryError) -> Expression {
        var name = name
        var matchers: [LabelMatcher] = []
        if !name.isEmpty { matchers.append(LabelMatcher(Labels.metricName, equals: name)) }
        if current.kind == .leftBrace {
            try advance()
            let quoted = try labelMatchers(&matchers, named: name)
            if name.isEmpty, let quoted { name = quoted }
        }
        let range = start..<previousEnd
        return .selector(VectorSelector(name: name, matchers: matchers, shift: TimeShift(), edges: .plain, range: range))
    }

    /// The matchers up to the closing brace; answers the quoted metric name if one is among them.
    private mutating func labelMatchers(_ matchers: inout [LabelMatcher], named name: String) throws(QueryError) -> String? {
        let context = "label matching"
        var metricName = name.isEmpty ? nil : Optional(name)
        var quotedName: String?
        while current.kind != .rightBrace {
            if current.kind == .end { throw fail("unexpected end of input inside braces") }
            let label: String
            let isString = current.kind == .string
            switch current.kind {
            case .identifier where Printer.isPlainName(current.text): label = current.text
            case .binary(let operation) where operation.isSet || operation == .atan2: label = current.text
            case .number where Printer.isPlainName(current.text): label = current.text
            case .string: label = try string(current)
            case .comma: throw unexpected(context, expected: "identifier or \"}\"")
            default: throw fail("unexpected character inside braces: '\(current.text.prefix(1))'")
            }
            let place = current.range
            try advance()
            if isString, current.kind == .comma || current.kind == .rightBrace {
                if let metricName {
                    throw fail("metric name must not be set twice: \(Literals.quote(metricName)) or \(Literals.quote(label))", place)
                }
                metricName = label
                quotedName = label
                matchers.append(LabelMatcher(Labels.metricName, equals: label))
            } else {
                matchers.append(try matcher(label, context))
                if label == Labels.metricName, !name.isEmpty {
                    throw fail(
                        "metric name must not be set twice: \(Literals.quote(name)) or \(Literals.quote(matchers[matchers.count - 1].value))",
                        place)
                }
            }
            if current.kind == .rightBrace { break }
            if current.kind == .end { throw fail("unexpected end of input inside braces") }
            try expect(.comma, context, "\",\" or \"}\"")
        }
        try advance()
        return quotedName
    }

    private mutating func matcher(_ label: String, _ context: String) throws(QueryError) -> LabelMatcher {
        let operation: LabelMatcher.Operation
        switch current.kind {
        case .assign: operation = .equal
        case .binary(.notEqual): operation = .notEqual
        case .matches: operation = .matchesExpression
        case .matchesNot: operation = .matchesNotExpression
        case .end: throw fail("unexpected end of input inside braces")
        case .binary(.equal): throw fail("unexpected \"=\" in label matching, expected string")
        case .binary(.less), .binary(.greater), .binary(.lessOrEqual), .binary(.greaterOrEqual):
            throw fail("unexpected character inside braces: '\(current.text.prefix(1))'")
        default: throw unexpected(context, expected: "label matching operator")
        }
        try advance()
        guard current.kind == .string else { throw unexpected(context, expected: "string") }
        let token = current
        let value = try string(token)
        try advance()
        do {
            return try LabelMatcher(label, operation, value)
        } catch {
            throw fail("error parsing regexp: \(error.message)", token.range)
        }
    }

    // MARK: - After an operand

    /// Ranges, subqueries, `offset`, `@`, `anchored` and `smoothed`.
    private mutating func postfix() throws(QueryError) -> Expression {
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

    private func shift(
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

    private func setEdges(_ mode: EdgeMode, of operand: inout Expression) throws(QueryError) {
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

    private mutating func atModifier() throws(QueryError) -> AtModifier {
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
        guard value.isFinite, abs(value) < 9.2e15 else {
            throw fail("timestamp out of bounds for @ modifier: \(Printer.number(sign * value))", place)
        }
        try advance()
        return .time(Int64((sign * value * 1000).rounded()))
    }

    /// `[5m]` or `[5m:1m]` after an operand.
    private mutating func bracket(_ operand: Expression) throws(QueryError) -> Expression {
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
                throw fail("subquery is only allowed on instant vector, got \(operand.type == .matrix ? "matrix" : operand.type.rawValue) instead", range)
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

    private func requirePositive(_ duration: DurationExpression, _ place: Range<Int>) throws(QueryError) {
        if let seconds = duration.literalSeconds {
            if seconds <= 0 { throw fail("duration must be greater than 0", place) }
            if seconds > 9_223_372_036 { throw fail("duration out of range", place) }
        }
    }

    // MARK: - Durations

    /// Arithmetic on durations as it may stand in brackets.
    private mutating func durationSum(context: String, minimum: Int = 1) throws(QueryError) -> DurationExpression {
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

    private mutating func durationUnary(context: String) throws(QueryError) -> DurationExpression {
        guard case .binary(let operation) = current.kind, operation == .add || operation == .subtract else {
            return try durationPrimary(context: context)
        }
        try advance()
        let inner = try durationSum(context: context, minimum: BinaryOperator.power.precedence)
        return operation == .add ? inner : .negated(inner)
    }

    /// One signed operand, as it may stand after `offset`.
    private mutating func durationOperand(context: String) throws(QueryError) -> DurationExpression {
        guard case .binary(let operation) = current.kind, operation == .add || operation == .subtract else {
            return try durationPrimary(context: context)
        }
        try advance()
        let inner = try durationPrimary(context: context)
        return operation == .add ? inner : .negated(inner)
    }

    private mutating func durationPrimary(context: String) throws(QueryError) -> DurationExpression {
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
