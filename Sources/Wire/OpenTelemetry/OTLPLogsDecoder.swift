import Bytes
package import Telemetry

/// Decodes OpenTelemetry log records (protobuf `ExportLogsServiceRequest`) into a batch.
///
/// A few resource attributes name the stream, everything else becomes structured metadata, as Loki's OTLP endpoint has it.
/// - Source: OpenTelemetry `logs/v1/logs.proto`; Loki "Ingesting logs to Loki using OpenTelemetry".
package struct OTLPLogsDecoder: Sendable {
    /// Label names that name a stream: Loki's defaults.
    package static let defaultStreamLabels = [
        "cloud_availability_zone", "cloud_region", "container_name", "deployment_environment", "deployment_environment_name",
        "k8s_cluster_name", "k8s_container_name", "k8s_cronjob_name", "k8s_daemonset_name", "k8s_deployment_name", "k8s_job_name",
        "k8s_namespace_name", "k8s_pod_name", "k8s_replicaset_name", "k8s_statefulset_name", "service_instance_id", "service_name",
        "service_namespace",
    ]

    private let limits: WireLimits
    private let streamLabels: Set<[UInt8]>
    private var labels: LabelSetEncoder
    private var resource = OTLPAttributes()
    /// Attributes of the resource (those that name no stream), the scope and the record.
    private var record = OTLPAttributes()

    package init(limits: WireLimits = WireLimits(), streamLabels: [String] = defaultStreamLabels) {
        self.limits = limits
        self.streamLabels = Set(streamLabels.map { Array($0.utf8) })
        labels = LabelSetEncoder(limits: limits)
    }

    /// Decodes a plain body. When it throws, `batch` must not be used. `now`: the time of records that carry none, in nanoseconds.
    package mutating func decode(_ body: [UInt8], now: Int64, into batch: inout LogWriteBatch) throws(WireError) -> WireOutcome {
        var outcome = WireOutcome()
        do throws(CorruptBytes) {
            var reader = ProtobufReader(body)
            while let field = try reader.nextField() {
                guard field.number == 1 else {
                    try reader.skip(field)
                    continue
                }
                try decodeResource(try reader.readMessage(field), now, &batch, &outcome)
            }
        } catch {
            throw WireError(error, in: "OTLP logs body")
        }
        return outcome
    }

    private mutating func decodeResource(
        _ message: ProtobufReader, _ now: Int64, _ batch: inout LogWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        resource.removeAll()
        record.removeAll()
        var reader = message
        while let field = try reader.nextField() {
            if field.number == 1 { try OTLPFields.readAttributes(&reader, field, number: 1, into: &resource) } else { try reader.skip(field) }
        }
        guard let stream = addStream(&batch, &outcome) else {
            outcome.refusedSeries += 1
            return
        }
        reader = message
        while let field = try reader.nextField() {
            guard field.number == 2 else {
                try reader.skip(field)
                continue
            }
            let mark = record.mark
            try decodeScope(try reader.readMessage(field), stream, now, &batch, &outcome)
            record.cut(to: mark)
        }
    }

    /// Splits the resource's attributes: the stream's labels go to the batch, the others to `record`.
    private mutating func addStream(_ batch: inout LogWriteBatch, _ outcome: inout WireOutcome) -> UInt32? {
        labels.begin()
        var named = false
        for pair in resource.pairs {
            if streamLabels.contains(Array(resource.text[pair.name])) {
                labels.add(name: pair.name, value: pair.value)
                named = named || !pair.value.isEmpty
            } else {
                let start = record.text.count
                record.text.append(contentsOf: resource.text[pair.name])
                let middle = record.text.count
                record.text.append(contentsOf: resource.text[pair.value])
                record.pairs.append((start..<middle, middle..<record.text.count))
            }
        }
        if !named {
            // A stream needs a label; this is what Loki calls one without any.
            let start = resource.text.count
            resource.text.append(ascii: "service_name")
            let middle = resource.text.count
            resource.text.append(ascii: "unknown_service")
            labels.add(name: start..<middle, value: middle..<resource.text.count)
        }
        do throws(LabelSetEncoder.Refusal) {
            batch.streams.append(try labels.finish(source: resource.text, arena: &batch.labelArena))
            return UInt32(batch.streams.count - 1)
        } catch {
            outcome.addReason(error.reason)
            return nil
        }
    }

    private mutating func decodeScope(
        _ message: ProtobufReader, _ stream: UInt32, _ now: Int64, _ batch: inout LogWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        var reader = message
        while let field = try reader.nextField() {
            if field.number == 1 { try OTLPFields.readScope(&reader, field, into: &record) } else { try reader.skip(field) }
        }
        reader = message
        while let field = try reader.nextField() {
            guard field.number == 2 else {
                try reader.skip(field)
                continue
            }
            let mark = record.mark
            let outer = try reader.enter(field)
            try decodeRecord(&reader, stream, now, &batch, &outcome)
            reader.leave(outer)
            record.cut(to: mark)
            if batch.count > limits.itemsPerBody {
                throw CorruptBytes("log record", offset: reader.offset, expected: "at most \(limits.itemsPerBody) records in a body")
            }
        }
    }

    private mutating func decodeRecord(
        _ reader: inout ProtobufReader, _ stream: UInt32, _ now: Int64, _ batch: inout LogWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        var time: UInt64 = 0
        var observed: UInt64 = 0
        let lineStart = batch.lineArena.count
        while let field = try reader.nextField() {
            switch field.number {
            case 1: time = try reader.readFixed64(field)
            case 2:
                let severity = try reader.readVarint(field)
                if severity != 0 { record.add("severity_number", String(severity).utf8) }
            case 3: record.add("severity_text", try reader.readBytes(field))
            case 5:
                let outer = try reader.enter(field)
                try OTLPAttributes.appendValue(&reader, to: &batch.lineArena, depth: 0)
                reader.leave(outer)
            case 6:
                let outer = try reader.enter(field)
                try record.readKeyValue(&reader)
                reader.leave(outer)
            case 8:
                let flags = try reader.readFixed32(field)
                if flags != 0 { record.add("flags", String(flags).utf8) }
            case 9: record.add("trace_id", OTLPFields.hexadecimal(try reader.readBytes(field)))
            case 10: record.add("span_id", OTLPFields.hexadecimal(try reader.readBytes(field)))
            case 11: observed = try reader.readFixed64(field)
            case 12: record.add("event_name", try reader.readBytes(field))
            default: try reader.skip(field)
            }
        }
        finishRecord(stream, time != 0 ? time : observed, now, lineStart, &batch, &outcome)
    }

    private mutating func finishRecord(
        _ stream: UInt32, _ time: UInt64, _ now: Int64, _ lineStart: Int, _ batch: inout LogWriteBatch, _ outcome: inout WireOutcome
    ) {
        let lineCount = batch.lineArena.count - lineStart
        var refusal: String?
        if lineCount > limits.lineBytes { refusal = "a line of \(lineCount) bytes, at most \(limits.lineBytes)" }
        if time > UInt64(Int64.max) { refusal = "a timestamp beyond the year 2262" }
        if refusal == nil && !record.pairs.isEmpty {
            if batch.metadataEnds.isEmpty { batch.metadataEnds = [Int](repeating: 0, count: batch.count) }
            refusal = OTLPFields.appendMetadata(record, limits: limits, to: &batch.metadataArena)
        }
        if let refusal {
            batch.lineArena.removeLast(lineCount)
            outcome.refusedItems += 1
            outcome.addReason(refusal)
            return
        }
        if !record.pairs.isEmpty || !batch.metadataEnds.isEmpty { batch.metadataEnds.append(batch.metadataArena.count) }
        batch.entryStreams.append(stream)
        batch.entryTimes.append(time == 0 ? now : Int64(time))
        batch.lineEnds.append(batch.lineArena.count)
        outcome.entries += 1
    }
}

