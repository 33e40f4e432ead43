import ClusterAPI
import ObjectStore

/// What a request comes to, decided on one state of the store.
enum Decision: Sendable {
    /// Nothing has to be written.
    case answer(APIResponse)
    /// The answer holds once the batch is committed. A commit that conflicts is decided anew, on the state that stood in its way.
    case commit(CommitBatch, answer: @Sendable (_ revision: UInt64) -> APIResponse)
    /// Several requests on single objects, each a commit of its own so that no two objects of a resource share a revision.
    case each([APIRequest], answer: APIResponse)
}

/// The batch that a request builds up: its own object, claims on addresses, charges to quotas.
struct WriteSet: Sendable {
    private(set) var batch = CommitBatch(writes: [])

    mutating func create(_ key: String, _ value: [UInt8]) {
        batch.compares.append(.absent(key: key))
        batch.writes.append(.put(key: key, value: value))
    }

    mutating func replace(_ record: Record, _ value: [UInt8]) {
        batch.compares.append(.revision(key: record.key, record.modRevision))
        batch.writes.append(.put(key: record.key, value: value))
    }

    mutating func remove(_ record: Record) {
        batch.compares.append(.revision(key: record.key, record.modRevision))
        batch.writes.append(.delete(key: record.key))
    }

    /// Gives up a record of the server's own, if it is there.
    mutating func release(_ key: String) { batch.writes.append(.delete(key: key)) }

    /// The decision rests on this record as it is.
    mutating func rely(on record: Record) { batch.compares.append(.revision(key: record.key, record.modRevision)) }
}
