import Bytes
import ClusterAPI
import ObjectStore
import Synchronization

/// Which Events nothing has touched for how long, without reading them.
///
/// An Event is written when it is seen, so the revision of its record says when that was: each look notes the time and the store's
/// revision, and what was last written before the revision of an old look is at least as old. Only Events of the time before the first
/// look are read, once, for the times that they name themselves.
/// - Invariant: an Event goes at the first look at which it has been untouched for its lifetime at two looks' distance, never before.
final class EventAges: Sendable {
    private struct State {
        /// One for each look that still matters, the oldest first.
        var marks: [(time: Timestamp, revision: UInt64)] = []
        /// The revision of the first look; what is not newer has its time in `inherited`.
        var first: UInt64?
        var inherited: [String: Timestamp] = [:]
    }

    private let state = Mutex(State())

    /// Notes a look at the store.
    ///
    /// - Returns: the revision up to which Events must be passed to `inherit`, at the first look; nil at all others.
    func mark(_ revision: UInt64, now: Timestamp) -> UInt64? {
        state.withLock { state in
            state.marks.append((now, revision))
            guard state.first == nil else { return nil }
            state.first = revision
            return revision
        }
    }

    /// Reads when an Event of the time before the first look was last seen.
    func inherit(_ record: Record) {
        guard let event = try? Event(json: record.value) else { return }
        let times = [event.series?.lastObservedTime, event.lastTimestamp, event.eventTime, event.metadata.creationTimestamp]
        guard let last = times.compactMap({ $0 }).max() else { return }
        state.withLock { $0.inherited[record.key] = last }
    }

    /// Those of all Events that were last touched before the limit.
    func expired(_ records: [Record], limit: Timestamp) -> [Record] {
        state.withLock { state in
            // Of the looks before the limit only the last is needed.
            let past = state.marks.prefix { $0.time < limit }.count
            if past > 1 { state.marks.removeFirst(past - 1) }
            let revision = past > 0 ? state.marks[0].revision : 0
            let first = state.first ?? 0
            var present: [String: Timestamp] = [:]
            var expired: [Record] = []
            for record in records {
                guard record.modRevision <= first else {
                    if record.modRevision <= revision { expired.append(record) }
                    continue
                }
                guard let last = state.inherited[record.key] else { continue }
                if last < limit { expired.append(record) } else { present[record.key] = last }
            }
            state.inherited = present
            return expired
        }
    }
}
