import Bytes
import Telemetry

extension OTLPMetricsDecoder {
    /// The kinds of metric by their field in `Metric`.
    private enum Shape: Int {
        case gauge = 5
        case sum = 7
        case histogram = 9
        case exponentialHistogram = 10
        case summary = 11
    }

    mutating func decodeMetric(
        _ message: ProtobufReader, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        var name = ""
        var help = ""
        var unit = ""
        var found: (shape: Shape, body: ProtobufReader)?
        var reader = message
        while let field = try reader.nextField() {
            switch field.number {
            case 1: name = try reader.readString(field)
            case 2: help = try reader.readString(field)
            case 3: unit = try reader.readString(field)
            default:
                if let shape = Shape(rawValue: field.number) {
                    found = (shape, try reader.readMessage(field))
                } else {
                    try reader.skip(field)
                }
            }
        }
        guard let (shape, body) = found else { return }
        var isMonotonic = false
        var temporality: UInt64 = 0
        reader = body
        while let field = try reader.nextField() {
            switch field.number {
            case 2 where shape != .gauge && shape != .summary: temporality = try reader.readVarint(field)
            case 3 where shape == .sum: isMonotonic = try reader.readBool(field)
            default: try reader.skip(field)
            }
        }
        let kind: MetricMetadata.Kind
        switch shape {
        case .gauge: kind = .gauge
        case .sum: kind = isMonotonic ? .counter : .gauge
        case .histogram, .exponentialHistogram: kind = .histogram
        case .summary: kind = .summary
        }
        let series = OTLPMetricName.prometheusName(name, unit: unit, kind: kind, by: translation)
        // 2 is cumulative; a delta has nothing to be added to here.
        if shape != .gauge && shape != .summary && temporality != 2 {
            outcome.refusedSeries += 1
            outcome.refusedItems += 1
            outcome.addReason("metric \"\(name)\" is not cumulative; configure its exporter for cumulative temporality")
            return
        }
        batch.metadata.append(MetricMetadata(metric: series, kind: kind, help: help, unit: OTLPMetricName.unitText(unit)))
        reader = body
        while let field = try reader.nextField() {
            guard field.number == 1 else {
                try reader.skip(field)
                continue
            }
            let mark = point.mark
            let pointBody = try reader.readMessage(field)
            switch shape {
            case .gauge, .sum: try decodeNumber(pointBody, series, keepsExemplars: shape == .sum, &batch, &outcome)
            case .histogram: try decodeHistogram(pointBody, series, &batch, &outcome)
            case .exponentialHistogram: try decodeExponential(pointBody, series, &batch, &outcome)
            case .summary: try decodeSummary(pointBody, series, &batch, &outcome)
            }
            point.cut(to: mark)
        }
    }

    // MARK: Data points

    /// What all kinds of points begin with.
    private struct Head {
        var startTime: Int64 = 0
        var time: Int64 = 0
        var flags: UInt64 = 0

        /// Whether the point says that there is no value.
        var isStale: Bool { flags & 1 != 0 }

        func sample(_ name: String, _ value: Double, _ extra: (name: StaticString, value: String)? = nil) -> OTLPSample {
            OTLPSample(
                name: name, extra: extra, time: time, startTime: startTime, value: isStale ? StalenessMarker.value : value)
        }
    }

    private static func milliseconds(_ nanoseconds: UInt64) -> Int64 { Int64(nanoseconds / 1_000_000) }

    private mutating func readAttribute(_ reader: inout ProtobufReader, _ field: ProtobufReader.Field) throws(CorruptBytes) {
        let outer = try reader.enter(field)
        try point.readKeyValue(&reader)
        reader.leave(outer)
    }

    private func exemplar(_ reader: inout ProtobufReader, _ field: ProtobufReader.Field) throws(CorruptBytes) -> OTLPExemplar {
        try OTLPExemplar(try reader.readMessage(field), escapesNames: translation.escapesNames, limits: limits)
    }

