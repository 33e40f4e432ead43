package import Bytes

/// The time of day, and waiting for it. Real: the system's clock. Simulated: `ManualClock`.
package protocol WallClock: Sendable {
    /// Civil time. May jump when an administrator sets it.
    func now() -> Timestamp

    /// Nanoseconds of a clock that only rises and stands still for nobody; only differences mean something.
    func monotonicNanoseconds() -> UInt64

    /// Waits; returns early only by throwing `CancellationError`.
    func sleep(for duration: Duration) async throws
}
