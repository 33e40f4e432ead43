import Synchronization

/// What one query may use, and whether it shall go on: the one object that a query's workers share.
///
/// Workers call `check()` at least every millisecond of work, so a cancelled query stops within 100 ms.
package final class QueryBudget: Sendable {
    package struct Limits: Sendable {
        /// Samples that may be read. Log entries are only counted: a search may look at all there is, and what it keeps takes bytes.
        package var samples = 50_000_000
        package var series = 500_000
        /// Bytes of working memory and answer.
        package var bytes = 512 << 20

        package init() {}
        package static var unlimited: Limits {
            var limits = Limits()
            (limits.samples, limits.series, limits.bytes) = (.max, .max, .max)
            return limits
        }
    }

    /// When a query's time is up: read by whoever checks, so that no timer is set and cancelled for each short query.
    package struct Deadline: Sendable {
        let instant: UInt64
        let reason: String
        let now: @Sendable () -> UInt64

        /// - Parameter now: nanoseconds of a clock that never goes back; the deadline is an instant of it.
        package init(at instant: UInt64, reason: String, now: @escaping @Sendable () -> UInt64) {
            self.instant = instant
            self.reason = reason
            self.now = now
        }
    }

    package let limits: Limits
    private let deadline: Deadline?
    private let cancelled = Atomic<Bool>(false)
    private let usedSamples = Atomic<Int>(0)
    private let usedSeries = Atomic<Int>(0)
    private let usedBytes = Atomic<Int>(0)
    private let peakBytes = Atomic<Int>(0)
    private let reason = Mutex<String>("")

    package init(limits: Limits = Limits(), deadline: Deadline? = nil) {
        self.limits = limits
        self.deadline = deadline
    }

    package static var unlimited: QueryBudget { QueryBudget(limits: .unlimited) }

    /// Stops the query; the reason reaches its caller. The first reason stays.
    package func cancel(_ why: String = "query was canceled") {
        reason.withLock { if $0.isEmpty { $0 = why } }
        cancelled.store(true, ordering: .releasing)
    }

    package var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Whether nobody waits for the result any more: for loops that cannot throw, now and then.
    package var isOver: Bool { isCancelled || isLate }

    /// Whether the deadline has passed.
    package var isLate: Bool { deadline.map { $0.now() >= $0.instant } ?? false }

    /// - Throws: `StoreError.cancelled` when somebody called `cancel` or the time is up.
    package func check() throws(StoreError) {
        if let deadline, deadline.now() >= deadline.instant { cancel(deadline.reason) }
        if cancelled.load(ordering: .relaxed) { throw StoreError(.cancelled, reason.withLock { $0 }) }
    }

    package func useSamples(_ count: Int) throws(StoreError) {
        try check()
        if usedSamples.add(count, ordering: .relaxed).newValue > limits.samples {
            throw StoreError(.limit, "query processing would load too many samples: the limit is \(limits.samples)")
        }
    }

    /// Counts what was read, without a limit.
    package func noteSamples(_ count: Int) throws(StoreError) {
        try check()
        usedSamples.add(count, ordering: .relaxed)
    }

    package func useSeries(_ count: Int) throws(StoreError) {
        try check()
        if usedSeries.add(count, ordering: .relaxed).newValue > limits.series {
            throw StoreError(.limit, "query would touch too many series: the limit is \(limits.series)")
        }
    }

    package func useBytes(_ count: Int) throws(StoreError) {
        let now = usedBytes.add(count, ordering: .relaxed).newValue
        peakBytes.max(now, ordering: .relaxed)
        if now > limits.bytes { throw StoreError(.limit, "query would use too much memory: the limit is \(limits.bytes) bytes") }
    }

    package func releaseBytes(_ count: Int) { usedBytes.subtract(count, ordering: .relaxed) }

    package var samplesRead: Int { usedSamples.load(ordering: .relaxed) }
    package var seriesRead: Int { usedSeries.load(ordering: .relaxed) }
    package var bytesAtPeak: Int { peakBytes.load(ordering: .relaxed) }
}