    /// - Parameter keepsExemplars: gauges have none in Prometheus.
    private mutating func decodeNumber(
        _ message: ProtobufReader, _ name: String, keepsExemplars: Bool, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        var reader = message
        var head = Head()
        var exemplars: [OTLPExemplar] = []
        var value = 0.0
        while let field = try reader.nextField() {
            switch field.number {
            case 2: head.startTime = Self.milliseconds(try reader.readFixed64(field))
            case 3: head.time = Self.milliseconds(try reader.readFixed64(field))
            case 4: value = try reader.readDouble(field)
            case 5 where keepsExemplars: exemplars.append(try exemplar(&reader, field))
            case 6: value = Double(Int64(bitPattern: try reader.readFixed64(field)))
            case 7: try readAttribute(&reader, field)
            case 8: head.flags = try reader.readVarint(field)
            default: try reader.skip(field)
            }
        }
        guard let series = addSample(head.sample(name, value), &batch, &outcome) else { return }
        for exemplar in exemplars { exemplar.add(to: series, &batch, &outcome) }
    }

    private mutating func decodeHistogram(
        _ message: ProtobufReader, _ name: String, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        var reader = message
        var head = Head()
        var count: UInt64 = 0
        var sum: Double?
        var counts: [UInt64] = []
        var bounds: [Double] = []
        var exemplars: [OTLPExemplar] = []
        while let field = try reader.nextField() {
            switch field.number {
            case 2: head.startTime = Self.milliseconds(try reader.readFixed64(field))
            case 3: head.time = Self.milliseconds(try reader.readFixed64(field))
            case 4: count = try reader.readFixed64(field)
            case 5: sum = try reader.readDouble(field)
            case 6: try reader.readFixed64s(field, into: &counts)
            case 7: try reader.readDoubles(field, into: &bounds)
            case 8: exemplars.append(try exemplar(&reader, field))
            case 9: try readAttribute(&reader, field)
            case 10: head.flags = try reader.readVarint(field)
            default: try reader.skip(field)
            }
        }
        guard counts.isEmpty || counts.count == bounds.count + 1 else {
            outcome.refusedItems += 1
            outcome.addReason("histogram \"\(name)\" with \(counts.count) buckets for \(bounds.count) bounds")
            return
        }
        var cumulative: UInt64 = 0
        // An exemplar goes to the lowest bucket that its value is in.
        func add(_ upper: Double, to series: UInt32?, above lower: Double) {
            guard let series else { return }
            for exemplar in exemplars where exemplar.value <= upper && exemplar.value > lower { exemplar.add(to: series, &batch, &outcome) }
        }
        var lower = -Double.infinity
        for (bound, bucket) in zip(bounds, counts) {
            cumulative &+= bucket
            let sample = head.sample(name + "_bucket", Double(cumulative), ("le", DecimalNumber.prometheusText(bound)))
            add(bound, to: addSample(sample, &batch, &outcome), above: lower)
            lower = bound
        }
        add(.infinity, to: addSample(head.sample(name + "_bucket", Double(count), ("le", "+Inf")), &batch, &outcome), above: lower)
        if let sum { addSample(head.sample(name + "_sum", sum), &batch, &outcome) }
        addSample(head.sample(name + "_count", Double(count)), &batch, &outcome)
    }

    private mutating func decodeSummary(
        _ message: ProtobufReader, _ name: String, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        var reader = message
        var head = Head()
        var count: UInt64 = 0
        var sum = 0.0
        var quantiles: [(quantile: Double, value: Double)] = []
        while let field = try reader.nextField() {
            switch field.number {
            case 2: head.startTime = Self.milliseconds(try reader.readFixed64(field))
            case 3: head.time = Self.milliseconds(try reader.readFixed64(field))
            case 4: count = try reader.readFixed64(field)
            case 5: sum = try reader.readDouble(field)
            case 6:
                var part = try reader.readMessage(field)
                var entry = (quantile: 0.0, value: 0.0)
                while let inner = try part.nextField() {
                    switch inner.number {
                    case 1: entry.quantile = try part.readDouble(inner)
                    case 2: entry.value = try part.readDouble(inner)
                    default: try part.skip(inner)
                    }
                }
                quantiles.append(entry)
            case 7: try readAttribute(&reader, field)
            case 8: head.flags = try reader.readVarint(field)
            default: try reader.skip(field)
            }
        }
        for entry in quantiles {
            addSample(
                head.sample(name, entry.value, ("quantile", DecimalNumber.prometheusText(entry.quantile))), &batch, &outcome)
        }
        addSample(head.sample(name + "_sum", sum), &batch, &outcome)
        addSample(head.sample(name + "_count", Double(count)), &batch, &outcome)
    }

