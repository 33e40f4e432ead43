import Bytes
import Environment
import Synchronization
import Telemetry

extension TimeSeriesStore {
    /// Series that are read and aggregated at once.
    private static let seriesPerRound = 512

    /// Copies the oldest window that is due into a tier, at most one.
    ///
    /// Copying is repeated when later writes reached a window; it gives the same samples again, so a crash in between costs only time.
    /// - Precondition: the maintenance lock is held.
    func downsampleOnce(_ now: Int64) throws(StoreError) {
        for tier in tiers {
            if let window = dueWindow(tier, now) { return try copy(window, into: tier) }
            advance(tier, now)
        }
    }

    private struct DueWindow {
        /// Times in the window: behind its start, up to and including its end.
        var times: ClosedRange<Int64>
        var start: Int64
        var generation: UInt64
        var blocks: [Block]
    }

    private var tierSpan: Int64 { configuration.blockSpan.wholeMilliseconds }

    /// The oldest window older than the tier's age whose blocks have changed since it was copied.
    private func dueWindow(_ tier: Tier, _ now: Int64) -> DueWindow? {
        let limit = now - tier.configuration.after.wholeMilliseconds
        let blocks = catalog.withLock { $0.blocks }.filter { $0.canBeRead }
        var starts: Set<Int64> = []
        for block in blocks where block.meta.earliest <= limit {
            // A sample at the very start of a window belongs to the one before.
            var start = Timestamp.floor(block.meta.earliest - 1, to: tierSpan)
            while start < block.meta.latest && start + tierSpan <= limit {
                starts.insert(start)
                start += tierSpan
            }
        }
        let done = tier.progress.withLock { $0.windows }
        for start in starts.sorted() {
            let times = start + 1...start + tierSpan
            let inside = blocks.filter { $0.overlaps(times.lowerBound, times.upperBound) }
            let generation = inside.map(\.meta.lastGeneration).max() ?? 0
            if done[start] != generation { return DueWindow(times: times, start: start, generation: generation, blocks: inside) }
        }
        return nil
    }

    /// With nothing due, everything up to the last whole window before the tier's age is copied.
    private func advance(_ tier: Tier, _ now: Int64) {
        let through = Timestamp.floor(now - tier.configuration.after.wholeMilliseconds, to: tierSpan)
        let isWaiting = catalog.withLock { catalog in
            (catalog.frozen.map(\.generation) + [catalog.active]).contains { ($0.times?.lowerBound ?? .max) <= through }
        }
        // Late samples that are still in the head are answered from there until they are in blocks.
        if isWaiting { return }
        var progress = tier.progress.withLock { $0 }
        guard through > progress.completeThrough, !progress.windows.isEmpty else { return }
        progress.completeThrough = through
        try? tier.save(progress, fileSystem)
    }

    private func copy(_ window: DueWindow, into tier: Tier) throws(StoreError) {
        let tombstones = catalog.withLock { $0.manifest.tombstones }
        var inputs: [FilteredSource] = []
        for block in window.blocks { inputs.append(try FilteredSource(.block(block), tombstones)) }
        let selection = SampleSelection(matchers: [], start: window.times.lowerBound, end: window.times.upperBound)
        let answer = try Selection.run(selection, sources: inputs, budget: .unlimited)
        var batch = SampleBatch()
        var output = SampleWriteBatch()
        for index in answer.batches.indices {
            batch.removeAll()
            try answer.read(index, into: &batch, budget: .unlimited)
            for series in batch.series {
                append(SeriesColumn(series, of: batch), labels: answer.labels.labels(series.labels), to: &output, tier)
            }
            if output.series.count >= Self.seriesPerRound * TierColumn.allCases.count {
                _ = try tier.store.append(output)
                output.removeAll()
            }
        }
        if !output.isEmpty { _ = try tier.store.append(output) }
        try tier.store.flush()
        var progress = tier.progress.withLock { $0 }
        progress.windows[window.start] = window.generation
        let oldest = catalog.withLock { $0.blocks.map(\.meta.earliest).min() ?? .min }
        progress.windows = progress.windows.filter { $0.key + tierSpan >= oldest }
        try tier.save(progress, fileSystem)
    }

