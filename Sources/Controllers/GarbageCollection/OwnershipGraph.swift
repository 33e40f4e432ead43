import Bytes
import ClusterAPI

/// Which objects own which, by uid.
///
/// - Invariant: `dependents` lists exactly the objects whose owner references name the uid, sorted by uid.
struct OwnershipGraph: Sendable {
    struct Item: Sendable {
        var key: ObjectKey
        var uid: String
        var revision: UInt64
        var owners: [OwnerReference]
        var finalizers: [String]
        var isGoing: Bool

        /// Waits until its blocking dependents are gone.
        var isGoingForeground: Bool { isGoing && finalizers.contains(GarbageReconciler.foregroundFinalizer) }
        /// Waits until its dependents are let go.
        var isOrphaning: Bool { isGoing && finalizers.contains(GarbageReconciler.orphanFinalizer) }
    }

    private var items: [String: Item] = [:]
    private var dependents: [String: [String]] = [:]

    subscript(uid: String) -> Item? { items[uid] }

    func dependents(of uid: String) -> [Item] { (dependents[uid] ?? []).map { items[$0]! } }

    /// Puts an object in, or its new state; returns the old one.
    @discardableResult
    mutating func put(_ item: Item) -> Item? {
        let old = items.updateValue(item, forKey: item.uid)
        let oldOwners = Set(old?.owners.map(\.uid) ?? [])
        let newOwners = Set(item.owners.map(\.uid))
        for owner in oldOwners.subtracting(newOwners) { unlink(item.uid, from: owner) }
        for owner in newOwners.subtracting(oldOwners) {
            var list = dependents.removeValue(forKey: owner) ?? []
            list.insert(item.uid, at: Self.position(of: item.uid, in: list))
            dependents[owner] = list
        }
        return old
    }

    @discardableResult
    mutating func remove(_ uid: String) -> Item? {
        guard let item = items.removeValue(forKey: uid) else { return nil }
        for owner in Set(item.owners.map(\.uid)) { unlink(uid, from: owner) }
        return item
    }

    private mutating func unlink(_ uid: String, from owner: String) {
        guard let list = dependents[owner] else { return }
        let position = Self.position(of: uid, in: list)
        guard position < list.count, list[position] == uid else { return }
        if list.count == 1 { dependents[owner] = nil } else { dependents[owner]!.remove(at: position) }
    }

    /// Where a uid stands, or belongs, in a sorted list: an owner may have thousands.
    private static func position(of uid: String, in list: [String]) -> Int {
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < uid { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension ObjectMeta {
    /// Reads the metadata out of an object of any kind, skipping the rest.
    init?(ofObject bytes: [UInt8]) {
        var reader = JSONReader(bytes)
        do {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if reader.matches(key, "metadata") {
                    try self.init(from: &reader)
                    return
                }
                try reader.skipValue()
            }
        } catch {
            return nil
        }
        return nil
    }
}
