extension JSONValue: CustomStringConvertible {
    /// Compact text, members in their own order.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        encode(into: &writer)
        return writer.bytes
    }

    /// Compact text, members of every object sorted by key: equal trees have equal bytes.
    package var canonicalBytes: [UInt8] {
        var writer = JSONWriter()
        encode(into: &writer, sortsKeys: true)
        return writer.bytes
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }

    package func encode(into writer: inout JSONWriter, sortsKeys: Bool = false) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .number(let value): writer.raw(Array(value.text.utf8))
        case .string(let value): writer.string(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.encode(into: &writer, sortsKeys: sortsKeys) }
            writer.endArray()
        case .object(let object):
            let object = sortsKeys ? object.sortedByKey() : object
            writer.beginObject()
            for index in object.keys.indices {
                writer.key(object.keys[index])
                object.values[index].encode(into: &writer, sortsKeys: sortsKeys)
            }
            writer.endObject()
        }
    }

    /// Text for people: a member a line, indented by `indentation` spaces a level.
    package func indentedText(by indentation: Int = 2) -> String {
        var text = ""
        appendIndented(to: &text, level: 0, indentation: indentation)
        return text
    }

    private func appendIndented(to text: inout String, level: Int, indentation: Int) {
        let inner = "\n" + String(repeating: " ", count: (level + 1) * indentation)
        let outer = "\n" + String(repeating: " ", count: level * indentation)
        switch self {
        case .array(let elements) where !elements.isEmpty:
            text += "["
            for (index, element) in elements.enumerated() {
                text += index == 0 ? inner : "," + inner
                element.appendIndented(to: &text, level: level + 1, indentation: indentation)
            }
            text += outer + "]"
        case .object(let object) where !object.isEmpty:
            text += "{"
            for (index, member) in object.enumerated() {
                text += index == 0 ? inner : "," + inner
                text += JSONValue.string(member.key).description + ": "
                member.value.appendIndented(to: &text, level: level + 1, indentation: indentation)
            }
            text += outer + "}"
        default:
            text += description
        }
    }
}
