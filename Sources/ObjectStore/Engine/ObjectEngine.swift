/// The seam of the object store: keys, bytes and revisions. It knows no kinds.
///
/// Engines: SQLite (default), memory (simulation), and later etcd: the verbs are those of its key-value API, compare-and-swap on a
/// revision and watch from a revision.

/// One stored object.
package struct Record: Sendable, Equatable {
    package var key: String
    package var value: [UInt8]
    /// Revision of the commit that made it.
    package var createRevision: UInt64
    /// Revision of the commit that last wrote it.
    package var modRevision: UInt64

    package init(key: String, value: [UInt8], createRevision: UInt64, modRevision: UInt64) {
        self.key = key
        self.value = value
        self.createRevision = createRevision
        self.modRevision = modRevision
    }
}

/// Several compares and writes that happen all or not at all, under one new revision.
package struct CommitBatch: Sendable, Equatable {
    package enum Compare: Sendable, Equatable {
        case absent(key: String)
        case revision(key: String, UInt64)
    }

    package enum Write: Sendable, Equatable {
        case put(key: String, value: [UInt8])
        case delete(key: String)
    }

    package var compares: [Compare]
    package var writes: [Write]

    package init(compares: [Compare] = [], writes: [Write]) {
        self.compares = compares
        self.writes = writes
    }
}

package enum CommitOutcome: Sendable, Equatable {
    /// Done, durably, as this revision.
    case committed(revision: UInt64)
    /// Nothing was written: this key is not what the batch compared it with.
    case conflict(key: String)
}

/// One key's change by one commit, for watches.
package struct Change: Sendable, Equatable {
    package var revision: UInt64
    package var key: String
    /// nil when the commit deleted the key.
    package var record: Record?
    /// What was there before; nil when the commit made the key.
    package var previous: Record?

    package init(revision: UInt64, key: String, record: Record?, previous: Record?) {
        self.revision = revision
        self.key = key
        self.record = record
        self.previous = previous
    }
}

package enum ChangeHistory: Sendable, Equatable {
    case changes([Change])
    /// The revision lies before what is kept: the caller must list anew.
    case tooOld
}

package protocol ObjectEngine: Sendable {
    /// The durable state as a value, cheap to copy and to keep.
    var index: ObjectIndex { get }

    /// Hands a batch over; the completion is called once, after the data survives power loss, in the order of the revisions.
    ///
    /// - Isolation: callable from any thread; the completion runs on the engine's writer and must not block.
    func commit(_ batch: CommitBatch, completion: @escaping @Sendable (Result<CommitOutcome, ObjectStoreError>) -> Void)

    /// Changes of commits after the revision, oldest first.
    func changes(after revision: UInt64) -> ChangeHistory

    /// Calls the observer with each commit's changes, in order, before the commit's completion. One observer at a time.
    func observe(_ observer: @escaping @Sendable ([Change]) -> Void)

    /// Finishes what was handed over and lets the files go.
    func close()
}

extension ObjectEngine {
    /// Commits and waits without blocking a thread.
    package func commit(_ batch: CommitBatch) async throws(ObjectStoreError) -> CommitOutcome {
        let result = await withCheckedContinuation { continuation in
            commit(batch) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}

/// Why the store could not commit or open.
package struct ObjectStoreError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        case full, readOnly, locked, corrupt, denied, failed, closed
    }

    package var code: Code
    package var description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
