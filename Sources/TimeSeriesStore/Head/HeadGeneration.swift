import Synchronization
import Telemetry

/// One fill of the head: everything appended between two flushes, with its own series, index and log segments.
///
/// A generation is *active* (takes appends), then *frozen* (only read), and gone when its block is published. Because each has
/// series of its own, forgetting series that no longer come needs no collection, and a log segment never refers to another.
/// - Isolation: thread-safe.
final class HeadGeneration: Sendable {
    /// Order of writing: where two have a sample of one series and time, the higher number wins.
    let number: UInt64
    /// Deletions up to this number were made before the generation began and do not touch it.
    let tombstoneFloor: UInt64
    private let directory: SeriesDirectory
    private let state: Mutex<HeadState>

    init(number: UInt64, tombstoneFloor: UInt64, expecting size: HeadSize) {
        self.number = number
        self.tombstoneFloor = tombstoneFloor
        let fresh = HeadState(expecting: size)
        directory = fresh.directory
        state = Mutex(fresh)
    }

    func withState<Result: Sendable, Failure: Error>(
        _ body: (inout HeadState) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try state.withLock { (state) throws(Failure) in try body(&state) }
    }

    /// Its series, lent to a decoder without waiting for an append; nil once it is frozen.
    var knownSeries: KnownSeries? { directory.known }

    var seriesCount: Int { state.withLock { $0.seriesCount } }
    var isEmpty: Bool { state.withLock { $0.slabs.sampleCount == 0 } }

    /// Earliest and latest time, or nil when empty.
    var times: ClosedRange<Int64>? { state.withLock { $0.latest >= $0.earliest ? $0.earliest...$0.latest : nil } }
}
