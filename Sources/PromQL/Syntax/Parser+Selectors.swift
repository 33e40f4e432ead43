import Bytes
import QueryLanguage
import Telemetry

/// Selectors: `name{label="value", "quoted name"}`.
extension Parser {
    mutating func selector(name: String, start: Int) throws(QueryError) -> Expression {
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
    mutating func labelMatchers(_ matchers: inout [LabelMatcher], named name: String) throws(QueryError) -> String? {
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

    mutating func matcher(_ label: String, _ context: String) throws(QueryError) -> LabelMatcher {
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
}
