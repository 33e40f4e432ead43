import Bytes
import Environment
import Telemetry

/// Rebuilds the catalog from the files of a directory.
///
/// The manifest decides: blocks it does not name are leftovers of an interrupted step and are removed, segments below its first are in blocks.
/// Only when the manifest itself is unreadable are all readable blocks taken.
struct Recovery {
    private let configuration: TimeSeriesStore.Configuration
    private let fileSystem: any FileSystem
    private let now: Int64
    private let cache: BlockCache
    private var manifest = Manifest()
    private var blocks: [Block] = []
    private var logDamage: [Damage] = []
    private var exemplars: [StoredExemplar] = []
    private var metadata: [MetricMetadata] = []
    private var frozen: [FrozenGeneration] = []

    init(configuration: TimeSeriesStore.Configuration, fileSystem: any FileSystem, now: Int64) {
        self.configuration = configuration
        self.fileSystem = fileSystem
        self.now = now
        cache = BlockCache(byteLimit: configuration.cacheByteLimit)
    }

    private func path(_ name: String) -> String { configuration.directory + "/" + name }

    mutating func run() throws(FileError) -> Recovered {
        try readManifest()
        try openBlocks()
        try readSidecar()
        var active: (generation: HeadGeneration, segment: UInt64)?
        var last = manifest.firstSegment - 1
        let numbers = try fileSystem.list(path("wal")).compactMap(SegmentFile.number).sorted()
        for number in numbers {
            let file = path("wal/" + SegmentFile.name(number))
            last = max(last, number)
            if number < manifest.firstSegment {
                try? fileSystem.removeFile(file)
            } else {
                // What a killed process wrote may not have reached the disk; from now on it counts as durable.
                try fileSystem.open(file, .readWrite).sync()
                try replay(try fileSystem.contents(file), number: number, isLast: number == numbers.last, into: &active)
            }
        }
        let segment = last + 1
        let current = active
            ?? (
                HeadGeneration(
                    number: segment, tombstoneFloor: manifest.tombstoneNumber,
                    expecting: HeadSize(sampleBytes: configuration.headByteLimit)), segment
            )
        manifest.tombstoneNumber = max(manifest.tombstoneNumber, current.generation.tombstoneFloor)
        let catalog = Catalog(
            active: current.generation, activeSegment: current.segment, frozen: frozen, segment: segment, manifest: manifest,
            blocks: blocks.inWritingOrder, logDamage: logDamage)
        return Recovered(catalog: catalog, exemplars: exemplars, metadata: metadata, cache: cache)
    }

    // MARK: Blocks

    private mutating func readManifest() throws(FileError) {
        guard fileSystem.exists(path("manifest")) else { return }
        let bytes = try fileSystem.contents(path("manifest"))
        if let read = try? Manifest(bytes) {
            manifest = read
            return
        }
        try setAside(bytes, "manifest", "the manifest is damaged; all readable blocks were taken", times: nil, isLog: false)
        for number in try blockNumbers() {
            let file = path("blocks/" + BlockMeta.fileName(number))
            guard let block = try? Block.open(file, number: number, fileSystem: fileSystem, cache: cache, now: now) else { continue }
            manifest.blocks.append(block.meta)
            manifest.nextBlock = max(manifest.nextBlock, number + 1)
            manifest.tombstoneNumber = max(manifest.tombstoneNumber, block.meta.tombstoneFloor)
        }
    }

    private func blockNumbers() throws(FileError) -> [UInt64] {
        try fileSystem.list(path("blocks")).compactMap { $0.hasSuffix(".block") ? UInt64($0.dropLast(6)) : nil }
    }

    private mutating func openBlocks() throws(FileError) {
        let named = Set(manifest.blocks.map(\.fileName))
        for name in try fileSystem.list(path("blocks")) where !named.contains(name) {
            try? fileSystem.removeFile(path("blocks/" + name))
        }
        for meta in manifest.blocks {
            let file = path("blocks/" + meta.fileName)
            do throws(BlockOpenError) {
                blocks.append(try Block.open(file, number: meta.number, fileSystem: fileSystem, cache: cache, now: now))
            } catch {
                switch error {
                case .file(let error): throw error
                case .corrupt(let why):
                    manifest.blocks.removeAll { $0.number == meta.number }
                    let target = path("quarantine/" + meta.fileName)
                    try fileSystem.createDirectory(path("quarantine"))
                    if fileSystem.exists(file) { try fileSystem.rename(file, to: target) }
                    manifest.damage.append(
                        Damage(
                            description: "block \(meta.number) is damaged (\(why)) and was moved to quarantine/\(meta.fileName)",
                            times: meta.earliest...meta.latest))
                }
            }
        }
        if !manifest.damage.isEmpty { try? fileSystem.replaceContents(path("manifest"), with: manifest.encode()) }
    }

    private mutating func readSidecar() throws(FileError) {
        guard fileSystem.exists(path("sidecar")) else { return }
        let bytes = try fileSystem.contents(path("sidecar"))
        do {
            (metadata, exemplars) = try Sidecar.decode(bytes)
        } catch {
            try setAside(bytes, "sidecar", "metadata and exemplars are damaged (\(error))", times: nil, isLog: true)
        }
    }

    // MARK: Log

    private mutating func replay(
        _ bytes: [UInt8], number: UInt64, isLast: Bool, into active: inout (generation: HeadGeneration, segment: UInt64)?
    ) throws(FileError) {
        let floor: UInt64
        do {
            floor = try SegmentFile.tombstoneFloor(bytes, number: number)
        } catch {
            // A segment that a crash left without its header holds no record; anything longer is damage.
            if bytes.count > SegmentFile.headerSize {
                try setAside(bytes, SegmentFile.name(number), "segment \(number) of the log: \(error)", times: nil, isLog: true)
            }
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
            ?? (HeadGeneration(number: number, tombstoneFloor: floor, expecting: HeadSize(sampleBytes: configuration.headByteLimit)), number)
        active = current
        let outcome = current.generation.withState { Replay.read(bytes, into: &$0) }
        exemplars += outcome.exemplars
        metadata += outcome.metadata
        for range in outcome.damaged {
            try setAside(
                Array(bytes[range]), SegmentFile.name(number) + ".\(range.lowerBound)",
                "bytes \(range.lowerBound)..<\(range.upperBound) of log segment \(number) are damaged"
                    + (outcome.orphans > 0 ? "; \(outcome.orphans) samples lost their series names" : ""), times: nil, isLog: true)
        }
    }

    /// Keeps a copy of what cannot be read and remembers to say so.
    private mutating func setAside(
        _ bytes: [UInt8], _ name: String, _ why: String, times: ClosedRange<Int64>?, isLog: Bool
    ) throws(FileError) {
        let damage = Damage(description: "\(why); a copy is in quarantine/\(name)", times: times)
        if isLog { logDamage.append(damage) } else { manifest.damage.append(damage) }
        do throws(FileError) {
            try fileSystem.createDirectory(path("quarantine"))
            try fileSystem.replaceContents(path("quarantine/" + name), with: bytes)
        } catch {
            // Without room for the copy the file itself still stands.
            guard error.cause == .full || error.cause == .readOnly else { throw error }
        }
    }
}

extension [Block] {
    /// Where two blocks hold a sample of one series and time, the later one in this order has it from the later write.
    var inWritingOrder: [Block] { sorted { ($0.meta.lastGeneration, $0.meta.number) < ($1.meta.lastGeneration, $1.meta.number) } }
}
