package import Bytes

/// One value of a document and where it stands.
package struct DocumentNode: Equatable, Sendable {
    package enum Value: Equatable, Sendable {
        case null
        case bool(Bool)
        case number(JSONNumber)
        case string(String)
        case sequence([DocumentNode])
        case mapping([Member])
    }

    /// A key with its place, and its value.
    package struct Member: Equatable, Sendable {
        package var key: String
        package var line: Int
        package var column: Int
        package var value: DocumentNode

        package init(key: String, line: Int, column: Int, value: DocumentNode) {
            self.key = key
            self.line = line
            self.column = column
            self.value = value
        }
    }

    package var value: Value
    /// Counted from 1, as is the column.
    package var line: Int
    package var column: Int

    package init(_ value: Value, line: Int, column: Int) {
        self.value = value
        self.line = line
        self.column = column
    }

    /// The value of a key; nil when this is no mapping or lacks it.
    package subscript(key: String) -> DocumentNode? {
        guard case .mapping(let members) = value else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The same without places.
    package var json: JSONValue {
        switch value {
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let value): .number(value)
        case .string(let value): .string(value)
        case .sequence(let elements): .array(elements.map(\.json))
        case .mapping(let members): .object(JSONObject(members.map { ($0.key, $0.value.json) }))
        }
    }

    /// Follows member names and indices as they stand in API messages: `spec.containers[0].name`. The deepest node that exists, so that an
    /// error about a missing field points at its parent.
    package func node(at path: String) -> DocumentNode {
        var node = self
        var name = ""
        var rest = path[...]
        func step(_ next: DocumentNode?) -> Bool {
            guard let next else { return false }
            node = next
            return true
        }
        while let character = rest.first {
            rest = rest.dropFirst()
            switch character {
            case ".":
                if !name.isEmpty, !step(node[name]) { return node }
                name = ""
            case "[":
                if !name.isEmpty, !step(node[name]) { return node }
                name = ""
                let index = rest.prefix { $0 != "]" }
                rest = rest.dropFirst(index.count + 1)
                if let place = Int(index) {
                    guard case .sequence(let elements) = node.value, elements.indices.contains(place) else { return node }
                    node = elements[place]
                } else if !step(node[String(index)]) {
                    return node
                }
            default: name.append(character)
            }
        }
        if !name.isEmpty { _ = step(node[name]) }
        return node
    }
}
