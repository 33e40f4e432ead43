import Bytes
import QueryLanguage
import Telemetry

/// Reads PromQL by recursive descent with precedence climbing; nesting is limited, so that no text can exhaust the stack.
struct Parser {
    /// Parentheses, calls and operators that may stand in each other. A chain of operators of one precedence counts once.
    static let depthLimit = 256
    /// Nodes from the root of an expression to its deepest leaf: what walks over a tree and what frees it goes that deep.
    static let heightLimit = 500

    private var lexer: Lexer
    let text: String
    private(set) var current: Token
    /// End of the word before the current one.
    private(set) var previousEnd = 0
    var depth = 0
    /// Nodes below the expression that was read last.
    private var height = 0
    private var openParens = 0
    var isInDuration = false

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

    /// Parses a selector that stands alone, as in `match[]`.
    static func parseSelector(_ text: String) throws(QueryError) -> VectorSelector {
        var parser = try Parser(text)
        let start = parser.current.range.lowerBound
        let name: String
        switch parser.current.kind {
        case .leftBrace: name = ""
        case .identifier:
            name = parser.current.text
            try parser.advance()
        default: throw parser.unexpected()
        }
        guard case .selector(let node) = try parser.selector(name: name, start: start), parser.current.kind == .end else {
            throw parser.unexpected()
        }
        return node
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
    func following() -> Token? {
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
            let leftHeight = height
            try advance()
            var node = Binary(operation: operation, left: left, right: left, returnsBool: false, matching: VectorMatching(), hasMatching: false)
            try modifiers(of: &node)
            node.right = try expression(minimum: operation.precedence + (operation.isRightAssociative ? 0 : 1))
            left = .binary(node)
            height = max(leftHeight, height) + 1
            if height > Self.heightLimit {
                throw fail("expression is nested too deeply: at most \(Self.heightLimit) operators may follow each other")
            }
        }
        return left
    }

    mutating func unary() throws(QueryError) -> Expression {
        let isNegative: Bool
        switch current.kind {
        case .binary(.subtract): isNegative = true
        case .binary(.add): isNegative = false
        default: return try postfix()
        }
        let start = current.range.lowerBound
        try advance()
        let operand = try expression(minimum: BinaryOperator.power.precedence)
        height += 1
        let range = start..<operand.range.upperBound
        if case .number(var number) = operand {
            if isNegative { number.value = -number.value }
            number.range = range
            return .number(number)
        }
        return .unary(Unary(isNegative: isNegative, expression: operand, range: range))
    }

    /// `bool`, `on (…)`, `ignoring (…)`, `group_left (…)`, `fill (…)` after an operator.
    mutating func modifiers(of node: inout Binary) throws(QueryError) {
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
    var isNumberInParentheses: Bool {
        var ahead = lexer
        guard (try? ahead.next())?.kind == .leftParen, var token = try? ahead.next() else { return false }
        if token.kind == .binary(.add) || token.kind == .binary(.subtract) {
            guard let next = try? ahead.next() else { return false }
            token = next
        }
        return token.kind == .number || token.kind == .duration
    }

    mutating func signedNumber() throws(QueryError) -> Double {
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

    mutating func primary() throws(QueryError) -> Expression {
        let token = current
        height = 0
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
            height += 1
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

    func stringBytes(_ token: Token) throws(QueryError) -> [UInt8] {
        do {
            return try Literals.unquote(lexer.bytes[token.range])
        } catch {
            throw fail(error.message, token.range)
        }
    }

    mutating func arguments(_ what: String) throws(QueryError) -> [Expression] {
        try expect(.leftParen, what, "\"(\"")
        openParens += 1
        defer { openParens -= 1 }
        var arguments: [Expression] = []
        if current.kind != .rightParen {
            arguments.append(try expression())
            var tallest = height
            while current.kind == .comma {
                try advance()
                if current.kind == .rightParen { throw fail("trailing commas not allowed in function call args") }
                arguments.append(try expression())
                tallest = max(tallest, height)
            }
            height = tallest + 1
        }
        guard current.kind == .rightParen else {
            throw current.kind == .end ? fail("unclosed left parenthesis") : unexpected()
        }
        try advance()
        return arguments
    }

    mutating func call(_ name: Token) throws(QueryError) -> Expression {
        guard let function = Function.named(name.text) else {
            throw fail("unknown function with name \(Literals.quote(name.text))", name.range)
        }
        let arguments = try arguments("function call")
        return .call(Call(function: function, arguments: arguments, range: name.range.lowerBound..<previousEnd))
    }

    mutating func aggregation(_ operation: AggregationOperator, start: Int) throws(QueryError) -> Expression {
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
    mutating func groupingLabels() throws(QueryError) -> [String] {
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
}
