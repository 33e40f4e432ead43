import Bytes
import Synchronization
package import Telemetry

extension TimeSeriesStore {
    /// Figures about the store, as `status/tsdb` and `/metrics` show them.
    package struct Status: Sendable {
        package struct Count: Hashable, Sendable {
            package var name: String
            package var value: Int
        }

        package var seriesCount = 0
        package var samplesInHead = 0
        package var labelPairCount = 0
        package var headBytes = 0
        /// Milliseconds since the epoch, of all samples in head and blocks; nil when there are none.
        package var earliest: Int64?
        package var latest: Int64?
        package var blockCount = 0
        package var blockBytes: Int64 = 0
        package var samplesInBlocks = 0
        package var topMetrics: [Count] = []
        package var topLabelsByValues: [Count] = []
        package var topLabelsByBytes: [Count] = []
        package var topPairs: [Count] = []
        /// Series that the budget refused, by metric name.
        package var refusedSeries: [Count] = []
        package var readOnlyReason: String?
        package var damage: [String] = []
    }

    /// A published block, as `status/tsdb/blocks` shows it. Times are milliseconds, both ends included.
    package struct BlockSummary: Sendable {
        package var number: UInt64
        package var earliest: Int64
        package var latest: Int64
        package var sampleCount: Int
        package var seriesCount: Int
        package var byteCount: Int64
        /// How many heads it was united from.
        package var generationCount: Int
    }

    /// All blocks, in the order of their times.
    package func blockSummaries() -> [BlockSummary] {
        catalog.withLock { $0.blocks }.map(\.meta).sorted { ($0.earliest, $0.number) < ($1.earliest, $1.number) }.map { meta in
            BlockSummary(
                number: meta.number, earliest: meta.earliest, latest: meta.latest, sampleCount: meta.sampleCount, seriesCount: meta.seriesCount,
                byteCount: meta.byteCount, generationCount: Int(meta.lastGeneration - meta.firstGeneration) + 1)
        }
    }

    /// - Parameter limit: how many names each list holds; 0 for the figures alone, which need no look at the labels.
    package func status(limit: Int = 10) -> Status {
        let catalog = catalog.withLock { $0 }
        var status = Status()
        status.blockCount = catalog.blocks.count
        status.readOnlyReason = catalog.readOnly?.description
        status.damage = (catalog.logDamage + catalog.manifest.damage + catalog.blocks.flatMap { $0.damage() }).map(\.description)
        var earliest = Int64.max
        var latest = Int64.min
        for block in catalog.blocks {
            status.blockBytes += block.meta.byteCount
            status.samplesInBlocks += block.meta.sampleCount
            earliest = min(earliest, block.meta.earliest)
            latest = max(latest, block.meta.latest)
        }
        for generation in catalog.frozen.map(\.generation) + [catalog.active] {
            let head = generation.withState { ($0.slabs.sampleCount, $0.seriesByteCount + $0.sampleByteCount, $0.earliest, $0.latest) }
            status.samplesInHead += head.0
            status.headBytes += head.1
            earliest = min(earliest, head.2)
            latest = max(latest, head.3)
        }
        if earliest <= latest { (status.earliest, status.latest) = (earliest, latest) }
        // A head that has just begun says little about cardinality; then the newest block does.
        let headCount = catalog.active.seriesCount
        let block = catalog.blocks.last(where: \.canBeRead)
        if limit == 0 {
            status.seriesCount = max(headCount, block?.meta.seriesCount ?? 0)
            return status
        }
        if let block, block.meta.seriesCount > headCount, let index = try? block.index() {
            Self.countLabels(index, limit, &status)
        } else {
            catalog.active.withState { state in Self.countLabels(state.index, limit, &status) }
        }
        status.refusedSeries = Self.top(
            catalog.active.withState { $0.refusedSeries }.map { Status.Count(name: $0.key, value: $0.value) }, limit)
        return status
    }

    private static func countLabels(_ index: some LabelIndex, _ limit: Int, _ status: inout Status) {
        status.seriesCount = index.seriesCount
        var byValues: [Status.Count] = []
        var byBytes: [Status.Count] = []
        var pairs: [Status.Count] = []
        var metrics: [Status.Count] = []
        for name in index.names {
            let text = index.string(name)
            let entries = index.entries(of: name)
            byValues.append(Status.Count(name: text, value: entries.count))
            var bytes = 0
            for entry in entries {
                let value = index.value(entry: entry)
                let count = index.postingsCount(entry: entry)
                bytes += index.symbolRange(value).count * count
                status.labelPairCount += 1
                // Only pairs of many series can be among the top; texts are made for few.
                if count * 4 >= index.seriesCount || pairs.count < 1000 {
                    pairs.append(Status.Count(name: "\(text)=\(index.string(value))", value: count))
                }
                if text == Labels.metricName { metrics.append(Status.Count(name: index.string(value), value: count)) }
            }
            byBytes.append(Status.Count(name: text, value: bytes))
        }
        status.topMetrics = top(metrics, limit)
        status.topLabelsByValues = top(byValues, limit)
        status.topLabelsByBytes = top(byBytes, limit)
        status.topPairs = top(pairs, limit)
    }

    private static func top(_ counts: [Status.Count], _ limit: Int) -> [Status.Count] {
        Array(counts.sorted { ($1.value, $0.name) < ($0.value, $1.name) }.prefix(limit))
    }
}

extension TimeSeriesStore {
    /// Where cardinality grows: what the last hour has that was not there a day before.
    package struct Growth: Sendable {
        /// Series of the last hour that were not there a day before, by metric name.
        package var seriesByMetric: [Status.Count] = []
        /// Values of the last hour that were not there a day before, by label name.
        package var valuesByLabel: [Status.Count] = []
        package var newSeriesCount = 0
    }

    /// Compares what is in use with what was in use from 24 to 48 hours before.
    ///
    /// - Complexity: linear in the series of both; for people who look, not for a scrape.
    package func growth(limit: Int = 10) throws(StoreError) -> Growth {
        let now = nowMilliseconds
        let day: Int64 = 86_400_000
        var known: Set<UInt64> = []
        var knownValues: Set<UInt64> = []
        for source in try sources(now - 2 * day, now - day).map(\.source) {
            try source.visitLabels(now - 2 * day, now - day) { labels in
                known.insert(labels.hash)
                labels.forEachRange { name, value in
                    knownValues.insert(Hash64.hash(labels.encoded, range: name.lowerBound..<value.upperBound))
                    return true
                }
            }
        }
        var seen: Set<UInt64> = []
        var byMetric: [String: Int] = [:]
        var byLabel: [String: Int] = [:]
        var growth = Growth()
        for source in try sources(now - 3_600_000, .max).map(\.source) {
            try source.visitLabels(now - 3_600_000, .max) { labels in
                guard !known.contains(labels.hash), seen.insert(labels.hash).inserted else { return }
                growth.newSeriesCount += 1
                byMetric[labels.metricName ?? "", default: 0] += 1
                labels.forEachRange { name, value in
                    if knownValues.insert(Hash64.hash(labels.encoded, range: name.lowerBound..<value.upperBound)).inserted {
                        byLabel[labels.string(name), default: 0] += 1
                    }
                    return true
                }
            }
        }
        growth.seriesByMetric = Self.top(byMetric.map { Status.Count(name: $0.key, value: $0.value) }, limit)
        growth.valuesByLabel = Self.top(byLabel.map { Status.Count(name: $0.key, value: $0.value) }, limit)
        return growth
    }
}
