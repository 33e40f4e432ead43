import Bytes
import Synchronization
package import Telemetry

extension TimeSeriesStore: SampleReader {
    package func select(_ selection: SampleSelection, budget: QueryBudget) throws(StoreError) -> SeriesSet {
        let answer = try Selection.run(selection, sources: sources(for: selection), budget: budget)
        let warnings = warnings(selection.start, selection.end)
        return SeriesSet(labels: answer.labels, batches: answer.batches, warnings: warnings) {
            (index, batch, budget) throws(StoreError) in try answer.read(index, into: &batch, budget: budget)
        }
    }

    package func series(_ selections: [SampleSelection], limit: Int, budget: QueryBudget) throws(StoreError) -> LabelSetList {
        try LabelSetList(labelSets(selections, budget: budget), limit: limit, budget: budget)
    }

    package func labelNames(_ selections: [SampleSelection], start: Int64, end: Int64, limit: Int, budget: QueryBudget)
        throws(StoreError) -> (names: [String], isCut: Bool)
    {
        var found: Set<ByteExact> = []
        if selections.isEmpty {
            for source in try sources(start, end).map(\.source) + tierBlocks(start, end) {
                try budget.check()
                for name in try source.labelNames(start, end, budget: budget) where name != TierColumn.label { found.insert(ByteExact(name)) }
            }
        } else {
            let labels = try labelSets(selections, budget: budget)
            var seen: Set<UInt32> = []
            var watch = BudgetWatch(budget)
            for row in 0..<labels.count {
                let pairs = labels[row]
                try watch.advance(pairs.count)
                for index in stride(from: pairs.startIndex, to: pairs.endIndex, by: 2) { seen.insert(pairs[index]) }
            }
            for symbol in seen { found.insert(ByteExact(labels.symbols[symbol])) }
        }
        return try cut(found, limit, budget)
    }

    package func labelValues(
        _ name: String, _ selections: [SampleSelection], start: Int64, end: Int64, limit: Int, budget: QueryBudget
    ) throws(StoreError) -> (values: [String], isCut: Bool) {
        if selections.isEmpty {
            var all: [String] = []
            for source in try sources(start, end).map(\.source) + tierBlocks(start, end) {
                try budget.check()
                all = Self.merge(all, try source.labelValues(name, start, end, budget: budget))
            }
            return limit > 0 && all.count > limit ? (Array(all.prefix(limit)), true) : (all, false)
        }
        let labels = try labelSets(selections, budget: budget)
        guard let symbol = labels.symbols.symbol(of: name) else { return ([], false) }
        var found: Set<ByteExact> = []
        var seen: Set<UInt32> = []
        var watch = BudgetWatch(budget)
        for row in 0..<labels.count {
            try watch.advance(4)
            if let value = labels.value(of: symbol, series: row), seen.insert(value).inserted {
                found.insert(ByteExact(labels.symbols[value]))
            }
        }
        return try cut(found, limit, budget)
    }

    /// The label sets that have a sample in the window of a selection that matches them, each once.
    private func labelSets(_ selections: [SampleSelection], budget: QueryBudget) throws(StoreError) -> LabelColumn {
        var union = SeriesUnion()
        var watch = BudgetWatch(budget)
        for selection in selections {
            let known = union.labels.count
            for source in try sources(for: selection) {
                try budget.check()
                var series = try source.matching(selection.matchers, budget: budget)
                // More than is allowed is not worth looking at.
                if series.count > budget.limits.series { try budget.useSeries(series.count) }
                if !source.isInside(selection.start, selection.end) {
                    var alive: [UInt32] = []
                    for number in series {
                        try watch.advance(2)
                        if try source.hasSamples(number, start: selection.start, end: selection.end) { alive.append(number) }
                    }
                    series = alive
                }
                _ = try source.addRows(series, to: &union, budget)
            }
            try budget.useSeries(union.labels.count - known)
        }
        return union.labels
    }

    private func cut(_ found: Set<ByteExact>, _ limit: Int, _ budget: QueryBudget) throws(StoreError) -> ([String], Bool) {
        let all = try found.sorted(budget, by: <).map(\.string)
        return limit > 0 && all.count > limit ? (Array(all.prefix(limit)), true) : (all, false)
    }

    /// Unites two lists in rising byte order, each without repetition.
    private static func merge(_ left: [String], _ right: [String]) -> [String] {
        if left.isEmpty { return right }
        if right.isEmpty { return left }
        var merged: [String] = []
        merged.reserveCapacity(max(left.count, right.count))
        var (mine, other) = (0, 0)
        while mine < left.count && other < right.count {
            let order = ByteSearch.compare(left[mine].utf8.span, right[other].utf8.span)
            merged.append(order <= 0 ? left[mine] : right[other])
            if order <= 0 { mine += 1 }
            if order >= 0 { other += 1 }
        }
        merged += left[mine...]
        merged += right[other...]
        return merged
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

    /// What a selection reads: tiers where they answer it, samples for the rest.
    private func sources(for selection: SampleSelection) throws(StoreError) -> [FilteredSource] {
        if tiers.isEmpty { return try sources(selection.start, selection.end) }
        let (coarse, rest) = try tierSources(selection, nowMilliseconds)
        guard let rest else { return coarse }
        if coarse.isEmpty { return try sources(selection.start, selection.end) }
        return coarse + (try sources(rest.lowerBound, rest.upperBound).map { $0.part(nil, rest) })
    }

    /// Where label names and values of times stand whose samples are gone.
    private func tierBlocks(_ start: Int64, _ end: Int64) throws(StoreError) -> [Source] {
        var blocks: [Source] = []
        for tier in tiers { blocks += try tier.store.sources(start, end).map(\.source) }
        return blocks
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
