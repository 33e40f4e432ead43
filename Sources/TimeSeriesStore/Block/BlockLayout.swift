import Bytes

/// The outer form of a block file: stored pieces, a table of sections, a footer.
///
/// Format: `docs/formats/metrics-block.md`.
enum BlockLayout {
    static let magic: UInt64 = 0x314b_4c42_4d59_4b53  // "SKYMBLK1" in little-endian order
    static let footerSize = 24
    static let version: UInt16 = 1

    enum Section: UInt16, CaseIterable {
        case meta = 1
        case symbols, series, postings, chunks, times
        /// Blocks of earlier releases have none.
        case marked

        var isOptional: Bool { self == .marked }
    }

    struct TableEntry {
        var section: UInt16
        var version: UInt16
        var piece: StoredPiece
    }

    static func encode(_ table: [TableEntry], at offset: Int64) -> [UInt8] {
        var writer = ByteWriter()
        for entry in table {
            writer.appendUInt16LE(entry.section)
            writer.appendUInt16LE(entry.version)
            writer.appendInt64LE(entry.piece.offset)
            writer.appendUInt64LE(UInt64(entry.piece.storedCount))
            writer.appendUInt64LE(UInt64(entry.piece.rawCount))
            writer.appendUInt32LE(entry.piece.checksum)
        }
        let length = writer.count
        let checksum = CRC32C.checksum(writer.bytes)
        writer.appendInt64LE(offset)
        writer.appendUInt32LE(UInt32(length))
        writer.appendUInt32LE(checksum)
        writer.appendUInt64LE(magic)
        return writer.bytes
    }

    static func decodeFooter(_ bytes: [UInt8], fileSize: Int64) throws(CorruptBytes) -> (offset: Int64, length: Int, checksum: UInt32) {
        var reader = ByteReader(bytes)
        let offset = try reader.readInt64LE()
        let length = Int(try reader.readUInt32LE())
        let checksum = try reader.readUInt32LE()
        guard try reader.readUInt64LE() == magic, offset >= 8, Int64(length) == fileSize - Int64(footerSize) - offset else {
            throw CorruptBytes("block footer", offset: Int(fileSize) - footerSize, expected: "SKYMBLK1 and a table before it")
        }
        return (offset, length, checksum)
    }

    static func decodeTable(_ bytes: [UInt8], end: Int64) throws(CorruptBytes) -> [Section: StoredPiece] {
        var reader = ByteReader(bytes)
        var pieces: [Section: StoredPiece] = [:]
        while !reader.isAtEnd {
            let kind = try reader.readUInt16LE()
            let version = try reader.readUInt16LE()
            let offset = try reader.readInt64LE()
            let stored = try reader.readUInt64LE()
            let raw = try reader.readUInt64LE()
            let checksum = try reader.readUInt32LE()
            // A later release may add sections that this one can do without.
            guard let section = Section(rawValue: kind) else { continue }
            guard version == Self.version, offset >= 8, stored <= UInt64(end), offset <= end - Int64(stored), raw <= 1 << 32 else {
                throw CorruptBytes("block table", offset: reader.offset, expected: "version \(Self.version) inside the file")
            }
            pieces[section] = StoredPiece(offset: offset, storedCount: Int(stored), rawCount: Int(raw), checksum: checksum)
        }
        if let missing = Section.allCases.first(where: { !$0.isOptional && pieces[$0] == nil }) {
            throw CorruptBytes("block table", offset: 0, expected: "section \(missing)")
        }
        return pieces
    }
}

/// Where a piece of a file stands and how to check it. It is compressed with zstd when that made it smaller.
struct StoredPiece: Sendable {
    var offset: Int64
    var storedCount: Int
    var rawCount: Int
    /// CRC-32C of the stored bytes.
    var checksum: UInt32

    /// Checks and decompresses the stored bytes, appending to the output.
    func unpack(_ stored: [UInt8], into output: inout [UInt8]) throws(CorruptBytes) {
        guard stored.count == storedCount, CRC32C.checksum(stored) == checksum else {
            throw CorruptBytes("stored piece", offset: Int(offset), expected: "\(storedCount) bytes of checksum \(checksum)")
        }
        if storedCount == rawCount {
            output.append(contentsOf: stored)
        } else {
            try ZSTD.decompress(stored.span, count: rawCount, into: &output)
        }
    }
}
