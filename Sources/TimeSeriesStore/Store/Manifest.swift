import Bytes
import Environment
import Telemetry

/// What the store consists of on disk, replaced as a whole: the one file that decides which others count.
///
/// Format: `docs/formats/metrics-manifest.md`.
struct Manifest: Hashable, Sendable {
    static let magic: UInt64 = 0x314e_414d_4d59_4b53  // "SKYMMAN1" in little-endian order

    var nextBlock: UInt64 = 1
    /// Log segments below this number are in blocks.
    var firstSegment: UInt64 = 1
    /// The newest deletion.
    var tombstoneNumber: UInt64 = 0
    var tombstones: [Tombstone] = []
    var blocks: [BlockMeta] = []
    /// What was set aside, as long as its times are kept.
    var damage: [Damage] = []

    func encode() -> [UInt8] {
        var writer = ByteWriter()
        writer.appendUInt64LE(Self.magic)
        writer.appendVarint(nextBlock)
        writer.appendVarint(firstSegment)
        writer.appendVarint(tombstoneNumber)
        writer.appendVarint(UInt64(tombstones.count))
        for tombstone in tombstones { tombstone.encode(into: &writer) }
        writer.appendVarint(UInt64(blocks.count))
        for block in blocks { block.encode(into: &writer) }
        writer.appendVarint(UInt64(damage.count))
        for item in damage {
            writer.appendLengthPrefixed(item.description)
            writer.append(item.times == nil ? 0 : 1)
            if let times = item.times {
                writer.appendZigzag(times.lowerBound)
                writer.appendZigzag(times.upperBound)
            }
        }
        writer.appendUInt32LE(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    init() {}

    init(_ bytes: [UInt8]) throws(CorruptBytes) {
        guard bytes.count >= 12 else { throw CorruptBytes("manifest", offset: bytes.count, expected: "at least 12 bytes") }
        var trailer = ByteReader(bytes, range: bytes.count - 4..<bytes.count)
        guard try trailer.readUInt32LE() == CRC32C.checksum(bytes, range: 0..<bytes.count - 4) else {
            throw CorruptBytes("manifest", offset: bytes.count - 4, expected: "the checksum of what stands before")
        }
        var reader = ByteReader(bytes, range: 0..<bytes.count - 4)
        guard try reader.readUInt64LE() == Self.magic else { throw CorruptBytes("manifest", offset: 0, expected: "SKYMMAN1") }
        nextBlock = try reader.readVarint()
        firstSegment = try reader.readVarint()
        tombstoneNumber = try reader.readVarint()
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) { tombstones.append(try Tombstone(&reader)) }
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) { blocks.append(try BlockMeta(&reader)) }
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
            let description = try reader.readLengthPrefixedString()
            var times: ClosedRange<Int64>?
            if try reader.readUInt8() == 1 {
                let start = try reader.readZigzag()
                let end = try reader.readZigzag()
                guard start <= end else { throw CorruptBytes("manifest", offset: reader.offset, expected: "times in order") }
                times = start...end
            }
            damage.append(Damage(description: description, times: times))
        }
    }
}

/// Metadata and exemplars, which no block holds: written before log segments go.
///
/// Format: `docs/formats/metrics-manifest.md`.
enum Sidecar {
    static let magic: UInt64 = 0x3144_4953_4d59_4b53  // "SKYMSID1" in little-endian order

    static func encode(_ metadata: [MetricMetadata], _ exemplars: [StoredExemplar]) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendUInt64LE(magic)
        writer.appendVarint(UInt64(metadata.count))
        for entry in metadata { MetadataCoding.encode(entry, into: &writer) }
        writer.appendVarint(UInt64(exemplars.count))
        for exemplar in exemplars {
            writer.appendLengthPrefixed(exemplar.series.encoded)
            writer.appendLengthPrefixed(exemplar.labels.encoded)
            writer.appendZigzag(exemplar.time)
            writer.appendDoubleLE(exemplar.value)
        }
        writer.appendUInt32LE(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(CorruptBytes) -> (metadata: [MetricMetadata], exemplars: [StoredExemplar]) {
        guard bytes.count >= 12 else { throw CorruptBytes("sidecar", offset: bytes.count, expected: "at least 12 bytes") }
        var trailer = ByteReader(bytes, range: bytes.count - 4..<bytes.count)
        guard try trailer.readUInt32LE() == CRC32C.checksum(bytes, range: 0..<bytes.count - 4) else {
            throw CorruptBytes("sidecar", offset: bytes.count - 4, expected: "the checksum of what stands before")
        }
        var reader = ByteReader(bytes, range: 0..<bytes.count - 4)
        guard try reader.readUInt64LE() == magic else { throw CorruptBytes("sidecar", offset: 0, expected: "SKYMSID1") }
        var metadata: [MetricMetadata] = []
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) { metadata.append(try MetadataCoding.decode(&reader)) }
        var exemplars: [StoredExemplar] = []
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
            let series = try Labels(validating: Array(bytes[try reader.readLengthPrefixed()]))
            let labels = try Labels(validating: Array(bytes[try reader.readLengthPrefixed()]))
            let time = try reader.readZigzag()
            exemplars.append(StoredExemplar(series: series, labels: labels, time: time, value: try reader.readDoubleLE()))
        }
        return (metadata, exemplars)
    }
}
