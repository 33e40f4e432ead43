import Bytes
package import Environment
import Synchronization
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
        do throws(FileError) {
            try fileSystem.createDirectory(directory + "/wal")
            try fileSystem.createDirectory(directory + "/blocks")
            lock = try fileSystem.open(directory + "/lock", .lock)
        } catch {
            throw StoreError(file: error, doing: "open the metrics store \(directory)")
        }
        syncNames(above: directory + "/wal", fileSystem)
        let log = WriteAheadLog(fileSystem: fileSystem)
        var recovery = Recovery(configuration: configuration, fileSystem: fileSystem, now: clock.now().milliseconds)
        let recovered: Recovered
        do throws(FileError) {
            recovered = try recovery.run()
        } catch {
            throw StoreError(file: error, doing: "open the metrics store \(directory)")
        }
        var tiers: [Tier] = []
        for tier in configuration.tiers {
            tiers.append(try Tier(tier, of: configuration, fileSystem: fileSystem, workPool: workPool, clock: clock))
        }
        let store = TimeSeriesStore(
            configuration: configuration, fileSystem: fileSystem, workPool: workPool, clock: clock, lock: lock, log: log,
            recovered: recovered, tiers: tiers)
        do throws(StoreError) {
            try store.beginSegment(recovered.catalog.segment, tombstoneFloor: recovered.catalog.active.tombstoneFloor)
        } catch {
            // A full disk must not keep the store from serving what it has.
            guard error.code == .readOnly else { throw error }
            store.catalog.withLock { $0.readOnly = error }
        }
        return store
    }

    /// Makes the names of the directories themselves survive a power loss, or what they hold would be lost with them.
    private static func syncNames(above path: String, _ fileSystem: any FileSystem) {
        var directory = path
        while let slash = directory.lastIndex(of: "/") {
            directory = String(directory[..<slash])
            // Directories above ours may not be ours to open; then they were there before.
            try? fileSystem.syncDirectory(directory.isEmpty ? "/" : directory)
        }
    }

    func beginSegment(_ number: UInt64, tombstoneFloor: UInt64) throws(StoreError) {
        try log.rotate(
            to: logDirectory + "/" + SegmentFile.name(number),
            header: SegmentFile.header(number: number, tombstoneFloor: tombstoneFloor))
    }
}
