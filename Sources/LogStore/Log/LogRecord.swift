import Bytes
import Telemetry

/// One record of the write-ahead log: an accepted batch in columns, compressed as a whole.
///
/// - Source: `docs/formats/logs-wal.md`.
enum LogRecord {
    static let marker: [UInt8] = [0x53, 0x4c, 0x52, 0x31]
    /// Marker, payload length, checksum.
    static let headerCount = 12
    static let batchType: UInt8 = 1
    /// The log lives for minutes: half the time of compressing it is worth more than a fifth of its size.
    private static let acceleration = 8
    /// Larger than any batch a server accepts; a greater length is damage.
    static let maximumPayload = 1 << 30

    /// The record's bytes, ready to be written.
    ///
    /// `durable` is the position up to which the log is known to have reached the disk: what is unreadable before it is damage, what is
    /// unreadable behind it a crash may have left.
    static func encode(_ batch: LogWriteBatch, durable: UInt64) -> [UInt8] {
        var raw = ByteWriter(capacity: batch.lineArena.count + batch.metadataArena.count + batch.labelArena.count + batch.count * 6 + 64)
        raw.appendVarint(UInt64(batch.streams.count))
        for stream in batch.streams {
            raw.appendUInt64LE(stream.hash)
            raw.appendLengthPrefixed(batch.labelArena[stream.labels])
        }
        raw.appendVarint(UInt64(batch.count))
        raw.appendVarints(batch.count) { UInt64(batch.entryStreams[$0]) }
        raw.appendVarints(batch.count) { Varint.zigzag(batch.entryTimes[$0] &- ($0 == 0 ? 0 : batch.entryTimes[$0 &- 1])) }
        appendLengths(batch.lineEnds, to: &raw)
        raw.append(batch.metadataEnds.isEmpty ? 0 : 1)
        if !batch.metadataEnds.isEmpty { appendLengths(batch.metadataEnds, to: &raw) }
        raw.append(contentsOf: batch.lineArena)
        raw.append(contentsOf: batch.metadataArena)

        var record = ByteWriter(capacity: raw.count / 2 + 64)
        record.append(contentsOf: marker)
        record.appendUInt32LE(0)
        record.appendUInt32LE(0)
        record.append(batchType)
        record.appendUInt64LE(durable)
        record.appendVarint(UInt64(raw.count))
        LZ4.compress(raw.bytes.span, acceleration: acceleration, into: &record.bytes)
        let payload = record.count - headerCount
        record.patchUInt32LE(UInt32(payload), at: 4)
        record.patchUInt32LE(checksum(record.bytes, payload: headerCount..<record.count), at: 8)
        return record.bytes
    }

    static func decode(_ bytes: [UInt8], payload: Range<Int>) throws(CorruptBytes) -> (batch: LogWriteBatch, durable: UInt64) {
        var reader = ByteReader(bytes, range: payload)
        let type = try reader.readUInt8()
        guard type == batchType else {
            throw CorruptBytes("log record", offset: payload.lowerBound, expected: "a record type that this release knows, not \(type)")
        }
        let durable = try reader.readUInt64LE()
        let rawCount = try reader.readCount(limit: maximumPayload)
        var raw: [UInt8] = []
        try LZ4.decompress(bytes.span.extracting(reader.offset..<payload.upperBound), count: rawCount, into: &raw)
        return (try decodeBatch(raw), durable)
    }

    static func checksum(_ bytes: [UInt8], payload: Range<Int>) -> UInt32 {
        CRC32C.checksum(bytes, range: payload, seed: UInt32(truncatingIfNeeded: payload.count))
    }

    private static func decodeBatch(_ raw: [UInt8]) throws(CorruptBytes) -> LogWriteBatch {
        var reader = ByteReader(raw)
        var batch = LogWriteBatch()
        let streams = try reader.readCount(limit: raw.count)
        for _ in 0..<streams {
            let hash = try reader.readUInt64LE()
            let labels = try reader.readLengthPrefixed()
            let start = batch.labelArena.count
            batch.labelArena.append(contentsOf: raw[labels])
            batch.streams.append(SampleWriteBatch.Series(labels: start..<batch.labelArena.count, hash: hash))
        }
        let count = try reader.readCount(limit: raw.count)
        batch.entryStreams.reserveCapacity(count)
        for _ in 0..<count {
            let offset = reader.offset
            let stream = try reader.readVarint()
            guard stream < UInt64(streams) else { throw CorruptBytes("log record", offset: offset, expected: "a stream of the batch") }
            batch.entryStreams.append(UInt32(stream))
        }
        batch.entryTimes.reserveCapacity(count)
        var time: Int64 = 0
        for _ in 0..<count {
            time &+= try reader.readZigzag()
            batch.entryTimes.append(time)
        }
        batch.lineEnds = try readEnds(&reader, count: count)
        if try reader.readUInt8() == 1 { batch.metadataEnds = try readEnds(&reader, count: count) }
        batch.lineArena = Array(try reader.readBytes(batch.lineEnds.last ?? 0))
        batch.metadataArena = Array(try reader.readBytes(batch.metadataEnds.last ?? 0))
        return batch
    }

    private static func appendLengths(_ ends: [Int], to writer: inout ByteWriter) {
        writer.appendVarints(ends.count) { UInt64(ends[$0] &- ($0 == 0 ? 0 : ends[$0 &- 1])) }
    }

    private static func readEnds(_ reader: inout ByteReader, count: Int) throws(CorruptBytes) -> [Int] {
        var ends: [Int] = []
        ends.reserveCapacity(count)
        var end = 0
        for _ in 0..<count {
            end += try reader.readCount(limit: maximumPayload)
            ends.append(end)
        }
        return ends
    }
}
