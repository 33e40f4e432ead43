/// Base64 text (RFC 4648).
package enum Base64 {
    package enum Alphabet: Sendable {
        /// "+" and "/", with padding.
        case standard
        /// "-" and "_", without padding.
        case url
    }

    private static let standardDigits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlDigits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    package static func encode(_ bytes: Span<UInt8>, _ alphabet: Alphabet = .standard, into text: inout [UInt8]) {
        let digits = alphabet == .standard ? standardDigits : urlDigits
        var index = 0
        while index + 3 <= bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            text.append(digits[Int(group >> 18)])
            text.append(digits[Int(group >> 12 & 63)])
            text.append(digits[Int(group >> 6 & 63)])
            text.append(digits[Int(group & 63)])
            index += 3
        }
        let left = bytes.count - index
        guard left > 0 else { return }
        let group = UInt32(bytes[index]) << 16 | (left == 2 ? UInt32(bytes[index + 1]) << 8 : 0)
        text.append(digits[Int(group >> 18)])
        text.append(digits[Int(group >> 12 & 63)])
        if left == 2 { text.append(digits[Int(group >> 6 & 63)]) }
        if alphabet == .standard { text.append(contentsOf: repeatElement(0x3d, count: 3 - left)) }
    }

    package static func encode(_ bytes: [UInt8], _ alphabet: Alphabet = .standard) -> String {
        var text: [UInt8] = []
        encode(bytes.span, alphabet, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes, or nil when the text is not base64. Line feeds are skipped, as Go's decoder does. The standard alphabet wants its
    /// padding; the URL alphabet takes it or leaves it.
    package static func decode(_ text: Span<UInt8>, _ alphabet: Alphabet = .standard) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 3)
        var group: UInt32 = 0
        var digits = 0
        var padding = 0
        for index in 0..<text.count {
            let byte = text[index]
            if byte == 0x0a || byte == 0x0d { continue }
            if byte == 0x3d {
                padding += 1
                continue
            }
            guard padding == 0, let value = digit(byte, alphabet) else { return nil }
            group = group << 6 | value
            digits += 1
            if digits % 4 == 0 {
                bytes.append(UInt8(truncatingIfNeeded: group >> 16))
                bytes.append(UInt8(truncatingIfNeeded: group >> 8))
                bytes.append(UInt8(truncatingIfNeeded: group))
                group = 0
            }
        }
        let left = digits % 4
        let wanted = left == 0 ? 0 : 4 - left
        guard left != 1, padding == wanted || (padding == 0 && alphabet == .url) else { return nil }
        if left == 2 { bytes.append(UInt8(truncatingIfNeeded: group >> 4)) }
        if left == 3 {
            bytes.append(UInt8(truncatingIfNeeded: group >> 10))
            bytes.append(UInt8(truncatingIfNeeded: group >> 2))
        }
        return bytes
    }

    package static func decode(_ text: [UInt8], _ alphabet: Alphabet = .standard) -> [UInt8]? {
        decode(text.span, alphabet)
    }

    package static func decode(_ text: String, _ alphabet: Alphabet = .standard) -> [UInt8]? {
        decode(Array(text.utf8).span, alphabet)
    }

    private static func digit(_ byte: UInt8, _ alphabet: Alphabet) -> UInt32? {
        switch byte {
        case 0x41...0x5a: UInt32(byte - 0x41)
        case 0x61...0x7a: UInt32(byte - 0x61 + 26)
        case 0x30...0x39: UInt32(byte - 0x30 + 52)
        case 0x2b where alphabet == .standard: 62
        case 0x2f where alphabet == .standard: 63
        case 0x2d where alphabet == .url: 62
        case 0x5f where alphabet == .url: 63
        default: nil
        }
    }
}
