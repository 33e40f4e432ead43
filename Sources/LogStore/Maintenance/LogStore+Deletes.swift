import Bytes
import Environment
import Synchronization
package import Telemetry

extension LogStore {
    /// Deletes what the store has of some streams in a window and, with filters, only the lines that pass them all.
    ///
    /// It takes effect on reads at once and on disk with the next merges; entries that are appended later stay.
    package func delete(
        _ matchers: [LabelMatcher], start: Int64, end: Int64, filters: [LineFilter] = []
    ) throws(StoreError) -> DeleteRequest {
        guard start < end else { throw StoreError(.invalid, "cannot delete entries: the window ends before it begins") }
        guard matchers.contains(where: { !$0.matchesEmpty }) else {
            throw StoreError(.invalid, "cannot delete entries: the selector must have a matcher that does not match the empty value")
        }
        let now = clock.now()
        return try maintenance.withLock { (_) throws(StoreError) in
            try flushing.withLock { (_) throws(StoreError) in
                // What the head holds becomes a part first, so that the request's reach is a question of parts alone.
                try flushAllLocked(now: now)
                return try register(matchers, start, end, filters, now)
            }
        }
    }

    private func register(
        _ matchers: [LabelMatcher], _ start: Int64, _ end: Int64, _ filters: [LineFilter], _ now: Timestamp
    ) throws(StoreError) -> DeleteRequest {
        let (requests, id) = state.withLock { ($0.deletes, $0.lastDelete + 1) }
        let request = DeleteRequest(id: id, matchers: matchers, start: start, end: end, filters: filters, createdAt: now)
        do { try DeleteJournal(directory: configuration.directory, fileSystem: fileSystem).save(requests + [request], last: id) } catch {
            throw error.asStoreError
        }
        state.withLock { state in
            state.deletes.append(request)
            state.lastDelete = id
        }
        return request
    }

    /// Requests that are not yet carried out on disk.
    package var pendingDeletes: [DeleteRequest] { state.withLock { $0.deletes } }

    /// Takes a request back; what a merge has already removed stays removed. Returns false when it is no longer pending.
    package func cancelDelete(_ id: UInt64) throws(StoreError) -> Bool {
        try maintenance.withLock { (_) throws(StoreError) in
            try drop { $0.id == id }
        }
    }

    /// Forgets the requests that no part has to carry out any more. The maintenance lock is held.
    func settleDeletes() throws(StoreError) {
        let parts = state.withLock { $0.parts.map(\.part.summary) }
        _ = try drop { request in
            !parts.contains { $0.deletesThrough < request.id && request.overlaps($0.minTime, $0.maxTime) }
        }
    }

    private func drop(where isDone: (DeleteRequest) -> Bool) throws(StoreError) -> Bool {
        let (requests, last) = state.withLock { ($0.deletes, $0.lastDelete) }
        let left = requests.filter { !isDone($0) }
        if left.count == requests.count { return false }
        do { try DeleteJournal(directory: configuration.directory, fileSystem: fileSystem).save(left, last: last) } catch {
            throw error.asStoreError
        }
        state.withLock { $0.deletes = left }
        return true
    }
}
