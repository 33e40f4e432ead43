import Bytes
import Environment

/// Times that stand on a grid of an interval, so that a slow sweep delays none that follows.
struct SweepGrid {
    private let interval: UInt64
    private var due: UInt64

    init(_ interval: Duration, clock: any WallClock) {
        self.interval = UInt64(max(1, interval.saturatedNanoseconds))
        due = clock.monotonicNanoseconds()
    }

    /// Sleeps until the next time of the grid.
    ///
    /// - Throws: `CancellationError`.
    mutating func wait(_ clock: any WallClock) async throws {
        due &+= interval
        let now = clock.monotonicNanoseconds()
        if due <= now {
            due = now
            try Task.checkCancellation()
        } else {
            try await clock.sleep(for: .nanoseconds(Int64(clamping: due - now)))
        }
    }
}
