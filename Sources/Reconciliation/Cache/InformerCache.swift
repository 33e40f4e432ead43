import Bytes
package import ClusterAPI

/// The objects of one kind as an actor last saw them, decoded once per change.
///
/// - Invariant: what is in the cache is never changed by its owner, only by what the API server says.
package struct InformerCache<Object: ClusterObject>: Sendable {
    /// Shared with the caches of others that hold the same state of an object.
    private var objects: [NamespacedName: Decoded<Object>] = [:]
    private var indexes: [ObjectIndex<Object>]
    /// Whether the first list is in; before that, absence means nothing.
    package private(set) var isSynced = false
    /// Objects that could not be decoded; such a change leaves the last known state in place.
    package private(set) var undecodableCount = 0

    /// Makes a cache whose objects can also be found by each of `indexes`.
    package init(indexes: [ObjectIndex<Object>] = []) { self.indexes = indexes }

    package static var resource: Resource { Object.resource }

    package var count: Int { objects.count }
    package subscript(key: NamespacedName) -> Object? { objects[key]?.object }

    package subscript(namespace namespace: String?, name name: String) -> Object? {
        objects[NamespacedName(namespace: namespace ?? "", name: name)]?.object
    }

    /// All keys, sorted. Complexity: O(n log n); what is asked often deserves an index.
    package var sortedKeys: [NamespacedName] { objects.keys.sorted() }

    /// All objects in the order of their keys.
    package var sortedObjects: [Object] { sortedKeys.map { objects[$0]!.object } }

    /// The keys that the index at `index` lists under `value`, sorted.
    package func keys(at index: Int, _ value: String) -> [NamespacedName] { indexes[index][value] }

    /// The objects that the index at `index` lists under `value`, in the order of their keys.
    package func objects(at index: Int, _ value: String) -> [Object] { indexes[index][value].map { objects[$0]!.object } }

    /// Calls `body` with each object, in no particular order: only for sums and the like, where the order cannot show.
    package func forEachUnordered(_ body: (NamespacedName, Object) -> Void) {
        for (key, decoded) in objects { body(key, decoded.object) }
    }

    /// Takes in a batch and says what changed, in its order.
    package mutating func apply(_ events: [WatchEvent]) -> [ObjectChange<Object>] {
        var changes: [ObjectChange<Object>] = []
        changes.reserveCapacity(events.count)
        for event in events {
            switch event {
            case .added(let snapshot), .modified(let snapshot):
                guard let object = try? snapshot.decoded(as: Object.self) else {
                    undecodableCount += 1
                    continue
                }
                changes.append(replace(snapshot.key.namespacedName, by: object))
            case .deleted(let snapshot):
                let key = snapshot.key.namespacedName
                guard objects[key] != nil else { continue }
                changes.append(replace(key, by: nil))
            case .bookmark, .failed:
                continue
            }
        }
        return changes
    }

    package mutating func markSynced() { isSynced = true }

    private mutating func replace(_ key: NamespacedName, by new: Decoded<Object>?) -> ObjectChange<Object> {
        let old = objects[key]
        objects[key] = new
        for index in indexes.indices { indexes[index].replace(old?.object, by: new?.object, key: key) }
        return ObjectChange(key: key, before: old, after: new)
    }
}

/// One change of a cached object: `old` is nil when it came, `new` is nil when it went.
package struct ObjectChange<Object: ClusterObject>: Sendable {
    package let key: NamespacedName
    fileprivate let before: Decoded<Object>?
    fileprivate let after: Decoded<Object>?

    package var old: Object? { before?.object }
    package var new: Object? { after?.object }

    /// Whichever state is there; the new one first.
    package var latest: Object { new ?? old! }
}
