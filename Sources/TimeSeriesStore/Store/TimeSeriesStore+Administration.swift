import Bytes
import Environment
import Synchronization
package import Telemetry

extension TimeSeriesStore {
    /// Brings everything into its resting form: no head, one block for each window of time (a few where there are very many series).
    package func flush() throws(StoreError) {
        try maintenance.withLock { (_) throws(StoreError) in
            try flushHead()
            try uniteWindows(nowMilliseconds)
        }
    }

    /// - Precondition: the maintenance lock is held.
    private func flushHead() throws(StoreError) {
        try flushFrozen(nowMilliseconds)
        try freeze()
        try flushFrozen(nowMilliseconds)
    }

    /// Deletes the samples of matching series in a closed window, as far as they were appended before.
    ///
    /// Space is given back when blocks are united or by `cleanTombstones`.
    package func deleteSeries(_ matchers: [LabelMatcher], start: Int64, end: Int64) throws(StoreError) {
        guard start <= end else { throw StoreError(.invalid, "cannot delete: the end lies before the start") }
        try maintenance.withLock { (_) throws(StoreError) in
            try flushFrozen(nowMilliseconds)
            let number = catalog.withLock { max($0.manifest.tombstoneNumber, $0.active.tombstoneFloor) } + 1
            // What is appended from now on belongs to a generation that begins behind the deletion.
            try appending.withLock { (_) throws(StoreError) in try freezeWhileAppending(tombstoneFloor: number) }
            try publish([], replacing: [], now: nowMilliseconds) { manifest in
                manifest.tombstoneNumber = number
                manifest.tombstones.append(Tombstone(number: number, matchers: matchers, start: start, end: end))
            }
        }
        for tier in tiers {
            // A bucket stands at its end, so one that the deletion cuts through goes as a whole.
            let last = end > .max - tier.resolution ? end : TierAggregation.bucketEnd(end, tier.resolution)
            try tier.store.deleteSeries(matchers, start: start, end: last)
        }
    }

    /// Rewrites what deletions touch, so that deleted samples are gone from the disk.
    package func cleanTombstones() throws(StoreError) {
        try maintenance.withLock { (_) throws(StoreError) in
            try flushHead()
            let newest = catalog.withLock { $0.manifest.tombstoneNumber }
            for block in catalog.withLock({ $0.blocks }) where block.meta.tombstoneFloor < newest && !block.isDamaged {
                let tombstones = catalog.withLock { $0.manifest.tombstones }
                let filtered = try FilteredSource(.block(block), tombstones)
                if !filtered.deletions.isEmpty { try unite([block], nowMilliseconds) }
            }
            try forgetTombstones()
        }
        for tier in tiers { try tier.store.cleanTombstones() }
    }

    /// Drops the deletions that no readable sample is subject to any more.
    private func forgetTombstones() throws(StoreError) {
        let (blocks, tombstones) = catalog.withLock { ($0.blocks, $0.manifest.tombstones) }
        var needed: [Tombstone] = []
        for tombstone in tombstones {
            var isNeeded = false
            for block in blocks where !isNeeded && block.meta.tombstoneFloor < tombstone.number {
                let filtered = try FilteredSource(.block(block), [tombstone])
                isNeeded = block.isDamaged || !filtered.deletions.isEmpty
            }
            if isNeeded { needed.append(tombstone) }
        }
        if needed.count == tombstones.count { return }
        let rest = needed
        try publish([], replacing: [], now: nowMilliseconds) { $0.tombstones = rest }
    }

    /// Makes a copy in a directory of the same file system that can be opened as a store; appends and queries go on meanwhile.
    ///
    /// - Parameter skipsHead: whether samples that are not in blocks yet are left out, so that nothing is written but links.
    package func snapshot(into directory: String, skipsHead: Bool = false) throws(StoreError) {
        try maintenance.withLock { (_) throws(StoreError) in
            if !skipsHead { try flushHead() }
            let manifest = catalog.withLock { $0.manifest }
            do throws(FileError) {
                try fileSystem.createDirectory(directory + "/blocks")
                for block in catalog.withLock({ $0.blocks }) {
                    try fileSystem.linkFile(block.path, to: directory + "/blocks/" + block.meta.fileName)
                }
                try fileSystem.syncDirectory(directory + "/blocks")
                if fileSystem.exists(path("sidecar")) {
                    try fileSystem.replaceContents(directory + "/sidecar", with: try fileSystem.contents(path("sidecar")))
                }
                // Last: without a manifest the copy is not a store.
                try fileSystem.replaceContents(directory + "/manifest", with: manifest.encode())
            } catch {
                throw StoreError(file: error, doing: "make a snapshot in \(directory)")
            }
        }
        for tier in tiers { try tier.store.snapshot(into: Tier.directory(tier.configuration, directory), skipsHead: skipsHead) }
    }

    /// What `verify` and `inspect` read and found.
    package struct Verification: Sendable {
        package var blocks = 0
        package var series = 0
        package var samples = 0
        /// Samples that stand in the log and not yet in a block.
        package var logSamples = 0
        /// One line for each damaged or missing part; empty when all is well.
        package var problems: [String] = []
        /// What is worth knowing and needs no hand: a torn tail, leftovers, copies in quarantine.
        package var notes: [String] = []
    }

    /// Reads and decodes everything on disk.
    package func verify() throws(StoreError) -> Verification {
        try maintenance.withLock { (_) throws(StoreError) in
            var result = Verification()
            let catalog = catalog.withLock { $0 }
            result.problems = (catalog.logDamage + catalog.manifest.damage).map(\.description)
            for block in catalog.blocks { Self.verify(block, &result) }
            for tier in tiers { result.problems += try tier.store.verify().problems.map { "tier \(tier.resolution / 1000)s: " + $0 } }
            return result
        }
    }

    static func verify(_ block: Block, _ result: inout Verification) {
        result.blocks += 1
        result.series += block.meta.seriesCount
        do throws(StoreError) {
            let index = try block.index()
            var found = 0
            var first = 0
            while first < index.seriesCount {
                let series = (first..<min(first + 256, index.seriesCount)).map { UInt32($0) }
                var columns = [SeriesColumn](repeating: SeriesColumn(), count: series.count)
                do throws(StoreError) {
                    try block.read(series, start: .min, end: .max, into: &columns)
                    found += columns.reduce(0) { $0 + $1.count }
                    first += series.count
                } catch {
                    // A damaged chunk is skipped the next time, so this ends.
                    guard error.code == .corrupt, block.canBeRead else { throw error }
                    result.problems.append(error.description)
                }
            }
            result.samples += found
            if found != block.meta.sampleCount {
                result.problems.append("\(block.name) holds \(found) readable samples of \(block.meta.sampleCount)")
            }
        } catch {
            result.problems.append(error.description)
        }
    }
}
