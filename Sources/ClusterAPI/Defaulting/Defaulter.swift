package import Bytes

/// Fills in what a manifest leaves out: the table's default values, and those that are computed from other fields.
///
/// - Invariant: idempotent; it changes no field that is set.
package struct Defaulter: Sendable {
    /// Computes defaults of one structure; runs after the structure's parts have theirs.
    typealias Rule = @Sendable (inout JSONObject) -> Void

    private let table: SchemaTable

    package init(table: SchemaTable = .standard) { self.table = table }

    /// Sets the defaults of an object that `ObjectDecoder` has read.
    package func setDefaults(_ object: inout JSONValue, kind: KindSchema) {
        guard case .object(var root) = object else { return }
        object = .null
        fill(&root, table.structure(kind.structure))
        object = .object(root)
    }

    private func fill(_ object: inout JSONObject, _ schema: StructureSchema) {
        for member in schema.members {
            if object.contains(member.name) {
                fill(&object[member.name], member.type)
            } else if let text = member.defaultText {
                object[member.name] = Self.value(text, member.type)
                fill(&object[member.name], member.type)
            }
        }
        DefaultRules.rules[schema.name]?(&object)
        if let spec = schema.standingMember, !object.contains(spec.name) {
            // A spec or status that was left out still gets the defaults of its fields.
            var empty = JSONObject()
            fill(&empty, table.structure(spec.type.structureName ?? ""))
            if !empty.isEmpty { object[spec.name] = .object(empty) }
        }
    }

    private func fill(_ value: inout JSONValue?, _ type: FieldType) {
        switch (type, value) {
        case (.structure(let name), .object(var object)):
            value = nil
            fill(&object, table.structure(name))
            value = .object(object)
        case (.array(let element), .array(var elements)):
            guard case .structure(let name) = element else { return }
            let schema = table.structure(name)
            value = nil
            for index in elements.indices {
                guard case .object(var object) = elements[index] else { continue }
                elements[index] = .null
                fill(&object, schema)
                elements[index] = .object(object)
            }
            value = .array(elements)
        default: return
        }
    }

    static func value(_ text: String, _ type: FieldType) -> JSONValue {
        switch type {
        case .int32, .int64, .double: JSONNumber(text).map(JSONValue.number) ?? 0
        case .bool: .bool(text == "true")
        case .structure, .map: .object(JSONObject())
        case .array: .array([])
        default: .string(text)
        }
    }
}

extension StructureSchema {
    /// The status of an object, whose phase has a default.
    fileprivate var standingMember: FieldSchema? {
        guard member("metadata") != nil, let status = member("status"), status.type.structureName != nil else { return nil }
        return status
    }
}
