import Bytes
package import Telemetry

/// Decodes Prometheus remote write, versions 1.0 and 2.0, straight into a batch.
///
/// A series with bad labels or a bad histogram is refused alone and counted; the others are kept, as the specification's partial write has it.
/// - Ownership: one decoder is used by one thread at a time and keeps its scratch memory for the next body.
/// - Source: Prometheus `prompb/remote.proto`, `prompb/types.proto`, `prompb/io/prometheus/write/v2/types.proto`.
package struct RemoteWriteDecoder: Sendable {
    package enum Version: Sendable {
        /// `prometheus.WriteRequest`
        case v1
        /// `io.prometheus.write.v2.Request`
        case v2
    }

    let limits: WireLimits
    var labels: LabelSetEncoder
    /// Ranges of the body's strings (version 2).
    var symbols: [Range<Int>] = []
    /// Label references of the series at hand (version 2).
    var references: [UInt32] = []
    /// The plain body at its head; kept for the next one.
    private var decompressed: [UInt8] = []
    private let plainLimits: PlainSeries.Limits
    /// One large body should not hold its memory for ever.
    private static let keptBytes = 4 << 20

    package init(limits: WireLimits = WireLimits()) {
        self.limits = limits
        labels = LabelSetEncoder(limits: limits)
        plainLimits = PlainSeries.Limits(
            pairs: limits.labelsPerSeries, nameBytes: limits.labelNameBytes, valueBytes: limits.labelValueBytes)
    }

    /// Decodes a Snappy-compressed body.
    ///
    /// - Parameter known: series of the appender that gets the batch; those found there are named by number.
    package mutating func decode(
        snappy body: Span<UInt8>, version: Version, known: KnownSeries? = nil, into batch: inout SampleWriteBatch
    ) throws(WireError) -> WireOutcome {
        var plain = decompressed
        decompressed = []
        defer { if plain.count <= Self.keptBytes { decompressed = plain } }
        let count = try WireCompression.decompressSnappy(body, limits: limits, over: &plain)
        return try decode(plain, range: 0..<count, version: version, known: known, into: &batch)
    }

    package mutating func decode(
        snappy body: [UInt8], version: Version, known: KnownSeries? = nil, into batch: inout SampleWriteBatch
    ) throws(WireError) -> WireOutcome {
        try decode(snappy: body.span, version: version, known: known, into: &batch)
    }

    /// Decodes a plain body. When it throws, `batch` holds whatever came before the fault and must not be used.
    package mutating func decode(
        _ body: [UInt8], version: Version, known: KnownSeries? = nil, into batch: inout SampleWriteBatch
    ) throws(WireError) -> WireOutcome {
        try decode(body, range: 0..<body.count, version: version, known: known, into: &batch)
    }

    private mutating func decode(
        _ body: [UInt8], range: Range<Int>, version: Version, known: KnownSeries?, into batch: inout SampleWriteBatch
    ) throws(WireError) -> WireOutcome {
        var outcome = WireOutcome()
        do {
            switch version {
            case .v1: try decodeVersion1(body, range, known, &batch, &outcome)
            case .v2: try decodeVersion2(body, range, &batch, &outcome)
            }
        } catch {
            throw WireError(error, in: "remote-write body")
        }
        return outcome
    }

    // MARK: Version 1

    mutating func decodeVersion1(
        _ body: [UInt8], _ range: Range<Int>, _ known: KnownSeries?, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        // Series that others brought in may be larger than what this decoder takes.
        var guide = known.flatMap { plainLimits.admitsKept ? SeriesGuide($0) : nil }
        batch.known = guide?.known
        var reader = ProtobufReader(body, range: range)
        while let field = try reader.nextField() {
            switch field.number {
            case 1:
                let outer = try reader.enter(field)
                if !readPlainSeries(reader, &guide, &batch, &outcome) { try decodeSeries1(&reader, &batch, &outcome) }
                reader.leave(outer)
            case 3:
                let outer = try reader.enter(field)
                try decodeMetadata1(&reader, &batch)
                reader.leave(outer)
            default: try reader.skip(field)
            }
            try checkItems(batch, reader.offset)
        }
    }

    func checkItems(_ batch: SampleWriteBatch, _ offset: Int) throws(CorruptBytes) {
        if batch.sampleTimes.count > limits.itemsPerBody {
            throw CorruptBytes("series", offset: offset, expected: "at most \(limits.itemsPerBody) samples in a body")
        }
    }

    /// Reads a series of the plain form; false when it has another, and then nothing has changed.
    private func readPlainSeries(
        _ reader: ProtobufReader, _ guide: inout SeriesGuide?, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) -> Bool {
        if let samples = guide?.readExpected(reader, &batch) {
            finishPlainSeries(samples, &batch, &outcome)
            return true
        }
        let start = batch.labelArena.count
        guard
            let series = PlainSeries.read(
                reader.bytes, range: reader.offset..<reader.end, limits: plainLimits, arena: &batch.labelArena,
                times: &batch.sampleTimes, values: &batch.sampleValues)
        else { return false }
        if let number = guide?.find(series.hash, batch.labelArena, start..<batch.labelArena.count) {
            batch.labelArena.removeLast(batch.labelArena.count - start)
            batch.series.append(SampleWriteBatch.Series(known: number))
        } else {
            batch.series.append(SampleWriteBatch.Series(labels: start..<batch.labelArena.count, hash: series.hash))
        }
        finishPlainSeries(series.samples, &batch, &outcome)
        return true
    }

    @inline(__always)
    private func finishPlainSeries(_ samples: Int, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome) {
        let number = UInt32(truncatingIfNeeded: batch.series.count &- 1)
        for _ in 0..<samples {
            batch.sampleSeries.append(number)
            if !batch.startTimes.isEmpty { batch.startTimes.append(0) }
        }
        outcome.samples += samples
    }

    private mutating func decodeSeries1(
        _ reader: inout ProtobufReader, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        let number = UInt32(truncatingIfNeeded: batch.series.count)
        let before = SeriesMark(batch)
        labels.begin()
        var problem: String?
        while let field = try reader.nextField() {
            switch field.number {
            case 1:
                let pair = try reader.readStringPair(field)
                labels.add(name: pair.first, value: pair.second)
            case 2:
                let outer = try reader.enter(field)
                let sample = try decodeSample(&reader)
                reader.leave(outer)
                batch.addSample(series: number, time: sample.time, value: sample.value)
            case 3:
                let outer = try reader.enter(field)
                try decodeExemplar1(&reader, series: number, &batch, &problem)
                reader.leave(outer)
            case 4:
                let outer = try reader.enter(field)
                let message = try HistogramMessage(&reader)
                reader.leave(outer)
                message.append(series: number, to: &batch, problem: &problem)
            default: try reader.skip(field)
            }
        }
        finishSeries(reader.bytes, before, problem, &batch, &outcome)
    }

    /// Closes a series whose parts are in the batch, or takes all of them back.
    ///
    /// - Parameter words: turns why the labels are refused into what the sender is told.
    mutating func finishSeries(
        _ source: [UInt8], _ before: SeriesMark, _ problem: String?, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome,
        words: (LabelSetEncoder.Refusal) -> String = { $0.reason }
    ) {
        do throws(LabelSetEncoder.Refusal) {
            let series = try labels.finish(source: source, arena: &batch.labelArena, needsMetricName: true)
            if let problem {
                let name = Labels(canonical: Array(batch.labelArena[series.labels]), hash: series.hash)
                batch.labelArena.removeLast(series.labels.count)
                throw LabelSetEncoder.Refusal(reason: "\(problem) in series \(name)")
            }
            batch.series.append(series)
            if !batch.startTimes.isEmpty, batch.startTimes.count < batch.sampleTimes.count {
                batch.startTimes.append(
                    contentsOf: repeatElement(0, count: batch.sampleTimes.count - batch.startTimes.count))
            }
            outcome.samples += batch.sampleTimes.count - before.samples
            outcome.histograms += batch.histograms.count - before.histograms
            outcome.exemplars += batch.exemplars.count - before.exemplars
        } catch {
            outcome.refusedSeries += 1
            outcome.refusedItems += before.items(until: batch)
            // A part that could not be resolved says more than the set that it left incomplete.
            let isTold = problem.map { error.reason.hasPrefix($0) } ?? true
            let reason = words(error)
            outcome.addReason(isTold ? reason : "\(problem ?? ""); \(reason)")
            before.restore(&batch)
        }
    }

    private func decodeSample(_ reader: inout ProtobufReader) throws(CorruptBytes) -> (time: Int64, value: Double) {
        var time: Int64 = 0
        var value = 0.0
        while let field = try reader.nextField() {
            switch field.number {
            case 1: value = try reader.readDouble(field)
            case 2: time = try reader.readInt64(field)
            default: try reader.skip(field)
            }
        }
        return (time, value)
    }

    private func decodeExemplar1(
        _ reader: inout ProtobufReader, series: UInt32, _ batch: inout SampleWriteBatch, _ problem: inout String?
    ) throws(CorruptBytes) {
        var set = LabelSetEncoder(limits: limits)
        var time: Int64 = 0
        var value = 0.0
        while let field = try reader.nextField() {
            switch field.number {
            case 1:
                let pair = try reader.readStringPair(field)
                set.add(name: pair.first, value: pair.second)
            case 2: value = try reader.readDouble(field)
            case 3: time = try reader.readInt64(field)
            default: try reader.skip(field)
            }
        }
        appendExemplar(&set, reader.bytes, series: series, time: time, value: value, &batch, &problem)
    }

    func appendExemplar(
        _ set: inout LabelSetEncoder, _ source: [UInt8], series: UInt32, time: Int64, value: Double, _ batch: inout SampleWriteBatch,
        _ problem: inout String?
    ) {
        var arena: [UInt8] = []
        do throws(LabelSetEncoder.Refusal) {
            // Too much to be a pointer to a trace: dropped, as Prometheus drops it, and the series is none the worse.
            if set.characterCount(in: source) > limits.exemplarCharacters { return }
            let encoded = try set.finish(source: source, arena: &arena)
            batch.exemplars.append(
                SampleWriteBatch.Exemplar(
                    series: series, labels: Labels(canonical: arena, hash: encoded.hash), time: time, value: value))
        } catch {
            problem = "exemplar with " + error.reason
        }
    }

    private func decodeMetadata1(_ reader: inout ProtobufReader, _ batch: inout SampleWriteBatch) throws(CorruptBytes) {
        var kind = MetricMetadata.Kind.unknown
        var metric = ""
        var help = ""
        var unit = ""
        while let field = try reader.nextField() {
            switch field.number {
            case 1: kind = MetricMetadata.Kind(protobuf: try reader.readVarint(field))
            case 2: metric = try reader.readString(field)
            case 4: help = try reader.readString(field)
            case 5: unit = try reader.readString(field)
            default: try reader.skip(field)
            }
        }
        if !metric.isEmpty { batch.metadata.append(MetricMetadata(metric: metric, kind: kind, help: help, unit: unit)) }
    }
}

