package import ClusterAPI

/// The keys of a cache's objects by some text of theirs (an owner's UID, a node's name), each list sorted.
package struct ObjectIndex<Object: ClusterObject>: Sendable {
    private let values: @Sendable (Object) -> [String]
    private var keys: [String: [NamespacedName]] = [:]

    package init(_ values: @escaping @Sendable (Object) -> [String]) { self.values = values }

    package subscript(value: String) -> [NamespacedName] { keys[value] ?? [] }

    mutating func replace(_ old: Object?, by new: Object?, key: NamespacedName) {
        let oldValues = old.map(values) ?? []
        let newValues = new.map(values) ?? []
        if oldValues == newValues { return }
        for value in oldValues { remove(key, from: value) }
        for value in newValues { insert(key, into: value) }
    }

    private mutating func insert(_ key: NamespacedName, into value: String) {
        let position = self[value].partitioningIndex { $0 >= key }
        keys[value, default: []].insert(key, at: position)
    }

    private mutating func remove(_ key: NamespacedName, from value: String) {
        guard let list = keys[value] else { return }
        let position = list.partitioningIndex { $0 >= key }
        guard position < list.count, list[position] == key else { return }
        if list.count == 1 {
            keys[value] = nil
        } else {
            keys[value]!.remove(at: position)
        }
    }
}

extension Array {
    /// The first index whose element satisfies a predicate that, once true, stays true to the end. Complexity: O(log n).
    func partitioningIndex(where belongsInSecondPartition: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if belongsInSecondPartition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
