/// The members of a JSON object in the order they were written, with fast lookup.
///
/// - Complexity: up to `indexThreshold` members lookups compare keys in turn, above that they use an index.
package struct JSONObject: Sendable {
    /// Below this many members comparing keys in turn is faster than hashing one.
    private static let indexThreshold = 16

    package private(set) var keys: [String] = []
    package private(set) var values: [JSONValue] = []
    private var positions: [String: Int]?

    package init() {}

    package init(_ members: some Sequence<(String, JSONValue)>) {
        for (key, value) in members { self[key] = value }
    }

    package var count: Int { keys.count }
    package var isEmpty: Bool { keys.isEmpty }

    package mutating func reserveCapacity(_ count: Int) {
        keys.reserveCapacity(count)
        values.reserveCapacity(count)
    }

    /// The place of a key in `keys` and `values`.
    package func position(of key: String) -> Int? {
        if let positions { return positions[key] }
        return keys.firstIndex(of: key)
    }

    package func contains(_ key: String) -> Bool { position(of: key) != nil }

    /// Nil means absent; assigning nil removes the member, assigning to a new key appends one.
    package subscript(key: String) -> JSONValue? {
        get {
            guard let position = position(of: key) else { return nil }
            return values[position]
        }
        set {
            if let newValue { set(key, newValue) } else { remove(key) }
        }
        _modify {
            // Takes the value out for the time of the change, so that nested changes copy nothing.
            let position = position(of: key)
            var member = position.map { values[$0] }
            if let position { values[position] = .null }
            defer {
                if let member {
                    if let position { values[position] = member } else { set(key, member) }
                } else if position != nil {
                    remove(key)
                }
            }
            yield &member
        }
    }

    package mutating func set(_ key: String, _ value: JSONValue) {
        if let position = position(of: key) {
            values[position] = value
        } else {
            append(key, value)
        }
    }

    /// Appends a member whose key is known to be new.
    mutating func append(_ key: String, _ value: JSONValue) {
        keys.append(key)
        values.append(value)
        if positions != nil {
            positions![key] = keys.count - 1
        } else if keys.count > Self.indexThreshold {
            positions = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) })
        }
    }

    @discardableResult
    package mutating func remove(_ key: String) -> JSONValue? {
        guard let position = position(of: key) else { return nil }
        keys.remove(at: position)
        let removed = values.remove(at: position)
        if positions != nil {
            positions =
                keys.count > Self.indexThreshold
                ? Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) }) : nil
        }
        return removed
    }

    package mutating func removeAll(where shouldRemove: (String, JSONValue) -> Bool) {
        var kept = JSONObject()
        for index in keys.indices where !shouldRemove(keys[index], values[index]) {
            kept.append(keys[index], values[index])
        }
        self = kept
    }

    package func mapValues(_ transform: (JSONValue) -> JSONValue) -> JSONObject {
        var copy = self
        for index in copy.values.indices { copy.values[index] = transform(copy.values[index]) }
        return copy
    }

    /// The same members in the order of their keys' bytes.
    package func sortedByKey() -> JSONObject {
        var sorted = JSONObject()
        sorted.reserveCapacity(count)
        for index in keys.indices.sorted(by: { keys[$0].utf8.lexicographicallyPrecedes(keys[$1].utf8) }) {
            sorted.append(keys[index], values[index])
        }
        return sorted
    }
}

extension JSONObject: Hashable {
    /// Order does not matter: objects are equal when they have the same members.
    package static func == (a: JSONObject, b: JSONObject) -> Bool {
        guard a.count == b.count else { return false }
        for index in a.keys.indices {
            if index < b.keys.count, a.keys[index] == b.keys[index] {
                if a.values[index] != b.values[index] { return false }
            } else if b[a.keys[index]] != a.values[index] {
                return false
            }
        }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        // A sum, so that the order does not matter.
        var sum = 0
        for index in keys.indices {
            var member = Hasher()
            member.combine(keys[index])
            member.combine(values[index])
            sum &+= member.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: Sequence {
    package struct Iterator: IteratorProtocol {
        fileprivate let object: JSONObject
        fileprivate var index = 0

        package mutating func next() -> (key: String, value: JSONValue)? {
            guard index < object.count else { return nil }
            defer { index += 1 }
            return (object.keys[index], object.values[index])
        }
    }

    package func makeIterator() -> Iterator { Iterator(object: self) }
    package var underestimatedCount: Int { count }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        self.init(members)
    }
}
