import Bytes
import Telemetry

/// The `Histogram` message, which both versions of remote write and remote read share.
///
/// - Source: Prometheus `prompb/types.proto`; field 17 exists in version 2 only.
struct HistogramMessage {
    var histogram = NativeHistogram()
    var time: Int64 = 0
    var startTime: Int64 = 0
    private var positiveDeltas: [Int64] = []
    private var negativeDeltas: [Int64] = []

    init(_ reader: inout ProtobufReader) throws(CorruptBytes) {
        while let field = try reader.nextField() {
            switch field.number {
            case 1:
                histogram.count = Double(try reader.readVarint(field))
                histogram.isInteger = true
            case 2: histogram.count = try reader.readDouble(field)
            case 3: histogram.sum = try reader.readDouble(field)
            case 4: histogram.schema = Int32(truncatingIfNeeded: try reader.readZigzag(field))
            case 5: histogram.zeroThreshold = try reader.readDouble(field)
            case 6: histogram.zeroCount = Double(try reader.readVarint(field))
            case 7: histogram.zeroCount = try reader.readDouble(field)
            case 8: histogram.negativeSpans.append(try Self.readSpan(field, &reader))
            case 9: try reader.readZigzags(field, into: &negativeDeltas)
            case 10: try reader.readDoubles(field, into: &histogram.negativeCounts)
            case 11: histogram.positiveSpans.append(try Self.readSpan(field, &reader))
            case 12: try reader.readZigzags(field, into: &positiveDeltas)
            case 13: try reader.readDoubles(field, into: &histogram.positiveCounts)
            case 14: histogram.resetHint = NativeHistogram.ResetHint(rawValue: UInt8(truncatingIfNeeded: try reader.readVarint(field))) ?? .unknown
            case 15: time = try reader.readInt64(field)
            case 16: try reader.readDoubles(field, into: &histogram.customBounds)
            case 17: startTime = try reader.readInt64(field)
            default: try reader.skip(field)
            }
        }
        if histogram.isInteger {
            histogram.positiveCounts = Self.absolute(positiveDeltas)
            histogram.negativeCounts = Self.absolute(negativeDeltas)
        }
    }

    private static func readSpan(
        _ field: ProtobufReader.Field, _ reader: inout ProtobufReader
    ) throws(CorruptBytes) -> NativeHistogram.Span {
        let outer = try reader.enter(field)
        var span = NativeHistogram.Span(offset: 0, length: 0)
        while let part = try reader.nextField() {
            switch part.number {
            case 1: span.offset = Int32(truncatingIfNeeded: try reader.readZigzag(part))
            case 2: span.length = UInt32(truncatingIfNeeded: try reader.readVarint(part))
            default: try reader.skip(part)
            }
        }
        reader.leave(outer)
        return span
    }

    /// Integer buckets come as differences to the bucket before.
    private static func absolute(_ deltas: [Int64]) -> [Double] {
        var count: Int64 = 0
        return deltas.map { delta in
            count &+= delta
            return Double(count)
        }
    }

    func append(series: UInt32, to batch: inout SampleWriteBatch, problem: inout String?) {
        // Finer schemas exist on the wire only; what they count is kept in the finest of ours.
        let histogram = histogram.reducedToFinestSchema()
        if let wrong = histogram.wireProblem {
            problem = "histogram with \(wrong)"
        } else {
            batch.histograms.append(
                SampleWriteBatch.HistogramSample(series: series, time: time, startTime: startTime, histogram: histogram))
        }
    }
}

