import Bytes
package import Telemetry

/// Decodes Loki's push bodies, protobuf (Snappy) and JSON, straight into a batch.
///
/// A stream with bad labels, or a line over the limit, is refused alone and counted.
/// - Ownership: one decoder is used by one thread at a time and keeps its scratch memory for the next body.
/// - Source: Loki `pkg/push/push.proto`; the HTTP API's "Ingest logs".
package struct LokiPushDecoder: Sendable {
    let limits: WireLimits
    var labels: LabelSetEncoder
    var metadata: LabelSetEncoder
    /// Unescaped text of labels.
    var scratch: [UInt8] = []
    private var decompressed: [UInt8] = []
    /// A name in the labels of the stream at hand that is none; JSON can say any, the label string of protobuf cannot.
    var badLabelName: String?

    package init(limits: WireLimits = WireLimits()) {
        self.limits = limits
        labels = LabelSetEncoder(limits: limits)
        metadata = LabelSetEncoder(limits: limits)
    }

    /// Decodes a Snappy-compressed protobuf body.
    package mutating func decode(snappy body: [UInt8], into batch: inout LogWriteBatch) throws(WireError) -> WireOutcome {
        var plain = decompressed
        decompressed = []
        plain.removeAll(keepingCapacity: true)
        defer { decompressed = plain }
        try WireCompression.decompressSnappy(body.span, limits: limits, into: &plain)
        return try decode(protobuf: plain, into: &batch)
    }

    /// Decodes a plain protobuf body. When it throws, `batch` must not be used.
    package mutating func decode(protobuf body: [UInt8], into batch: inout LogWriteBatch) throws(WireError) -> WireOutcome {
        var outcome = WireOutcome()
        // Lines are nearly all there is in a body.
        batch.lineArena.reserveCapacity(batch.lineArena.count + body.count)
        do {
            var reader = ProtobufReader(body)
            while let field = try reader.nextField() {
                guard field.number == 1 else {
                    try reader.skip(field)
                    continue
                }
                let outer = try reader.enter(field)
                try decodeStream(&reader, &batch, &outcome)
                reader.leave(outer)
            }
        } catch {
            throw WireError(error, in: "Loki push body")
        }
        return outcome
    }

    private mutating func decodeStream(
        _ reader: inout ProtobufReader, _ batch: inout LogWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        let number = UInt32(truncatingIfNeeded: batch.streams.count)
        let before = EntryMark(batch)
        var text = 0..<0
        while let field = try reader.nextField() {
            switch field.number {
            case 1: text = try reader.readLengthDelimited(field)
            case 2:
                if let entry = try reader.readTimedText(field) {
                    metadata.begin()
                    append(entry.seconds, Int64(entry.nanoseconds), reader.bytes, entry.text, stream: number, &batch, &outcome)
                } else {
                    let outer = try reader.enter(field)
                    try decodeEntry(&reader, stream: number, &batch, &outcome)
                    reader.leave(outer)
                }
                if batch.count > limits.itemsPerBody {
                    throw CorruptBytes("stream", offset: reader.offset, expected: "at most \(limits.itemsPerBody) entries in a body")
                }
            default: try reader.skip(field)
            }
        }
        scratch.removeAll(keepingCapacity: true)
        labels.begin()
        var parser = StreamLabelsParser(reader.bytes, range: text)
        do throws(StreamLabelsParser.Failure) {
            try parser.parse(into: &labels, scratch: &scratch)
            finishStream(before, &batch, &outcome)
        } catch {
            refuse(before, "cannot parse " + error.reason, &batch, &outcome)
        }
    }

    private mutating func decodeEntry(
        _ reader: inout ProtobufReader, stream: UInt32, _ batch: inout LogWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        var line = 0..<0
        metadata.begin()
        while let field = try reader.nextField() {
            switch field.number {
            case 1:
                let outer = try reader.enter(field)
                while let part = try reader.nextField() {
                    switch part.number {
                    case 1: seconds = try reader.readInt64(part)
                    case 2: nanoseconds = Int64(try reader.readInt32(part))
                    default: try reader.skip(part)
                    }
                }
                reader.leave(outer)
            case 2: line = try reader.readLengthDelimited(field)
            case 3:
                let pair = try reader.readStringPair(field)
                metadata.add(name: pair.first, value: pair.second)
            default: try reader.skip(field)
            }
        }
        append(seconds, nanoseconds, reader.bytes, line, stream: stream, &batch, &outcome)
    }

    /// Appends one entry of a protobuf body.
    private mutating func append(
        _ seconds: Int64, _ nanoseconds: Int64, _ source: [UInt8], _ line: Range<Int>, stream: UInt32, _ batch: inout LogWriteBatch,
        _ outcome: inout WireOutcome
    ) {
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (time, carry) = whole.addingReportingOverflow(nanoseconds)
        guard !overflow && !carry else {
            refuseEntry("a timestamp outside the years 1678 to 2262", &outcome)
            return
        }
        appendEntry(stream, time, source, line, metadataSource: source, &batch, &outcome)
    }

    // MARK: What both forms share

    /// Appends one entry, or counts why not; its metadata pairs are in `metadata`.
    mutating func appendEntry(
        _ stream: UInt32, _ time: Int64, _ source: [UInt8], _ line: Range<Int>, metadataSource: [UInt8], _ batch: inout LogWriteBatch,
        _ outcome: inout WireOutcome
    ) {
        guard line.count <= limits.lineBytes else {
            return refuseEntry("a line of \(line.count) bytes, at most \(limits.lineBytes)", &outcome)
        }
        if metadata.count > 0 {
            if batch.metadataEnds.isEmpty { batch.metadataEnds = [Int](repeating: 0, count: batch.count) }
            do throws(LabelSetEncoder.Refusal) {
                _ = try metadata.finish(source: metadata.normalize(metadataSource), arena: &batch.metadataArena)
            } catch {
                return refuseEntry("structured metadata with " + error.reason, &outcome)
            }
        }
        if metadata.count > 0 || !batch.metadataEnds.isEmpty { batch.metadataEnds.append(batch.metadataArena.count) }
        batch.entryStreams.append(stream)
        batch.entryTimes.append(time)
        batch.lineArena.append(span: source.span.extracting(line))
        batch.lineEnds.append(batch.lineArena.count)
    }

    private func refuseEntry(_ reason: String, _ outcome: inout WireOutcome) {
        outcome.refusedItems += 1
        outcome.addReason(reason)
    }

    /// Closes a stream whose label pairs are in `labels` and `scratch`, or takes its entries back.
    mutating func finishStream(_ before: EntryMark, _ batch: inout LogWriteBatch, _ outcome: inout WireOutcome) {
        do throws(LabelSetEncoder.Refusal) {
            if let name = badLabelName {
                badLabelName = nil
                throw LabelSetEncoder.Refusal(reason: "label name \"\(name)\" is not made of letters, digits and underscores")
            }
            let stream = try labels.finish(source: scratch, arena: &batch.labelArena)
            if stream.labels.isEmpty { throw LabelSetEncoder.Refusal(reason: "a stream without labels: at least one label pair is required per stream") }
            batch.streams.append(stream)
            outcome.entries += batch.count - before.entries
        } catch {
            refuse(before, error.reason, &batch, &outcome)
        }
    }

    private func refuse(_ before: EntryMark, _ reason: String, _ batch: inout LogWriteBatch, _ outcome: inout WireOutcome) {
        outcome.refusedSeries += 1
        outcome.refusedItems += batch.count - before.entries
        outcome.addReason(reason)
        before.restore(&batch)
    }
}

/// How far a batch had come before a stream, to take the stream back.
struct EntryMark {
    let entries: Int
    let lineBytes: Int
    let metadataBytes: Int
    let metadataEnds: Int

    init(_ batch: LogWriteBatch) {
        entries = batch.count
        lineBytes = batch.lineArena.count
        metadataBytes = batch.metadataArena.count
        metadataEnds = batch.metadataEnds.count
    }

    func restore(_ batch: inout LogWriteBatch) {
        let added = batch.count - entries
        batch.entryStreams.removeLast(added)
        batch.entryTimes.removeLast(added)
        batch.lineEnds.removeLast(added)
        batch.lineArena.removeLast(batch.lineArena.count - lineBytes)
        batch.metadataArena.removeLast(batch.metadataArena.count - metadataBytes)
        if metadataEnds == 0 {
            // The column began with this stream.
            batch.metadataEnds.removeAll(keepingCapacity: true)
        } else {
            batch.metadataEnds.removeLast(batch.metadataEnds.count - metadataEnds)
        }
    }
}
