package import Bytes

/// What a controller has asked for and not yet seen in its cache, per key, so that it does not ask twice.
///
/// - Invariant: a key without expectations is fulfilled. An expectation that is not met within `patience` is dropped: a lost
///   answer must not stop a controller for ever.
/// - Source: Kubernetes' `ControllerExpectations` and `UIDTrackingControllerExpectations`.
package struct Expectations<Key: Hashable & Sendable>: Sendable {
    private struct Pending: Sendable {
        var creations: Int
        /// UIDs of the objects whose deletion is awaited: a count would also be lowered by the deletion of others.
        var deletions: Set<String>
        var since: Timestamp
    }

    private let patience: Duration
    private var pending: [Key: Pending] = [:]

    /// - Parameter patience: longer than news take, and no longer than a lost request may hold a controller up (Kubernetes waits 5 minutes).
    package init(patience: Duration = .seconds(30)) { self.patience = patience }

    package mutating func expect(_ key: Key, creations: Int = 0, deletions: [String] = [], now: Timestamp) {
        var entry = pending[key] ?? Pending(creations: 0, deletions: [], since: now)
        entry.creations += creations
        entry.deletions.formUnion(deletions)
        entry.since = now
        pending[key] = entry
    }

    package mutating func observeCreation(_ key: Key) {
        guard var entry = pending[key], entry.creations > 0 else { return }
        entry.creations -= 1
        store(entry, for: key)
    }

    package mutating func observeDeletion(_ key: Key, uid: String) {
        guard var entry = pending[key], entry.deletions.remove(uid) != nil else { return }
        store(entry, for: key)
    }

    package mutating func isFulfilled(_ key: Key, now: Timestamp) -> Bool {
        guard let entry = pending[key] else { return true }
        // A clock that was set back begins the patience anew: else it would end only when the clock has caught up.
        if now < entry.since { pending[key]!.since = now }
        return now - entry.since >= patience
    }

    /// When an expectation will be given up; nil when there is none.
    package func deadline(of key: Key) -> Timestamp? { pending[key].map { $0.since + patience } }

    package mutating func forget(_ key: Key) { pending[key] = nil }

    private mutating func store(_ entry: Pending, for key: Key) {
        pending[key] = entry.creations == 0 && entry.deletions.isEmpty ? nil : entry
    }
}