extension NativeHistogram {
    /// What makes a histogram from a peer unusable; nil when it is sound.
    ///
    /// - Source: Prometheus `model/histogram` `Validate`.
    var wireProblem: String? {
        guard (-4...8).contains(schema) || usesCustomBuckets else { return "unknown schema \(schema)" }
        if usesCustomBuckets {
            if !negativeSpans.isEmpty || zeroCount != 0 || zeroThreshold != 0 { return "custom buckets and a zero or negative part" }
            if customBounds.contains(where: \.isNaN) { return "a custom bound that is no number" }
            if customBounds.last == .infinity { return "custom bounds that end in +Inf, which is implied" }
            for index in customBounds.indices.dropFirst() where !(customBounds[index - 1] < customBounds[index]) {
                return "custom bounds that do not rise"
            }
        } else if !customBounds.isEmpty {
            return "custom bounds in an exponential schema"
        }
        if let wrong = Self.problem(positiveSpans, positiveCounts) ?? Self.problem(negativeSpans, negativeCounts) { return wrong }
        if usesCustomBuckets, positiveSpans.reduce(0, { $0 + Int($1.offset) + Int($1.length) }) > customBounds.count + 1 {
            return "more buckets than custom bounds"
        }
        guard zeroCount >= 0, count >= 0 || StalenessMarker.isStale(sum) else { return "a negative count" }
        guard isInteger, !StalenessMarker.isStale(sum) else { return nil }
        let inBuckets = positiveCounts.reduce(0, +) + negativeCounts.reduce(0, +) + zeroCount
        // Observations of NaN are in no bucket, and then the sum is NaN.
        if sum.isNaN ? inBuckets > count : inBuckets != count {
            return "\(DecimalNumber.prometheusText(inBuckets)) observations in its buckets but a count of \(DecimalNumber.prometheusText(count))"
        }
        return nil
    }

    private static let finestSchema: Int32 = 8
    /// Beyond it nothing is reserved.
    private static let finestWireSchema: Int32 = 52

    /// The same observations in schema 8 when the schema is finer than any that is stored, else as it is.
    ///
    /// - Source: Prometheus reduces schemas 9 to 52 as it takes them; two buckets of one schema make one of the next coarser.
    func reducedToFinestSchema() -> NativeHistogram {
        guard schema > Self.finestSchema, schema <= Self.finestWireSchema,
            Self.problem(positiveSpans, positiveCounts) == nil, Self.problem(negativeSpans, negativeCounts) == nil
        else { return self }
        var reduced = self
        let shift = Int64(schema - Self.finestSchema)
        reduced.schema = Self.finestSchema
        (reduced.positiveSpans, reduced.positiveCounts) = Self.merged(positiveSpans, positiveCounts, shift)
        (reduced.negativeSpans, reduced.negativeCounts) = Self.merged(negativeSpans, negativeCounts, shift)
        return reduced
    }

    private static func merged(_ spans: [Span], _ counts: [Double], _ shift: Int64) -> ([Span], [Double]) {
        var output: [Span] = []
        var sums: [Double] = []
        var (index, row) = (Int64(0), 0)
        var last: Int64?
        for span in spans {
            index += Int64(span.offset)
            for _ in 0..<span.length {
                // A bucket's index is that of its upper bound, so bucket 1 and 2 make 1.
                let target = ((index - 1) >> shift) + 1
                if target == last {
                    sums[sums.count - 1] += counts[row]
                } else {
                    let gap = target - (last.map { $0 + 1 } ?? 0)
                    if gap != 0 || output.isEmpty { output.append(Span(offset: Int32(clamping: gap), length: 0)) }
                    output[output.count - 1].length += 1
                    sums.append(counts[row])
                    last = target
                }
                index += 1
                row += 1
            }
        }
        return (output, sums)
    }

    private static func problem(_ spans: [Span], _ counts: [Double]) -> String? {
        var buckets = 0
        for (index, span) in spans.enumerated() {
            if index > 0 && span.offset < 0 { return "a span with a negative offset" }
            buckets += Int(span.length)
        }
        if buckets != counts.count { return "spans for \(buckets) buckets but \(counts.count) counts" }
        if counts.contains(where: { $0 < 0 }) { return "a negative bucket" }
        return nil
    }
}
