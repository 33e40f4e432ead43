package import Bytes
package import Telemetry

/// `label_replace` and `label_join`: functions that write a label from others.
package enum LabelRewriting {
    /// Whether text may name a label: any UTF-8 that is not empty.
    package static func isValidLabelName(_ bytes: [UInt8]) -> Bool { !bytes.isEmpty && UTF8Validation.isValid(bytes) }

    /// Whether text may name a label that a query writes: as above, but it begins with a letter, `_` or a character beyond ASCII.
    ///
    /// - Source: the compliance suite wants `~invalid` refused, while Prometheus 3 takes any UTF-8; names such as `http.status` are fine here.
    package static func isValidDestination(_ bytes: [UInt8]) -> Bool {
        guard isValidLabelName(bytes) else { return false }
        let first = bytes[0]
        return first >= 0x80 || first == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first | 0x20)
    }

    /// Sets `destination` to the replacement when the pattern matches the whole value of `source`; an empty result removes the label.
    ///
    /// - Source: Prometheus `label_replace`; `$1` and `${name}` in the replacement are Go's expansion rules.
    package static func replace(
        _ labels: Labels, destination: String, replacement: String, source: String, pattern: RegularExpression
    ) -> Labels {
        let value = Array((labels[source] ?? "").utf8)
        guard let captures = pattern.captures(in: value), !captures.isEmpty else { return labels }
        let result = expand(replacement, value: value, captures: captures, names: pattern.captureNames)
        return labels.setting(destination, to: result)
    }

    /// Expands `$name`, `${name}` and `$$` as Go's `Regexp.Expand` does.
    static func expand(_ template: String, value: [UInt8], captures: [Range<Int>?], names: [String?]) -> String {
        let text = Array(template.utf8)
        var result: [UInt8] = []
        var index = 0
        func isWordByte(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
        while index < text.count {
            guard text[index] == UInt8(ascii: "$"), index + 1 < text.count else {
                result.append(text[index])
                index += 1
                continue
            }
            if text[index + 1] == UInt8(ascii: "$") {
                result.append(UInt8(ascii: "$"))
                index += 2
                continue
            }
            let isBraced = text[index + 1] == UInt8(ascii: "{")
            let start = index + (isBraced ? 2 : 1)
            var end = start
            while end < text.count, isWordByte(text[end]) { end += 1 }
            guard end > start, !isBraced || (end < text.count && text[end] == UInt8(ascii: "}")) else {
                result.append(text[index])
                index += 1
                continue
            }
            let name = String(decoding: text[start..<end], as: UTF8.self)
            let group = name.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                ? Int(name) : names.firstIndex { $0 == name }.map { $0 + 1 }
            if let group, group < captures.count, let range = captures[group] { result.append(contentsOf: value[range]) }
            index = isBraced ? end + 1 : end
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Sets `destination` to the values of `sources` with the separator between them.
    package static func join(_ labels: Labels, destination: String, separator: String, sources: [String]) -> Labels {
        labels.setting(destination, to: sources.map { labels[$0] ?? "" }.joined(separator: separator))
    }
}
