import Bytes

/// Operations on texts that templates offer.
enum TextWords {
    static let blanks: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{a0}"]

    static func trim(_ text: String, _ cut: Set<Unicode.Scalar>, left: Bool = true, right: Bool = true) -> String {
        var scalars = Substring(text).unicodeScalars
        while left, let first = scalars.first, cut.contains(first) { scalars.removeFirst() }
        while right, let last = scalars.last, cut.contains(last) { scalars.removeLast() }
        return String(scalars)
    }

    static func without(_ text: String, prefix: String) -> String {
        text.utf8.starts(with: prefix.utf8) ? String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : text
    }

    static func without(_ text: String, suffix: String) -> String {
        text.utf8.reversed().starts(with: suffix.utf8.reversed()) ? String(decoding: text.utf8.dropLast(suffix.utf8.count), as: UTF8.self) : text
    }

    /// - Parameter limit: replacements at most; negative means all.
    static func replace(_ text: String, _ old: String, _ new: String, limit: Int) -> String {
        let (bytes, needle) = (Array(text.utf8), Array(old.utf8))
        if needle.isEmpty { return inserted(new, between: text, limit: limit) }
        var result: [UInt8] = []
        var index = 0
        var count = 0
        while limit < 0 || count < limit, let found = ByteSearch.firstRange(of: needle, in: bytes, from: index) {
            result += bytes[index..<found]
            result += new.utf8
            index = found + needle.count
            count += 1
        }
        return String(decoding: result + bytes[index...], as: UTF8.self)
    }

    /// Before each character and behind the last, where Go finds the empty text.
    private static func inserted(_ new: String, between text: String, limit: Int) -> String {
        var (result, count) = ("", 0)
        for scalar in text.unicodeScalars {
            if limit < 0 || count < limit { result += new }
            count += 1
            result.unicodeScalars.append(scalar)
        }
        return limit < 0 || count < limit ? result + new : result
    }

    /// Characters by themselves, as Go maps them: none becomes two.
    static func upper(_ text: String) -> String { mapped(text) { $0.properties.uppercaseMapping } }

    static func lower(_ text: String) -> String { mapped(text) { $0 == "\u{130}" ? "i" : $0.properties.lowercaseMapping } }

    private static func mapped(_ text: String, _ mapping: (Unicode.Scalar) -> String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let other = mapping(scalar).unicodeScalars
            result.append(other.count == 1 ? other.first! : scalar)
        }
        return String(result)
    }

    /// As Go's `template.HTMLEscapeString`.
    static func html(_ text: String) -> String {
        let escapes: [Unicode.Scalar: String] = ["<": "&lt;", ">": "&gt;", "&": "&amp;", "\"": "&#34;", "'": "&#39;", "\0": "\u{fffd}"]
        return text.unicodeScalars.map { escapes[$0] ?? String($0) }.joined()
    }

    /// As Go's `template.JSEscapeString`.
    static func script(_ text: String) -> String {
        let escapes: [Unicode.Scalar: String] = [
            "\\": "\\\\", "'": "\\'", "\"": "\\\"", "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D",
        ]
        return text.unicodeScalars.map { scalar in
            if let escape = escapes[scalar] { return escape }
            guard scalar.value < 0x20 else { return String(scalar) }
            return "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16, uppercase: true)
        }.joined()
    }

    /// Where a text stops being base64, as Go says it: at a byte that is none of its digits, else where its last group of four begins.
    static func base64Failure(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let digits = bytes.enumerated().filter { $0.element != 0x0a && $0.element != 0x0d }
        let foreign = digits.first { UnicodeScalar($0.element).properties.isAlphabetic || (0x30...0x39).contains($0.element) ? $0.element >= 0x80 : !"+/=".utf8.contains($0.element) }
        let place = foreign?.offset ?? bytes.count - digits.count % 4
        return "illegal base64 data at input byte \(place)"
    }

    /// The first letter of each word in upper case; every ASCII character but letters, digits and `_` ends a word.
    static func title(_ text: String) -> String {
        var isInside = false
        var result = ""
        for scalar in text.unicodeScalars {
            let character = Character(scalar)
            result += isInside ? String(character) : upper(String(character))
            isInside = scalar.isASCII
                ? character.isLetter || character.isNumber || character == "_"
                : character.isLetter || character.isNumber || !scalar.properties.isWhitespace
        }
        return result
    }

    static func urlEncode(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
                result.unicodeScalars.append(UnicodeScalar(byte))
            case 0x20: result += "+"
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count < 2 ? "0" : "") + hex
            }
        }
        return result
    }

    static func urlDecode(_ text: String) throws(TemplateError) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                result.append(bytes[index] == UInt8(ascii: "+") ? 0x20 : bytes[index])
                index += 1
                continue
            }
            let escape = bytes[index...].prefix(3)
            let digits = escape.dropFirst().compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            guard digits.count == 2 else { throw TemplateError("invalid URL escape \(Literals.quote(UTF8Validation.repaired(escape)))") }
            result.append(UInt8(digits[0] * 16 + digits[1]))
            index += 3
        }
        return UTF8Validation.repaired(result[...])
    }
}
