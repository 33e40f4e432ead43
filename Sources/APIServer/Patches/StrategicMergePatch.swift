import Bytes
import ClusterAPI

/// Strategic merge patch: a merge patch that knows which lists are merged, and by which key.
///
/// Directives: `$patch: replace|delete|merge`, `$retainKeys`, `$setElementOrder/<list>`, `$deleteFromPrimitiveList/<list>`.
/// - Source: Kubernetes `util/strategicpatch`; the merge keys are those of the schema table.
struct StrategicMergePatch {
    private let table: SchemaTable

    init(table: SchemaTable) { self.table = table }

    func applied(_ patch: JSONObject, to object: JSONObject, structure: String) throws(StatusError) -> JSONObject {
        try merge(object, patch, table.structure(structure))
    }

    private static let orderPrefix = "$setElementOrder/"
    private static let deletionPrefix = "$deleteFromPrimitiveList/"

    /// - Parameter schema: nil below fields without a schema, where lists are replaced.
    private func merge(_ original: JSONObject, _ patch: JSONObject, _ schema: StructureSchema?) throws(StatusError) -> JSONObject {
        switch patch["$patch"]?.stringValue {
        case "replace":
            var replacement = patch
            replacement.remove("$patch")
            return replacement
        case "delete": return JSONObject()
        case nil, "merge": break
        case let other?: throw .badRequest("error decoding patch: unknown patch type \"\(other)\"")
        }
        var merged = original
        if let kept = patch["$retainKeys"]?.arrayValue?.compactMap(\.stringValue) {
            merged.removeAll { key, _ in !kept.contains(key) }
        }
        for (key, value) in patch where !key.hasPrefix("$") {
            let field = schema?.member(key)
            if value.isNull {
                merged.remove(key)
                continue
            }
            switch value {
            case .object(let change): merged.set(key, try mergeObject(merged[key], change, field))
            case .array(let change):
                merged.set(key, try mergeList(merged[key]?.arrayValue ?? [], change, field, order: order(patch, key)))
            default: merged.set(key, value)
            }
        }
        // Deletions and orders may come for lists that the patch does not otherwise mention.
        for (key, value) in patch {
            if key.hasPrefix(Self.deletionPrefix), let gone = value.arrayValue {
                let list = String(key.dropFirst(Self.deletionPrefix.count))
                guard let elements = merged[list]?.arrayValue else { continue }
                merged.set(list, .array(elements.filter { !gone.contains($0) }))
            } else if key.hasPrefix(Self.orderPrefix), let wanted = value.arrayValue {
                let list = String(key.dropFirst(Self.orderPrefix.count))
                guard patch[list] == nil, let elements = merged[list]?.arrayValue, let field = schema?.member(list) else { continue }
                merged.set(list, .array(ordered(elements, wanted, field, patched: [])))
            }
        }
        return merged
    }

    private func order(_ patch: JSONObject, _ key: String) -> [JSONValue]? { patch[Self.orderPrefix + key]?.arrayValue }

    private func mergeObject(_ original: JSONValue?, _ change: JSONObject, _ field: FieldSchema?) throws(StatusError) -> JSONValue {
        var schema: StructureSchema?
        switch field?.type {
        case .structure(let name): schema = table.structure(name)
        default: break
        }
        let base = original?.objectValue ?? JSONObject()
        return .object(try merge(base, change, schema))
    }

    // MARK: Lists

    private func mergeList(
        _ original: [JSONValue], _ change: [JSONValue], _ field: FieldSchema?, order: [JSONValue]?
    ) throws(StatusError) -> JSONValue {
        guard let field, let key = field.patchMergeKey else {
            return .array(change.filter { $0["$patch"] == nil })
        }
        if key.isEmpty {
            var merged = original
            for element in change where !merged.contains(element) { merged.append(element) }
            return .array(order.map { self.ordered(merged, $0, field, patched: change) } ?? merged)
        }
        var merged = original
        // A list whose patch contains `$patch: replace` is replaced by the other elements.
        if change.contains(where: { $0["$patch"]?.stringValue == "replace" }) {
            return .array(change.filter { $0["$patch"]?.stringValue != "replace" })
        }
        let schema = field.type.element.structureName.map(table.structure)
        var added: [JSONValue] = []
        for element in change {
            guard case .object(let object) = element else {
                throw .badRequest("error decoding patch: a list merged by \"\(key)\" has objects as elements")
            }
            guard let identity = object[key] else {
                throw .badRequest("map: \(element) does not contain declared merge key: \(key)")
            }
            let places = merged.indices.filter { merged[$0][key] == identity }
            if object["$patch"]?.stringValue == "delete" {
                for place in places.reversed() { merged.remove(at: place) }
            } else if let place = places.first, case .object(let existing) = merged[place] {
                merged[place] = .object(try merge(existing, object, schema))
            } else {
                added.append(.object(try merge(JSONObject(), object, schema)))
            }
        }
        merged += added
        guard let order else { return .array(merged) }
        return .array(ordered(merged, order, field, patched: change))
    }

    /// Elements that the order names come in that order; others, which only the server has, keep their places between their neighbours.
    ///
    /// - Source: `normalizeElementOrder`: the two lists are merged, keeping the order of each.
    private func ordered(_ elements: [JSONValue], _ order: [JSONValue], _ field: FieldSchema, patched: [JSONValue]) -> [JSONValue] {
        let key = field.patchMergeKey ?? ""
        func identity(_ element: JSONValue) -> JSONValue { key.isEmpty ? element : element[key] ?? .null }
        let wanted = order.map(identity)
        var named: [(rank: Int, element: JSONValue)] = []
        var groups: [[JSONValue]] = [[]]
        // Server-only elements stay behind the named element that they followed.
        for element in elements {
            if let rank = wanted.firstIndex(of: identity(element)) {
                named.append((rank, element))
                groups.append([])
            } else {
                groups[groups.count - 1].append(element)
            }
        }
        var result = groups[0]
        let followers = Dictionary(zip(named.map(\.rank), groups.dropFirst()), uniquingKeysWith: { $0 + $1 })
        for (rank, element) in named.sorted(by: { $0.rank < $1.rank }) {
            result.append(element)
            result += followers[rank] ?? []
        }
        return result
    }
}