    private mutating func decodeExponential(
        _ message: ProtobufReader, _ name: String, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        var reader = message
        var head = Head()
        var histogram = NativeHistogram(isInteger: true)
        var positive = ExponentialBuckets()
        var negative = ExponentialBuckets()
        var exemplars: [OTLPExemplar] = []
        while let field = try reader.nextField() {
            switch field.number {
            case 1: try readAttribute(&reader, field)
            case 2: head.startTime = Self.milliseconds(try reader.readFixed64(field))
            case 3: head.time = Self.milliseconds(try reader.readFixed64(field))
            case 4: histogram.count = Double(try reader.readFixed64(field))
            case 5: histogram.sum = try reader.readDouble(field)
            case 6: histogram.schema = Int32(truncatingIfNeeded: try reader.readZigzag(field))
            case 7: histogram.zeroCount = Double(try reader.readFixed64(field))
            case 8: positive = try ExponentialBuckets(try reader.readMessage(field))
            case 9: negative = try ExponentialBuckets(try reader.readMessage(field))
            case 10: head.flags = try reader.readVarint(field)
            case 11: exemplars.append(try exemplar(&reader, field))
            case 14: histogram.zeroThreshold = try reader.readDouble(field)
            default: try reader.skip(field)
            }
        }
        if head.isStale {
            histogram = NativeHistogram(sum: StalenessMarker.value, isInteger: true)
        } else {
            // Prometheus' finest schema is 8; finer scales lose bits, each halving the resolution.
            let excess = max(0, histogram.schema - 8)
            histogram.schema -= excess
            (histogram.positiveSpans, histogram.positiveCounts) = positive.coarsened(by: excess)
            (histogram.negativeSpans, histogram.negativeCounts) = negative.coarsened(by: excess)
        }
        if let problem = histogram.wireProblem {
            outcome.refusedItems += 1
            outcome.addReason("histogram \"\(name)\" with \(problem)")
            return
        }
        guard let series = addSeries(name, nil, &batch, &outcome) else { return }
        batch.histograms.append(
            SampleWriteBatch.HistogramSample(series: series, time: head.time, startTime: head.startTime, histogram: histogram))
        outcome.histograms += 1
        for exemplar in exemplars { exemplar.add(to: series, &batch, &outcome) }
    }
}

/// `ExponentialHistogramDataPoint.Buckets`: a first index and dense counts.
private struct ExponentialBuckets {
    var offset: Int64 = 0
    var counts: [UInt64] = []

    init() {}

    init(_ message: ProtobufReader) throws(CorruptBytes) {
        var reader = message
        while let field = try reader.nextField() {
            switch field.number {
            case 1: offset = Int64(Int32(truncatingIfNeeded: try reader.readZigzag(field)))
            case 2: try reader.readVarints(field, into: &counts)
            default: try reader.skip(field)
            }
        }
    }

    /// Spans and counts in Prometheus' numbering, whose bucket i + 1 is OpenTelemetry's bucket i, `shift` scales coarser.
    func coarsened(by shift: Int32) -> ([NativeHistogram.Span], [Double]) {
        guard !counts.isEmpty else { return ([], []) }
        // A scale 31 steps finer folds everything into two buckets; more steps change nothing.
        let shift = Int64(min(shift, 40))
        let first = offset >> shift
        let last = (offset + Int64(counts.count) - 1) >> shift
        var merged = [Double](repeating: 0, count: Int(last - first) + 1)
        for (index, count) in counts.enumerated() { merged[Int(((offset + Int64(index)) >> shift) - first)] += Double(count) }
        var spans: [NativeHistogram.Span] = []
        var kept: [Double] = []
        var gap = Int32(truncatingIfNeeded: first + 1)
        for count in merged {
            if count == 0 {
                gap &+= 1
                continue
            }
            if gap != 0 || spans.isEmpty { spans.append(NativeHistogram.Span(offset: gap, length: 0)) }
            spans[spans.count - 1].length += 1
            kept.append(count)
            gap = 0
        }
        return (spans, kept)
    }
}
