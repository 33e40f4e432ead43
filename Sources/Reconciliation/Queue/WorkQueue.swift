package import Bytes
import DequeModule
import HeapModule

/// Keys that wait to be worked on: each at most once, never two workers on one, and again if it changed meanwhile.
///
/// ```
///            add                next                 finish
///   (absent) ───► dirty+queued ───► processing ─────────────────► (absent)
///                                     │ add: dirty                   ▲
///                                     └──────────────► finish: dirty+queued
/// ```
/// - Invariant: a key in the queue is dirty and not processed; a key that is dirty and not queued is being processed.
/// - Source: the design of client-go's `workqueue` (fair, stingy, multiple consumers, re-queueing while processing).
package struct WorkQueue<Key: Hashable & Sendable>: Sendable {
    private struct Delayed: Comparable, Sendable {
        var at: Timestamp
        var sequence: UInt64
        var key: Key

        static func < (left: Delayed, right: Delayed) -> Bool { (left.at, left.sequence) < (right.at, right.sequence) }
        static func == (left: Delayed, right: Delayed) -> Bool { left.sequence == right.sequence }
    }

    private let backoff: Backoff
    private var queue: Deque<Key> = []
    private var dirty: Set<Key> = []
    private var processing: Set<Key> = []
    private var delayed: Heap<Delayed> = []
    /// When each delayed key is due; what the heap says otherwise of a key is outdated.
    private var dueTimes: [Key: Timestamp] = [:]
    private var failures: [Key: Int] = [:]
    private var sequence: UInt64 = 0

    package init(backoff: Backoff = .workQueue) { self.backoff = backoff }

    /// How many keys are ready to be worked on.
    package var count: Int { queue.count }
    package var isEmpty: Bool { queue.isEmpty }
    package var processingCount: Int { processing.count }
    package func isProcessing(_ key: Key) -> Bool { processing.contains(key) }

    /// Puts a key in the queue unless it already waits there.
    package mutating func add(_ key: Key) {
        guard dirty.insert(key).inserted, !processing.contains(key) else { return }
        queue.append(key)
    }

    /// Puts a key in the queue when its time has come; of several times the earliest counts.
    package mutating func add(_ key: Key, at due: Timestamp) {
        if let earlier = dueTimes[key], earlier <= due { return }
        dueTimes[key] = due
        sequence += 1
        delayed.insert(Delayed(at: due, sequence: sequence, key: key))
    }

    /// Puts a key that failed back, after the delay that its failures in a row have earned; returns that delay.
    @discardableResult
    package mutating func retry(_ key: Key, now: Timestamp) -> Duration {
        let count = failures[key, default: 0] + 1
        failures[key] = count
        let delay = backoff.delay(after: count)
        add(key, at: now + delay)
        return delay
    }

    package func failureCount(of key: Key) -> Int { failures[key] ?? 0 }

    /// Ends a row of failures.
    package mutating func forget(_ key: Key) { failures[key] = nil }

    /// Takes the key that waits longest; it must be given back by `finish`.
    package mutating func next() -> Key? {
        guard let key = queue.popFirst() else { return nil }
        dirty.remove(key)
        processing.insert(key)
        return key
    }

    /// Ends the work on a key; one that was added meanwhile goes back into the queue.
    package mutating func finish(_ key: Key) {
        precondition(processing.remove(key) != nil, "only a key that is being worked on can be finished")
        if dirty.contains(key) { queue.append(key) }
    }

    /// Moves the keys whose time has come into the queue, in the order of their times.
    package mutating func releaseDue(now: Timestamp) {
        while let first = delayed.min, first.at <= now || dueTimes[first.key] != first.at {
            let entry = delayed.removeMin()
            guard dueTimes[entry.key] == entry.at else { continue }
            dueTimes[entry.key] = nil
            add(entry.key)
        }
    }

    /// Moves all times, since the clock was set back by so much: else every key that waits would wait that much longer.
    package mutating func shiftTimes(by difference: Duration) {
        delayed = Heap(delayed.unordered.map { Delayed(at: $0.at + difference, sequence: $0.sequence, key: $0.key) })
        dueTimes = dueTimes.mapValues { $0 + difference }
    }

    /// When `releaseDue` is next worth calling.
    package mutating func nextDue() -> Timestamp? {
        while let first = delayed.min, dueTimes[first.key] != first.at { delayed.removeMin() }
        return delayed.min?.at
    }
}
