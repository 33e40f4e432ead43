package import Bytes
import ClusterAPI

/// A ready actor around a `Reconciler`.
///
/// - Invariant: nothing is decided before every watched resource is listed; no key is worked on twice at once.
package struct ReconcilerCore<Decision: Reconciler>: ActorCore {
    /// A key being worked on: the requests of its step, and the answers so far.
    private struct Work: Sendable {
        var key: Decision.Key
        var requests: [APIRequest]
        var answers: [Result<APIResponse, StatusError>?]
        var unanswered: Int
    }

    package private(set) var decision: Decision
    private var queue: WorkQueue<Decision.Key>
    private let parallelism: Int
    private var unsynced: Set<Resource>
    private var requestID = RequestID(0)
    /// Which work, and which of its requests, an answer belongs to.
    private var pending: [RequestID: (work: UInt64, index: Int)] = [:]
    private var works: [UInt64: Work] = [:]
    private var nextWork: UInt64 = 0
    private var askedWake: Timestamp?
    private var lastTime: Timestamp?

    /// - Parameter parallelism: how many keys may wait for answers at once.
    package init(_ decision: Decision, parallelism: Int = 16, backoff: Backoff = .workQueue) {
        precondition(parallelism > 0, "somebody must do the work")
        self.decision = decision
        self.parallelism = parallelism
        queue = WorkQueue(backoff: backoff)
        unsynced = Set(decision.watches.map(\.resource))
        precondition(unsynced.count == decision.watches.count, "an actor has at most one interest per resource")
    }

    package var watches: [WatchInterest] { decision.watches }

    /// Whether nothing waits, neither keys nor answers; keys that wait for a time do not count.
    package var isIdle: Bool { queue.isEmpty && works.isEmpty }

    package mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
        if let lastTime, now < lastTime {
            queue.shiftTimes(by: now - lastTime)
            askedWake = nil
        }
        lastTime = now
        var effects: [ActorEffect] = []
        switch event {
        case .objects(let resource, let events):
            for key in decision.absorb(resource, events, now: now) { queue.add(key) }
        case .synced(let resource):
            if unsynced.remove(resource) != nil, unsynced.isEmpty {
                for key in decision.started(now: now) { queue.add(key) }
            }
        case .reply(let id, let result):
            answer(id, result, now: now, into: &effects)
        case .wake:
            // Also when it comes too early, as after a change of the clock: then it is asked for again.
            askedWake = nil
        }
        guard unsynced.isEmpty else { return effects }
        queue.releaseDue(now: now)
        while works.count < parallelism, let key = queue.next() {
            take(decision.reconcile(key, now: now), for: key, now: now, into: &effects)
        }
        askWake(into: &effects)
        return effects
    }

    private mutating func answer(
        _ id: RequestID, _ result: Result<APIResponse, StatusError>, now: Timestamp, into effects: inout [ActorEffect]
    ) {
        // An answer that comes twice is no answer to anything.
        guard let place = pending.removeValue(forKey: id), var work = works[place.work] else { return }
        work.answers[place.index] = result
        work.unanswered -= 1
        works[place.work] = work.unanswered == 0 ? nil : work
        guard work.unanswered == 0 else { return }
        let outcomes = zip(work.requests, work.answers).map { RequestOutcome(request: $0, result: $1!) }
        take(decision.proceed(work.key, after: outcomes, now: now), for: work.key, now: now, into: &effects)
    }

    private mutating func take(
        _ step: ReconcileStep, for key: Decision.Key, now: Timestamp, into effects: inout [ActorEffect]
    ) {
        effects += step.events.map(ActorEffect.record)
        if step.requests.isEmpty {
            if step.failed { queue.retry(key, now: now) } else { queue.forget(key) }
            if let delay = step.again { queue.add(key, at: now + delay) }
            queue.finish(key)
            return
        }
        let number = nextWork
        nextWork += 1
        works[number] = Work(
            key: key, requests: step.requests, answers: Array(repeating: nil, count: step.requests.count),
            unanswered: step.requests.count)
        for (index, request) in step.requests.enumerated() {
            let id = requestID.take()
            pending[id] = (number, index)
            effects.append(.perform(id, request))
        }
        if let delay = step.again { queue.add(key, at: now + delay) }
    }

    private mutating func askWake(into effects: inout [ActorEffect]) {
        guard let due = queue.nextDue() else { return }
        if let asked = askedWake, asked <= due { return }
        askedWake = due
        effects.append(.wake(at: due))
    }
}
