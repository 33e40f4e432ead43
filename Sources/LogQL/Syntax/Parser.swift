import Bytes
package import QueryLanguage
import Telemetry

/// Reads a query: recursive descent over the tokens, depth-limited.
///
/// What a query means is checked here too, so that a parsed query never fails for its text later.
package struct Parser {
    /// Deeper nesting is refused.
    static let maximumDepth = 128

    let source: String
    let tokens: [Token]
    var index = 0
    private var depth = 0

    private init(_ source: String) throws(QueryError) {
        self.source = source
        tokens = try Lexer.tokens(source)
    }

    /// - Throws: `QueryError.bad` with the place.
    package static func parse(_ source: String) throws(QueryError) -> Expression {
        var parser = try Parser(source)
        let expression = try parser.expression(0)
        guard parser.current.kind == .end else { throw parser.unexpected() }
        return expression
    }

    // MARK: Tokens

    var current: Token { tokens[index] }
    var following: Token { tokens[min(index + 1, tokens.count - 1)] }

    @discardableResult
    mutating func advance() -> Token {
        defer { if index < tokens.count - 1 { index += 1 } }
        return tokens[index]
    }

    mutating func accept(_ symbol: String) -> Bool {
        guard current.isSymbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func acceptWord(_ word: String) -> Bool {
        guard current.isWord(word) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: String) throws(QueryError) {
        if !accept(symbol) { throw unexpected("expecting \(symbol)") }
    }

    mutating func expect(_ kind: Token.Kind, _ name: String) throws(QueryError) -> Token {
        guard current.kind == kind else { throw unexpected("expecting \(name)") }
        return advance()
    }

    /// A label name: an identifier that is no keyword.
    mutating func labelName() throws(QueryError) -> String {
        guard current.kind == .identifier, !Keyword.reserved.contains(current.text), !current.text.contains(":") else {
            throw unexpected("expecting IDENTIFIER")
        }
        return advance().text
    }

    func unexpected(_ expectation: String = "") -> QueryError {
        let name = isFunctionCall ? current.text : current.name
        return failure("syntax error: unexpected \(name)" + (expectation.isEmpty ? "" : ", \(expectation)"), at: current.range)
    }

    /// Whether a function's name with its parenthesis comes next, which messages call by that name.
    private var isFunctionCall: Bool {
        guard current.kind == .identifier, following.isSymbol("(") else { return false }
        return Keyword.functions.contains(current.text)
    }

    func failure(_ message: String, at range: Range<Int>) -> QueryError { .logQL(message, at: range, in: source) }

    mutating func nested<Value>(_ body: (inout Parser) throws(QueryError) -> Value) throws(QueryError) -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw failure("query is nested too deeply", at: current.range) }
        return try body(&self)
    }

    // MARK: Expressions

    /// Operators by falling precedence, left-associative but `^`.
    mutating func expression(_ minimum: Int) throws(QueryError) -> Expression {
        try nested { (parser) throws(QueryError) in
            var left = try parser.primary()
            while let operation = parser.currentOperator, operation.precedence >= minimum {
                let place = parser.advance().range
                var binary = BinaryExpression(operation: operation, left: left, right: left)
                try parser.modifiers(of: &binary)
                binary.right = try parser.expression(operation.precedence + (operation.isRightAssociative ? 0 : 1))
                left = try parser.checked(binary, at: place)
            }
            return left
        }
    }

    private var currentOperator: BinaryOperator? {
        guard current.kind == .symbol || current.kind == .identifier, let operation = BinaryOperator(rawValue: current.text) else { return nil }
        return operation == .atan2 || operation.isTrim ? nil : operation
    }

    private mutating func modifiers(of binary: inout BinaryExpression) throws(QueryError) {
        if acceptWord("bool") {
            guard binary.operation.isComparison else {
                throw failure("syntax error: unexpected bool", at: tokens[index - 1].range)
            }
            binary.returnsBool = true
        }
        if binary.operation.isSet { binary.matching.cardinality = .manyToMany }
        guard current.isWord("on") || current.isWord("ignoring") else { return }
        binary.isMatchingExplicit = true
        binary.matching.isOn = advance().text == "on"
        binary.matching.labels = try labelList()
        guard current.isWord("group_left") || current.isWord("group_right") else { return }
        if binary.operation.isSet { throw failure("no grouping allowed for \"\(binary.operation.rawValue)\" operation", at: current.range) }
        binary.matching.cardinality = advance().text == "group_left" ? .manyToOne : .oneToMany
        if current.isSymbol("(") { binary.matching.included = try labelList() }
    }

    /// `(a, b)`, possibly empty.
    mutating func labelList() throws(QueryError) -> [String] {
        try expect("(")
        var names: [String] = []
        while !accept(")") {
            if !names.isEmpty, !accept(",") { throw unexpected("expecting , or )") }
            names.append(try labelName())
        }
        return names
    }

    private func checked(_ binary: BinaryExpression, at place: Range<Int>) throws(QueryError) -> Expression {
        if binary.left.isLog || binary.right.isLog {
            throw failure("unexpected type for \(binary.left.isLog ? "left" : "right") leg of binary operation "
                + "(\(binary.operation.rawValue)): *syntax.PipelineExpr", at: place)
        }
        if binary.operation.isSet {
            for (side, leg) in [("left", binary.left), ("right", binary.right)] {
                guard let value = leg.literal else { continue }
                throw failure("unexpected literal for \(side) leg of logical/set binary operation (\(binary.operation.rawValue)): "
                    + DecimalNumber.prometheusText(value), at: place)
            }
        }
        if let left = binary.left.literal, let right = binary.right.literal {
            return .number(Arithmetic.apply(binary.operation, left, right))
        }
        return .binary(binary)
    }

    private mutating func primary() throws(QueryError) -> Expression {
        let token = current
        switch token.kind {
        case .number: return .number(try number())
        case .symbol where token.text == "{": return .log(try logExpression())
        case .symbol where token.text == "-" || token.text == "+":
            advance()
            guard current.kind == .number else { throw unexpected("expecting NUMBER") }
            let value = try number()
            return .number(token.text == "-" ? -value : value)
        case .symbol where token.text == "(":
            advance()
            let inner = try expression(0)
            try expect(")")
            return inner
        case .identifier: return try function()
        default: throw unexpected()
        }
    }

    mutating func number() throws(QueryError) -> Double {
        let token = try expect(.number, "NUMBER")
        guard let value = DecimalNumber.parse(token.text) else { throw failure("bad number \(token.text)", at: token.range) }
        return value
    }

    private mutating func function() throws(QueryError) -> Expression {
        let token = current
        if let operation = RangeAggregation.Operation(rawValue: token.text), following.isSymbol("(") {
            advance()
            return .range(try rangeAggregation(operation, start: token.range.lowerBound))
        }
        if let operation = VectorAggregation.Operation(rawValue: token.text) {
            advance()
            return try vectorAggregation(operation, place: token.range)
        }
        guard following.isSymbol("(") else { throw unexpected() }
        switch token.text {
        case "vector":
            advance()
            try expect("(")
            let value = try number()
            try expect(")")
            return .vector(value)
        case "label_replace":
            advance()
            return try labelReplace()
        default: throw unexpected()
        }
    }

    /// What an aggregation takes. Anything else is met where it ends, as in a grammar that would go on with an operator.
    mutating func metricExpression() throws(QueryError) -> Expression {
        let operand = try expression(0)
        if operand.isLog || operand.literal != nil { throw unexpected() }
        return operand
    }

    private mutating func labelReplace() throws(QueryError) -> Expression {
        try expect("(")
        let operand = try metricExpression()
        var texts: [String] = []
        for _ in 0..<4 {
            try expect(",")
            texts.append(String(decoding: try expect(.string, "STRING").bytes, as: UTF8.self))
        }
        let patternPlace = tokens[index - 1].range
        try expect(")")
        do { _ = try RegularExpression(texts[3], options: .anchored) } catch {
            throw failure("invalid regex in label_replace: \(error.message)", at: patternPlace)
        }
        return .labelReplace(
            LabelReplacement(operand: operand, destination: texts[0], replacement: texts[1], source: texts[2], pattern: texts[3]))
    }
}
