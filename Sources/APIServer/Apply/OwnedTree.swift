import Bytes
import ClusterAPI

/// How the parts of an object are owned: what is one value, what is owned member by member, and how elements of lists are told apart.
///
/// - Source: Kubernetes `structured-merge-diff`, `typed`; list types are those of the schema table.
struct OwnedTree {
    enum Shape {
        /// Owned as a whole.
        case value
        case structure(StructureSchema)
        case map(FieldType)
        case keyed([String], StructureSchema)
        case set
    }

    let table: SchemaTable

    func shape(of field: FieldSchema) -> Shape {
        if field.isAtomic { return .value }
        switch field.type {
        case .structure: return shape(of: field.type)
        case .map(let element): return .map(element)
        case .array(let element):
            switch field.applyMerge {
            case .atomic: return .value
            case .set: return .set
            case .map(let keys):
                guard let name = element.structureName else { return .value }
                return .keyed(keys, table.structure(name))
            }
        default: return .value
        }
    }

    func shape(of type: FieldType) -> Shape {
        switch type {
        case .structure(let name):
            let structure = table.structure(name)
            return structure.isAtomic ? .value : .structure(structure)
        case .map(let element): return .map(element)
        default: return .value
        }
    }

    /// The parts of a value with the names that fieldsV1 has for them; nil for what is owned as a whole.
    func parts(_ value: JSONValue, _ shape: Shape) -> [(element: String, value: JSONValue, shape: Shape)]? {
        switch (shape, value) {
        case (.structure(let schema), .object(let object)):
            return object.map { ("f:\($0.key)", $0.value, schema.member($0.key).map(self.shape(of:)) ?? .value) }
        case (.map(let element), .object(let object)):
            let inner = self.shape(of: element)
            return object.map { ("f:\($0.key)", $0.value, inner) }
        case (.keyed(let keys, let schema), .array(let elements)):
            return elements.map { (Self.name($0, keys, schema), $0, .structure(schema)) }
        case (.set, .array(let elements)):
            return elements.map { ("v:\($0)", $0, .value) }
        default: return nil
        }
    }

    private static func name(_ element: JSONValue, _ keys: [String], _ schema: StructureSchema) -> String {
        var identity = JSONObject()
        for key in keys.sorted() {
            if let value = element[key] {
                identity.set(key, value)
            } else if let text = schema.member(key)?.defaultText {
                identity.set(key, JSONNumber(text).map(JSONValue.number) ?? .string(text))
            }
        }
        return "k:\(JSONValue.object(identity))"
    }

    // MARK: Sets

    /// All fields of a value. With `containers` the maps and lists themselves belong to the set as well.
    func fields(_ value: JSONValue, _ shape: Shape, containers: Bool) -> FieldSet {
        guard let parts = parts(value, shape), !parts.isEmpty else { return .leaf }
        var set = FieldSet(isMember: containers)
        for part in parts {
            var child = fields(part.value, part.shape, containers: containers)
            // An element of a list is owned besides its fields: it is what makes it be there.
            if !part.element.hasPrefix("f:") { child.isMember = true }
            set.children[part.element] = set.children[part.element].map(child.union) ?? child
        }
        return set
    }

    struct Changes {
        var written = FieldSet()
        var removed = FieldSet()
    }

    /// What has to be written to one value to get the other.
    func changes(from old: JSONValue, to new: JSONValue, _ shape: Shape) -> Changes {
        if old == new { return Changes() }
        guard let before = parts(old, shape), let after = parts(new, shape) else { return Changes(written: .leaf) }
        var changes = Changes()
        let known = Dictionary(before.map { ($0.element, $0.value) }, uniquingKeysWith: { first, _ in first })
        for part in after {
            let inner: Changes
            if let earlier = known[part.element] {
                inner = self.changes(from: earlier, to: part.value, part.shape)
            } else {
                inner = Changes(written: fields(part.value, part.shape, containers: true))
            }
            if !inner.written.isEmpty { changes.written.children[part.element] = inner.written }
            if !inner.removed.isEmpty { changes.removed.children[part.element] = inner.removed }
        }
        let kept = Set(after.map(\.element))
        for part in before where !kept.contains(part.element) {
            changes.removed.children[part.element] = fields(part.value, part.shape, containers: true)
        }
        return changes
    }

    // MARK: Merging

    /// The live value with everything that was applied.
    func merge(_ live: JSONValue, _ applied: JSONValue, _ shape: Shape) -> JSONValue {
        guard let before = parts(live, shape), let given = parts(applied, shape) else { return applied }
        switch shape {
        case .value: return applied
        case .structure, .map:
            var merged = live.objectValue ?? JSONObject()
            for part in given {
                let key = String(part.element.dropFirst(2))
                merged.set(key, merged[key].map { merge($0, part.value, part.shape) } ?? part.value)
            }
            return .object(merged)
        case .keyed, .set:
            var merged = before
            for part in given {
                if let place = merged.firstIndex(where: { $0.element == part.element }) {
                    merged[place].value = merge(merged[place].value, part.value, part.shape)
                } else {
                    merged.append(part)
                }
            }
            return .array(merged.map(\.value))
        }
    }

    /// Takes the fields out of a value; nil when nothing of it is left. What others own stays, and keeps what it lies in.
    func remove(_ fields: FieldSet, from value: JSONValue, _ shape: Shape, ownedByOthers others: FieldSet) -> JSONValue? {
        guard let parts = parts(value, shape) else {
            if fields.isMember, !others.isMember { return nil }
            return value
        }
        if fields.isMember, others.isEmpty, fields.children.isEmpty { return nil }
        var left: [(element: String, value: JSONValue, shape: Shape)] = []
        for part in parts {
            guard let gone = fields.children[part.element] else {
                left.append(part)
                continue
            }
            let foreign = others.children[part.element] ?? FieldSet()
            // A list's element goes with all it has, unless somebody else holds a part of it.
            if !part.element.hasPrefix("f:"), gone.isMember, foreign.isEmpty { continue }
            if let rest = remove(gone, from: part.value, part.shape, ownedByOthers: foreign) { left.append((part.element, rest, part.shape)) }
        }
        if left.isEmpty, !parts.isEmpty { return nil }
        switch shape {
        case .value: return value
        case .structure, .map: return .object(JSONObject(left.map { (String($0.element.dropFirst(2)), $0.value) }))
        case .keyed, .set: return .array(left.map(\.value))
        }
    }
}
