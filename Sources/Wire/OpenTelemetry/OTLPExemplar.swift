import Bytes
import Telemetry

/// A measurement that a data point keeps as an example, with the trace that it was taken in.
///
/// - Source: OpenTelemetry `metrics/v1/metrics.proto`; "Prometheus and OpenMetrics Compatibility": the identifiers become `trace_id` and
///   `span_id`, and the attributes that the metric dropped come with them as long as all fit into an exemplar's 128 characters.
struct OTLPExemplar {
    var labels: Labels
    /// Milliseconds.
    var time: Int64
    var value: Double

    init(_ message: ProtobufReader, escapesNames: Bool, limits: WireLimits) throws(CorruptBytes) {
        var reader = message
        var attributes = OTLPAttributes()
        attributes.escapesNames = escapesNames
        attributes.keysLeadingUnderscore = true
        var identifiers: [(name: String, value: String)] = []
        (time, value) = (0, 0)
        while let field = try reader.nextField() {
            switch field.number {
            case 2: time = Int64(try reader.readFixed64(field) / 1_000_000)
            case 3: value = try reader.readDouble(field)
            case 4, 5:
                let bytes = try reader.readBytes(field)
                if !bytes.isEmpty {
                    identifiers.append(
                        (field.number == 4 ? "span_id" : "trace_id", String(decoding: OTLPFields.hexadecimal(bytes), as: UTF8.self)))
                }
            case 6: value = Double(Int64(bitPattern: try reader.readFixed64(field)))
            case 7:
                let outer = try reader.enter(field)
                try attributes.readKeyValue(&reader)
                reader.leave(outer)
            default: try reader.skip(field)
            }
        }
        let taken = Set(identifiers.map(\.name))
        let others = attributes.pairs.map { pair in
            (name: UTF8Validation.repaired(attributes.text[pair.name]), value: UTF8Validation.repaired(attributes.text[pair.value]))
        }.filter { !$0.name.isEmpty && !taken.contains($0.name) }
        let all = identifiers + Dictionary(others, uniquingKeysWith: { first, _ in first }).map { (name: $0.key, value: $0.value) }
        let characters = all.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
        labels = Labels(characters <= limits.exemplarCharacters ? all : identifiers)
    }

    func add(to series: UInt32, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome) {
        batch.exemplars.append(SampleWriteBatch.Exemplar(series: series, labels: labels, time: time, value: value))
        outcome.exemplars += 1
    }
}
