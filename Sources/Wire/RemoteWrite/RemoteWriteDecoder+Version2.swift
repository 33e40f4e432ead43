import Bytes
import Telemetry

extension RemoteWriteDecoder {
    /// Version 2 names strings once; they may stand behind the series that use them, so they are gathered first.
    mutating func decodeVersion2(
        _ body: [UInt8], _ range: Range<Int>, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        symbols.removeAll(keepingCapacity: true)
        var reader = ProtobufReader(body, range: range)
        while let field = try reader.nextField() {
            if field.number == 4 { symbols.append(try reader.readLengthDelimited(field)) } else { try reader.skip(field) }
        }
        guard symbols.first?.isEmpty ?? true else {
            throw CorruptBytes("symbols", offset: symbols[0].lowerBound, expected: "the empty string as symbol 0")
        }
        reader = ProtobufReader(body, range: range)
        while let field = try reader.nextField() {
            guard field.number == 5 else {
                try reader.skip(field)
                continue
            }
            let outer = try reader.enter(field)
            try decodeSeries2(&reader, &batch, &outcome)
            reader.leave(outer)
            try checkItems(batch, reader.offset)
        }
    }

    private mutating func decodeSeries2(
        _ reader: inout ProtobufReader, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        let number = UInt32(truncatingIfNeeded: batch.series.count)
        let before = SeriesMark(batch)
        labels.begin()
        var problem: String?
        references.removeAll(keepingCapacity: true)
        var seriesStart: Int64 = 0
        var metadata: (kind: MetricMetadata.Kind, help: UInt64, unit: UInt64)?
        while let field = try reader.nextField() {
            switch field.number {
            case 1: try reader.readUInt32s(field, into: &references)
            case 2:
                let outer = try reader.enter(field)
                try decodeSample2(&reader, series: number, &batch)
                reader.leave(outer)
            case 3:
                let outer = try reader.enter(field)
                let message = try HistogramMessage(&reader)
                reader.leave(outer)
                message.append(series: number, to: &batch, problem: &problem)
            case 4:
                let outer = try reader.enter(field)
                try decodeExemplar2(&reader, series: number, &batch, &problem)
                reader.leave(outer)
            case 5:
                let outer = try reader.enter(field)
                metadata = try decodeMetadata2(&reader)
                reader.leave(outer)
            // Drafts of the protocol gave the start time once per series.
            case 6: seriesStart = try reader.readInt64(field)
            default: try reader.skip(field)
            }
        }
        if seriesStart != 0 { fillStartTimes(seriesStart, from: before.samples, &batch) }
        if let wrong = addLabels(references, to: &labels) {
            outcome.refuse(
                "parsing labels for series [\(references.map(String.init).joined(separator: " "))]: \(wrong)", items: before.items(until: batch))
            before.restore(&batch)
            return
        }
        if problem == nil, before.items(until: batch) == 0, labels.isSound(in: reader.bytes) {
            outcome.refuse("TimeSeries must contain at least one sample or histogram for series \(labels.describe(reader.bytes))", items: 0)
            before.restore(&batch)
            return
        }
        if let metadata { appendMetadata(metadata, references, reader.bytes, &batch, &problem) }
        finishSeries(reader.bytes, before, problem, &batch, &outcome, words: Self.words)
    }

    /// - Source: Prometheus' receiver of version 2, whose senders log what it says.
    private static func words(_ refusal: LabelSetEncoder.Refusal) -> String {
        if let name = refusal.duplicate { return "invalid labels for series, labels \(refusal.set), duplicated label \(name)" }
        return refusal.isMalformed ? "invalid metric name or labels, got \(refusal.set)" : refusal.reason
    }

    /// Resolves pairs of references; what is wrong with them, or nil.
    private func addLabels(_ references: [UInt32], to set: inout LabelSetEncoder) -> String? {
        guard references.count % 2 == 0 else { return "invalid labelRefs length \(references.count)" }
        var index = 0
        while index < references.count {
            let name = Int(references[index])
            let value = Int(references[index + 1])
            guard name < symbols.count, value < symbols.count else {
                return "labelRefs \(name) (name) = \(value) (value) outside of symbols table (size \(symbols.count))"
            }
            set.add(name: symbols[name], value: symbols[value])
            index += 2
        }
        return nil
    }

