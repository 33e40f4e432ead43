import Bytes
import Telemetry

/// What a part says of itself.
struct PartSummary: Sendable {
    /// Rises with every part of the store and names its file.
    var sequence: UInt64
    /// Days since the epoch; a part holds entries of one day only.
    var day: Int64
    /// Whether every block is in its resting form.
    var isResting: Bool
    /// Segments of the log up to this one are in parts.
    var logThrough: UInt64
    /// Delete requests up to this one have nothing to do in this part.
    var deletesThrough: UInt64
    /// When it was written, by the clock.
    var createdAt: Timestamp
    /// Parts whose entries this one holds; a part that still lies there after a crash is out of date.
    var replaces: [UInt64]
    var minTime: Int64
    var maxTime: Int64
    var entries: Int
    var lineBytes: Int

    func encode() -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(sequence)
        writer.appendZigzag(day)
        writer.append(isResting ? 1 : 0)
        writer.appendVarint(logThrough)
        writer.appendVarint(deletesThrough)
        writer.appendInt64LE(createdAt.nanoseconds)
        writer.appendVarint(UInt64(replaces.count))
        for sequence in replaces { writer.appendVarint(sequence) }
        writer.appendInt64LE(minTime)
        writer.appendInt64LE(maxTime)
        writer.appendVarint(UInt64(entries))
        writer.appendVarint(UInt64(lineBytes))
        return writer.bytes
    }

    init(
        sequence: UInt64, day: Int64, isResting: Bool, logThrough: UInt64, deletesThrough: UInt64, createdAt: Timestamp, replaces: [UInt64] = [],
        minTime: Int64 = .max, maxTime: Int64 = .min, entries: Int = 0, lineBytes: Int = 0
    ) {
        self.sequence = sequence
        self.day = day
        self.isResting = isResting
        self.logThrough = logThrough
        self.deletesThrough = deletesThrough
        self.createdAt = createdAt
        self.replaces = replaces
        self.minTime = minTime
        self.maxTime = maxTime
        self.entries = entries
        self.lineBytes = lineBytes
    }

    init(decoding bytes: [UInt8]) throws(CorruptBytes) {
        var reader = ByteReader(bytes)
        sequence = try reader.readVarint()
        day = try reader.readZigzag()
        isResting = try reader.readUInt8() == 1
        logThrough = try reader.readVarint()
        deletesThrough = try reader.readVarint()
        createdAt = Timestamp(nanoseconds: try reader.readInt64LE())
        replaces = []
        for _ in 0..<(try reader.readCount(limit: bytes.count)) { replaces.append(try reader.readVarint()) }
        minTime = try reader.readInt64LE()
        maxTime = try reader.readInt64LE()
        entries = try reader.readCount(limit: Int.max)
        lineBytes = try reader.readCount(limit: Int.max)
    }
}

/// Where a block lies in its part, and what is known of it without reading it.
struct BlockEntry: Sendable {
    /// Number of its stream within the part.
    var stream: UInt32
    var offset: Int64
    var bytes: Int
    var prologueBytes: Int
    /// Stored bytes of the word section, which lies behind the prologue, and their checksum; 0 when it is not known.
    var wordsBytes: Int
    var wordsChecksum: UInt32
    var minTime: Int64
    var maxTime: Int64
    var entries: Int
    var lineBytes: Int
    var isResting: Bool
    /// Ranges of the part's edge hashes; empty when there are too many entries at that instant to list.
    var firstEdge: Range<Int>
    var lastEdge: Range<Int>
}

/// The sections behind the blocks of a part.
enum PartSections {
    enum Kind: UInt8, Sendable, CaseIterable { case summary = 1, streams = 2, blocks = 3 }

    static let magic: [UInt8] = Array("SKYLOGP1".utf8)
    /// Table length, table checksum, magic.
    static let trailerBytes = 16
    static let version: UInt8 = 2
    static let readableVersions: ClosedRange<UInt8> = 1...2
    static let maximumBytes = 1 << 31

    struct Section: Sendable {
        var kind: UInt8
        var version: UInt8
        var offset: Int64
        var stored: Int
        var raw: Int
        var checksum: UInt32
    }

    static func encodeTable(_ sections: [Section]) -> [UInt8] {
        var table = ByteWriter()
        table.appendVarint(UInt64(sections.count))
        for section in sections {
            table.append(section.kind)
            table.append(section.version)
            table.appendUInt64LE(UInt64(section.offset))
            table.appendVarint(UInt64(section.stored))
            table.appendVarint(UInt64(section.raw))
            table.appendUInt32LE(section.checksum)
        }
        let checksum = CRC32C.checksum(table.bytes)
        let length = table.count
        table.appendUInt32LE(UInt32(length))
        table.appendUInt32LE(checksum)
        table.append(contentsOf: magic)
        return table.bytes
    }

