import Bytes
import Telemetry

/// The binary form of a native histogram in the write-ahead log and in chunks.
///
/// Format: `docs/formats/metrics-block.md`. Redundancy between neighbours is left to the codec of the chunk.
enum HistogramCoding {
    static func encode(_ histogram: NativeHistogram, into writer: inout ByteWriter) {
        writer.append(histogram.resetHint.rawValue | (histogram.isInteger ? 0x80 : 0))
        writer.appendZigzag(Int64(histogram.schema))
        writer.appendDoubleLE(histogram.zeroThreshold)
        writer.appendDoubleLE(histogram.zeroCount)
        writer.appendDoubleLE(histogram.count)
        writer.appendDoubleLE(histogram.sum)
        append(histogram.positiveSpans, to: &writer)
        append(histogram.positiveCounts, to: &writer)
        append(histogram.negativeSpans, to: &writer)
        append(histogram.negativeCounts, to: &writer)
        append(histogram.customBounds, to: &writer)
    }

    static func decode(_ reader: inout ByteReader) throws(CorruptBytes) -> NativeHistogram {
        var histogram = NativeHistogram()
        let flags = try reader.readUInt8()
        guard let hint = NativeHistogram.ResetHint(rawValue: flags & 0x7f) else {
            throw CorruptBytes("native histogram", offset: reader.offset, expected: "a reset hint of 0 to 3")
        }
        histogram.resetHint = hint
        histogram.isInteger = flags & 0x80 != 0
        histogram.schema = Int32(truncatingIfNeeded: try reader.readZigzag())
        histogram.zeroThreshold = try reader.readDoubleLE()
        histogram.zeroCount = try reader.readDoubleLE()
        histogram.count = try reader.readDoubleLE()
        histogram.sum = try reader.readDoubleLE()
        histogram.positiveSpans = try readSpans(&reader)
        histogram.positiveCounts = try readNumbers(&reader)
        histogram.negativeSpans = try readSpans(&reader)
        histogram.negativeCounts = try readNumbers(&reader)
        histogram.customBounds = try readNumbers(&reader)
        return histogram
    }

    private static func append(_ spans: [NativeHistogram.Span], to writer: inout ByteWriter) {
        writer.appendVarint(UInt64(spans.count))
        for span in spans {
            writer.appendZigzag(Int64(span.offset))
            writer.appendVarint(UInt64(span.length))
        }
    }

    private static func append(_ numbers: [Double], to writer: inout ByteWriter) {
        writer.appendVarint(UInt64(numbers.count))
        for number in numbers { writer.appendDoubleLE(number) }
    }

    private static func readSpans(_ reader: inout ByteReader) throws(CorruptBytes) -> [NativeHistogram.Span] {
        let count = try reader.readCount(limit: reader.remaining / 2)
        var spans: [NativeHistogram.Span] = []
        spans.reserveCapacity(count)
        for _ in 0..<count {
            let offset = Int32(truncatingIfNeeded: try reader.readZigzag())
            spans.append(NativeHistogram.Span(offset: offset, length: UInt32(truncatingIfNeeded: try reader.readVarint())))
        }
        return spans
    }

    private static func readNumbers(_ reader: inout ByteReader) throws(CorruptBytes) -> [Double] {
        let count = try reader.readCount(limit: reader.remaining / 8)
        var numbers: [Double] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count { numbers.append(try reader.readDoubleLE()) }
        return numbers
    }
}
