import Bytes

/// Builds a canonical label set from pairs in any order.
package struct LabelsBuilder: Sendable {
    private var entries: [(name: String, value: String)] = []

    package init() {}

    package init(_ labels: Labels) { entries = labels.pairs }

    package subscript(name: String) -> String? { entries.first { $0.name == name }?.value }

    /// Sets a label; an empty value removes it.
    package mutating func set(_ name: String, _ value: String) {
        if value.isEmpty { return remove(name) }
        if let index = entries.firstIndex(where: { $0.name == name }) {
            entries[index].value = value
        } else {
            entries.append((name, value))
        }
    }

    package mutating func remove(_ name: String) { entries.removeAll { $0.name == name } }

    /// Keeps the labels whose names satisfy the predicate.
    package mutating func keep(where predicate: (String) -> Bool) { entries.removeAll { !predicate($0.name) } }

    package var labels: Labels {
        if entries.isEmpty { return .empty }
        var writer = ByteWriter(capacity: entries.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 })
        for entry in entries.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            writer.appendLengthPrefixed(entry.name)
            writer.appendLengthPrefixed(entry.value)
        }
        return Labels(canonical: writer.bytes)
    }
}
