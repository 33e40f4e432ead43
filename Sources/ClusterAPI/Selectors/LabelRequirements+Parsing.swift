extension LabelRequirements {
    /// Reads the string form: `app=web,tier in (front,back),!canary,release!=old,weight>3`.
    package init(parsing text: String) throws(SelectorError) {
        var parser = LabelSelectorParser(text)
        self.init(try parser.parse())
    }
}

/// - Source: Kubernetes `labels.Parse`.
private struct LabelSelectorParser {
    private enum Token: Equatable {
        case word(String)
        case symbol(String)
        case end
    }

    private let text: String
    private var tokens: [Token] = []
    private var position = 0

    init(_ text: String) {
        self.text = text
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.first {
            switch byte {
            case 0x20, 0x09, 0x0a, 0x0d: bytes.removeFirst()
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: ">"), UInt8(ascii: "<"):
                tokens.append(.symbol(String(UnicodeScalar(byte))))
                bytes.removeFirst()
            case UInt8(ascii: "="), UInt8(ascii: "!"):
                bytes.removeFirst()
                if bytes.first == UInt8(ascii: "=") {
                    bytes.removeFirst()
                    tokens.append(.symbol(byte == UInt8(ascii: "!") ? "!=" : "="))
                } else {
                    tokens.append(.symbol(String(UnicodeScalar(byte))))
                }
            default:
                let word = bytes.prefix { !" \t\n\r(),><=!".utf8.contains($0) }
                tokens.append(.word(String(decoding: word, as: UTF8.self)))
                bytes.removeFirst(word.count)
            }
        }
    }

    private var current: Token { position < tokens.count ? tokens[position] : .end }

    private mutating func take() -> Token {
        defer { position += 1 }
        return current
    }

    private func failure(_ message: String) -> SelectorError { SelectorError(text: text, message: "unable to parse requirement: \(message)") }

    private func name(_ token: Token) -> String {
        switch token {
        case .word(let word), .symbol(let word): "'\(word)'"
        case .end: "''"
        }
    }

    mutating func parse() throws(SelectorError) -> [LabelRequirement] {
        var requirements: [LabelRequirement] = []
        if current == .end { return [] }
        while true {
            requirements.append(try parseRequirement())
            switch take() {
            case .end: return requirements
            case .symbol(","):
                guard current != .end else { throw failure("found '', expected: identifier after ','") }
            case let other: throw failure("found \(name(other)), expected: ',' or 'end of string'")
            }
        }
    }

    private mutating func parseRequirement() throws(SelectorError) -> LabelRequirement {
        if current == .symbol("!") {
            position += 1
            return LabelRequirement(key: try parseKey(), operation: .doesNotExist)
        }
        let key = try parseKey()
        switch current {
        case .end, .symbol(","): return LabelRequirement(key: key, operation: .exists)
        case .symbol("="), .symbol("!="), .symbol(">"), .symbol("<"):
            guard case .symbol(let symbol) = take() else { break }
            let value = try parseValue()
            switch symbol {
            case "=": return LabelRequirement(key: key, operation: .equals, values: [value])
            case "!=": return LabelRequirement(key: key, operation: .notEquals, values: [value])
            default:
                guard Int64(value) != nil else { throw failure("for 'Gt', 'Lt' operators, the value must be an integer") }
                return LabelRequirement(key: key, operation: symbol == ">" ? .greaterThan : .lessThan, values: [value])
            }
        case .word("in"), .word("notin"):
            let isIn = take() == .word("in")
            return LabelRequirement(key: key, operation: isIn ? .isIn : .isNotIn, values: try parseValues())
        default: break
        }
        throw failure("found \(name(current)), expected: in, notin, =, ==, !=, gt, lt")
    }

    private mutating func parseKey() throws(SelectorError) -> String {
        guard case .word(let key) = take() else {
            position -= 1
            throw failure("found \(name(current)), expected: identifier")
        }
        if let problem = NameRules.qualifiedName(key).first {
            throw failure("key: Invalid value: \"\(key)\": \(problem)")
        }
        return key
    }

    /// A value may be empty: `a=` and `a=,b=c`.
    private mutating func parseValue() throws(SelectorError) -> String {
        switch current {
        case .end, .symbol(","), .symbol(")"): return ""
        case .word(let value):
            position += 1
            if let problem = NameRules.labelValue(value).first { throw failure("values[0]: Invalid value: \"\(value)\": \(problem)") }
            return value
        default: throw failure("found \(name(current)), expected: identifier")
        }
    }

    private mutating func parseValues() throws(SelectorError) -> [String] {
        guard take() == .symbol("(") else {
            position -= 1
            throw failure("found \(name(current)), expected: '('")
        }
        var values: [String] = []
        while true {
            values.append(try parseValue())
            switch take() {
            case .symbol(","): continue
            case .symbol(")"): return Array(Set(values)).sorted()
            case let other: throw failure("found \(name(other)), expected: ',' or ')'")
            }
        }
    }
}
