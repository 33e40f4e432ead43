import Bytes

/// The frames of a block: separately compressed and checksummed pieces, so that a reader decodes only what it asks for.
///
/// - Source: `docs/formats/logs-part.md`.
struct BlockFrames: Sendable {
    enum Codec: UInt8, Sendable { case stored = 0, lz4 = 1, zstd = 2 }

    /// What stands in the first frames; the variables' columns follow from `firstColumns` on.
    enum Kind: Int, CaseIterable, Sendable { case words, times, head, rows, metadata, wholeLengths, wholeLines }
    static let firstColumns = Kind.allCases.count
    static let version: UInt64 = 1
    /// A frame that claims more is damaged: the longest line and a block fit many times over.
    static let maximumRawBytes = 1 << 30

    /// Fresh blocks are rewritten by the next merge.
    private static let hotAcceleration = 4

    struct Frame: Sendable {
        var codec: Codec
        var rawBytes: Int
        var storedBytes: Int
        var checksum: UInt32
        /// Offset from the end of the prologue.
        var offset: Int
    }

    private(set) var frames: [Frame] = []
    /// Bytes of all frames.
    private(set) var storedBytes = 0

    init() {}

    /// Compresses a frame behind the ones before.
    mutating func append(_ raw: [UInt8], codec: Codec, to stored: inout [UInt8]) { append(raw.span, codec: codec, to: &stored) }

    mutating func append(_ raw: Span<UInt8>, codec: Codec, to stored: inout [UInt8]) {
        let start = stored.count
        var used = raw.count < 16 ? Codec.stored : codec
        switch used {
        case .stored: stored.append(span: raw)
        case .lz4: LZ4.compress(raw, acceleration: Self.hotAcceleration, into: &stored)
        case .zstd: ZSTD.compress(raw, level: 1, into: &stored)
        }
        if used != .stored, stored.count - start >= raw.count {
            stored.removeSubrange(start...)
            stored.append(span: raw)
            used = .stored
        }
        let size = stored.count - start
        frames.append(
            Frame(
                codec: used, rawBytes: raw.count, storedBytes: size, checksum: CRC32C.checksum(stored, range: start..<stored.count),
                offset: storedBytes))
        storedBytes += size
    }

    /// The prologue: checksum, version, and the table of frames.
    func encodePrologue() -> [UInt8] {
        var writer = ByteWriter(capacity: frames.count * 12 + 16)
        writer.appendUInt32LE(0)
        writer.appendVarint(Self.version)
        writer.appendVarint(UInt64(frames.count))
        for frame in frames {
            writer.append(frame.codec.rawValue)
            writer.appendVarint(UInt64(frame.rawBytes))
            writer.appendVarint(UInt64(frame.storedBytes))
            writer.appendUInt32LE(frame.checksum)
        }
        writer.patchUInt32LE(CRC32C.checksum(writer.bytes, range: 4..<writer.count), at: 0)
        return writer.bytes
    }

    init(prologue: [UInt8]) throws(CorruptBytes) {
        var reader = ByteReader(prologue)
        let checksum = try reader.readUInt32LE()
        guard checksum == CRC32C.checksum(prologue, range: 4..<prologue.count) else {
            throw CorruptBytes("block prologue", offset: 0, expected: "its checksum")
        }
        guard try reader.readVarint() == Self.version else {
            throw CorruptBytes("block prologue", offset: 4, expected: "version \(Self.version)")
        }
        for _ in 0..<(try reader.readCount(limit: prologue.count)) {
            let offset = reader.offset
            guard let codec = Codec(rawValue: try reader.readUInt8()) else {
                throw CorruptBytes("block prologue", offset: offset, expected: "a codec")
            }
            let rawBytes = try reader.readCount(limit: Self.maximumRawBytes)
            let stored = try reader.readCount(limit: Self.maximumRawBytes)
            frames.append(
                Frame(codec: codec, rawBytes: rawBytes, storedBytes: stored, checksum: try reader.readUInt32LE(), offset: storedBytes))
            storedBytes += stored
        }
        guard frames.count >= Self.firstColumns else {
            throw CorruptBytes("block prologue", offset: prologue.count, expected: "all fixed frames")
        }
    }

    /// Checks one frame whose stored bytes were read, and appends what they hold.
    func decode(_ index: Int, stored: Span<UInt8>, into raw: inout [UInt8]) throws(CorruptBytes) {
        let frame = frames[index]
        guard stored.count == frame.storedBytes, CRC32C.checksum(stored) == frame.checksum else {
            throw CorruptBytes("frame \(index) of a block", offset: frame.offset, expected: "its checksum")
        }
        switch frame.codec {
        case .lz4: try LZ4.decompress(stored, count: frame.rawBytes, into: &raw)
        case .zstd: try ZSTD.decompress(stored, count: frame.rawBytes, into: &raw)
        case .stored:
            guard frame.rawBytes == stored.count else {
                throw CorruptBytes("frame \(index) of a block", offset: frame.offset, expected: "\(frame.rawBytes) bytes")
            }
            raw.append(span: stored)
        }
    }
}
