import Bytes
import Synchronization
import Telemetry

/// How far retention by matchers has come with a block.
struct BlockExpiry: Sendable, Equatable {
    /// Cutoffs that the block's last sample lies behind: one place for each rule, then one for the rest.
    var passed: [Bool]
}

extension TimeSeriesStore {
    /// Rewrites blocks that lie as a whole behind the retention of some of their series, without these.
    ///
    /// Samples go with whole blocks, as they do by time alone: a block spans a day at most, and is rewritten once for each cutoff it passes.
    /// - Precondition: the maintenance lock is held.
    func dropByRules(_ now: Int64, _ state: inout MaintenanceState) throws(StoreError) {
        if configuration.retentionRules.isEmpty { return }
        let durations = configuration.retentionRules.map(\.retention) + [configuration.retention]
        let cutoffs = durations.map { $0 == .zero ? Int64.min : now - $0.wholeMilliseconds }
        let blocks = catalog.withLock { $0.blocks }
        let numbers = Set(blocks.map(\.meta.number))
        state.expiries = state.expiries.filter { numbers.contains($0.key) }
        for block in blocks where !block.isDamaged {
            let expiry = BlockExpiry(passed: cutoffs.map { block.meta.latest < $0 })
            if !expiry.passed.contains(true) || state.expiries[block.meta.number] == expiry { continue }
            let expired = try expiredSeries(of: block, expiry)
            if expired.count == block.meta.seriesCount {
                try publish([], replacing: [block], now: now)
            } else if !expired.isEmpty {
                try unite([block], now, without: expired)
            } else {
                state.expiries[block.meta.number] = expiry
            }
        }
    }

    /// Series of a block whose first fitting rule, or else the general retention, is past.
    private func expiredSeries(of block: Block, _ expiry: BlockExpiry) throws(StoreError) -> [UInt32] {
        let index = try block.index()
        var isDecided = [Bool](repeating: false, count: index.seriesCount)
        var expired: [UInt32] = []
        for (rule, isPast) in zip(configuration.retentionRules, expiry.passed) {
            for series in try Matching.series(rule.matchers, in: index, budget: .unlimited) where !isDecided[Int(series)] {
                isDecided[Int(series)] = true
                if isPast { expired.append(series) }
            }
        }
        if expiry.passed[expiry.passed.count - 1] {
            for series in 0..<UInt32(index.seriesCount) where !isDecided[Int(series)] { expired.append(series) }
        }
        return expired.sorted()
    }
}
