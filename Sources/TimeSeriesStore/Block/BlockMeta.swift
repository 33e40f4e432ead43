import Bytes

/// What is known of a block without reading its index.
struct BlockMeta: Hashable, Sendable {
    /// Names the file; rises with each block made.
    var number: UInt64
    var earliest: Int64
    var latest: Int64
    var sampleCount: Int
    var seriesCount: Int
    /// The generations whose samples it holds; orders writing.
    var firstGeneration: UInt64
    var lastGeneration: UInt64
    /// Deletions up to this number have been applied.
    var tombstoneFloor: UInt64
    var byteCount: Int64 = 0

    var fileName: String { Self.fileName(number) }

    static func fileName(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits + ".block"
    }

    func encode(into writer: inout ByteWriter) {
        writer.appendVarint(number)
        writer.appendZigzag(earliest)
        writer.appendZigzag(latest)
        writer.appendVarint(UInt64(sampleCount))
        writer.appendVarint(UInt64(seriesCount))
        writer.appendVarint(firstGeneration)
        writer.appendVarint(lastGeneration)
        writer.appendVarint(tombstoneFloor)
        writer.appendVarint(UInt64(byteCount))
    }

    init(
        number: UInt64, earliest: Int64, latest: Int64, sampleCount: Int, seriesCount: Int, firstGeneration: UInt64,
        lastGeneration: UInt64, tombstoneFloor: UInt64
    ) {
        self.number = number
        self.earliest = earliest
        self.latest = latest
        self.sampleCount = sampleCount
        self.seriesCount = seriesCount
        self.firstGeneration = firstGeneration
        self.lastGeneration = lastGeneration
        self.tombstoneFloor = tombstoneFloor
    }

    init(_ reader: inout ByteReader) throws(CorruptBytes) {
        number = try reader.readVarint()
        earliest = try reader.readZigzag()
        latest = try reader.readZigzag()
        sampleCount = try reader.readCount(limit: 1 << 48)
        seriesCount = try reader.readCount(limit: 1 << 32)
        firstGeneration = try reader.readVarint()
        lastGeneration = try reader.readVarint()
        tombstoneFloor = try reader.readVarint()
        byteCount = Int64(try reader.readCount(limit: 1 << 48))
        guard latest >= earliest else { throw CorruptBytes("block meta", offset: reader.offset, expected: "times in order") }
    }
}
