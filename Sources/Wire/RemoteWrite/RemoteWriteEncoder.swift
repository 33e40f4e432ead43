import Bytes
package import Telemetry

/// Encodes a batch as a remote-write body, for shipping and for remote engines.
///
/// Samples are gathered under their series in the order of the batch; times within a series are as the batch has them.
package enum RemoteWriteEncoder {
    /// The plain body; compress it with `Snappy`.
    package static func encode(_ batch: SampleWriteBatch, version: RemoteWriteDecoder.Version) -> [UInt8] {
        let rows = SeriesRows(batch)
        var writer = ProtobufWriter(capacity: batch.labelArena.count + batch.sampleTimes.count * 20)
        switch version {
        case .v1: encodeVersion1(batch, rows, &writer)
        case .v2: encodeVersion2(batch, rows, &writer)
        }
        return writer.bytes
    }

    package static func encodeCompressed(_ batch: SampleWriteBatch, version: RemoteWriteDecoder.Version) -> [UInt8] {
        Snappy.compress(encode(batch, version: version))
    }

    private static func encodeVersion1(_ batch: SampleWriteBatch, _ rows: SeriesRows, _ writer: inout ProtobufWriter) {
        for series in batch.series.indices {
            writer.message(1) { writer in
                let labels = batch.labels(series)
                labels.forEachRange { name, value in
                    writer.message(1) {
                        $0.bytes(1, labels.encoded[name])
                        $0.bytes(2, labels.encoded[value])
                    }
                    return true
                }
                for row in rows.samples(series) {
                    writer.message(2) {
                        $0.double(1, batch.sampleValues[row])
                        $0.int64(2, batch.sampleTimes[row])
                    }
                }
                for exemplar in rows.exemplars[series] ?? [] {
                    writer.message(3) { writer in
                        for (name, value) in exemplar.labels.pairs {
                            writer.message(1) {
                                $0.string(1, name)
                                $0.string(2, value)
                            }
                        }
                        writer.double(2, exemplar.value)
                        writer.int64(3, exemplar.time)
                    }
                }
                for sample in rows.histograms[series] ?? [] {
                    writer.message(4) { sample.histogram.encode(time: sample.time, startTime: 0, to: &$0) }
                }
            }
        }
        for metadata in batch.metadata {
            writer.message(3) {
                $0.varint(1, metadata.kind.protobufNumber)
                $0.string(2, metadata.metric)
                $0.string(4, metadata.help)
                $0.string(5, metadata.unit)
            }
        }
    }

    private static func encodeVersion2(_ batch: SampleWriteBatch, _ rows: SeriesRows, _ writer: inout ProtobufWriter) {
        var symbols = SymbolTable()
        _ = symbols.insert("")
        var body = ProtobufWriter()
        for series in batch.series.indices {
            body.message(5) { writer in
                let labels = batch.labels(series)
                writer.packedUInt32s(1, labels.pairs.flatMap { [symbols.insert($0.name), symbols.insert($0.value)] })
                for row in rows.samples(series) {
                    writer.message(2) {
                        $0.double(1, batch.sampleValues[row])
                        $0.int64(2, batch.sampleTimes[row])
                        if !batch.startTimes.isEmpty, batch.startTimes[row] != 0 { $0.int64(3, batch.startTimes[row]) }
                    }
                }
                for sample in rows.histograms[series] ?? [] {
                    writer.message(3) { sample.histogram.encode(time: sample.time, startTime: sample.startTime, to: &$0) }
                }
                for exemplar in rows.exemplars[series] ?? [] {
                    writer.message(4) { writer in
                        writer.packedUInt32s(
                            1, exemplar.labels.pairs.flatMap { [symbols.insert($0.name), symbols.insert($0.value)] })
                        writer.double(2, exemplar.value)
                        writer.int64(3, exemplar.time)
                    }
                }
                if let name = labels.metricName, let metadata = rows.metadata[name] {
                    writer.message(5) {
                        $0.varint(1, metadata.kind.protobufNumber)
                        $0.varint(3, UInt64(symbols.insert(metadata.help)))
                        $0.varint(4, UInt64(symbols.insert(metadata.unit)))
                    }
                }
            }
        }
        for symbol in 0..<symbols.count { writer.string(4, symbols[UInt32(symbol)]) }
        writer.bytes.append(contentsOf: body.bytes)
    }
}

/// The rows of a batch gathered by series.
private struct SeriesRows {
    /// Sample rows sorted by series, keeping their order within one.
    private var order: [Int]
    private var ends: [Int]
    var histograms: [Int: [SampleWriteBatch.HistogramSample]] = [:]
    var exemplars: [Int: [SampleWriteBatch.Exemplar]] = [:]
    var metadata: [String: MetricMetadata] = [:]

    init(_ batch: SampleWriteBatch) {
        // A counting sort: one pass to count, one to place.
        ends = [Int](repeating: 0, count: batch.series.count + 1)
        for series in batch.sampleSeries { ends[Int(series) + 1] += 1 }
        for index in ends.indices.dropFirst() { ends[index] += ends[index - 1] }
        var next = ends
        order = [Int](repeating: 0, count: batch.sampleSeries.count)
        for (row, series) in batch.sampleSeries.enumerated() {
            order[next[Int(series)]] = row
            next[Int(series)] += 1
        }
        for sample in batch.histograms { histograms[Int(sample.series), default: []].append(sample) }
        for exemplar in batch.exemplars { exemplars[Int(exemplar.series), default: []].append(exemplar) }
        for entry in batch.metadata { metadata[entry.metric] = entry }
    }

    func samples(_ series: Int) -> ArraySlice<Int> { order[ends[series]..<ends[series + 1]] }
}

extension NativeHistogram {
    func encode(time: Int64, startTime: Int64, to writer: inout ProtobufWriter) {
        if isInteger { writer.varint(1, UInt64(clampingCount: count)) } else { writer.double(2, count) }
        writer.double(3, sum)
        writer.zigzag(4, Int64(schema))
        writer.double(5, zeroThreshold)
        if isInteger { writer.varint(6, UInt64(clampingCount: zeroCount)) } else { writer.double(7, zeroCount) }
        for span in negativeSpans { Self.encode(span, 8, &writer) }
        if isInteger { writer.packedZigzags(9, Self.deltas(negativeCounts)) } else { writer.packedDoubles(10, negativeCounts) }
        for span in positiveSpans { Self.encode(span, 11, &writer) }
        if isInteger { writer.packedZigzags(12, Self.deltas(positiveCounts)) } else { writer.packedDoubles(13, positiveCounts) }
        if resetHint != .unknown { writer.varint(14, UInt64(resetHint.rawValue)) }
        writer.int64(15, time)
        writer.packedDoubles(16, customBounds)
        if startTime != 0 { writer.int64(17, startTime) }
    }

    private static func encode(_ span: Span, _ field: Int, _ writer: inout ProtobufWriter) {
        writer.message(field) {
            $0.zigzag(1, Int64(span.offset))
            $0.varint(2, UInt64(span.length))
        }
    }

    private static func deltas(_ counts: [Double]) -> [Int64] {
        var previous: Int64 = 0
        return counts.map { count in
            let whole = Int64(clamping: UInt64(clampingCount: count))
            defer { previous = whole }
            return whole - previous
        }
    }
}

extension UInt64 {
    /// A count that is whole and not negative by an integer histogram's invariant; anything else is bent into range.
    fileprivate init(clampingCount value: Double) {
        self = value > 0 ? value < 0x1p63 ? UInt64(value) : 1 << 63 : 0
    }
}
