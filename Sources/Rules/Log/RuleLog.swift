import Bytes
package import Environment
import Synchronization

/// The file in which rules keep what they must remember. - Source: `docs/formats/rules.md`.
///
/// - Isolation: thread-safe; blocks for a write, so it belongs on threads for heavy work.
package final class RuleLog: Sendable {
    private struct State {
        var snapshot = RuleSnapshot()
        var file: (any OpenFile)?
        /// Where the next record goes; nil when that is unknown since a write failed.
        var end: Int64?
        /// Size of the log when it was last written anew.
        var compactSize: Int64 = 0
    }

    private static let magic = Array("SKYRULE1".utf8)
    private static let mark: UInt32 = 0x5ca1_ab1e
    private static let markBytes: [UInt8] = [0x1e, 0xab, 0xa1, 0x5c]
    private static let headerSize = 12
    private static let smallestCompaction: Int64 = 64 << 10

    private let fileSystem: any FileSystem
    private let path: String
    private let state: Mutex<State>
    /// Damaged stretches that reading went over.
    package let skipped: Int

    /// Opens or makes the log in a directory and reads it.
    package init(fileSystem: any FileSystem, directory: String) throws(FileError) {
        self.fileSystem = fileSystem
        path = directory + "/state.log"
        try fileSystem.createDirectory(directory)
        var state = State()
        var isWhole = false
        if try fileSystem.attributes(path) != nil {
            let bytes = try fileSystem.contents(path)
            let (snapshot, skipped, end) = Self.read(bytes)
            state.snapshot = snapshot
            self.skipped = skipped
            isWhole = end == bytes.count && skipped == 0
            state.end = Int64(bytes.count)
            state.compactSize = Int64(bytes.count)
        } else {
            skipped = 0
        }
        if isWhole {
            state.file = try fileSystem.open(path, .readWrite)
        } else {
            // A fresh log, a torn tail or damage: what was read becomes a clean file before anything is added.
            try Self.rewrite(&state, fileSystem, path)
        }
        self.state = Mutex(state)
    }

    /// What the entries so far add up to.
    package var snapshot: RuleSnapshot { state.withLock { $0.snapshot } }

    /// Adds entries as one record that counts whole or not at all.
    ///
    /// - Parameter sync: whether it must survive a power loss when this returns.
    /// - Throws: when it is not on the disk; it is remembered all the same and written with the next commit.
    package func commit(_ entries: [RuleLogEntry], sync: Bool) throws(FileError) {
        guard !entries.isEmpty else { return }
        try state.withLock { (state) throws(FileError) in
            for entry in entries { state.snapshot.apply(entry) }
            guard let end = state.end, let file = state.file, end < max(Self.smallestCompaction, state.compactSize * 4) else {
                return try Self.rewrite(&state, fileSystem, path)
            }
            let record = Self.record(entries)
            state.end = nil
            try file.write(record.span, at: end)
            if sync { try file.sync() }
            state.end = end + Int64(record.count)
        }
    }

    private static func rewrite(_ state: inout State, _ fileSystem: any FileSystem, _ path: String) throws(FileError) {
        state.end = nil
        state.file = nil
        let bytes = magic + record(state.snapshot.entries)
        try fileSystem.replaceContents(path, with: bytes)
        state.file = try fileSystem.open(path, .readWrite)
        state.compactSize = Int64(bytes.count)
        state.end = Int64(bytes.count)
    }

    private static func record(_ entries: [RuleLogEntry]) -> [UInt8] {
        var body = ByteWriter(capacity: 64 * entries.count)
        body.append(1)
        for entry in entries { entry.encode(into: &body) }
        var record = ByteWriter(capacity: body.count + headerSize)
        record.appendUInt32LE(mark)
        record.appendUInt32LE(UInt32(body.count))
        record.appendUInt32LE(CRC32C.checksum(body.bytes))
        record.append(contentsOf: body.bytes)
        return record.bytes
    }

    /// Reads every intact record. - Returns: also how many damaged stretches lay between them, and where the last one ends.
    static func read(_ bytes: [UInt8]) -> (snapshot: RuleSnapshot, skipped: Int, end: Int) {
        var snapshot = RuleSnapshot()
        guard bytes.starts(with: magic) else { return (snapshot, 0, 0) }
        var (offset, end, skipped) = (magic.count, magic.count, 0)
        while offset + headerSize <= bytes.count {
            if let (entries, next) = record(in: bytes, at: offset) {
                if offset > end { skipped += 1 }
                for entry in entries { snapshot.apply(entry) }
                (offset, end) = (next, next)
            } else {
                offset += 1
                while offset + headerSize <= bytes.count, !bytes[offset...].starts(with: markBytes) { offset += 1 }
            }
        }
        return (snapshot, skipped, end)
    }

    private static func record(in bytes: [UInt8], at offset: Int) -> (entries: [RuleLogEntry], next: Int)? {
        var header = ByteReader(bytes, range: offset..<offset + headerSize)
        guard (try? header.readUInt32LE()) == mark, let length = try? header.readUInt32LE(), let checksum = try? header.readUInt32LE() else {
            return nil
        }
        let body = offset + headerSize..<offset + headerSize + Int(length)
        guard body.upperBound <= bytes.count, CRC32C.checksum(bytes, range: body) == checksum else { return nil }
        var reader = ByteReader(bytes, range: body)
        var entries: [RuleLogEntry] = []
        do throws(CorruptBytes) {
            guard try reader.readUInt8() == 1 else { return nil }
            while !reader.isAtEnd { entries.append(try RuleLogEntry(from: &reader)) }
        } catch { return nil }
        return (entries, body.upperBound)
    }
}
