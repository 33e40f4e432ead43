import Bytes
import Synchronization
package import Telemetry

extension TimeSeriesStore: SampleReader {
    package func select(_ selection: SampleSelection, budget: QueryBudget) throws(StoreError) -> SeriesSet {
        let answer = try Selection.run(selection, sources: sources(selection.start, selection.end), budget: budget)
        let warnings = warnings(selection.start, selection.end)
        return SeriesSet(labels: answer.labels, batches: answer.batches, warnings: warnings) {
            (index, batch, budget) throws(StoreError) in try answer.read(index, into: &batch, budget: budget)
        }
    }

    package func series(_ selections: [SampleSelection], limit: Int, budget: QueryBudget) throws(StoreError) -> (
        labels: [Labels], isCut: Bool
    ) {
        var found: Set<Labels> = []
        for selection in selections {
            let answer = try Selection.run(selection, sources: sources(selection.start, selection.end), budget: budget)
            for row in try answer.rowsWithSamples(budget: budget) { found.insert(answer.labels.labels(row)) }
        }
        let all = found.sorted()
        return limit > 0 && all.count > limit ? (Array(all.prefix(limit)), true) : (all, false)
    }

    package func labelNames(_ selections: [SampleSelection], start: Int64, end: Int64, limit: Int, budget: QueryBudget)
        throws(StoreError) -> (names: [String], isCut: Bool)
    {
        var found: Set<ByteExact> = []
        if selections.isEmpty {
            for source in try sources(start, end).map(\.source) {
                try budget.check()
                for name in try source.labelNames() { found.insert(ByteExact(name)) }
            }
        } else {
            for selection in selections {
                let labels = try Selection.run(selection, sources: sources(selection.start, selection.end), budget: budget).labels
                var seen: Set<UInt32> = []
                for row in 0..<labels.count {
                    let pairs = labels[row]
                    for index in stride(from: pairs.startIndex, to: pairs.endIndex, by: 2) { seen.insert(pairs[index]) }
                }
                for symbol in seen { found.insert(ByteExact(labels.symbols[symbol])) }
            }
        }
        return cut(found, limit)
    }

    package func labelValues(
        _ name: String, _ selections: [SampleSelection], start: Int64, end: Int64, limit: Int, budget: QueryBudget
    ) throws(StoreError) -> (values: [String], isCut: Bool) {
        var found: Set<ByteExact> = []
        if selections.isEmpty {
            for source in try sources(start, end).map(\.source) {
                try budget.check()
                for value in try source.labelValues(name) { found.insert(ByteExact(value)) }
            }
        } else {
            for selection in selections {
                let labels = try Selection.run(selection, sources: sources(selection.start, selection.end), budget: budget).labels
                guard let symbol = labels.symbols.symbol(of: name) else { continue }
                var seen: Set<UInt32> = []
                for row in 0..<labels.count {
                    if let value = labels.value(of: symbol, series: row), seen.insert(value).inserted {
                        found.insert(ByteExact(labels.symbols[value]))
                    }
                }
            }
        }
        return cut(found, limit)
    }

    private func cut(_ found: Set<ByteExact>, _ limit: Int) -> ([String], Bool) {
        let all = found.sorted().map(\.string)
        return limit > 0 && all.count > limit ? (Array(all.prefix(limit)), true) : (all, false)
    }

    package func metadata(metric: String, limit: Int) -> [MetricMetadata] {
        metadataTable.withLock { $0.lookup(metric, limit: limit) }
    }

    package func freshness(_ matchers: [LabelMatcher]) -> FreshnessSignal {
        let signal = FreshnessSignal()
        // Subscribed before the series are looked through, so none slips in between.
        appending.withLock { _ in
            subscriptions.add(Subscription(matchers: matchers, signal: signal))
            catalog.withLock { $0.active }.withState { state in
                let matching = (try? Matching.series(matchers, in: state.index, budget: .unlimited)) ?? []
                for series in matching { state.setWatched(Int(series)) }
            }
        }
        return signal
    }

    /// Exemplars of the series that a selection matches, oldest first.
    package func exemplars(_ selection: SampleSelection) -> [StoredExemplar] {
        exemplarRing.withLock { $0.all }.filter { exemplar in
            exemplar.time >= selection.start && exemplar.time <= selection.end
                && selection.matchers.allSatisfy { $0.matches(exemplar.series) }
        }
    }

    /// Everything that may hold samples of a closed window, in the order of writing, without what was deleted.
    func sources(_ start: Int64, _ end: Int64) throws(StoreError) -> [FilteredSource] {
        guard start <= end else { return [] }
        let catalog = catalog.withLock { $0 }
        var sources: [FilteredSource] = []
        for block in catalog.blocks where block.overlaps(start, end) && block.canBeRead {
            sources.append(try FilteredSource(.block(block), catalog.manifest.tombstones))
        }
        for generation in catalog.frozen.map(\.generation) + [catalog.active] {
            guard let times = generation.times, times.lowerBound <= end, times.upperBound >= start else { continue }
            sources.append(try FilteredSource(.head(generation), catalog.manifest.tombstones))
        }
        return sources
    }

    /// What an answer over a closed window must confess.
    func warnings(_ start: Int64, _ end: Int64) -> [String] {
        let catalog = catalog.withLock { $0 }
        let damage = catalog.logDamage + catalog.manifest.damage + catalog.blocks.flatMap { $0.damage() }
        return damage.filter { $0.touches(start, end) }.map { "partial: " + $0.description }
    }
}
