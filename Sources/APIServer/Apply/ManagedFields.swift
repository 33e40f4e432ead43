import Bytes
import ClusterAPI

/// The entries of `metadata.managedFields`: who set what, by applying or by writing.
struct ManagedFields: Equatable {
    struct Entry: Equatable {
        var manager: String
        var operation: FieldOwnership.Operation
        var apiVersion: String
        var subresource: String
        var time: String
        var fields: FieldSet

        func isSame(as other: Entry) -> Bool {
            (manager, operation, apiVersion, subresource) == (other.manager, other.operation, other.apiVersion, other.subresource)
        }
    }

    var entries: [Entry] = []

    init(_ value: JSONValue?) {
        for item in value?.arrayValue ?? [] {
            guard let operation = FieldOwnership.Operation(rawValue: item.text("operation")) else { continue }
            entries.append(
                Entry(
                    manager: item.text("manager"), operation: operation, apiVersion: item.text("apiVersion"), subresource: item.text("subresource"),
                    time: item.text("time"), fields: FieldSet(item["fieldsV1"] ?? [:])))
        }
    }

    /// Nil when nobody owns anything.
    var value: JSONValue? {
        if entries.isEmpty { return nil }
        // Applies come first, then by age, as in Kubernetes.
        let sorted = entries.sorted { left, right in
            if left.operation != right.operation { return left.operation == .apply }
            return (left.time, left.manager, left.subresource) < (right.time, right.manager, right.subresource)
        }
        return .array(
            sorted.map { entry in
                var item = JSONObject([
                    ("manager", .string(entry.manager)), ("operation", .string(entry.operation.rawValue)), ("apiVersion", .string(entry.apiVersion)),
                    ("time", .string(entry.time)), ("fieldsType", "FieldsV1"), ("fieldsV1", entry.fields.value),
                ])
                if !entry.subresource.isEmpty { item["subresource"] = .string(entry.subresource) }
                return .object(item)
            })
    }

    func union(besides entry: Entry) -> FieldSet {
        entries.reduce(FieldSet()) { $1.isSame(as: entry) ? $0 : $0.union($1.fields) }
    }

    /// Gives fields to an entry; its time moves only when something moved.
    mutating func set(_ entry: Entry) {
        if let place = entries.firstIndex(where: { $0.isSame(as: entry) }) {
            if entries[place].fields != entry.fields { entries[place] = entry }
        } else if !entry.fields.isEmpty {
            entries.append(entry)
        }
        entries.removeAll { $0.fields.isEmpty }
    }

    /// Takes fields from everybody else.
    mutating func take(_ fields: FieldSet, from isLoser: (Entry) -> Bool) {
        for place in entries.indices where isLoser(entries[place]) { entries[place].fields = entries[place].fields.subtracting(fields) }
        entries.removeAll { $0.fields.isEmpty }
    }
}
