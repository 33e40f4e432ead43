package import Bytes

/// Decides whether a draft becomes a new Event or raises the count of one that is there already.
///
/// - Invariant: remembers at most `capacity` events; the oldest are forgotten first.
package struct EventCorrelator: Sendable {
    package enum Outcome: Equatable, Sendable {
        case create(Event)
        /// Patch of an existing event.
        case raise(namespace: String, name: String, patch: JSONValue)
        /// One source tells too much about one object.
        case drop
    }

    private struct Entry {
        var namespace: String
        var name: String
        var first: Timestamp
        var last: Timestamp
        var count: Int
        var number: UInt64
    }

    /// A burst of 25 events an object and source, then one every five minutes, as client-go's spam filter has it.
    private static let burst = 25
    private static let refill = Duration.seconds(300)
    /// A series ends when nothing was added for so long.
    private static let seriesLifetime = Duration.seconds(600)

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var order: [(key: String, number: UInt64)] = []
    private var budgets: [String: (tokens: Int, since: Timestamp)] = [:]
    private var nextNumber: UInt64 = 0

    package init(capacity: Int = 4096) { self.capacity = capacity }

    package mutating func correlate(_ draft: EventDraft, now: Timestamp) -> Outcome {
        guard takeToken(draft, now) else { return .drop }
        let key = draft.seriesKey
        if var entry = entries[key], now - entry.last < Self.seriesLifetime {
            entry.count += 1
            entry.last = now
            entries[key] = entry
            let patch: JSONValue = [
                "count": .number(entry.count), "lastTimestamp": .string(now.rfc3339()), "message": .string(draft.message),
            ]
            return .raise(namespace: entry.namespace, name: entry.name, patch: patch)
        }
        let event = draft.event(at: now)
        remember(key, Entry(namespace: event.metadata.namespace ?? "default", name: event.metadata.name, first: now, last: now, count: 1, number: 0))
        return .create(event)
    }

    private mutating func remember(_ key: String, _ entry: Entry) {
        nextNumber += 1
        var entry = entry
        entry.number = nextNumber
        entries[key] = entry
        order.append((key, nextNumber))
        // Half is dropped at a time, so that forgetting costs nothing per event.
        if order.count > capacity {
            for (old, number) in order.prefix(capacity / 2) where entries[old]?.number == number { entries[old] = nil }
            order.removeFirst(capacity / 2)
        }
    }

    private mutating func takeToken(_ draft: EventDraft, _ now: Timestamp) -> Bool {
        let key = "\(draft.component)\u{1f}\(draft.host)\u{1f}\(draft.regarding.kind ?? "")\u{1f}\(draft.regarding.uid ?? draft.regarding.name ?? "")"
        var (tokens, since) = budgets[key] ?? (Self.burst, now)
        let earned = Int((now - since).inSeconds / Self.refill.inSeconds)
        if earned > 0 {
            tokens = min(Self.burst, tokens + earned)
            since = now
        }
        defer {
            budgets[key] = (tokens, since)
            if budgets.count > capacity { budgets = [:] }
        }
        guard tokens > 0 else { return false }
        tokens -= 1
        return true
    }
}

extension ClusterClient {
    /// Writes what a correlator decided. Events are told on a best effort: failures are the caller's to ignore.
    package func record(_ outcome: EventCorrelator.Outcome) async throws(StatusError) {
        switch outcome {
        case .drop: return
        case .create(let event): _ = try await create(event)
        case .raise(let namespace, let name, let patch):
            _ = try await self.patch(Event.self, namespace: namespace, name: name, .merge, patch)
        }
    }
}