/// How far a batch had come before a series, to take the series back.
struct SeriesMark {
    let samples: Int
    let startTimes: Int
    let histograms: Int
    let exemplars: Int
    let metadata: Int

    init(_ batch: SampleWriteBatch) {
        samples = batch.sampleTimes.count
        startTimes = batch.startTimes.count
        histograms = batch.histograms.count
        exemplars = batch.exemplars.count
        metadata = batch.metadata.count
    }

    /// Samples and histograms that came since.
    func items(until batch: SampleWriteBatch) -> Int { batch.sampleTimes.count - samples + batch.histograms.count - histograms }

    func restore(_ batch: inout SampleWriteBatch) {
        let added = batch.sampleTimes.count - samples
        batch.sampleSeries.removeLast(added)
        batch.sampleTimes.removeLast(added)
        batch.sampleValues.removeLast(added)
        batch.startTimes.removeLast(batch.startTimes.count - startTimes)
        batch.histograms.removeLast(batch.histograms.count - histograms)
        batch.exemplars.removeLast(batch.exemplars.count - exemplars)
        batch.metadata.removeLast(batch.metadata.count - metadata)
    }
}

extension MetricMetadata.Kind {
    /// The numbers of both versions' `MetricType`.
    private static let protobufOrder: [MetricMetadata.Kind] = [
        .unknown, .counter, .gauge, .histogram, .gaugehistogram, .summary, .info, .stateset,
    ]

    init(protobuf number: UInt64) {
        self = number < UInt64(Self.protobufOrder.count) ? Self.protobufOrder[Int(number)] : .unknown
    }

    var protobufNumber: UInt64 { UInt64(Self.protobufOrder.firstIndex(of: self) ?? 0) }
}
