import Bytes
package import Environment
package import Telemetry

/// Checks the files of a store that nobody has open, and changes nothing: what `fsck` does.
///
/// Every checksum is computed and every part decoded. Damage is told from what a crash leaves and the next start mends by itself.
package struct Inspection {
    private let directory: String
    private let fileSystem: any FileSystem
    private var manifest = Manifest()
    private var result = TimeSeriesStore.Verification()

    /// - Throws: when a running server holds the directory, or it cannot be read at all.
    package static func run(directory: String, fileSystem: any FileSystem) throws(StoreError) -> TimeSeriesStore.Verification {
        do throws(FileError) {
            return try files(directory, fileSystem)
        } catch {
            if error.cause == .isLocked {
                throw StoreError(.invalid, "cannot check \(directory): a running server holds it; stop it first")
            }
            throw StoreError(file: error, doing: "check \(directory)")
        }
    }

    private static func files(_ directory: String, _ fileSystem: any FileSystem) throws(FileError) -> TimeSeriesStore.Verification {
        var inspection = Inspection(directory: directory, fileSystem: fileSystem)
        guard fileSystem.exists(directory) else { return inspection.result }
        var lock: (any OpenFile)?
        if fileSystem.exists(inspection.path("lock")) { lock = try fileSystem.open(inspection.path("lock"), .lock) }
        try inspection.readManifest()
        try inspection.checkBlocks()
        try inspection.checkLog()
        try inspection.checkSidecar()
        try inspection.noteQuarantine()
        for name in try inspection.names("tiers") {
            let found = try files(inspection.path("tiers/" + name), fileSystem)
            inspection.result.problems += found.problems.map { "tiers/\(name)/\($0)" }
            inspection.result.notes += found.notes.map { "tiers/\(name)/\($0)" }
        }
        try lock?.close()
        return inspection.result
    }

    private init(directory: String, fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    private func path(_ name: String) -> String { directory + "/" + name }

    private func names(_ folder: String) throws(FileError) -> [String] {
        fileSystem.exists(path(folder)) ? try fileSystem.list(path(folder)).sorted() : []
    }

    private mutating func readManifest() throws(FileError) {
        guard fileSystem.exists(path("manifest")) else {
            if try names("blocks").contains(where: { $0.hasSuffix(".block") }) {
                result.problems.append("manifest is missing though there are blocks")
            }
            return
        }
        let bytes = try readFile("manifest")
        do throws(CorruptBytes) {
            manifest = try Manifest(bytes)
        } catch {
            result.problems.append("manifest is damaged (\(error)); the next start takes all readable blocks")
        }
        for damage in manifest.damage { result.problems.append("known: " + damage.description) }
    }

    private func readFile(_ name: String) throws(FileError) -> [UInt8] { try fileSystem.contents(path(name)) }

    private mutating func checkBlocks() throws(FileError) {
        let named = Set(manifest.blocks.map(\.fileName))
        for name in try names("blocks") where !named.contains(name) {
            result.notes.append("blocks/\(name) is a leftover of an interrupted step; the next start removes it")
        }
        let cache = BlockCache(byteLimit: 1 << 20)
        for meta in manifest.blocks {
            do throws(BlockOpenError) {
                let block = try Block.open(path("blocks/" + meta.fileName), number: meta.number, fileSystem: fileSystem, cache: cache, now: 0)
                TimeSeriesStore.verify(block, &result)
            } catch {
                switch error {
                case .file(let error): throw error
                case .corrupt(let why): result.problems.append("blocks/\(meta.fileName) is damaged: \(why)")
                }
            }
        }
    }

    private mutating func checkLog() throws(FileError) {
        for name in try names("wal") {
            guard let number = SegmentFile.number(name) else { continue }
            if number < manifest.firstSegment {
                result.notes.append("wal/\(name) is in blocks already; the next start removes it")
                continue
            }
            let bytes = try readFile("wal/" + name)
            do throws(CorruptBytes) {
                _ = try SegmentFile.tombstoneFloor(bytes, number: number)
            } catch {
                if bytes.count > SegmentFile.headerSize { result.problems.append("wal/\(name) is damaged: \(error)") }
                continue
            }
            var head = HeadState(expecting: HeadSize())
            let outcome = Replay.read(bytes, into: &head)
            result.logSamples += outcome.samples
            for range in outcome.damaged {
                result.problems.append("wal/\(name) is damaged from byte \(range.lowerBound) to \(range.upperBound)")
            }
            if outcome.orphans > 0 { result.problems.append("wal/\(name): \(outcome.orphans) samples lost the names of their series") }
            if outcome.end < bytes.count {
                result.notes.append("wal/\(name) ends in \(bytes.count - outcome.end) bytes of a record that was never acknowledged")
            }
        }
    }

    private mutating func checkSidecar() throws(FileError) {
        guard fileSystem.exists(path("sidecar")) else { return }
        let bytes = try readFile("sidecar")
        do throws(CorruptBytes) {
            _ = try Sidecar.decode(bytes)
        } catch {
            result.problems.append("sidecar (metadata and exemplars) is damaged: \(error)")
        }
    }

    private mutating func noteQuarantine() throws(FileError) {
        let files = try names("quarantine")
        if !files.isEmpty { result.notes.append("quarantine/ holds \(files.joined(separator: ", "))") }
    }
}
