import Bytes
import Synchronization
package import Environment
package import Telemetry

extension TimeSeriesStore {
    /// Opens or creates a store, replays its log, and sets aside what is damaged; needs no help after any crash.
    ///
    /// - Throws: when another process holds the directory or the file system refuses.
    package static func open(
        _ configuration: Configuration, fileSystem: any FileSystem, workPool: any WorkPool, clock: any WallClock
    ) throws(StoreError) -> TimeSeriesStore {
        let directory = configuration.directory
        let lock: any OpenFile
        do {
            try fileSystem.createDirectory(directory + "/wal")
            lock = try fileSystem.open(directory + "/lock", .lock)
        } catch {
            throw StoreError(file: error, doing: "open the metrics store \(directory)")
        }
        let log = WriteAheadLog(fileSystem: fileSystem)
        var recovery = Recovery(configuration: configuration, fileSystem: fileSystem)
        let recovered = try recovery.run()
        let store = TimeSeriesStore(
            configuration: configuration, fileSystem: fileSystem, workPool: workPool, clock: clock, lock: lock, log: log,
            recovered: recovered)
        let segment = recovered.catalog.segment
        do {
            try log.rotate(
                to: store.logDirectory + "/" + SegmentFile.name(segment),
                header: SegmentFile.header(number: segment, tombstoneFloor: recovered.catalog.active.tombstoneFloor))
        } catch {
            // A full disk must not keep the store from serving what it has.
            guard error.code == .readOnly else { throw error }
            store.catalog.withLock { $0.readOnly = error }
        }
        return store
    }
}

/// Rebuilds the catalog from the files of a directory.
struct Recovery {
    let configuration: TimeSeriesStore.Configuration
    let fileSystem: any FileSystem
    private var damage: [Damage] = []
    private var exemplars: [StoredExemplar] = []
    private var metadata: [MetricMetadata] = []
    private var frozen: [FrozenGeneration] = []

    init(configuration: TimeSeriesStore.Configuration, fileSystem: any FileSystem) {
        self.configuration = configuration
        self.fileSystem = fileSystem
    }

    mutating func run() throws(StoreError) -> Recovered {
        let directory = configuration.directory + "/wal"
        var active: (generation: HeadGeneration, segment: UInt64)?
        var last: UInt64 = 0
        do {
            let numbers = try fileSystem.list(directory).compactMap(SegmentFile.number).sorted()
            for number in numbers {
                last = max(last, number)
                let bytes = try fileSystem.contents(directory + "/" + SegmentFile.name(number))
                try replay(bytes, number: number, isLast: number == numbers.last, into: &active)
            }
        } catch {
            throw StoreError(file: error, doing: "read the metrics log")
        }
        let segment = last + 1
        let current = active ?? (HeadGeneration(number: segment, tombstoneFloor: 0, expectedBytes: configuration.headByteLimit), segment)
        let catalog = Catalog(
            active: current.generation, activeSegment: current.segment, frozen: frozen, segment: segment, damage: damage)
        return Recovered(catalog: catalog, exemplars: exemplars, metadata: metadata)
    }

    private mutating func replay(
        _ bytes: [UInt8], number: UInt64, isLast: Bool, into active: inout (generation: HeadGeneration, segment: UInt64)?
    ) throws(FileError) {
        let floor: UInt64
        do {
            floor = try SegmentFile.tombstoneFloor(bytes, number: number)
        } catch {
            // A segment that a crash left without its header holds no record; anything longer is damage.
            if bytes.count > SegmentFile.headerSize || !isLast && !bytes.isEmpty { try setAside(bytes, "\(number).wal", error.description) }
            return
        }
        if let current = active,
            current.generation.tombstoneFloor != floor
                || current.generation.withState({ $0.sampleByteCount }) > configuration.headByteLimit
        {
            frozen.append(FrozenGeneration(generation: current.generation, nextSegment: number, position: 0))
            active = nil
        }
        let current = active
            ?? (HeadGeneration(number: number, tombstoneFloor: floor, expectedBytes: configuration.headByteLimit), number)
        active = current
        let outcome = current.generation.withState { Replay.read(bytes, into: &$0) }
        exemplars += outcome.exemplars
        metadata += outcome.metadata
        for range in outcome.damaged {
            try setAside(
                Array(bytes[range]), "\(number).wal.\(range.lowerBound)",
                "bytes \(range.lowerBound)..<\(range.upperBound) of log segment \(number) are damaged"
                    + (outcome.orphans > 0 ? "; \(outcome.orphans) samples lost their series names" : ""))
        }
    }

    /// Keeps a copy of what cannot be read and remembers to say so.
    private mutating func setAside(_ bytes: [UInt8], _ name: String, _ why: String) throws(FileError) {
        let directory = configuration.directory + "/quarantine"
        damage.append(Damage(description: "metrics log: \(why); a copy is in quarantine/\(name)", times: nil))
        do {
            try fileSystem.createDirectory(directory)
            try fileSystem.replaceContents(directory + "/" + name, with: bytes)
        } catch {
            // Without room for the copy the segment itself still stands.
            guard error.cause == .full || error.cause == .readOnly else { throw error }
        }
    }
}
