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
        if needle.isEmpty { return text }
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

    /// The first letter of each word in upper case; every ASCII character but letters, digits and `_` ends a word.
    static func title(_ text: String) -> String {
        var isInside = false
        var result = ""
        for scalar in text.unicodeScalars {
            let character = Character(scalar)
            result += isInside ? String(character) : character.uppercased()
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

    static func urlDecode(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16) {
                result.append(value)
                index += 3
            } else {
                result.append(bytes[index] == UInt8(ascii: "+") ? 0x20 : bytes[index])
                index += 1
            }
        }
        return UTF8Validation.repaired(result[...])
    }
}
