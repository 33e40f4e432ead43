import Bytes
import Synchronization
import Telemetry

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

    /// - Parameter limit: how many names each list holds.
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
        if let block = catalog.blocks.last(where: \.canBeRead), block.meta.seriesCount > headCount, let index = try? block.index() {
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
