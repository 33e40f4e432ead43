package import Bytes
import Environment
import Synchronization
import Telemetry

extension TimeSeriesStore {
    /// Generations that may wait to become blocks; an append that would freeze one more waits until it is one, or makes it one: what bounds memory
    /// when samples come faster than blocks are made.
    static let frozenLimit = 1
    /// A space check costs a system call; the disk does not fill faster than this matters.
    private static let spaceCheckInterval: Int64 = 10_000
    private static let pauseBetweenSteps: Int64 = 1_000

    /// One step of housekeeping: syncs, recovers from a full disk, makes blocks of full heads, unites blocks, drops what is past retention.
    ///
    /// - Isolation: called by one thread of the owner, or by the simulation; blocks on files.
    /// - Returns: when the next step is due. Failures keep the store as it is and are tried again then; `lastError` names the last one.
    @discardableResult
    package func maintain(now: Timestamp) -> Timestamp {
        let milliseconds = now.milliseconds
        return maintenance.withLock { state in
            if isClosed { return now + .seconds(3600) }
            attempt(&state) { state throws(StoreError) in try self.syncIfDue(milliseconds, &state) }
            attempt(&state) { state throws(StoreError) in try self.recoverRoom(milliseconds, &state) }
            attempt(&state) { _ throws(StoreError) in try self.freezeIfFull() }
            attempt(&state) { _ throws(StoreError) in try self.flushFrozen(milliseconds) }
            attempt(&state) { _ throws(StoreError) in try self.dropExpired(milliseconds) }
            attempt(&state) { state throws(StoreError) in try self.dropByRules(milliseconds, &state) }
            attempt(&state) { _ throws(StoreError) in try self.mergeOnce(milliseconds) }
            attempt(&state) { _ throws(StoreError) in try self.downsampleOnce(milliseconds) }
            for tier in tiers { tier.store.maintain(now: now) }
            let pause = min(Self.pauseBetweenSteps, max(10, configuration.syncInterval.wholeMilliseconds))
            return now + .milliseconds(pause)
        }
    }

    /// What the last failed step of maintenance said.
    package var lastError: String? { maintenance.withLock { $0.lastError?.description } }

    var isClosed: Bool { catalog.withLock { $0.readOnly?.code == .closed } }

    private func attempt(_ state: inout MaintenanceState, _ step: (inout MaintenanceState) throws(StoreError) -> Void) {
        do throws(StoreError) {
            try step(&state)
        } catch {
            state.lastError = error
        }
    }

    /// A clock that was set back makes everything due.
    private func isDue(_ last: Int64?, _ now: Int64, _ interval: Int64) -> Bool {
        guard let last else { return true }
        return now < last || now - last >= interval
    }

    private func syncIfDue(_ now: Int64, _ state: inout MaintenanceState) throws(StoreError) {
        guard isDue(state.lastSync, now, configuration.syncInterval.wholeMilliseconds) else { return }
        state.lastSync = now
        do throws(StoreError) {
            try log.sync()
        } catch {
            // After a failed sync the contents of the file are unknown and another sync proves nothing. The head still has everything:
            // a block of it, in a new file, makes it durable.
            try freeze()
            try flushFrozen(now)
            throw error
        }
    }

    /// Turns read-only when the reserve is touched, and writable again when there is room.
    private func recoverRoom(_ now: Int64, _ state: inout MaintenanceState) throws(StoreError) {
        let readOnly = catalog.withLock { $0.readOnly }
        guard readOnly != nil || isDue(state.lastSpaceCheck, now, Self.spaceCheckInterval) else { return }
        state.lastSpaceCheck = now
        let free: Int64
        do throws(FileError) {
            free = try fileSystem.space(configuration.directory).free
        } catch {
            throw StoreError(file: error, doing: "see how much room there is")
        }
        if free < configuration.reserveBytes {
            let error = StoreError(
                .readOnly, "cannot take samples: \(free >> 20) MB are free and \(configuration.reserveBytes >> 20) MB are kept in reserve")
            catalog.withLock { if $0.readOnly == nil { $0.readOnly = error } }
        } else if readOnly != nil {
            try newSegment()
            catalog.withLock { if $0.readOnly?.code != .closed { $0.readOnly = nil } }
        }
    }

    /// Begins a new log segment for the active generation.
    private func newSegment() throws(StoreError) {
        try appending.withLock { (_) throws(StoreError) in
            let (segment, floor) = catalog.withLock { ($0.segment + 1, $0.active.tombstoneFloor) }
            try beginSegment(segment, tombstoneFloor: floor)
            catalog.withLock { $0.segment = segment }
        }
    }

    // MARK: Head to block

    func isFull(_ generation: HeadGeneration) -> Bool {
        // A new generation sets up its series again, so one with many series may hold more samples.
        generation.withState { state in
            let (samples, series) = (state.sampleByteCount, state.seriesByteCount)
            return samples > configuration.headByteLimit + series || samples + series > configuration.headTotalByteLimit
        }
    }

    private func freezeIfFull() throws(StoreError) {
        let (active, waiting) = catalog.withLock { ($0.active, $0.frozen.count) }
        if waiting < Self.frozenLimit && isFull(active) { try freeze() }
    }

