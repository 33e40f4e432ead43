import Bytes
import Environment
import Synchronization
import Telemetry

/// A coarser copy of old samples: how coarse, from which age on it answers, and how long it is kept.
package struct TierConfiguration: Sendable, Equatable {
    package var resolution: Duration
    /// The age from which on the tier may answer; a window of a day is copied when all of it is older.
    package var after: Duration
    /// Zero keeps all.
    package var retention: Duration

    package init(resolution: Duration, after: Duration, retention: Duration) {
        self.resolution = resolution
        self.after = after
        self.retention = retention
    }
}

/// A running tier: a store of its own below the store's directory, and how far the copying has come.
final class Tier: Sendable {
    let configuration: TierConfiguration
    let store: TimeSeriesStore
    let progress: Mutex<TierProgress>
    private let progressPath: String

    var resolution: Int64 { configuration.resolution.wholeMilliseconds }

    init(
        _ configuration: TierConfiguration, of parent: TimeSeriesStore.Configuration, fileSystem: any FileSystem, workPool: any WorkPool,
        clock: any WallClock
    ) throws(StoreError) {
        self.configuration = configuration
        var inner = TimeSeriesStore.Configuration(
            directory: Self.directory(configuration, parent.directory), retention: configuration.retention)
        inner.syncInterval = parent.syncInterval
        inner.reserveBytes = parent.reserveBytes
        inner.seriesLimit = .max
        inner.labelSetByteLimit = parent.labelSetByteLimit + 64
        inner.exemplarLimit = 0
        inner.cacheByteLimit = parent.cacheByteLimit / 4
        // A day of aggregates is a hundredth of a day of samples: longer windows make blocks of the usual size.
        inner.blockSpan = parent.blockSpan * 16
        store = try TimeSeriesStore.open(inner, fileSystem: fileSystem, workPool: workPool, clock: clock)
        progressPath = inner.directory + "/progress"
        var found = TierProgress()
        if fileSystem.exists(progressPath), let bytes = try? fileSystem.contents(progressPath), let read = try? TierProgress(bytes) {
            // Unreadable progress costs a second copying and nothing else.
            found = read
        }
        progress = Mutex(found)
    }

    static func directory(_ configuration: TierConfiguration, _ parent: String) -> String {
        "\(parent)/tiers/\(configuration.resolution.wholeMilliseconds / 1000)s"
    }

    func save(_ new: TierProgress, _ fileSystem: any FileSystem) throws(StoreError) {
        do throws(FileError) {
            try fileSystem.replaceContents(progressPath, with: new.encode())
        } catch {
            throw StoreError(file: error, doing: "keep the progress of a tier")
        }
        progress.withLock { $0 = new }
    }

    /// The last time up to which every window with samples has been copied, not beyond the age from which the tier answers.
    func boundary(_ now: Int64) -> Int64 {
        progress.withLock { min($0.completeThrough, now - configuration.after.wholeMilliseconds) }
    }
}

/// Which windows have been copied, and from which state of the samples.
///
/// Format: `docs/formats/metrics-manifest.md`.
struct TierProgress: Hashable, Sendable {
    static let magic: UInt64 = 0x3145_4954_4d59_4b53  // "SKYMTIE1" in little-endian order

    /// The newest generation that was in each window's blocks, by the window's start.
    var windows: [Int64: UInt64] = [:]
    /// Everything up to here has been copied, or was never there.
    var completeThrough = Int64.min

    init() {}

    func encode() -> [UInt8] {
        var writer = ByteWriter()
        writer.appendUInt64LE(Self.magic)
        writer.appendZigzag(completeThrough)
        writer.appendVarint(UInt64(windows.count))
        for (start, generation) in windows.sorted(by: { $0.key < $1.key }) {
            writer.appendZigzag(start)
            writer.appendVarint(generation)
        }
        writer.appendUInt32LE(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(CorruptBytes) {
        guard bytes.count >= 12 else { throw CorruptBytes("tier progress", offset: bytes.count, expected: "at least 12 bytes") }
        var trailer = ByteReader(bytes, range: bytes.count - 4..<bytes.count)
        guard try trailer.readUInt32LE() == CRC32C.checksum(bytes, range: 0..<bytes.count - 4) else {
            throw CorruptBytes("tier progress", offset: bytes.count - 4, expected: "the checksum of what stands before")
        }
        var reader = ByteReader(bytes, range: 0..<bytes.count - 4)
        guard try reader.readUInt64LE() == Self.magic else { throw CorruptBytes("tier progress", offset: 0, expected: "SKYMTIE1") }
        completeThrough = try reader.readZigzag()
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
            let start = try reader.readZigzag()
            windows[start] = try reader.readVarint()
        }
    }
}
