import Telemetry

/// What the store consists of at one moment; readers take a copy and go.
struct Catalog: Sendable {
    /// The generation that takes appends, and the first log segment that belongs to it.
    var active: HeadGeneration
    var activeSegment: UInt64
    /// Generations that wait to become blocks, oldest first.
    var frozen: [FrozenGeneration] = []
    /// Series of the generation before the active one, which keep their places in the budget.
    var predecessor: SeriesHashes?
    /// Number of the segment that is being written.
    var segment: UInt64
    /// What stands on disk.
    var manifest: Manifest
    /// The readable blocks, in the order of writing.
    var blocks: [Block] = []
    /// Why nothing can be appended now.
    var readOnly: StoreError?
    /// Damage found in the log when it was opened; damage of blocks stands in the manifest.
    var logDamage: [Damage] = []
}

struct FrozenGeneration: Sendable {
    let generation: HeadGeneration
    /// The first segment behind the generation's own.
    let nextSegment: UInt64
    /// The log position behind its last record.
    let position: UInt64
}

/// A part of the store that cannot be read.
struct Damage: Hashable, Sendable {
    /// What and where, for people.
    var description: String
    /// Times that may be missing, or nil when unknown.
    var times: ClosedRange<Int64>?

    func touches(_ start: Int64, _ end: Int64) -> Bool { times.map { $0.lowerBound <= end && $0.upperBound >= start } ?? true }
}
