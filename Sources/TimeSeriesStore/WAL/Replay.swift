import Bytes
import Telemetry

/// What a replay brings back beside the samples.
struct ReplayOutcome: Sendable {
    var samples = 0
    var exemplars: [StoredExemplar] = []
    var metadata: [MetricMetadata] = []
    /// Samples whose series was named in a damaged record.
    var orphans = 0
    /// Damaged ranges in the middle of the segment; a torn tail is none.
    var damaged: [Range<Int>] = []
    /// Where the intact part ends.
    var end = 0
}

/// Reads the records of one segment into a head.
///
/// A record that does not check out is a torn tail when no intact record follows it, which is normal after a crash; else it is damage,
/// and reading goes on at the next intact record.
enum Replay {
    static func read(_ bytes: [UInt8], into head: inout HeadState) -> ReplayOutcome {
        var outcome = ReplayOutcome()
        var numbers = SegmentNumbers()
        var buffers = SampleBuffers()
        var offset = SegmentFile.headerSize
        outcome.end = min(offset, bytes.count)
        while offset < bytes.count {
            if let body = RecordFrame.body(bytes, at: offset),
                (try? apply(bytes, body, &numbers, &buffers, &head, &outcome)) != nil
            {
                offset = body.upperBound
                outcome.end = offset
            } else if let next = RecordFrame.next(bytes, after: offset) {
                outcome.damaged.append(offset..<next)
                offset = next
            } else {
                break
            }
        }
        return outcome
    }

    private struct SampleBuffers {
        var series: [UInt32] = []
        var times: [Int64] = []
        var values: [Double] = []
        var startTimes: [Int64] = []
    }

    private static func apply(
        _ bytes: [UInt8], _ body: Range<Int>, _ numbers: inout SegmentNumbers, _ buffers: inout SampleBuffers,
        _ head: inout HeadState, _ outcome: inout ReplayOutcome
    ) throws(CorruptBytes) {
        var reader = ByteReader(bytes, range: body)
        guard try reader.readUInt8() == RecordFrame.version else {
            throw CorruptBytes("log record", offset: body.lowerBound, expected: "version \(RecordFrame.version)")
        }
        let definitions = try reader.readCount(limit: reader.remaining / 9)
        for _ in 0..<definitions {
            let number = UInt32(truncatingIfNeeded: try reader.readVarint())
            let hash = try reader.readUInt64LE()
            let range = try reader.readLengthPrefixed()
            numbers[number] = head.find(hash, bytes, range) ?? head.add(Labels(canonical: Array(bytes[range]), hash: hash))
        }
        try SampleRun.decode(
            bytes, at: &reader.offset, end: body.upperBound, series: &buffers.series, times: &buffers.times, values: &buffers.values)
        let count = buffers.series.count
        buffers.startTimes.removeAll(keepingCapacity: true)
        if try reader.readUInt8() == 1 {
            var startTime: Int64 = 0
            for _ in 0..<count {
                startTime &+= try reader.readZigzag()
                buffers.startTimes.append(startTime)
            }
        }
        var lastNumber = UInt32.max
        var lastSeries: Int?
        for index in 0..<count {
            if buffers.series[index] != lastNumber {
                lastNumber = buffers.series[index]
                lastSeries = numbers[lastNumber]
            }
            guard let series = lastSeries else {
                outcome.orphans += 1
                continue
            }
            head.replaySample(
                series, time: buffers.times[index], value: buffers.values[index],
                startTime: buffers.startTimes.isEmpty ? 0 : buffers.startTimes[index])
            outcome.samples += 1
        }
        try applyRest(&reader, numbers, &head, &outcome)
    }

    private static func applyRest(
        _ reader: inout ByteReader, _ numbers: borrowing SegmentNumbers, _ head: inout HeadState, _ outcome: inout ReplayOutcome
    ) throws(CorruptBytes) {
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
            let number = UInt32(truncatingIfNeeded: try reader.readVarint())
            let time = try reader.readZigzag()
            let startTime = try reader.readZigzag()
            let histogram = try HistogramCoding.decode(&reader)
            guard let series = numbers[number] else {
                outcome.orphans += 1
                continue
            }
            head.replaySample(
                series, time: time, value: StalenessMarker.ordinaryNaN, startTime: startTime, histogram: histogram)
            outcome.samples += 1
        }
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
            let number = UInt32(truncatingIfNeeded: try reader.readVarint())
            let range = try reader.readLengthPrefixed()
            let time = try reader.readZigzag()
            let value = try reader.readDoubleLE()
            guard let series = numbers[number] else { continue }
            outcome.exemplars.append(
                StoredExemplar(
                    series: head.labels(series), labels: Labels(canonical: Array(reader.bytes[range])), time: time, value: value))
        }
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
            outcome.metadata.append(try MetadataCoding.decode(&reader))
        }
    }
}

/// What the series numbers of a segment mean in the head that it is replayed into.
///
/// Writers number series from 0, so nearly all stand in an array; a number beyond it is looked up.
private struct SegmentNumbers {
    /// An array of this length is 16 MB, which is what a foolish number can cost.
    private static let arrayLimit = 1 << 22
    private static let unknown = UInt32.max

    private var near: [UInt32] = []
    private var far: [UInt32: Int] = [:]

    subscript(number: UInt32) -> Int? {
        get {
            if Int(number) < near.count {
                let series = near[Int(number)]
                return series == Self.unknown ? nil : Int(series)
            }
            return far.isEmpty ? nil : far[number]
        }
        set {
            guard let newValue else { return }
            guard Int(number) < Self.arrayLimit else {
                far[number] = newValue
                return
            }
            while near.count <= Int(number) { near.append(Self.unknown) }
            near[Int(number)] = UInt32(newValue)
        }
    }
}
