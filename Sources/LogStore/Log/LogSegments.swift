import Bytes
import Environment
import Telemetry

/// The names and positions of the log's segments.
struct LogSegments {
    static let magic: [UInt8] = Array("SKYLOGW1".utf8)

    var directory: String

    func path(_ number: UInt64) -> String {
        let digits = String(number)
        return "\(directory)/\(String(repeating: "0", count: max(0, 10 - digits.count)))\(digits).wal"
    }

    func number(_ name: String) -> UInt64? {
        guard name.hasSuffix(".wal") else { return nil }
        return UInt64(name.dropLast(4))
    }

    /// A position that only rises: the segment's number above, the offset in it below.
    static func position(segment: UInt64, offset: Int64) -> UInt64 { segment << 40 | UInt64(offset) }
}

/// What reading one segment found.
struct LogSegmentContents {
    var batches: [LogWriteBatch] = []
    /// Ranges that no record could be read from.
    var gaps: [Range<Int>] = []
    /// The furthest position that a record names as durable.
    var durable: UInt64 = 0

    /// Reads every whole record; looks for the next marker behind what is not one.
    static func read(_ bytes: [UInt8]) -> LogSegmentContents {
        var contents = LogSegmentContents()
        var offset = bytes.starts(with: LogSegments.magic) ? LogSegments.magic.count : 0
        var gapStart: Int?
        while offset < bytes.count {
            if let (batch, durable, end) = record(bytes, at: offset) {
                if let start = gapStart { contents.gaps.append(start..<offset) }
                gapStart = nil
                contents.batches.append(batch)
                contents.durable = max(contents.durable, durable)
                offset = end
            } else {
                if gapStart == nil { gapStart = offset }
                let next = min(offset + 1, bytes.count)
                offset = ByteSearch.firstRange(of: LogRecord.marker, in: bytes, from: next) ?? bytes.count
            }
        }
        if let start = gapStart { contents.gaps.append(start..<bytes.count) }
        return contents
    }

    private static func record(_ bytes: [UInt8], at offset: Int) -> (batch: LogWriteBatch, durable: UInt64, end: Int)? {
        var reader = ByteReader(bytes, range: offset..<bytes.count)
        guard let marker = try? reader.readBytes(4), marker.elementsEqual(LogRecord.marker),
            let length = try? reader.readUInt32LE(), let checksum = try? reader.readUInt32LE(),
            Int(length) <= LogRecord.maximumPayload, reader.remaining >= Int(length)
        else { return nil }
        let payload = reader.offset..<reader.offset + Int(length)
        guard LogRecord.checksum(bytes, payload: payload) == checksum,
            let (batch, durable) = try? LogRecord.decode(bytes, payload: payload)
        else { return nil }
        return (batch, durable, payload.upperBound)
    }
}

/// A place in the log that could not be read, and whether that is damage.
///
/// A crash leaves gaps, at the end and, as disks reorder, between whole records: only where the log was known to be durable is a gap damage.
struct LogGap: Sendable {
    var path: String
    var range: Range<Int>
    var position: UInt64

    func isDamage(durable: UInt64) -> Bool { position < durable }

    var description: String { "\(path) is damaged: bytes \(range.lowerBound) to \(range.upperBound) are no log record" }
}