    private func decodeSample2(
        _ reader: inout ProtobufReader, series: UInt32, _ batch: inout SampleWriteBatch
    ) throws(CorruptBytes) {
        var time: Int64 = 0
        var value = 0.0
        var start: Int64 = 0
        while let field = try reader.nextField() {
            switch field.number {
            case 1: value = try reader.readDouble(field)
            case 2: time = try reader.readInt64(field)
            case 3: start = try reader.readInt64(field)
            default: try reader.skip(field)
            }
        }
        if start != 0 && batch.startTimes.isEmpty {
            batch.startTimes = [Int64](repeating: 0, count: batch.sampleTimes.count)
        }
        batch.addSample(series: series, time: time, value: value)
        if !batch.startTimes.isEmpty || start != 0 {
            let gap = batch.sampleTimes.count - 1 - batch.startTimes.count
            if gap > 0 { batch.startTimes.append(contentsOf: repeatElement(0, count: gap)) }
            batch.startTimes.append(start)
        }
    }

    private func fillStartTimes(_ start: Int64, from first: Int, _ batch: inout SampleWriteBatch) {
        guard batch.sampleTimes.count > first else { return }
        let missing = batch.sampleTimes.count - batch.startTimes.count
        if missing > 0 { batch.startTimes.append(contentsOf: repeatElement(0, count: missing)) }
        for index in first..<batch.sampleTimes.count where batch.startTimes[index] == 0 { batch.startTimes[index] = start }
    }

    private func decodeExemplar2(
        _ reader: inout ProtobufReader, series: UInt32, _ batch: inout SampleWriteBatch, _ problem: inout String?
    ) throws(CorruptBytes) {
        var references: [UInt32] = []
        var time: Int64 = 0
        var value = 0.0
        while let field = try reader.nextField() {
            switch field.number {
            case 1: try reader.readUInt32s(field, into: &references)
            case 2: value = try reader.readDouble(field)
            case 3: time = try reader.readInt64(field)
            default: try reader.skip(field)
            }
        }
        var set = LabelSetEncoder(limits: limits)
        if let wrong = addLabels(references, to: &set) {
            problem = "exemplar with " + wrong
        } else {
            appendExemplar(&set, reader.bytes, series: series, time: time, value: value, &batch, &problem)
        }
    }

    private func decodeMetadata2(
        _ reader: inout ProtobufReader
    ) throws(CorruptBytes) -> (kind: MetricMetadata.Kind, help: UInt64, unit: UInt64) {
        var kind = MetricMetadata.Kind.unknown
        var help: UInt64 = 0
        var unit: UInt64 = 0
        while let field = try reader.nextField() {
            switch field.number {
            case 1: kind = MetricMetadata.Kind(protobuf: try reader.readVarint(field))
            case 3: help = try reader.readVarint(field)
            case 4: unit = try reader.readVarint(field)
            default: try reader.skip(field)
            }
        }
        return (kind, help, unit)
    }

    /// Metadata comes with every series; the batch keeps it once per run of series of one family.
    private func appendMetadata(
        _ metadata: (kind: MetricMetadata.Kind, help: UInt64, unit: UInt64), _ references: [UInt32], _ source: [UInt8],
        _ batch: inout SampleWriteBatch, _ problem: inout String?
    ) {
        guard metadata.help < UInt64(symbols.count), metadata.unit < UInt64(symbols.count) else {
            if metadata.help != 0 || metadata.unit != 0 { problem = "metadata reference beyond the \(symbols.count) symbols" }
            return
        }
        func text(_ symbol: Int) -> String { String(decoding: source[symbols[symbol]], as: UTF8.self) }
        guard metadata.kind != .unknown || metadata.help != 0 || metadata.unit != 0 else { return }
        for index in stride(from: 0, to: references.count - 1, by: 2)
        where Int(references[index]) < symbols.count && Int(references[index + 1]) < symbols.count
            && text(Int(references[index])) == Labels.metricName
        {
            let entry = MetricMetadata(
                metric: text(Int(references[index + 1])), kind: metadata.kind, help: text(Int(metadata.help)),
                unit: text(Int(metadata.unit)))
            if batch.metadata.last != entry { batch.metadata.append(entry) }
        }
    }
}
