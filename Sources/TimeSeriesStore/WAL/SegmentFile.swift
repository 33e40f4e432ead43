import Bytes
import Environment

/// Names and headers of the log's segment files.
///
/// Format: `docs/formats/metrics-wal.md`.
enum SegmentFile {
    static let magic: UInt64 = 0x314c_4157_4d59_4b53  // "SKYMWAL1" in little-endian order
    static let headerSize = 28

    static func name(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits + ".wal"
    }

    static func number(_ name: String) -> UInt64? { name.hasSuffix(".wal") ? UInt64(name.dropLast(4)) : nil }

    static func header(number: UInt64, tombstoneFloor: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: headerSize)
        writer.appendUInt64LE(magic)
        writer.appendUInt64LE(number)
        writer.appendUInt64LE(tombstoneFloor)
        writer.appendUInt32LE(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    /// Checks a header and returns its tombstone floor.
    static func tombstoneFloor(_ bytes: [UInt8], number: UInt64) throws(CorruptBytes) -> UInt64 {
        var reader = ByteReader(bytes, range: 0..<min(headerSize, bytes.count))
        guard try reader.readUInt64LE() == magic else { throw CorruptBytes("log segment", offset: 0, expected: "SKYMWAL1") }
        guard try reader.readUInt64LE() == number else { throw CorruptBytes("log segment", offset: 8, expected: "number \(number)") }
        let floor = try reader.readUInt64LE()
        guard try reader.readUInt32LE() == CRC32C.checksum(bytes, range: 0..<24) else {
            throw CorruptBytes("log segment", offset: 24, expected: "the checksum of its header")
        }
        return floor
    }
}
