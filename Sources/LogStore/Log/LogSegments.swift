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
    /// Ranges that no record could be read from though later ones could; each is damage, not a torn tail.
    var damage: [Range<Int>] = []
    /// Bytes behind the last whole record: what a crash left unfinished.
    var tornBytes = 0

    /// Reads every whole record; looks for the next marker behind what is not one.
    static func read(_ bytes: [UInt8]) -> LogSegmentContents {
        var contents = LogSegmentContents()
        var offset = bytes.starts(with: LogSegments.magic) ? LogSegments.magic.count : 0
        var badStart: Int?
        if offset == 0 && !bytes.isEmpty { badStart = 0 }
        while offset < bytes.count {
            if let (batch, end) = record(bytes, at: offset) {
                if let start = badStart { contents.damage.append(start..<offset) }
                badStart = nil
                contents.batches.append(batch)
                offset = end
            } else {
                if badStart == nil { badStart = offset }
                offset = ByteSearch.firstRange(of: LogRecord.marker, in: bytes, from: min(offset + 1, bytes.count)) ?? bytes.count
            }
        }
        if let start = badStart { contents.tornBytes = bytes.count - start }
        return contents
    }

    private static func record(_ bytes: [UInt8], at offset: Int) -> (batch: LogWriteBatch, end: Int)? {
        var reader = ByteReader(bytes, range: offset..<bytes.count)
        guard let marker = try? reader.readBytes(4), marker.elementsEqual(LogRecord.marker),
            let length = try? reader.readUInt32LE(), let checksum = try? reader.readUInt32LE(),
            Int(length) <= LogRecord.maximumPayload, reader.remaining >= Int(length)
        else { return nil }
        let payload = reader.offset..<reader.offset + Int(length)
        guard LogRecord.checksum(bytes, payload: payload) == checksum,
            let batch = try? LogRecord.decode(bytes, payload: payload)
        else { return nil }
        return (batch, payload.upperBound)
    }
}
