import Bytes
import Telemetry

/// Collects what one append adds to the log and encodes it as a record.
///
/// Format: `docs/formats/metrics-wal.md`.
struct RecordWriter: Sendable {
    private var definitions = ByteWriter()
    private var definitionCount = 0
    private var series: [UInt32] = []
    private var times: [Int64] = []
    private var values: [Double] = []
    private var startTimes: [Int64] = []
    private var hasStartTimes = false
    private var histograms = ByteWriter()
    private var histogramCount = 0
    private var exemplars = ByteWriter()
    private var exemplarCount = 0
    private var metadata = ByteWriter()
    private var metadataCount = 0

    var isEmpty: Bool { definitionCount + series.count + histogramCount + exemplarCount + metadataCount == 0 }

    mutating func reserveSamples(_ count: Int) {
        series.reserveCapacity(count)
        times.reserveCapacity(count)
        values.reserveCapacity(count)
    }

    mutating func define(_ number: Int, _ labels: Labels) {
        definitions.appendVarint(UInt64(number))
        definitions.appendUInt64LE(labels.hash)
        definitions.appendLengthPrefixed(labels.encoded)
        definitionCount += 1
    }

    @inline(__always)
    mutating func addSample(_ number: UInt32, time: Int64, value: Double, startTime: Int64) {
        series.append(number)
        times.append(time)
        values.append(value)
        if startTime != 0 && !hasStartTimes {
            hasStartTimes = true
            startTimes = [Int64](repeating: 0, count: series.count - 1)
        }
        if hasStartTimes { startTimes.append(startTime) }
    }

    mutating func addHistogram(_ number: UInt32, _ sample: SampleWriteBatch.HistogramSample) {
        histograms.appendVarint(UInt64(number))
        histograms.appendZigzag(sample.time)
        histograms.appendZigzag(sample.startTime)
        HistogramCoding.encode(sample.histogram, into: &histograms)
        histogramCount += 1
    }

    mutating func addExemplar(_ number: UInt32, _ exemplar: SampleWriteBatch.Exemplar) {
        exemplars.appendVarint(UInt64(number))
        exemplars.appendLengthPrefixed(exemplar.labels.encoded)
        exemplars.appendZigzag(exemplar.time)
        exemplars.appendDoubleLE(exemplar.value)
        exemplarCount += 1
    }

    mutating func addMetadata(_ entry: MetricMetadata) {
        MetadataCoding.encode(entry, into: &metadata)
        metadataCount += 1
    }

    /// Appends the framed record to a buffer of the log.
    func encode(into buffer: inout ByteWriter) {
        let frame = RecordFrame.begin(&buffer)
        buffer.append(RecordFrame.version)
        buffer.appendVarint(UInt64(definitionCount))
        buffer.append(contentsOf: definitions.bytes)
        SampleRun.encode(series: series, times: times, values: values, into: &buffer.bytes)
        buffer.append(hasStartTimes ? 1 : 0)
        var previous: Int64 = 0
        for startTime in startTimes {
            buffer.appendZigzag(startTime &- previous)
            previous = startTime
        }
        buffer.appendVarint(UInt64(histogramCount))
        buffer.append(contentsOf: histograms.bytes)
        buffer.appendVarint(UInt64(exemplarCount))
        buffer.append(contentsOf: exemplars.bytes)
        buffer.appendVarint(UInt64(metadataCount))
        buffer.append(contentsOf: metadata.bytes)
        RecordFrame.end(&buffer, frame)
    }
}

/// The frame around a record: a mark to find the next one after damage, length, checksum.
enum RecordFrame {
    static let mark: UInt32 = 0x5ca1_ab1e
    static let headerSize = 12
    static let version: UInt8 = 1
    /// A record is one append; larger lengths are damage.
    static let lengthLimit = 256 << 20

    static func begin(_ buffer: inout ByteWriter) -> Int {
        let start = buffer.count
        buffer.appendUInt32LE(mark)
        buffer.appendUInt32LE(0)
        buffer.appendUInt32LE(0)
        return start
    }

    static func end(_ buffer: inout ByteWriter, _ start: Int) {
        let body = start + headerSize..<buffer.count
        precondition(body.count <= lengthLimit, "a record stays below the limit that replay accepts")
        buffer.patchUInt32LE(UInt32(body.count), at: start + 4)
        buffer.patchUInt32LE(CRC32C.checksum(buffer.bytes, range: body), at: start + 8)
    }

    /// The body of an intact record at the offset, or nil.
    static func body(_ bytes: [UInt8], at offset: Int) -> Range<Int>? {
        var reader = ByteReader(bytes, range: offset..<bytes.count)
        guard let found = try? reader.readUInt32LE(), found == mark, let length = try? reader.readUInt32LE(),
            let checksum = try? reader.readUInt32LE(), Int(length) <= min(lengthLimit, reader.remaining)
        else { return nil }
        let body = reader.offset..<reader.offset + Int(length)
        return CRC32C.checksum(bytes, range: body) == checksum ? body : nil
    }

    /// The next offset at which an intact record begins.
    static func next(_ bytes: [UInt8], after offset: Int) -> Int? {
        var position = offset + 1
        while position + headerSize <= bytes.count {
            if bytes[position] == UInt8(truncatingIfNeeded: mark), body(bytes, at: position) != nil { return position }
            position += 1
        }
        return nil
    }
}