    private func append(_ column: SeriesColumn, labels: Labels, to output: inout SampleWriteBatch, _ tier: Tier) {
        let aggregation = TierAggregation(column, resolution: tier.resolution, isCounter: isCounter(labels.metricName ?? ""))
        for kind in TierColumn.allCases {
            guard let labels = kind.labels(of: labels) else { continue }
            let values: [Double]
            switch kind {
            case .points:
                if !aggregation.points.isEmpty { output.append(aggregation.points, series: output.addSeries(labels)) }
                continue
            case .min: values = aggregation.minima
            case .max: values = aggregation.maxima
            case .sum: values = aggregation.sums
            case .count: values = aggregation.counts
            }
            if values.isEmpty { continue }
            var aggregate = SeriesColumn()
            (aggregate.times, aggregate.values) = (aggregation.ends, values)
            output.append(aggregate, series: output.addSeries(labels))
        }
    }

    /// By its metadata, else by the names that counters have.
    private func isCounter(_ metric: String) -> Bool {
        let known = metadataTable.withLock { $0.lookup(metric, limit: 1).first?.kind }
        switch known {
        case .counter, .histogram, .summary: return true
        case .gauge, .gaugehistogram, .info, .stateset: return false
        default: return ["_total", "_count", "_sum", "_bucket"].contains { metric.hasSuffix($0) }
        }
    }

    // MARK: Choosing

    /// The parts of an answer that come from tiers, and the times that are left for the samples themselves.
    ///
    /// A tier answers where its answer is that of the samples: all evaluation times and the range lie on its grid, and the function is one that
    /// it has a column for. Where the samples are gone, the finest tier answers whatever is asked.
    func tierSources(_ selection: SampleSelection, _ now: Int64) throws(StoreError) -> (sources: [FilteredSource], rest: ClosedRange<Int64>?) {
        guard selection.start <= selection.end else { return ([], nil) }
        var rest: ClosedRange<Int64>? = selection.start...selection.end
        var chosen: [FilteredSource] = []
        let hints = selection.hints
        let column = TierColumn(answering: hints.function, range: hints.range)
        func take(_ tier: Tier, _ column: TierColumn, through end: Int64) throws(StoreError) {
            guard let open = rest, open.lowerBound <= end else { return }
            let part = open.lowerBound...min(end, open.upperBound)
            for source in try tier.store.sources(part.lowerBound, part.upperBound) { chosen.append(source.part(column, part)) }
            rest = part.upperBound < open.upperBound ? part.upperBound + 1...open.upperBound : nil
        }
        let coarseFirst = tiers.sorted { $0.resolution > $1.resolution }
        if let column, let first = hints.first, hints.step > 0 {
            for tier in coarseFirst where first % tier.resolution == 0 && hints.step % tier.resolution == 0 && hints.range % tier.resolution == 0 {
                try take(tier, column, through: tier.boundary(now))
            }
        }
        let firstKept = earliestSample ?? .max
        if let open = rest, open.lowerBound < firstKept {
            for tier in coarseFirst.reversed() { try take(tier, column ?? .points, through: min(firstKept - 1, tier.boundary(now))) }
        }
        return (chosen, rest)
    }

    private var earliestSample: Int64? {
        catalog.withLock { catalog in
            let heads = (catalog.frozen.map(\.generation) + [catalog.active]).compactMap { $0.times?.lowerBound }
            return (catalog.blocks.map(\.meta.earliest) + heads).min()
        }
    }
}

extension SampleWriteBatch {
    /// Appends a whole column as samples of a series.
    mutating func append(_ column: SeriesColumn, series: UInt32) {
        var histograms: [Int: NativeHistogram] = [:]
        for entry in column.histograms { histograms[entry.index] = entry.histogram }
        for index in 0..<column.count {
            let startTime = column.startTimes.isEmpty ? 0 : column.startTimes[index]
            if let histogram = histograms[index] {
                self.histograms.append(.init(series: series, time: column.times[index], startTime: startTime, histogram: histogram))
                continue
            }
            if startTime != 0 && startTimes.isEmpty { startTimes = [Int64](repeating: 0, count: sampleTimes.count) }
            addSample(series: series, time: column.times[index], value: column.values[index])
            if !startTimes.isEmpty { startTimes.append(startTime) }
        }
    }
}

extension SeriesColumn {
    /// The samples of one series of a batch.
    init(_ series: SampleBatch.Series, of batch: SampleBatch) {
        let last = series.firstTimestamp + series.values.count
        times = Array(batch.timestampColumns[series.timestamps][series.firstTimestamp..<last])
        values = Array(batch.values[series.values])
        startTimes = Array(batch.startTimes[series.startTimes])
        histograms = Array(batch.histograms[series.histograms])
    }
}
