import Bytes
import ObjectStore
import Synchronization

/// States that paged lists go on with, so that all pages show the same revision.
///
/// A state shares all unchanged runs with the newest one; it is kept for as long as etcd keeps revisions by default.
final class SnapshotRing: Sendable {
    private struct Entry {
        var index: ObjectIndex
        var lastUse: Timestamp
    }

    private static let countLimit = 32
    private static let lifetime: Duration = .seconds(300)

    private let entries = Mutex<[UInt64: Entry]>([:])

    func keep(_ index: ObjectIndex, now: Timestamp) {
        entries.withLock { entries in
            entries[index.revision] = Entry(index: index, lastUse: now)
            entries = entries.filter { now - $0.value.lastUse < Self.lifetime }
            while entries.count > Self.countLimit {
                let oldest = entries.min { ($0.value.lastUse, $0.key) < ($1.value.lastUse, $1.key) }
                if let oldest { entries[oldest.key] = nil }
            }
        }
    }

    func index(at revision: UInt64, now: Timestamp) -> ObjectIndex? {
        entries.withLock { entries in
            guard let entry = entries[revision], now - entry.lastUse < Self.lifetime else { return nil }
            entries[revision]?.lastUse = now
            return entry.index
        }
    }
}
