import Bytes
import PromQLScript
import QueryLanguage
import Synchronization
import Telemetry

/// Samples in memory, read through the same seam as the store: what the language's tests run on.
final class MemorySampleReader: SampleReader {
    typealias Sample = ScriptSample

    private let series = Mutex<[(labels: Labels, samples: [Sample])]>([])
    private let seriesPerBatch: Int

    init(seriesPerBatch: Int = 3) { self.seriesPerBatch = seriesPerBatch }

    func removeAll() { series.withLock { $0 = [] } }

    func append(_ labels: Labels, _ samples: [Sample]) {
        series.withLock { series in
            let index: Int
            if let known = series.firstIndex(where: { $0.labels == labels }) {
                index = known
            } else {
                index = series.firstIndex { labels < $0.labels } ?? series.count
                series.insert((labels, []), at: index)
            }
            for sample in samples {
                let place = series[index].samples.firstIndex { $0.time >= sample.time } ?? series[index].samples.count
                if place < series[index].samples.count, series[index].samples[place].time == sample.time {
                    series[index].samples[place] = sample
                } else {
                    series[index].samples.insert(sample, at: place)
                }
            }
            Self.setResetHints(&series[index].samples)
        }
    }

    /// A store knows from the sample before whether a counter histogram was reset.
    private static func setResetHints(_ samples: inout [Sample]) {
        for index in samples.indices.dropFirst() {
            guard let previous = samples[index - 1].histogram, let current = samples[index].histogram, current.resetHint == .unknown,
                previous.resetHint != .gauge, previous.usesCustomBuckets == current.usesCustomBuckets
            else { continue }
            if !current.detectsReset(since: previous) { samples[index].histogram?.resetHint = .noReset }
        }
    }

    func select(_ selection: SampleSelection, budget: QueryBudget) throws(StoreError) -> SeriesSet {
        let found = series.withLock { series in
            series.compactMap { item -> (labels: Labels, samples: [Sample])? in
                guard selection.matchers.allSatisfy({ $0.matches(item.labels) }) else { return nil }
                let samples = item.samples.filter { $0.time >= selection.start && $0.time <= selection.end }
                return samples.isEmpty ? nil : (item.labels, samples)
            }
        }
        var labels = LabelColumn()
        for item in found { labels.append(item.labels) }
        let batches = stride(from: 0, to: found.count, by: seriesPerBatch).map { $0..<min(found.count, $0 + seriesPerBatch) }
        return SeriesSet(labels: labels, batches: batches) { index, batch, budget throws(StoreError) in
            for row in batches[index] {
                let samples = found[row].samples
                try budget.useSamples(samples.count)
                var entry = SampleBatch.Series(
                    labels: row, timestamps: batch.timestampColumns.count, firstTimestamp: 0,
                    values: batch.values.count..<batch.values.count + samples.count)
                batch.timestampColumns.append(samples.map(\.time))
                let firstHistogram = batch.histograms.count
                let hasStart = samples.contains { $0.start != 0 }
                if hasStart {
                    entry.startTimes = batch.startTimes.count..<batch.startTimes.count + samples.count
                    batch.startTimes.append(contentsOf: samples.map(\.start))
                }
                for (position, sample) in samples.enumerated() {
                    batch.values.append(sample.histogram == nil ? sample.value : StalenessMarker.ordinaryNaN)
                    if let histogram = sample.histogram { batch.histograms.append((position, histogram)) }
                }
                entry.histograms = firstHistogram..<batch.histograms.count
                batch.series.append(entry)
            }
        }
    }

    func series(_ selections: [SampleSelection], limit: Int, budget: QueryBudget) throws(StoreError) -> LabelSetList { LabelSetList() }

    func labelNames(_ selections: [SampleSelection], start: Int64, end: Int64, limit: Int, budget: QueryBudget) throws(StoreError) -> (
        names: [String], isCut: Bool
    ) { ([], false) }

    func labelValues(
        _ name: String, _ selections: [SampleSelection], start: Int64, end: Int64, limit: Int, budget: QueryBudget
    ) throws(StoreError) -> (values: [String], isCut: Bool) { ([], false) }

    func metadata(metric: String, limit: Int) -> [MetricMetadata] { [] }

    func freshness(_ matchers: [LabelMatcher]) -> FreshnessSignal { FreshnessSignal() }
}
