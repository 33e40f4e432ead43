package import Bytes

/// The two seams of a log store: what writers and readers of log entries may rely on.

/// The writing seam. Real implementations: the embedded store, the Loki-compatible engine, the disk queue of a shipper.
package protocol EntryAppender: Sendable {
    /// Takes a batch or throws as a whole; single entries that cannot be kept are refused in the ticket.
    ///
    /// - Isolation: callable from any thread; may block for one write to the log. Several callers share one write.
    func append(_ batch: LogWriteBatch) throws(StoreError) -> AppendTicket

    /// Returns when everything up to the position survives a power loss.
    func waitUntilDurable(_ position: UInt64) async throws(StoreError)
}

/// A condition on a line that a store may use to skip whole blocks before a language looks at them.
///
/// - Invariant: pushing a filter down never changes an answer, only what is read for it.
package struct LineFilter: Sendable {
    package enum Test: Sendable {
        case contains([UInt8])
        case matches(RegularExpression)
        /// Any of several (an `or` chain).
        indirect case anyOf([Test])
    }

    package var test: Test
    /// Whether lines that pass the test are dropped instead of kept.
    package var isNegated: Bool

    package init(_ test: Test, isNegated: Bool = false) {
        self.test = test
        self.isNegated = isNegated
    }
}

/// What a reader asks of a log store.
package struct LogScan: Sendable {
    package enum Direction: Sendable { case forward, backward }

    /// Which columns the caller needs; the store decodes nothing else. A count never materialises lines.
    package struct Projection: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let times = Projection(rawValue: 1)
        /// Byte length of each line.
        package static let lengths = Projection(rawValue: 2)
        package static let lines = Projection(rawValue: 4)
        package static let metadata = Projection(rawValue: 8)
    }

    package enum Order: Sendable {
        /// Chunks come in any order and from several workers at once.
        case unordered
        /// Chunks come one at a time, in the direction's order of their bound (see `LogChunk.bound`).
        case ordered(Direction)
    }

    package var matchers: [LabelMatcher]
    /// First nanosecond wanted, inclusive.
    package var start: Int64
    /// End of the window, exclusive.
    package var end: Int64
    package var projection: Projection
    /// Filters every returned line satisfies: the store applies them completely.
    package var filters: [LineFilter]
    package var order: Order
    /// Entries the caller will take at most from an ordered scan; 0 = all. Only a hint for how much to prefetch.
    package var limit: Int
    /// Whether entries from one time to another are alike to the caller, who then takes their number instead of their times: a store may
    /// answer such a run with a chunk that has a `sum` and no columns. Only for unordered scans; nil = every time is wanted.
    package var isAlike: (@Sendable (_ first: Int64, _ last: Int64) -> Bool)?

    package init(
        matchers: [LabelMatcher], start: Int64, end: Int64, projection: Projection = [.times, .lines, .metadata], filters: [LineFilter] = [],
        order: Order = .unordered, limit: Int = 0
    ) {
        self.matchers = matchers
        self.start = start
        self.end = end
        self.projection = projection
        self.filters = filters
        self.order = order
        self.limit = limit
    }
}

/// Entries of one stream in columns, sorted by time (rising, or falling in a backward scan); duplicates are already resolved.
package struct LogChunk: Sendable {
    package var labels: Labels
    package var count: Int
    /// Nanoseconds; empty unless projected.
    package var times: [Int64]
    /// Byte lengths of the lines; empty unless projected.
    package var lengths: [Int]
    /// All lines one after the other; empty unless projected.
    package var lineArena: [UInt8]
    package var lineEnds: [Int]
    /// Canonical label encodings of the structured metadata; `metadataEnds` is empty when no entry has any.
    package var metadataArena: [UInt8]
    package var metadataEnds: [Int]
    /// Entries as one number, in place of all columns, which are empty then; `count` is their number.
    package struct Sum: Sendable {
        /// No entry of the chunk is newer; where a filter dropped entries, the newest of those that are left may be older.
        package var newest: Int64
        /// Bytes of the lines, when lengths were projected.
        package var bytes: Int

        package init(newest: Int64, bytes: Int) {
            self.newest = newest
            self.bytes = bytes
        }
    }

    package var sum: Sum?
    /// In an ordered scan no later chunk holds an entry before this time (forward) or after it (backward).
    package var bound: Int64

    package init(labels: Labels) {
        self.labels = labels
        count = 0
        times = []
        lengths = []
        lineArena = []
        lineEnds = []
        metadataArena = []
        metadataEnds = []
        bound = 0
    }

    package func lineRange(_ entry: Int) -> Range<Int> { (entry == 0 ? 0 : lineEnds[entry - 1])..<lineEnds[entry] }

    package func metadataRange(_ entry: Int) -> Range<Int> {
        metadataEnds.isEmpty ? 0..<0 : (entry == 0 ? 0 : metadataEnds[entry - 1])..<metadataEnds[entry]
    }
}

package enum ScanDecision: Sendable { case proceed, stop }

/// What a finished scan says of itself.
package struct ScanSummary: Sendable {
    /// Parts that were unreadable, each named.
    package var warnings: [String] = []
    package var blocksRead = 0
    package var blocksSkipped = 0
    package var bytesDecoded = 0
    package var entriesScanned = 0
    /// Bytes of the lines that were searched, decoded or not.
    package var lineBytesScanned = 0

    package init() {}
}

/// Counts for `index/stats` and `index/volume`: what a selector touches, from the index alone where it can.
package struct StreamVolume: Sendable {
    package var labels: Labels
    package var entries: Int
    package var bytes: Int
    package var chunks: Int

    package init(labels: Labels, entries: Int, bytes: Int, chunks: Int) {
        self.labels = labels
        self.entries = entries
        self.bytes = bytes
        self.chunks = chunks
    }
}

/// The reading seam. Real implementations: the embedded store, a remote engine, the in-memory store of the language tests.
///
/// - Isolation: synchronous and thread-safe; called on low-priority threads.
package protocol EntryReader: Sendable {
    /// How many workers may call `consume` at once in an unordered scan; worker numbers lie below it.
    var workerCount: Int { get }

    /// Delivers every matching entry exactly once. The chunk must not be kept beyond the call unless copied (it is a value).
    func scan(
        _ scan: LogScan, budget: QueryBudget, consume: @Sendable (_ worker: Int, _ chunk: LogChunk) throws(StoreError) -> ScanDecision
    ) throws(StoreError) -> ScanSummary

    /// Label sets of the streams that have an entry in the window (milliseconds precision is enough), sorted.
    func streams(_ selections: [[LabelMatcher]], start: Int64, end: Int64, limit: Int, budget: QueryBudget) throws(StoreError)
        -> (labels: [Labels], isCut: Bool)

    func labelNames(_ selections: [[LabelMatcher]], start: Int64, end: Int64, budget: QueryBudget) throws(StoreError) -> [String]

    func labelValues(_ name: String, _ selections: [[LabelMatcher]], start: Int64, end: Int64, budget: QueryBudget) throws(StoreError)
        -> [String]

    /// Volumes per stream in a window.
    func volumes(_ matchers: [LabelMatcher], start: Int64, end: Int64, budget: QueryBudget) throws(StoreError) -> [StreamVolume]

    /// A signal that is raised when matching entries have been appended.
    func freshness(_ matchers: [LabelMatcher]) -> FreshnessSignal
}
