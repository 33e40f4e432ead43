import Bytes
import Telemetry
import Wire

/// Type, help and unit of metric families.
extension PrometheusAPI {
    /// - Source: Prometheus: `limit` counts families, `limit_per_metric` the entries of one; 0 and -1 set no limit.
    func metadata(_ parameters: QueryParameters) throws -> HTTPResponse {
        let limit = try Self.bound(parameters, "limit")
        let limitPerMetric = try Self.bound(parameters, "limit_per_metric")
        var families: [(metric: String, entries: [MetricMetadata])] = []
        for entry in reader.metadata(metric: parameters["metric"] ?? "", limit: 0) {
            if families.last?.metric == entry.metric {
                families[families.count - 1].entries.append(entry)
            } else {
                if families.count == limit { break }
                families.append((entry.metric, [entry]))
            }
        }
        var writer = JSONWriter(capacity: 1024)
        PrometheusResult.success(into: &writer) { writer in
            writer.beginObject()
            for family in families {
                writer.key(family.metric)
                writer.beginArray()
                for entry in family.entries.prefix(limitPerMetric) {
                    writer.beginObject()
                    writer.member("type", entry.kind.rawValue)
                    writer.member("unit", entry.unit)
                    writer.member("help", entry.help)
                    writer.endObject()
                }
                writer.endArray()
            }
            writer.endObject()
        }
        return .json(writer.bytes)
    }

    private static func bound(_ parameters: QueryParameters, _ name: String) throws -> Int {
        guard let text = parameters[name], !text.isEmpty else { return .max }
        guard let bound = Int(text) else { throw PrometheusParameters.Invalid(message: "\(name) must be a number") }
        return bound > 0 ? bound : .max
    }
}
