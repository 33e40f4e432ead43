import Bytes

/// How long to wait after each failure in a row: doubling from a first delay up to a last one.
package struct Backoff: Equatable, Sendable {
    package var first: Duration
    package var last: Duration

    package init(first: Duration, last: Duration) {
        precondition(first > .zero && first <= last, "a back-off grows from a first to a last delay")
        self.first = first
        self.last = last
    }

    /// What work queues use: client-go's first delay, but a minute at most, since an actor that shares the process with the
    /// API server has no herd to spare and its users wait for it.
    package static let workQueue = Backoff(first: .milliseconds(5), last: .seconds(60))

    /// What re-lists and re-watches use (client-go's reflector: 800 ms to 30 s).
    package static let reflector = Backoff(first: .milliseconds(800), last: .seconds(30))

    /// The delay after `failures` failures in a row, the first of them being 1.
    package func delay(after failures: Int) -> Duration {
        precondition(failures > 0, "nothing is delayed before the first failure")
        let doublings = min(failures - 1, 40)
        let nanoseconds = first.saturatedNanoseconds.multipliedReportingOverflow(by: 1 << Int64(doublings))
        return nanoseconds.overflow ? last : min(last, .nanoseconds(nanoseconds.partialValue))
    }

    /// The same delay stretched by up to `fraction`, so that many who failed together do not come back together.
    package func delay(
        after failures: Int, jitter fraction: Double, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let plain = delay(after: failures)
        return plain + plain * (Double.random(in: 0..<1, using: &generator) * fraction)
    }
}
