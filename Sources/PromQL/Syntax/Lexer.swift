import Bytes
import QueryLanguage

/// One word of a query.
struct Token: Equatable {
    enum Kind: Equatable {
        case end
        case identifier
        case number, duration
        case string
        /// An operator between two expressions.
        case binary(BinaryOperator)
        case leftParen, rightParen, leftBrace, rightBrace, leftBracket, rightBracket
        case comma, colon, at
        case assign, matches, matchesNot
    }

    var kind: Kind
    /// Bytes in the query's text.
    var range: Range<Int>
    var text: String

    /// The word in lower case, for keywords.
    var keyword: String { kind == .identifier ? text.lowercased() : "" }

    /// How a message names the word.
    var description: String {
        switch kind {
        case .end: "end of input"
        case .identifier: Keywords.all.contains(keyword) ? "<\(keyword)>" : "identifier \(Literals.quote(text))"
        case .number: "number \(Literals.quote(text))"
        case .duration: "duration \(Literals.quote(text))"
        case .string: "string \(text)"
        case .binary(let operation): "<op:\(operation.rawValue)>"
        default: Literals.quote(text)
        }
    }
}

/// Words with a meaning of their own, unless they stand where a name must.
enum Keywords {
    static let all: Set<String> = [
        "by", "without", "on", "ignoring", "group_left", "group_right", "fill", "fill_left", "fill_right", "bool", "offset", "anchored",
        "smoothed", "start", "end",
    ]
}

/// Cuts a query into words; comments and blanks fall away.
struct Lexer {
    let bytes: [UInt8]
    private let text: String
    private var offset = 0

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    private func fail(_ message: String, _ range: Range<Int>) -> QueryError { .parseError(message, at: range, in: text) }

    private func peek(_ ahead: Int = 0) -> UInt8? { offset + ahead < bytes.count ? bytes[offset + ahead] : nil }

    private mutating func skipBlanks() {
        while let byte = peek() {
            if byte == UInt8(ascii: "#") {
                while let byte = peek(), byte != UInt8(ascii: "\n") { offset += 1 }
            } else if byte == UInt8(ascii: " ") || (9...13).contains(byte) {
                offset += 1
            } else {
                return
            }
        }
    }

    mutating func next() throws(QueryError) -> Token {
        skipBlanks()
        let start = offset
        guard let byte = peek() else { return Token(kind: .end, range: start..<start, text: "") }
        func symbol(_ kind: Token.Kind, _ length: Int) -> Token {
            offset += length
            return Token(kind: kind, range: start..<offset, text: String(decoding: bytes[start..<offset], as: UTF8.self))
        }
        let following = peek(1)
        switch byte {
        case UInt8(ascii: "("): return symbol(.leftParen, 1)
        case UInt8(ascii: ")"): return symbol(.rightParen, 1)
        case UInt8(ascii: "{"): return symbol(.leftBrace, 1)
        case UInt8(ascii: "}"): return symbol(.rightBrace, 1)
        case UInt8(ascii: "["): return symbol(.leftBracket, 1)
        case UInt8(ascii: "]"): return symbol(.rightBracket, 1)
        case UInt8(ascii: ","): return symbol(.comma, 1)
        case UInt8(ascii: "@"): return symbol(.at, 1)
        case UInt8(ascii: "+"): return symbol(.binary(.add), 1)
        case UInt8(ascii: "-"): return symbol(.binary(.subtract), 1)
        case UInt8(ascii: "*"): return symbol(.binary(.multiply), 1)
        case UInt8(ascii: "/"): return symbol(.binary(.divide), 1)
        case UInt8(ascii: "%"): return symbol(.binary(.modulo), 1)
        case UInt8(ascii: "^"): return symbol(.binary(.power), 1)
        case UInt8(ascii: "="):
            if following == UInt8(ascii: "=") { return symbol(.binary(.equal), 2) }
            return following == UInt8(ascii: "~") ? symbol(.matches, 2) : symbol(.assign, 1)
        case UInt8(ascii: "!"):
            if following == UInt8(ascii: "=") { return symbol(.binary(.notEqual), 2) }
            if following == UInt8(ascii: "~") { return symbol(.matchesNot, 2) }
            throw fail("unexpected character after '!': \(character(at: start + 1))", start..<start + 1)
        case UInt8(ascii: "<"):
            if following == UInt8(ascii: "/") { return symbol(.binary(.trimUpper), 2) }
            return following == UInt8(ascii: "=") ? symbol(.binary(.lessOrEqual), 2) : symbol(.binary(.less), 1)
        case UInt8(ascii: ">"):
            if following == UInt8(ascii: "/") { return symbol(.binary(.trimLower), 2) }
            return following == UInt8(ascii: "=") ? symbol(.binary(.greaterOrEqual), 2) : symbol(.binary(.greater), 1)
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
            do {
                let end = try Literals.endOfString(bytes, from: start)
                return symbol(.string, end - start)
            } catch {
                throw fail(error.message, start..<start + 1)
            }
        case UInt8(ascii: ":"):
            if !(following.map(Self.isNameByte) ?? false) || following.map(Self.isDigit) ?? false { return symbol(.colon, 1) }
            return name()
        default: break
        }
        if Self.isDigit(byte) || (byte == UInt8(ascii: ".") && following.map(Self.isDigit) ?? false) { return try number() }
        if Self.isNameByte(byte) { return name() }
        throw fail("unexpected character: \(character(at: start))", start..<start + 1)
    }