    /// Freezes the active generation, unless it is empty.
    func freeze() throws(StoreError) {
        try appending.withLock { (_) throws(StoreError) in try freezeWhileAppending() }
    }

    /// - Precondition: the appending lock is held.
    func freezeWhileAppending(tombstoneFloor: UInt64? = nil) throws(StoreError) {
        let (active, segment, floor) = catalog.withLock { ($0.active, $0.segment + 1, $0.manifest.tombstoneNumber) }
        if active.isEmpty && tombstoneFloor == nil { return }
        let newFloor = tombstoneFloor ?? max(floor, active.tombstoneFloor)
        try beginSegment(segment, tombstoneFloor: newFloor)
        let (series, size) = active.withState { state in
            let size = state.nextSize(sampleLimit: configuration.headByteLimit, totalLimit: configuration.headTotalByteLimit)
            return (state.directory.hashes, size)
        }
        let next = HeadGeneration(number: segment, tombstoneFloor: newFloor, expecting: size)
        let position = log.written
        catalog.withLock { catalog in
            catalog.frozen.append(FrozenGeneration(generation: active, nextSegment: segment, position: position))
            catalog.active = next
            catalog.activeSegment = segment
            catalog.segment = segment
            catalog.predecessor = series
        }
        active.withState { $0.freeze() }
    }

    /// Makes blocks of all frozen generations, oldest first.
    ///
    /// - Precondition: the maintenance lock is held.
    func flushFrozen(_ now: Int64) throws(StoreError) {
        while let frozen = catalog.withLock({ $0.frozen.first }) {
            let tombstones = catalog.withLock { $0.manifest.tombstones }
            let input = try FilteredSource(.head(frozen.generation), tombstones)
            var made: [BlockMeta] = []
            if let times = frozen.generation.times {
                for window in TimeWindows.covering(times, span: configuration.blockSpan.wholeMilliseconds) {
                    let meta = BlockMeta(
                        number: catalog.withLock { $0.manifest.nextBlock } + UInt64(made.count), earliest: 0, latest: 0, sampleCount: 0,
                        seriesCount: 0, firstGeneration: frozen.generation.number, lastGeneration: frozen.generation.number,
                        tombstoneFloor: catalog.withLock { $0.manifest.tombstoneNumber })
                    let merge = BlockMerge(inputs: [input], window: window)
                    if let meta = try merge.write(meta, directory: blockDirectory, fileSystem: fileSystem) { made.append(meta) }
                }
            }
            try writeSidecar()
            try publish(made, replacing: [], now: now) { $0.firstSegment = frozen.nextSegment }
            catalog.withLock { catalog in _ = catalog.frozen.removeFirst() }
            log.markDurableByBlock(through: frozen.position)
            removeSegments(below: frozen.nextSegment)
        }
    }

    private func removeSegments(below segment: UInt64) {
        for name in (try? fileSystem.list(logDirectory)) ?? [] {
            if let number = SegmentFile.number(name), number < segment { try? fileSystem.removeFile(logDirectory + "/" + name) }
        }
    }

    private func writeSidecar() throws(StoreError) {
        let bytes = Sidecar.encode(metadataTable.withLock { $0.lookup("", limit: 0) }, exemplarRing.withLock { $0.all })
        do throws(FileError) {
            try fileSystem.replaceContents(path("sidecar"), with: bytes)
        } catch {
            throw StoreError(file: error, doing: "keep metadata and exemplars")
        }
    }

    /// Replaces the manifest, then the catalog, then removes the files of what was replaced.
    ///
    /// - Precondition: the maintenance lock is held.
    func publish(
        _ made: [BlockMeta], replacing old: [Block], now: Int64, change: (inout Manifest) -> Void = { _ in }
    ) throws(StoreError) {
        var opened: [Block] = []
        for meta in made {
            do throws(BlockOpenError) {
                opened.append(
                    try Block.open(
                        blockDirectory + "/" + meta.fileName, number: meta.number, fileSystem: fileSystem, cache: cache, now: now))
            } catch {
                throw StoreError(.environment, "cannot publish block \(meta.number): what was written reads differently (\(error))")
            }
        }
        var manifest = catalog.withLock { $0.manifest }
        let gone = Set(old.map(\.meta.number))
        manifest.blocks.removeAll { gone.contains($0.number) }
        manifest.blocks += opened.map(\.meta)
        manifest.nextBlock = max(manifest.nextBlock, (made.map(\.number).max() ?? 0) + 1)
        change(&manifest)
        do throws(FileError) {
            try fileSystem.replaceContents(path("manifest"), with: manifest.encode())
        } catch {
            throw StoreError(file: error, doing: "replace the manifest")
        }
        let published = manifest
        let new = opened
        catalog.withLock { catalog in
            catalog.manifest = published
            catalog.blocks = (catalog.blocks.filter { !gone.contains($0.meta.number) } + new).inWritingOrder
        }
        for block in old {
            // Queries that hold the block keep its open file; only the name goes.
            try? fileSystem.removeFile(block.path)
            block.forget()
        }
    }
}
