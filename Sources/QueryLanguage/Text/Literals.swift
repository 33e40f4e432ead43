import Bytes

/// Why a literal of a query could not be read: the wording Prometheus uses, and where in the literal.
package struct LiteralError: Error, Equatable, Sendable {
    package var message: String
    /// Byte offset from the literal's start.
    package var offset: Int

    package init(_ message: String, offset: Int = 0) {
        self.message = message
        self.offset = offset
    }
}

/// Strings and numbers as both languages write them.
package enum Literals {
    /// Finds the end of a quoted string that starts at `start`, the closing quote included.
    ///
    /// - Throws: when the string is not closed; a raw string may span lines, the others may not.
    package static func endOfString(_ text: [UInt8], from start: Int) throws(LiteralError) -> Int {
        let quote = text[start]
        var index = start + 1
        if quote == UInt8(ascii: "`") {
            while index < text.count {
                if text[index] == quote { return index + 1 }
                index += 1
            }
            throw LiteralError("unterminated raw string")
        }
        while index < text.count {
            switch text[index] {
            case quote: return index + 1
            case UInt8(ascii: "\n"): throw LiteralError("unterminated quoted string")
            case UInt8(ascii: "\\"): index = try skipEscape(text, at: index, quote: quote)
            default: index += 1
            }
        }
        throw LiteralError("unterminated quoted string")
    }

    private static func escapeDigits(_ letter: UInt8) -> (count: Int, radix: Int, largest: UInt32)? {
        switch letter {
        case UInt8(ascii: "0")...UInt8(ascii: "7"): (3, 8, 255)
        case UInt8(ascii: "x"): (2, 16, 255)
        case UInt8(ascii: "u"): (4, 16, 0x10ffff)
        case UInt8(ascii: "U"): (8, 16, 0x10ffff)
        default: nil
        }
    }

    private static func skipEscape(_ text: [UInt8], at backslash: Int, quote: UInt8) throws(LiteralError) -> Int {
        guard backslash + 1 < text.count else { throw LiteralError("escape sequence not terminated") }
        let letter = text[backslash + 1]
        if letter == quote || #"abfnrtv\"#.utf8.contains(letter) { return backslash + 2 }
        guard let (count, radix, largest) = escapeDigits(letter) else {
            throw LiteralError("unknown escape sequence \(describe(text, at: backslash + 1))")
        }
        var index = backslash + (radix == 8 ? 1 : 2)
        var value: UInt32 = 0
        for _ in 0..<count {
            guard index < text.count else { throw LiteralError("escape sequence not terminated") }
            guard let digit = hexValue(text[index]), digit < radix else {
                throw LiteralError("illegal character \(describe(text, at: index)) in escape sequence")
            }
            value = value &* UInt32(radix) &+ UInt32(digit)
            index += 1
        }
        if value > largest || (0xd800..<0xe000).contains(value) && largest > 255 {
            throw LiteralError("escape sequence is an invalid Unicode code point")
        }
        return index
    }

    /// `U+0063 'c'`, as Go prints a rune in a message.
    private static func describe(_ text: [UInt8], at index: Int) -> String {
        let length = UTF8Validation.sequenceLength(text.span, at: index)
        let character = UTF8Validation.repaired(text[index..<index + max(1, length)])
        let value = character.unicodeScalars.first?.value ?? 0xfffd
        let hex = String(value, radix: 16, uppercase: true)
        return "U+\(String(repeating: "0", count: max(0, 4 - hex.count)))\(hex) '\(character)'"
    }

    private static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    /// The bytes that a quoted literal stands for (`"…"`, `'…'` with Go's escapes, or a raw `` `…` ``).
    package static func unquote(_ literal: ArraySlice<UInt8>) throws(LiteralError) -> [UInt8] {
        let text = Array(literal)
        guard let quote = text.first, text.count >= 2, try endOfString(text, from: 0) == text.count else {
            throw LiteralError("invalid quoted string")
        }
        if quote == UInt8(ascii: "`") { return text[1..<text.count - 1].filter { $0 != UInt8(ascii: "\r") } }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 1
        while index < text.count - 1 {
            guard text[index] == UInt8(ascii: "\\") else {
                bytes.append(text[index])
                index += 1
                continue
            }
            let letter = text[index + 1]
            if let (count, radix, largest) = escapeDigits(letter) {
                let start = index + (radix == 8 ? 1 : 2)
                let value = text[start..<start + count].reduce(UInt32(0)) { $0 &* UInt32(radix) &+ UInt32(hexValue($1) ?? 0) }
                if largest == 255 {
                    bytes.append(UInt8(truncatingIfNeeded: value))
                } else if let scalar = Unicode.Scalar(value) {
                    bytes.append(contentsOf: String(Character(scalar)).utf8)
                }
                index = start + count
                continue
            }
            switch letter {
            case UInt8(ascii: "a"): bytes.append(7)
            case UInt8(ascii: "b"): bytes.append(8)
            case UInt8(ascii: "f"): bytes.append(12)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "v"): bytes.append(11)
            default: bytes.append(letter)
            }
            index += 2
        }
        return bytes
    }

    /// Whether a label or metric name needs no quotes.
    package static func isIdentifier(_ name: String, allowsColon: Bool = false) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) && $0 >= 0x41 || (allowsColon && $0 == UInt8(ascii: ":"))
        }
    }

    /// The text in double quotes with Go's escapes, as `strconv.Quote` writes it.
    package static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{7}": quoted += "\\a"
            case "\u{8}": quoted += "\\b"
            case "\u{b}": quoted += "\\v"
            case "\u{c}": quoted += "\\f"
            case "\0"..<" ", "\u{7f}":
                let hex = String(scalar.value, radix: 16)
                quoted += "\\x" + (hex.count < 2 ? "0" : "") + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Bytes in double quotes; what is not UTF-8 stands as `\\xc5`.
    package static func quote(_ bytes: [UInt8]) -> String {
        var quoted = ""
        var start = 0
        var index = 0
        func flush(_ end: Int) { quoted += quote(String(decoding: bytes[start..<end], as: UTF8.self)).dropFirst().dropLast() }
        while index < bytes.count {
            let length = UTF8Validation.sequenceLength(bytes.span, at: index)
            if length > 0 {
                index += length
                continue
            }
            flush(index)
            quoted += "\\x" + (bytes[index] < 16 ? "0" : "") + String(bytes[index], radix: 16)
            index += 1
            start = index
        }
        flush(bytes.count)
        return "\"\(quoted)\""
    }

    /// Reads a number: decimal, exponent, hexadecimal (`0x1f`), octal (`0755`), `_` between digits, `Inf`, `NaN` in any case, with a sign.
    ///
    /// - Source: Prometheus `parseNumber`: first as Go's `ParseInt(…, 0, 64)`, then as `ParseFloat`.
    package static func number(_ text: String) -> Double? {
        var bytes = Array(text.utf8)
        var sign = 1.0
        if let first = bytes.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
            sign = first == UInt8(ascii: "-") ? -1 : 1
            bytes.removeFirst()
        }
        guard !bytes.isEmpty else { return nil }
        let lower = String(decoding: bytes.map { $0 | 0x20 }, as: UTF8.self)
        if lower == "inf" || lower == "infinity" { return sign * .infinity }
        if lower == "nan" { return StalenessFree.nan }
        if bytes.contains(UInt8(ascii: "_")) {
            guard underscoresAreBetweenDigits(bytes) else { return nil }
            bytes.removeAll { $0 == UInt8(ascii: "_") }
        }
        guard let first = bytes.first, first == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        if bytes.count > 2, first == UInt8(ascii: "0") {
            let radix: Int? = switch bytes[1] | 0x20 {
            case UInt8(ascii: "x"): 16
            case UInt8(ascii: "b"): 2
            case UInt8(ascii: "o"): 8
            default: nil
            }
            if let radix {
                var value = 0.0
                for byte in bytes[2...] {
                    guard let digit = hexValue(byte), digit < radix else { return nil }
                    value = value * Double(radix) + Double(digit)
                }
                return sign * value
            }
        }
        if bytes.count > 1, first == UInt8(ascii: "0"), bytes.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }) {
            return sign * bytes.reduce(0.0) { $0 * 8 + Double($1 - UInt8(ascii: "0")) }
        }
        return DecimalNumber.parse(bytes).map { sign * $0 }
    }

    private static func underscoresAreBetweenDigits(_ bytes: [UInt8]) -> Bool {
        let isHex = bytes.count > 2 && bytes[0] == UInt8(ascii: "0") && bytes[1] | 0x20 == UInt8(ascii: "x")
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "_") {
            guard index > 0, index + 1 < bytes.count else { return false }
            let before = bytes[index - 1]
            let after = bytes[index + 1]
            let isDigit = { (byte: UInt8) in hexValue(byte).map { $0 < (isHex ? 16 : 10) } ?? false }
            guard isDigit(before) || (isHex && index == 2), isDigit(after) else { return false }
        }
        return true
    }

    private enum StalenessFree {
        /// The quiet NaN that Prometheus writes for a literal.
        static let nan = Double(bitPattern: 0x7ff8_0000_0000_0001)
    }
}