    /// The word after an open bracket's colon must not be taken as a name with colons: `[5m:step()]`.
    mutating func nextInDuration() throws(QueryError) -> Token {
        skipBlanks()
        if peek() == UInt8(ascii: ":") {
            offset += 1
            return Token(kind: .colon, range: offset - 1..<offset, text: ":")
        }
        return try next()
    }

    mutating func rewind(to token: Token) { offset = token.range.lowerBound }

    private func character(at index: Int) -> String {
        guard index < bytes.count else { return "end of input" }
        let length = max(1, UTF8Validation.sequenceLength(bytes.span, at: index))
        return "'\(UTF8Validation.repaired(bytes[index..<min(bytes.count, index + length)]))'"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: ":") }

    private mutating func name() -> Token {
        let start = offset
        while let byte = peek(), Self.isNameByte(byte) { offset += 1 }
        let word = String(decoding: bytes[start..<offset], as: UTF8.self)
        let lower = word.lowercased()
        let range = start..<offset
        switch lower {
        case "and", "or", "unless", "atan2":
            return Token(kind: .binary(BinaryOperator(rawValue: lower)!), range: range, text: word)
        case "inf", "nan": return Token(kind: .number, range: range, text: word)
        default: return Token(kind: .identifier, range: range, text: word)
        }
    }

    /// Takes digits, letters, `_` and `.`, and the sign of an exponent, then decides whether that is a number or a duration.
    private mutating func number() throws(QueryError) -> Token {
        let start = offset
        let isHex = peek() == UInt8(ascii: "0") && peek(1).map { $0 | 0x20 } == UInt8(ascii: "x")
        while let byte = peek() {
            if Self.isDigit(byte) || Self.isLetter(byte) || byte == UInt8(ascii: ".") {
                offset += 1
            } else if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"), !isHex, offset > start,
                bytes[offset - 1] | 0x20 == UInt8(ascii: "e"), peek(1).map(Self.isDigit) ?? false
            {
                offset += 1
            } else {
                break
            }
        }
        let range = start..<offset
        let word = String(decoding: bytes[range], as: UTF8.self)
        if Literals.number(word) != nil { return Token(kind: .number, range: range, text: word) }
        do {
            _ = try PrometheusDuration.parse(word)
            return Token(kind: .duration, range: range, text: word)
        } catch {
            let isShapedLikeOne = error.message != "empty duration string" && !word.contains(".") && !word.contains("_")
            throw fail(isShapedLikeOne ? error.message : "bad number or duration syntax: \(Literals.quote(word))", range)
        }
    }
}
