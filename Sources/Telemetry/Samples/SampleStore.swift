package import Bytes
/// The two seams of a time-series store: what writers and readers of samples may rely on.

/// How far an append has come when `append` returns, and how to wait for the rest.
///
/// `append` returns when the data is *accepted*: written to the write-ahead log, so it survives the death of the process. It is *durable*, so
/// survives a power loss, when the store's durable position has reached the ticket's. Whoever holds a checkpoint or a queue advances it on
/// durable only.
package struct AppendTicket: Hashable, Comparable, Sendable {
    /// A position in the store's log that only rises.
    package var position: UInt64
    /// Samples or entries that were taken.
    package var accepted: Int
    /// How many of the taken samples were native histograms.
    package var acceptedHistograms = 0
    package var acceptedExemplars = 0
    /// Samples or entries that were refused, each counted under a reason that a client can act upon.
    package var refused: [AppendRefusal]

    package init(position: UInt64, accepted: Int, refused: [AppendRefusal] = []) {
        self.position = position
        self.accepted = accepted
        self.refused = refused
    }

    package static func < (left: AppendTicket, right: AppendTicket) -> Bool { left.position < right.position }
}

package struct AppendRefusal: Hashable, Sendable {
    package enum Reason: String, Sendable {
        case tooOld = "too old: outside retention"
        case tooFarInFuture = "too far in the future"
        case cardinalityLimit = "series limit reached"
        case invalidLabels = "invalid labels"
        case tooLarge = "over the size limit"
    }

    package var reason: Reason
    package var count: Int
    /// One example, so that the message can name it.
    package var example: String

    package init(reason: Reason, count: Int, example: String) {
        self.reason = reason
        self.count = count
        self.example = example
    }
}

/// Why a store could not take or give data.
package struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The disk is full or read-only; the client should retry later.
        case readOnly
        /// A limit of the caller's budget was reached.
        case limit
        /// The caller cancelled or its time ran out.
        case cancelled
        /// A part of the store is damaged.
        case corrupt
        /// The request itself cannot be served.
        case invalid
        /// The environment failed: an I/O error.
        case environment
        /// The store is shut down.
        case closed
    }

    package var code: Code
    package var description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

/// The writing seam. Real implementations: the embedded store, the remote-write engine, the disk queue of a shipper.
package protocol SampleAppender: Sendable {
    /// Takes a batch or throws as a whole; single samples that cannot be kept are refused in the ticket.
    ///
    /// - Isolation: callable from any thread; may block for one write to the log. Several callers share one write.
    func append(_ batch: SampleWriteBatch) throws(StoreError) -> AppendTicket

    /// Returns when everything up to the position survives a power loss.
    func waitUntilDurable(_ position: UInt64) async throws(StoreError)

    /// Series that batches for this appender may name by number; nil when it has none.
    var knownSeries: KnownSeries? { get }
}

extension SampleAppender {
    package var knownSeries: KnownSeries? { nil }
}

/// What a reader asks of a time-series store.
package struct SampleSelection: Sendable {
    /// What the caller will do with the samples: a store may use it to choose a tier or leave out what cannot matter.
    package struct Hints: Sendable {
        /// Milliseconds between evaluation points; 0 for an instant query.
        package var step: Int64 = 0
        /// The first evaluation time, an offset applied; nil when the evaluation looks at samples beyond its ranges.
        package var first: Int64?
        /// Milliseconds of the range selector or 0.
        package var range: Int64 = 0
        /// The function or aggregation directly around the selector, as PromQL names it.
        package var function = ""
        package var grouping: [String] = []
        package var isGroupingBy = false
        /// Whether only label sets are needed.
        package var labelsOnly = false

        package init() {}

        /// Whether the function asks when there were samples and not what they said: a reader may put any number where a number was.
        package var needsTimesOnly: Bool {
            switch function {
            case "count_over_time", "present_over_time", "ts_of_first_over_time", "ts_of_last_over_time": range > 0
            case "count", "group": range == 0
            default: false
            }
        }
    }

    package var matchers: [LabelMatcher]
    /// First millisecond wanted, inclusive.
    package var start: Int64
    /// Last millisecond wanted, inclusive.
    package var end: Int64
    package var hints: Hints

    package init(matchers: [LabelMatcher], start: Int64, end: Int64, hints: Hints = Hints()) {
        self.matchers = matchers
        self.start = start
        self.end = end
        self.hints = hints
    }
}

