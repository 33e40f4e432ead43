package import Bytes

/// Writes JSON values as YAML in block style, as kubectl prints objects: keys sorted, lists at the column of their key.
package struct YAMLWriter: Sendable {
    package init() {}

    package func text(_ value: JSONValue) -> String {
        var text = ""
        switch value {
        case .object(let object) where !object.isEmpty: append(object, indentation: 0, startsOnLine: false, to: &text)
        case .array(let elements) where !elements.isEmpty: append(elements, indentation: 0, to: &text)
        default: text += inline(value, indentation: 0) + "\n"
        }
        return text
    }

    /// Several documents with their separators.
    package func text(documents: [JSONValue]) -> String {
        documents.map { text($0) }.joined(separator: "---\n")
    }

    private func append(_ object: JSONObject, indentation: Int, startsOnLine: Bool, to text: inout String) {
        let sorted = object.sortedByKey()
        for index in sorted.keys.indices {
            if index > 0 || !startsOnLine { text += String(repeating: " ", count: indentation) }
            text += inline(.string(sorted.keys[index]), indentation: indentation) + ":"
            switch sorted.values[index] {
            case .object(let inner) where !inner.isEmpty:
                text += "\n"
                append(inner, indentation: indentation + 2, startsOnLine: false, to: &text)
            case .array(let elements) where !elements.isEmpty:
                text += "\n"
                append(elements, indentation: indentation, to: &text)
            case let scalar: text += " " + inline(scalar, indentation: indentation + 2) + "\n"
            }
        }
    }

    private func append(_ elements: [JSONValue], indentation: Int, to text: inout String, startsOnLine: Bool = false) {
        for (index, element) in elements.enumerated() {
            if index > 0 || !startsOnLine { text += String(repeating: " ", count: indentation) }
            text += "- "
            switch element {
            case .object(let object) where !object.isEmpty: append(object, indentation: indentation + 2, startsOnLine: true, to: &text)
            case .array(let inner) where !inner.isEmpty: append(inner, indentation: indentation + 2, to: &text, startsOnLine: true)
            default: text += inline(element, indentation: indentation + 2) + "\n"
            }
        }
    }

    /// A scalar, or an empty collection.
    private func inline(_ value: JSONValue, indentation: Int) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let number): number.text
        case .string(let text): string(text, indentation: indentation)
        case .array: "[]"
        case .object: "{}"
        }
    }

    private func string(_ text: String, indentation: Int) -> String {
        let bytes = Array(text.utf8)
        if bytes.contains(where: { $0 < 0x20 && $0 != 0x0a || $0 == 0x7f }) || text.hasPrefix("\u{feff}") { return doubleQuoted(text) }
        if bytes.contains(0x0a) { return isLiteral(text) ? literal(text, indentation: indentation) : doubleQuoted(text) }
        if YAMLScalar.isAmbiguous(text) { return doubleQuoted(text) }
        return isPlain(bytes) ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    private func isPlain(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, let last = bytes.last, first != 0x20, last != 0x20, last != UInt8(ascii: ":") else { return false }
        if "#,[]{}&*!|>'\"%@`".utf8.contains(first) { return false }
        if "-?:".utf8.contains(first), bytes.count == 1 || bytes[1] == 0x20 { return false }
        if bytes.starts(with: "---".utf8) || bytes.starts(with: "...".utf8) { return false }
        for index in bytes.indices.dropFirst() {
            if bytes[index] == UInt8(ascii: "#"), bytes[index - 1] == 0x20 { return false }
            if bytes[index] == 0x20, bytes[index - 1] == UInt8(ascii: ":") { return false }
        }
        return true
    }

    /// A literal block cannot begin with a space or a line feed without more signs.
    private func isLiteral(_ text: String) -> Bool {
        guard let first = text.utf8.first, first != 0x20, first != 0x0a else { return false }
        return !text.split(separator: "\n", omittingEmptySubsequences: false).contains { $0.utf8.last == 0x20 && $0.utf8.allSatisfy { $0 == 0x20 } }
    }

    private func literal(_ text: String, indentation: Int) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var header = "|-"
        if lines.last == "" {
            lines.removeLast()
            header = "|"
            if lines.last == "" { header = "|+" }
        }
        let pad = String(repeating: " ", count: max(indentation, 2))
        return header + lines.map { $0.isEmpty ? "\n" : "\n" + pad + $0 }.joined()
    }

    private func doubleQuoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case "\u{feff}": result += "\\ufeff"
            case let other where other.value < 0x20 || other.value == 0x7f:
                let digits = String(other.value, radix: 16)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
