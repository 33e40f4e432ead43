package import Telemetry

extension TimeSeriesStore {
    /// Limits and promises of a store; immutable once opened.
    package struct Configuration: Sendable {
        /// Absolute path of the store's own directory.
        package var directory: String
        /// How long samples are kept; zero keeps all and takes any time from 1970 on.
        package var retention: Duration
        /// Retention of series by matchers, in place of `retention`: the first rule that fits a series decides.
        package var retentionRules: [RetentionRule] = []
        /// Coarser copies of old samples; without one, all answers are made of the samples themselves.
        package var tiers: [TierConfiguration] = []
        /// Bytes of blocks that are kept, the oldest going first; 0 = no limit.
        package var retentionBytes: Int64 = 0
        /// How far ahead of the clock a sample may be. Not applied when everything is kept.
        package var futureLimit: Duration = .seconds(86_400)
        /// Bytes of samples after which the head becomes a block; grows with the number of series.
        package var headByteLimit = 6 << 20
        /// Bytes of samples, label sets and index after which the head becomes a block in any case: what a flood of new series can cost.
        package var headTotalByteLimit = 160 << 20
        /// The longest time that written data stays unsynced; zero syncs each append.
        package var syncInterval: Duration = .seconds(1)
        /// Series that may be active at once. The first ones keep their place.
        package var seriesLimit = 2_000_000
        /// Series of one metric name that may be active at once; 0 = no limit of its own.
        package var seriesPerMetricLimit = 0
        /// Bytes of one label set.
        package var labelSetByteLimit = 64 << 10
        package var exemplarLimit = 10_000
        /// Bytes of indexes and time columns of blocks that are kept in memory.
        package var cacheByteLimit = 48 << 20
        /// Below this many free bytes the store is read-only.
        package var reserveBytes: Int64 = 64 << 20
        /// Time window of one block at rest.
        package var blockSpan: Duration = .seconds(86_400)

        /// The longest time that any sample is kept; zero when some are kept for ever.
        var longestRetention: Duration {
            let all = [retention] + retentionRules.map(\.retention)
            return all.contains(.zero) ? .zero : all.max()!
        }

        package init(directory: String, retention: Duration = .seconds(15 * 86_400)) {
            self.directory = directory
            self.retention = retention
        }
    }
}

/// How long the samples of some series are kept.
package struct RetentionRule: Sendable {
    package var matchers: [LabelMatcher]
    /// Zero keeps all.
    package var retention: Duration

    package init(matchers: [LabelMatcher], retention: Duration) {
        self.matchers = matchers
        self.retention = retention
    }
}
