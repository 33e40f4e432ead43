import Bytes
import Telemetry

/// The inside of a chunk: up to 32 value columns over one time column, with start times and histograms beside.
///
/// Format: `docs/formats/metrics-block.md`.
enum ChunkCoding {
    static let memberLimit = 32

    /// - Parameter hint: the decimal exponent of the neighbour, see `DecimalColumn`.
    static func encode(_ members: [SeriesColumn], hint: inout Int, into output: inout [UInt8]) {
        precondition(!members.isEmpty && members.count <= memberLimit, "a chunk has 1 to \(memberLimit) members")
        let hasExtras = members.contains { !$0.isPlain }
        var columns: [UInt8] = []
        var lengths: [Int] = []
        for member in members {
            let start = columns.count
            DecimalColumn.encode(member.values, hint: &hint, into: &columns)
            lengths.append(columns.count - start)
        }
        var extras = ByteWriter()
        if hasExtras {
            for member in members {
                let start = extras.count
                encodeExtras(member, into: &extras)
                lengths.append(extras.count - start)
            }
        }
        output.append(hasExtras ? 1 : 0)
        output.append(UInt8(members.count))
        for length in lengths { Varint.append(UInt64(length), to: &output) }
        output.append(contentsOf: columns)
        output.append(contentsOf: extras.bytes)
    }

    private static func encodeExtras(_ column: SeriesColumn, into writer: inout ByteWriter) {
        var runs = ByteWriter()
        var runCount = 0
        var previous: Int64 = 0
        for (index, startTime) in column.startTimes.enumerated() where startTime != previous {
            runs.appendVarint(UInt64(index))
            runs.appendZigzag(startTime &- previous)
            previous = startTime
            runCount += 1
        }
        writer.appendVarint(UInt64(runCount))
        writer.append(contentsOf: runs.bytes)
        writer.appendVarint(UInt64(column.histograms.count))
        for entry in column.histograms {
            writer.appendVarint(UInt64(entry.index))
            HistogramCoding.encode(entry.histogram, into: &writer)
        }
    }

    /// Where the columns of a chunk stand in its bytes.
    struct Directory {
        var values: [Range<Int>] = []
        /// Empty when no member has extras.
        var extras: [Range<Int>] = []

        init(_ bytes: [UInt8]) throws(CorruptBytes) {
            var reader = ByteReader(bytes)
            let flags = try reader.readUInt8()
            let count = Int(try reader.readUInt8())
            guard flags <= 1, count >= 1, count <= memberLimit else {
                throw CorruptBytes("chunk", offset: 0, expected: "flags 0 or 1 and 1 to \(memberLimit) members")
            }
            var lengths: [Int] = []
            for _ in 0..<count * (flags == 1 ? 2 : 1) { lengths.append(try reader.readCount(limit: bytes.count)) }
            for (index, length) in lengths.enumerated() {
                let range = reader.offset..<reader.offset + length
                try reader.skip(length)
                if index < count { values.append(range) } else { extras.append(range) }
            }
        }
    }

    static func decodeExtras(_ bytes: [UInt8], _ range: Range<Int>, count: Int, into column: inout SeriesColumn) throws(CorruptBytes) {
        var reader = ByteReader(bytes, range: range)
        let runs = try reader.readCount(limit: count)
        if runs > 0 {
            var startTimes: [Int64] = []
            var current: Int64 = 0
            for _ in 0..<runs {
                let index = try reader.readCount(limit: count - 1)
                while startTimes.count < index { startTimes.append(current) }
                current &+= try reader.readZigzag()
            }
            while startTimes.count < count { startTimes.append(current) }
            column.startTimes = startTimes
        }
        for _ in 0..<(try reader.readCount(limit: count)) {
            let index = try reader.readCount(limit: count - 1)
            column.histograms.append((index, try HistogramCoding.decode(&reader)))
        }
    }
}
