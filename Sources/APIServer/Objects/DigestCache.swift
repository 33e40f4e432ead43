import ClusterAPI
import ObjectStore
import Synchronization

/// Digests of the objects that selectors looked at, so that a list over many objects reads only those that changed.
final class DigestCache: Sendable {
    private struct Entry {
        var revision: UInt64
        var digest: ObjectDigest
    }

    private let entries = Mutex<[String: Entry]>([:])

    func digest(_ record: Record, _ resource: Resource) -> ObjectDigest {
        let cached = entries.withLock { $0[record.key] }
        if let cached, cached.revision == record.modRevision { return cached.digest }
        let digest = ObjectDigest(record.value, resource)
        entries.withLock { entries in
            if (entries[record.key]?.revision ?? 0) < record.modRevision {
                entries[record.key] = Entry(revision: record.modRevision, digest: digest)
            }
        }
        return digest
    }

    func forget(_ key: String) { entries.withLock { _ = $0.removeValue(forKey: key) } }
}
