import Bytes
import QueryLanguage

/// Cuts a query into tokens; blanks and `#` comments fall away.
struct Lexer {
    private let text: [UInt8]
    private let source: String
    private var index = 0

    init(_ source: String) {
        self.source = source
        text = Array(source.utf8)
    }

    static func tokens(_ source: String) throws(QueryError) -> [Token] {
        var lexer = Lexer(source)
        var tokens: [Token] = []
        repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .end
        return tokens
    }

    private func byte(_ offset: Int = 0) -> UInt8 { index + offset < text.count ? text[index + offset] : 0 }

    private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a || byte == 0x5f }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private mutating func skipBlanks() {
        while index < text.count {
            switch text[index] {
            case 0x20, 0x09, 0x0a, 0x0d: index += 1
            case UInt8(ascii: "#"): while index < text.count, text[index] != 0x0a { index += 1 }
            default: return
            }
        }
    }

    private func token(_ kind: Token.Kind, from start: Int) -> Token {
        Token(kind: kind, text: String(decoding: text[start..<index], as: UTF8.self), range: start..<index)
    }

    private func error(_ message: String, at start: Int) -> QueryError { .logQL(message, at: start..<max(start + 1, index), in: source) }

    private mutating func next() throws(QueryError) -> Token {
        skipBlanks()
        let start = index
        guard index < text.count else { return Token(kind: .end, text: "", range: start..<start) }
        let first = text[index]
        if Self.isLetter(first) {
            while Self.isLetter(byte()) || Self.isDigit(byte()) || byte() == UInt8(ascii: ":") { index += 1 }
            return word(token(.identifier, from: start))
        }
        if Self.isDigit(first) || first == UInt8(ascii: ".") && Self.isDigit(byte(1)) { return try quantity() }
        switch first {
        case UInt8(ascii: "\""), UInt8(ascii: "`"): return try string()
        case UInt8(ascii: "["): return try range()
        case UInt8(ascii: "-") where byte(1) == UInt8(ascii: "-") && Self.isLetter(byte(2)):
            index += 2
            while Self.isLetter(byte()) || byte() == UInt8(ascii: "-") { index += 1 }
            return token(.flag, from: start)
        default: return try symbol()
        }
    }

    /// Keywords and functions are written in any case, as in Loki; everything else as it is meant.
    private func word(_ token: Token) -> Token {
        let lowercased = token.text.lowercased()
        guard lowercased != token.text, Keyword.reserved.contains(lowercased) || Keyword.functions.contains(lowercased) && isCall else { return token }
        var token = token
        token.text = lowercased
        return token
    }

    /// Whether a parenthesis comes next, or a grouping before it.
    private var isCall: Bool {
        var place = index
        func skipBlanks() { while place < text.count, [0x20, 0x09, 0x0a, 0x0d].contains(text[place]) { place += 1 } }
        skipBlanks()
        for grouping in ["by", "without"] where text[place...].prefix(grouping.utf8.count).map({ $0 | 0x20 }) == Array(grouping.utf8) {
            place += grouping.utf8.count
            skipBlanks()
            break
        }
        return place < text.count && text[place] == UInt8(ascii: "(")
    }

    private mutating func symbol() throws(QueryError) -> Token {
        let start = index
        for symbol in ["|=", "|~", "|>", "!=", "!~", "!>", "=~", "==", ">=", "<="] where text[index...].starts(with: symbol.utf8) {
            index += 2
            return token(.symbol, from: start)
        }
        index += 1
        if "{}()|,=<>+-*/%^.!".utf8.contains(text[start]), text[start] != UInt8(ascii: "!") { return token(.symbol, from: start) }
        throw error("syntax error: unexpected character \(Literals.quote(UTF8Validation.repaired(text[start..<index])))", at: start)
    }

    private mutating func string() throws(QueryError) -> Token {
        let start = index
        do {
            index = try Literals.endOfString(text, from: start)
            var token = token(.string, from: start)
            token.bytes = try Literals.unquote(text[start..<index])
            return token
        } catch {
            index = text.count
            throw self.error(error.message.hasPrefix("unterminated") ? "literal not terminated" : error.message, at: start)
        }
    }

    private mutating func range() throws(QueryError) -> Token {
        let start = index
        while index < text.count, text[index] != UInt8(ascii: "]") { index += 1 }
        guard index < text.count else { throw error("missing closing ']' in duration", at: start) }
        index += 1
        let inner = String(decoding: text[start + 1..<index - 1], as: UTF8.self)
        return Token(kind: .range, text: inner, range: start..<index)
    }

    /// A number, a duration or a size: whether the letters behind the digits are units of time or of bytes says which.
    private mutating func quantity() throws(QueryError) -> Token {
        let start = index
        scanNumber()
        let end = index
        for (kind, isPart) in [(Token.Kind.duration, Self.isDurationByte), (.byteSize, Self.isSizeByte)] as [(Token.Kind, (UInt8) -> Bool)] {
            while index < text.count, isPart(text[index]) { index += 1 }
            let word = text[start..<index]
            if index > end, kind == .duration ? Self.isDuration(word) : Quantities.byteSize(word) != nil { return token(kind, from: start) }
            index = end
        }
        guard Quantities.isDecimal(Array(text[start..<end])) else {
            throw error("unable to parse literal as a float: \(Literals.quote(String(decoding: text[start..<end], as: UTF8.self)))", at: start)
        }
        return token(.number, from: start)
    }

    /// Digits, a fraction and an exponent; numbers with a base (`0x10`) are read whole, to be refused.
    private mutating func scanNumber() {
        let hasBase = byte() == UInt8(ascii: "0") && "xXoObB".utf8.contains(byte(1)) && (Self.isDigit(byte(2)) || Self.isLetter(byte(2)))
        if hasBase {
            index += 2
            while Self.isDigit(byte()) || byte() | 0x20 >= 0x61 && byte() | 0x20 <= 0x66 { index += 1 }
            return
        }
        while Self.isDigit(byte()) || byte() == UInt8(ascii: "_") { index += 1 }
        if byte() == UInt8(ascii: ".") {
            index += 1
            while Self.isDigit(byte()) { index += 1 }
        }
        guard byte() | 0x20 == UInt8(ascii: "e") else { return }
        let sign = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-") ? 1 : 0
        guard Self.isDigit(byte(1 + sign)) else { return }
        index += 1 + sign
        while Self.isDigit(byte()) { index += 1 }
    }

    private static func isDurationByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || ".numshdwy".utf8.contains(byte) || byte == 0xc2 || byte == 0xb5
    }

    private static func isSizeByte(_ byte: UInt8) -> Bool { "BikKMGTP".utf8.contains(byte) }

    private static func isDuration(_ word: ArraySlice<UInt8>) -> Bool {
        (try? PrometheusDuration.parse(String(decoding: word, as: UTF8.self))) != nil || (try? Quantities.goDuration(word)) != nil
    }
}

extension QueryError {
    /// A parse error as Loki words it.
    static func logQL(_ message: String, at range: Range<Int>, in text: String) -> QueryError {
        let place = TextPosition(offset: range.lowerBound, in: text)
        return QueryError(.bad, "parse error at line \(place.line), col \(place.column): \(message)", range: range)
    }
}
