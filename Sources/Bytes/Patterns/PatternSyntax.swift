/// Where Go's `regexp` and the system's RE2 differ in letters.
enum PatternSyntax {
    /// Writes `(?<name>` as `(?P<name>`, which RE2 before 2023-07 wants.
    static func translatedForRE2(_ pattern: String) -> String {
        let bytes = Array(pattern.utf8)
        guard ByteSearch.firstRange(of: [0x28, 0x3f, 0x3c], in: bytes) != nil else { return pattern }
        var result: [UInt8] = []
        var index = 0
        var isInClass = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x5c, index + 1 < bytes.count {
                // \Q quotes everything up to \E.
                let isQuote = !isInClass && bytes[index + 1] == 0x51
                let stop =
                    isQuote ? ByteSearch.firstRange(of: [0x5c, 0x45], in: bytes, from: index + 2) ?? bytes.count : index + 2
                result.append(contentsOf: bytes[index..<stop])
                index = stop
                continue
            }
            if byte == 0x5b, !isInClass {
                isInClass = true
                // A "]" right behind "[" or "[^" is a member.
                var next = index + 1
                if next < bytes.count, bytes[next] == 0x5e { next += 1 }
                if next < bytes.count, bytes[next] == 0x5d { next += 1 }
                result.append(contentsOf: bytes[index..<next])
                index = next
                continue
            }
            if byte == 0x5d { isInClass = false }
            result.append(byte)
            if !isInClass, byte == 0x3c, result.suffix(3) == [0x28, 0x3f, 0x3c], index >= 2, bytes[index - 1] == 0x3f {
                result.insert(0x50, at: result.count - 1)
            }
            index += 1
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// RE2's message in Go's words.
    private static let wording: [(re2: String, go: String)] = [
        ("missing )", "missing closing )"),
        ("missing ]", "missing closing ]"),
        ("unexpected )", "unexpected )"),
        ("no argument for repetition operator", "missing argument to repetition operator"),
        ("bad repetition operator", "invalid nested repetition operator"),
        ("invalid repetition size", "invalid repeat count"),
        ("invalid character class range", "invalid character class range"),
        ("invalid character class", "invalid character class"),
        ("invalid escape sequence", "invalid escape sequence"),
        ("trailing \\", "trailing backslash at end of expression"),
        ("invalid named capture group", "invalid named capture"),
        ("invalid perl operator", "invalid or unsupported Perl syntax"),
        ("invalid UTF-8", "invalid UTF-8"),
    ]

    static func error(message: String, culprit: String, pattern: String) -> PatternError {
        let known = wording.first { message.hasPrefix($0.re2) }
        let offset = culprit.isEmpty
            ? nil : ByteSearch.firstRange(of: Array(culprit.utf8), in: Array(pattern.utf8))
        guard let known else { return PatternError(message: message, offset: offset) }
        let part = culprit.isEmpty ? known.go.hasPrefix("trailing") ? "" : pattern : culprit
        return PatternError(message: part.isEmpty ? known.go : "\(known.go): `\(part)`", offset: offset)
    }
}
