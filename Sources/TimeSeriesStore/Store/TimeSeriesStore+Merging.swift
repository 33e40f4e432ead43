import Bytes
import Environment
import Synchronization
import Telemetry

extension TimeSeriesStore {
    /// Blocks of one size that are united into one of the next.
    private static let fanIn = 4
    /// The smallest tier ends here; each further one is four times as large.
    private static let smallestTierBytes: Int64 = 256 << 10
    /// Series of all blocks that are united at once: their indexes are in memory together, about 400 bytes a series.
    static let unitedSeriesLimit = 600_000
    /// Blocks of a past window that have rested this long become one, in milliseconds.
    private static let restBeforeUniting: Int64 = 600_000

    /// Unites the blocks that are due, at most one group.
    ///
    /// - Precondition: the maintenance lock is held.
    func mergeOnce(_ now: Int64) throws(StoreError) {
        for group in windowGroups() {
            if let due = dueBlocks(group, now) { return try unite(due, now) }
        }
    }

    /// Blocks by their time window, each group in the order of writing.
    func windowGroups() -> [[Block]] {
        let span = configuration.blockSpan.wholeMilliseconds
        let blocks = catalog.withLock { $0.blocks }
        var groups: [Int64: [Block]] = [:]
        for block in blocks where !block.isDamaged {
            let start = Timestamp.floor(block.meta.earliest, to: span)
            // A block that is wider than a window came from sparse samples; it stays alone.
            if block.meta.latest < start + span { groups[start, default: []].append(block) }
        }
        return groups.sorted { $0.key < $1.key }.map(\.value)
    }

    private func dueBlocks(_ group: [Block], _ now: Int64) -> [Block]? {
        let span = configuration.blockSpan.wholeMilliseconds
        if group.count > 1, let newest = group.map(\.since).max(), now - newest >= Self.restBeforeUniting,
            Timestamp.floor(group[0].meta.earliest, to: span) + span <= now,
            let run = Self.bounded(group).first(where: { $0.count > 1 }), canUnite(run)
        {
            return run
        }
        let tiers = group.map { Self.tier($0.meta.byteCount) }
        for tier in 0...(tiers.max() ?? 0) {
            var run: [Block] = []
            for (block, own) in zip(group, tiers) {
                if own <= tier {
                    run.append(block)
                } else if run.count >= Self.fanIn {
                    break
                } else {
                    run = []
                }
            }
            // Rewriting a large block for the sake of small ones is put off until they weigh as much.
            let sizes = run.map(\.meta.byteCount)
            guard run.count >= Self.fanIn, sizes.max()! * 2 <= sizes.reduce(0, +) else { continue }
            guard run.reduce(0, { $0 + $1.meta.seriesCount }) <= Self.unitedSeriesLimit else { continue }
            if canUnite(run) { return run }
        }
        return nil
    }

    /// Neighbours that may be united at once: a flood of series must not be in memory whole, not even as an index.
    private static func bounded(_ group: [Block]) -> [[Block]] {
        var runs: [[Block]] = []
        var total = 0
        for block in group {
            total += block.meta.seriesCount
            if runs.isEmpty || total > unitedSeriesLimit {
                runs.append([block])
                total = block.meta.seriesCount
            } else {
                runs[runs.count - 1].append(block)
            }
        }
        return runs
    }

    /// Brings each window to one block, or to as few as the bound on what is united at once allows.
    ///
    /// - Precondition: the maintenance lock is held.
    func uniteWindows(_ now: Int64) throws(StoreError) {
        while true {
            // Blocks of the same series become small when united, so a later round may unite what this one could not.
            let runs = windowGroups().flatMap { Self.bounded($0) }.filter { $0.count > 1 }
            if runs.isEmpty { return }
            for run in runs { try unite(run, now) }
        }
    }

    private static func tier(_ bytes: Int64) -> Int {
        var tier = 0
        var size = bytes
        while size > smallestTierBytes {
            size /= 4
            tier += 1
        }
        return tier
    }

    /// Whether no other block was written between these over the same times: the last write must stay the last.
    private func canUnite(_ run: [Block]) -> Bool {
        let numbers = Set(run.map(\.meta.number))
        let first = run.map(\.meta.firstGeneration).min()!
        let last = run.map(\.meta.lastGeneration).max()!
        let earliest = run.map(\.meta.earliest).min()!
        let latest = run.map(\.meta.latest).max()!
        return !catalog.withLock { $0.blocks }.contains {
            !numbers.contains($0.meta.number) && $0.overlaps(earliest, latest) && $0.meta.firstGeneration <= last
                && $0.meta.lastGeneration >= first
        }
    }

    /// Replaces blocks by one with the same samples, less what was deleted.
    ///
    /// - Precondition: the maintenance lock is held; series are expired of a single block only.
    func unite(_ blocks: [Block], _ now: Int64, without expired: [UInt32] = []) throws(StoreError) {
        let manifest = catalog.withLock { $0.manifest }
        var inputs: [FilteredSource] = []
        for block in blocks { inputs.append(try FilteredSource(.block(block), manifest.tombstones, without: expired)) }
        let meta = BlockMeta(
            number: manifest.nextBlock, earliest: 0, latest: 0, sampleCount: 0, seriesCount: 0,
            firstGeneration: blocks.map(\.meta.firstGeneration).min()!, lastGeneration: blocks.map(\.meta.lastGeneration).max()!,
            tombstoneFloor: manifest.tombstoneNumber)
        let made = try BlockMerge(inputs: inputs, window: .min ... .max).write(meta, directory: blockDirectory, fileSystem: fileSystem)
        guard !blocks.contains(where: \.isDamaged) else {
            if let made { try? fileSystem.removeFile(blockDirectory + "/" + made.fileName) }
            throw StoreError(.corrupt, "cannot unite blocks: damage was found in one of them, which stays as it is")
        }
        try publish(made.map { [$0] } ?? [], replacing: blocks, now: now)
    }

    /// Drops blocks whose samples are all past retention, and the oldest ones above the size limit.
    ///
    /// - Precondition: the maintenance lock is held.
    func dropExpired(_ now: Int64) throws(StoreError) {
        let blocks = catalog.withLock { $0.blocks }
        var expired = blocks.filter { configuration.longestRetention != .zero && $0.meta.latest < retentionStart(now) }
        if configuration.retentionBytes > 0 {
            let gone = Set(expired.map(\.meta.number))
            var rest = blocks.filter { !gone.contains($0.meta.number) }.sorted { $0.meta.latest < $1.meta.latest }
            var bytes = rest.reduce(0) { $0 + $1.meta.byteCount }
            // The newest block stays, however large.
            while bytes > configuration.retentionBytes && rest.count > 1 {
                let oldest = rest.removeFirst()
                bytes -= oldest.meta.byteCount
                expired.append(oldest)
            }
        }
        let start = retentionStart(now)
        let hasOldDamage = catalog.withLock { $0.manifest.damage.contains { ($0.times?.upperBound ?? .max) < start } }
        if expired.isEmpty && !hasOldDamage { return }
        try publish([], replacing: expired, now: now) { manifest in
            manifest.damage.removeAll { ($0.times?.upperBound ?? .max) < start }
        }
    }
}