/// Parts that logs and metrics share.
enum OTLPFields {
    /// Reads the attributes under `number` of the message in `field`.
    static func readAttributes(
        _ reader: inout ProtobufReader, _ field: ProtobufReader.Field, number: Int, into attributes: inout OTLPAttributes
    ) throws(CorruptBytes) {
        let outer = try reader.enter(field)
        while let inner = try reader.nextField() {
            guard inner.number == number else {
                try reader.skip(inner)
                continue
            }
            let end = try reader.enter(inner)
            try attributes.readKeyValue(&reader)
            reader.leave(end)
        }
        reader.leave(outer)
    }

    /// Name and version of an `InstrumentationScope`, and its attributes.
    static func readScope(
        _ reader: inout ProtobufReader, _ field: ProtobufReader.Field, into attributes: inout OTLPAttributes
    ) throws(CorruptBytes) {
        let outer = try reader.enter(field)
        while let inner = try reader.nextField() {
            switch inner.number {
            case 1: attributes.add("scope_name", try reader.readBytes(inner))
            case 2: attributes.add("scope_version", try reader.readBytes(inner))
            case 3:
                let end = try reader.enter(inner)
                try attributes.readKeyValue(&reader)
                reader.leave(end)
            default: try reader.skip(inner)
            }
        }
        reader.leave(outer)
    }

    static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    /// Appends pairs as canonical metadata, the last of equal names winning; what is wrong, or nil.
    static func appendMetadata(_ attributes: OTLPAttributes, limits: WireLimits, to arena: inout [UInt8]) -> String? {
        var set = LabelSetEncoder(limits: limits)
        let pairs = attributes.pairs
        for index in pairs.indices {
            let name = attributes.text[pairs[index].name]
            if pairs[(index + 1)...].contains(where: { attributes.text[$0.name].elementsEqual(name) }) { continue }
            set.add(name: pairs[index].name, value: pairs[index].value)
        }
        do throws(LabelSetEncoder.Refusal) {
            _ = try set.finish(source: attributes.text, arena: &arena)
            return nil
        } catch {
            return "attributes with " + error.reason
        }
    }
}