    static func decodeTable(_ bytes: [UInt8]) throws(CorruptBytes) -> [Section] {
        var reader = ByteReader(bytes)
        var sections: [Section] = []
        for _ in 0..<(try reader.readCount(limit: bytes.count)) {
            sections.append(
                Section(
                    kind: try reader.readUInt8(), version: try reader.readUInt8(), offset: try reader.readInt64LE(),
                    stored: try reader.readCount(limit: maximumBytes), raw: try reader.readCount(limit: maximumBytes),
                    checksum: try reader.readUInt32LE()))
        }
        return sections
    }

    static func encodeBlocks(_ blocks: [BlockEntry], edges: [UInt32], minTime: Int64) -> [UInt8] {
        var writer = ByteWriter(capacity: blocks.count * 40)
        writer.appendVarint(UInt64(blocks.count))
        var stream: UInt32 = 0
        for block in blocks {
            writer.appendVarint(UInt64(block.stream - stream))
            stream = block.stream
            writer.appendVarint(UInt64(block.bytes))
            writer.appendVarint(UInt64(block.prologueBytes))
            writer.appendVarint(UInt64(block.wordsBytes))
            writer.appendUInt32LE(block.wordsChecksum)
            writer.appendVarint(UInt64(bitPattern: block.minTime &- minTime))
            writer.appendVarint(UInt64(bitPattern: block.maxTime &- block.minTime))
            writer.appendVarint(UInt64(block.entries))
            writer.appendVarint(UInt64(block.lineBytes))
            writer.append(block.isResting ? 1 : 0)
            for range in [block.firstEdge, block.lastEdge] {
                writer.appendVarint(UInt64(range.count))
                for edge in edges[range] { writer.appendUInt32LE(edge) }
            }
        }
        return writer.bytes
    }

    static func decodeBlocks(
        _ bytes: [UInt8], version: UInt8, minTime: Int64, streams: Int, firstOffset: Int64, end: Int64
    ) throws(CorruptBytes) -> (blocks: [BlockEntry], edges: [UInt32]) {
        var reader = ByteReader(bytes)
        var blocks: [BlockEntry] = []
        var edges: [UInt32] = []
        let count = try reader.readCount(limit: bytes.count)
        blocks.reserveCapacity(count)
        var stream: UInt64 = 0
        var offset = firstOffset
        for _ in 0..<count {
            let at = reader.offset
            stream += try reader.readVarint()
            let size = try reader.readCount(limit: maximumBytes)
            let prologue = try reader.readCount(limit: size)
            // Version 1 did not say where the words are: such a block is searched without them.
            let words = version == 1 ? 0 : try reader.readCount(limit: size - prologue)
            let wordsChecksum = version == 1 ? 0 : try reader.readUInt32LE()
            let low = minTime &+ Int64(bitPattern: try reader.readVarint())
            let high = low &+ Int64(bitPattern: try reader.readVarint())
            let entries = try reader.readCount(limit: maximumBytes)
            let lines = try reader.readCount(limit: Int.max)
            let isResting = try reader.readUInt8() == 1
            let first = try readEdge(&reader, &edges)
            let last = try readEdge(&reader, &edges)
            guard stream < UInt64(streams), low <= high, entries > 0, offset + Int64(size) <= end else {
                throw CorruptBytes("block directory", offset: at, expected: "a block inside the part")
            }
            blocks.append(
                BlockEntry(
                    stream: UInt32(stream), offset: offset, bytes: size, prologueBytes: prologue, wordsBytes: words,
                    wordsChecksum: wordsChecksum, minTime: low, maxTime: high,
                    entries: entries, lineBytes: lines, isResting: isResting, firstEdge: first, lastEdge: last))
            offset += Int64(size)
        }
        return (blocks, edges)
    }

    private static func readEdge(_ reader: inout ByteReader, _ edges: inout [UInt32]) throws(CorruptBytes) -> Range<Int> {
        let start = edges.count
        for _ in 0..<(try reader.readCount(limit: 255)) { edges.append(try reader.readUInt32LE()) }
        return start..<edges.count
    }
}

extension Labels {
    /// The order of streams in a part: by hash, which is cheap to compare, then by bytes.
    func precedesInPart(_ other: Labels) -> Bool {
        hash != other.hash ? hash < other.hash : encoded.lexicographicallyPrecedes(other.encoded)
    }
}