/// Samples of some series in columns; a buffer that the reader owns and the store fills.
///
/// Series that were scraped together share a timestamp column. Within a series times rise strictly.
/// - Units: milliseconds.
package struct SampleBatch: Sendable {
    package struct Series: Sendable {
        /// Row in the answer's `LabelColumn`.
        package var labels: Int
        /// Index into `timestampColumns`.
        package var timestamps: Int
        /// First sample of the series within its timestamp column.
        package var firstTimestamp: Int
        /// Where the series' values stand in `values`; as many as it has timestamps.
        package var values: Range<Int>
        /// Where the series' histograms stand in `histograms`; a histogram's value slot holds `StalenessMarker.ordinaryNaN`.
        package var histograms: Range<Int>
        /// Where the start times stand in `startTimes`; empty when none is known.
        package var startTimes: Range<Int>
        /// What the reader knows of the values: a series that holds numbers has no stale marker, one that never falls no counter reset.
        package var traits = DecimalColumn.Traits(holdsNumbers: false, neverFalls: false)

        package init(
            labels: Int, timestamps: Int, firstTimestamp: Int, values: Range<Int>, histograms: Range<Int> = 0..<0, startTimes: Range<Int> = 0..<0
        ) {
            self.labels = labels
            self.timestamps = timestamps
            self.firstTimestamp = firstTimestamp
            self.values = values
            self.histograms = histograms
            self.startTimes = startTimes
        }
    }

    package var timestampColumns: [[Int64]] = []
    package var values: [Double] = []
    package var startTimes: [Int64] = []
    /// Histograms with their position among the series' samples.
    package var histograms: [(index: Int, histogram: NativeHistogram)] = []
    package var series: [Series] = []

    package init() {}

    package mutating func removeAll() {
        timestampColumns.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        startTimes.removeAll(keepingCapacity: true)
        histograms.removeAll(keepingCapacity: true)
        series.removeAll(keepingCapacity: true)
    }
}

/// The answer to a selection: all label sets at once, the samples in batches that are decoded when asked for.
///
/// A series is in exactly one batch; batches may be read in any order, several at once from different threads.
package struct SeriesSet: Sendable {
    package let labels: LabelColumn
    /// Rows of `labels` per batch.
    package let batches: [Range<Int>]
    /// Set when a part of the store was unreadable or cut; each text names what is missing.
    package let warnings: [String]
    private let read: @Sendable (Int, inout SampleBatch, QueryBudget) throws(StoreError) -> Void

    package init(
        labels: LabelColumn, batches: [Range<Int>], warnings: [String] = [],
        read: @escaping @Sendable (Int, inout SampleBatch, QueryBudget) throws(StoreError) -> Void
    ) {
        self.labels = labels
        self.batches = batches
        self.warnings = warnings
        self.read = read
    }

    /// Decodes one batch into a buffer that the caller reuses; what was in it is gone.
    package func readBatch(_ index: Int, into batch: inout SampleBatch, budget: QueryBudget) throws(StoreError) {
        batch.removeAll()
        try read(index, &batch, budget)
    }
}

/// The reading seam. Real implementations: the embedded store, a remote engine, the in-memory store of the language tests.
///
/// - Isolation: synchronous and thread-safe; called on low-priority threads, never on the cooperative pool or an event loop.
package protocol SampleReader: Sendable {
    func select(_ selection: SampleSelection, budget: QueryBudget) throws(StoreError) -> SeriesSet

    /// Label sets that have a sample in the window of a selection that matches them; `limit` 0 means all.
    func series(_ selections: [SampleSelection], limit: Int, budget: QueryBudget) throws(StoreError) -> LabelSetList

    /// Names in use, sorted. An empty list of selections means all series.
    func labelNames(_ selections: [SampleSelection], start: Int64, end: Int64, limit: Int, budget: QueryBudget) throws(StoreError)
        -> (names: [String], isCut: Bool)

    /// Values of one label, sorted.
    func labelValues(_ name: String, _ selections: [SampleSelection], start: Int64, end: Int64, limit: Int, budget: QueryBudget)
        throws(StoreError) -> (values: [String], isCut: Bool)

    /// Type, help and unit of the metric families that are known, by name; an empty name asks for all.
    func metadata(metric: String, limit: Int) -> [MetricMetadata]

    /// A signal that is raised when matching samples have been appended.
    func freshness(_ matchers: [LabelMatcher]) -> FreshnessSignal
}
