package import Telemetry

/// What an operator may decide about a log store; immutable once the store is open.
package struct LogStoreConfiguration: Sendable {
    /// How long entries of some streams are kept, when it differs from the rest.
    package struct RetentionRule: Sendable {
        package var matchers: [LabelMatcher]
        /// Zero keeps everything.
        package var retention: Duration

        package init(matchers: [LabelMatcher], retention: Duration) {
            self.matchers = matchers
            self.retention = retention
        }
    }

    /// The store's own directory; made when missing.
    package var directory: String
    /// How long entries are kept; zero keeps everything, and then any time from 1970 on is accepted.
    package var retention = Duration.seconds(7 * 86_400)
    /// The first rule whose matchers fit a stream decides in place of `retention`.
    package var retentionRules: [RetentionRule] = []
    /// Bytes of parts above which the oldest days are dropped; 0 = no limit.
    package var retentionBytes: Int64 = 0
    /// Longest time between acceptance and durability; zero syncs every append before it returns.
    package var syncInterval = Duration.seconds(1)
    /// Raw bytes in memory at which the head is written to a part.
    package var headBytes = 32 << 20
    /// Age at which even a small head is written to a part, so that the log stays short.
    package var headAge = Duration.seconds(1800)
    /// Fresh parts of one day that start a merge: half a gigabyte of lines, in which most streams have enough for a block that no later merge encodes
    /// again.
    package var mergeFanIn = 16
    /// Parts larger than this are merged only by `flush` and by deletes.
    package var mergeLimitBytes: Int64 = 2 << 30
    /// Bytes of word filters that are kept in memory: enough for some four gigabytes of lines.
    package var wordFilterBytes = 32 << 20
    /// Bytes of decoded dictionaries that are kept in memory: those of some two gigabytes of lines.
    package var dictionaryBytes = 96 << 20
    package var maximumStreams = 1_000_000
    package var maximumLineBytes = 32 << 20
    /// How far ahead of the clock an entry may lie, when retention is limited.
    package var futureTolerance = Duration.seconds(86_400)
    /// Free bytes of the volume below which appends are refused, so that merges, deletes and restarts have room.
    package var reserveBytes: Int64 = 256 << 20

    package init(directory: String) { self.directory = directory }

    func validate() throws(StoreError) {
        guard directory.hasPrefix("/") else {
            throw StoreError(.invalid, "cannot open the log store at \"\(directory)\": the path must be absolute")
        }
        guard retention >= .zero, syncInterval >= .zero, headBytes > 0, mergeFanIn >= 2, maximumLineBytes > 0 else {
            throw StoreError(.invalid, "cannot open the log store: a duration or size of its configuration is out of range")
        }
    }

    /// Retention of a stream, zero for ever.
    func retention(of labels: Labels) -> Duration {
        for rule in retentionRules where rule.matchers.allSatisfy({ $0.matches(labels) }) { return rule.retention }
        return retention
    }
}
