package import Bytes
import DequeModule
import HeapModule

/// The pods that wait for a node: ready ones in order, those that back off, and those that wait for the cluster to change.
///
/// ```
///   add ──► active ──pop──► (being scheduled) ──bound──► (gone)
///            ▲  ▲                 │ unschedulable
///    backoff │  └── change ──┐    ▼
///      over  └── backing off ◄── unschedulable ──(5 min)──► active
/// ```
/// - Invariant: a pod is in one place at most. A change of the cluster that comes while a pod is being scheduled counts for it too, so no
///   pod sleeps through the change it waits for.
package struct SchedulingQueue: Sendable {
    private struct Entry: Sendable {
        var pod: PodRequirements
        var place: Place
        /// Distinguishes the entry's present wait from outdated ones in the heaps.
        var ticket: UInt64
        var attempts = 0
        var arrived: Timestamp
        /// When it was last found unschedulable.
        var triedAt: Timestamp?
        var tally = RejectionTally()
    }

    private enum Place: Sendable { case active, backingOff, unschedulable, inFlight(changeCount: UInt64) }

    private struct Ready: Comparable, Sendable {
        var urgency: Int
        var arrived: Timestamp
        var ticket: UInt64
        var uid: String

        static func < (left: Ready, right: Ready) -> Bool {
            (right.urgency, left.arrived, left.ticket) < (left.urgency, right.arrived, right.ticket)
        }
        static func == (left: Ready, right: Ready) -> Bool { left.ticket == right.ticket }
    }

    private struct Resting: Comparable, Sendable {
        var until: Timestamp
        var ticket: UInt64
        var uid: String

        static func < (left: Resting, right: Resting) -> Bool { (left.until, left.ticket) < (right.until, right.ticket) }
        static func == (left: Resting, right: Resting) -> Bool { left.ticket == right.ticket }
    }

    /// What may make a refused pod fit.
    package enum Change: CaseIterable, Sendable {
        case node
        /// A pod left a node.
        case podRemoved
        case volumes
    }

    /// - Source: kube-scheduler's defaults: 1 s doubling to 10 s, and 5 minutes in the unschedulable pool.
    private static let firstBackoff = Duration.seconds(1)
    private static let lastBackoff = Duration.seconds(10)
    package static let unschedulablePatience = Duration.seconds(300)

    /// By scheduler name.
    private let sorts: [String: any QueueSortPlugin]
    private var entries: [String: Entry] = [:]
    private var active: Heap<Ready> = []
    private var resting: Heap<Resting> = []
    /// In the order in which they became unschedulable.
    private var unschedulable: Deque<(ticket: UInt64, uid: String)> = []
    private var ticket: UInt64 = 0
    private var changeCount: UInt64 = 0
    /// Changes that the refused pods have not been compared with yet: many changes of one kind are as good as one.
    private var news: Set<Change> = []

    package init(sorts: [String: any QueueSortPlugin] = [:]) { self.sorts = sorts }

    package var count: Int { entries.count }
    package func contains(_ uid: String) -> Bool { entries[uid] != nil }
    package func pod(_ uid: String) -> PodRequirements? { entries[uid]?.pod }

    /// Puts a new pod in, or takes in what changed of a waiting one, which may now fit.
    package mutating func add(_ pod: PodRequirements, now: Timestamp) {
        guard let old = entries[pod.uid] else {
            entries[pod.uid] = Entry(pod: pod, place: .active, ticket: 0, arrived: now)
            activate(pod.uid)
            return
        }
        entries[pod.uid]!.pod = pod
        switch old.place {
        case .unschedulable: if !old.pod.isSameRequest(as: pod) { wake(pod.uid, now: now) }
        case .active where old.pod.priority != pod.priority: activate(pod.uid)
        case .active, .backingOff, .inFlight: break
        }
    }

    package mutating func remove(_ uid: String) { entries[uid] = nil }

    /// Takes the first ready pod; it must be given back by `refused` or `remove`.
    package mutating func pop(now: Timestamp) -> PodRequirements? {
        applyNews(now: now)
        release(now: now)
        while let first = active.min {
            active.removeMin()
            guard var entry = entries[first.uid], entry.ticket == first.ticket, case .active = entry.place else { continue }
            entry.place = .inFlight(changeCount: changeCount)
            entry.attempts += 1
            entries[first.uid] = entry
            return entry.pod
        }
        return nil
    }

    /// Gives back a pod that found no node: it waits for a change, or backs off when one came meanwhile.
    package mutating func refused(_ uid: String, tally: RejectionTally, now: Timestamp) {
        guard var entry = entries[uid], case .inFlight(let seen) = entry.place else { return }
        entry.triedAt = now
        entry.tally = tally
        entries[uid] = entry
        if seen != changeCount {
            rest(uid, now: now)
        } else {
            ticket += 1
            entries[uid]!.place = .unschedulable
            entries[uid]!.ticket = ticket
            unschedulable.append((ticket, uid))
        }
    }

    /// Gives back a pod that had a node but could not be bound to it.
    package mutating func failed(_ uid: String, now: Timestamp) {
        guard let entry = entries[uid], case .inFlight = entry.place else { return }
        entries[uid]!.triedAt = now
        rest(uid, now: now)
    }

    /// Something changed that may help pods which were refused.
    package mutating func changed(_ change: Change) {
        changeCount += 1
        if !unschedulable.isEmpty { news.insert(change) }
    }

    private mutating func applyNews(now: Timestamp) {
        guard !news.isEmpty else { return }
        let changes = Change.allCases.filter(news.contains)
        news = []
        var left: Deque<(ticket: UInt64, uid: String)> = []
        for (ticket, uid) in unschedulable {
            guard let entry = entries[uid], entry.ticket == ticket, case .unschedulable = entry.place else { continue }
            if changes.contains(where: { Self.mayHelp($0, entry) }) { wake(uid, now: now) } else { left.append((ticket, uid)) }
        }
        unschedulable = left
    }

    /// Lets everything that waits for a time try again, since the times lie too far ahead now.
    package mutating func clockWasSetBack(now: Timestamp) {
        let waiting = resting.unordered.filter { isCurrent($0.uid, $0.ticket) }.sorted { $0.ticket < $1.ticket }.map(\.uid)
        let refused = unschedulable.filter { isCurrent($0.uid, $0.ticket) }.map(\.uid)
        resting = []
        unschedulable = []
        for uid in waiting + refused { activate(uid) }
    }

    /// When `pop` next has something new to give, apart from changes.
    package mutating func nextDue() -> Timestamp? {
        while let first = resting.min, !isCurrent(first.uid, first.ticket) { resting.removeMin() }
        while let first = unschedulable.first, !isCurrent(first.uid, first.ticket) { unschedulable.removeFirst() }
        let flush = unschedulable.first.flatMap { entries[$0.uid]?.triedAt }.map { $0 + Self.unschedulablePatience }
        guard let rested = resting.min?.until else { return flush }
        return flush.map { min($0, rested) } ?? rested
    }

    private static func mayHelp(_ change: Change, _ entry: Entry) -> Bool {
        switch change {
        case .node: true
        case .volumes: !entry.pod.claims.isEmpty
        case .podRemoved:
            entry.tally.isEmpty
                || entry.tally.contains {
                    switch $0 {
                    case .hostPorts, .tooManyPods, .insufficientCPU, .insufficientMemory, .insufficientEphemeralStorage, .insufficient,
                        .volumeConflict:
                        true
                    case .unschedulable, .nodeName, .nodeSelector, .untoleratedTaint, .volumeNodeAffinity, .noVolumeToBind: false
                    }
                }
        }
    }

    private func isCurrent(_ uid: String, _ ticket: UInt64) -> Bool { entries[uid]?.ticket == ticket }

    private mutating func activate(_ uid: String) {
        ticket += 1
        entries[uid]!.place = .active
        entries[uid]!.ticket = ticket
        let entry = entries[uid]!
        active.insert(
            Ready(
                urgency: sorts[entry.pod.schedulerName]?.urgency(of: entry.pod) ?? entry.pod.priority, arrived: entry.arrived, ticket: ticket,
                uid: uid))
    }

    /// Lets a refused pod try again as soon as its back-off allows.
    private mutating func wake(_ uid: String, now: Timestamp) {
        let entry = entries[uid]!
        if let triedAt = entry.triedAt, now < triedAt + backoff(entry.attempts), now >= triedAt {
            rest(uid, now: triedAt)
        } else {
            activate(uid)
        }
    }

    private mutating func rest(_ uid: String, now: Timestamp) {
        ticket += 1
        entries[uid]!.place = .backingOff
        entries[uid]!.ticket = ticket
        resting.insert(Resting(until: now + backoff(entries[uid]!.attempts), ticket: ticket, uid: uid))
    }

    private func backoff(_ attempts: Int) -> Duration {
        min(Self.lastBackoff, Self.firstBackoff * (1 << min(max(attempts - 1, 0), 10)))
    }

    private mutating func release(now: Timestamp) {
        while let first = resting.min, first.until <= now {
            resting.removeMin()
            if isCurrent(first.uid, first.ticket) { activate(first.uid) }
        }
        while let first = unschedulable.first {
            if isCurrent(first.uid, first.ticket) {
                guard entries[first.uid]!.triedAt! + Self.unschedulablePatience <= now else { return }
                activate(first.uid)
            }
            unschedulable.removeFirst()
        }
    }
}

extension PodRequirements {
    /// Whether a change left everything as it was that could make the pod fit somewhere.
    func isSameRequest(as other: PodRequirements) -> Bool {
        isAlike(other) && nodeSelector == other.nodeSelector && requiredTerms == other.requiredTerms
            && tolerations == other.tolerations && wantedNode == other.wantedNode && claims == other.claims
    }
}
