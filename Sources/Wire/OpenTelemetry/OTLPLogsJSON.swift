import Bytes

/// OTLP logs in JSON, turned into their protobuf form so that one decoder reads both.
///
/// - Source: OTLP's JSON encoding: lowerCamelCase names, ids in hexadecimal, 64-bit numbers as text or number, unknown members ignored.
package enum OTLPLogsJSON {
    private static let form = OTLPJSON(name: "OTLP logs body")

    package static func protobuf(_ body: [UInt8]) throws(WireError) -> [UInt8] {
        let object = try form.root(body)
        var writer = ProtobufWriter(capacity: body.count)
        for resource in try form.list(object, "resourceLogs") {
            try writer.message(1) { (writer) throws(WireError) in
                if let value = resource["resource"] { try writer.message(1) { (writer) throws(WireError) in try form.attributes(value, 1, &writer) } }
                for scope in try form.list(resource, "scopeLogs") {
                    try writer.message(2) { (writer) throws(WireError) in try self.scope(scope, &writer) }
                }
            }
        }
        return writer.bytes
    }

    private static func scope(_ scope: JSONObject, _ writer: inout ProtobufWriter) throws(WireError) {
        if let value = scope["scope"] {
            try writer.message(1) { (writer) throws(WireError) in
                if let name = value["name"]?.stringValue { writer.string(1, name) }
                if let version = value["version"]?.stringValue { writer.string(2, version) }
                try form.attributes(value, 3, &writer)
            }
        }
        for record in try form.list(scope, "logRecords") {
            try writer.message(2) { (writer) throws(WireError) in
                writer.fixed64(1, try form.number(record, "timeUnixNano"))
                writer.varint(2, try form.number(record, "severityNumber"))
                if let text = record["severityText"]?.stringValue { writer.string(3, text) }
                if let body = record["body"] { try writer.message(5) { (writer) throws(WireError) in try form.any(body, &writer, 0) } }
                try form.attributes(.object(record), 6, &writer)
                writer.fixed32(8, UInt32(truncatingIfNeeded: try form.number(record, "flags")))
                writer.bytes(9, try form.identifier(record, "traceId"))
                writer.bytes(10, try form.identifier(record, "spanId"))
                writer.fixed64(11, try form.number(record, "observedTimeUnixNano"))
                if let name = record["eventName"]?.stringValue { writer.string(12, name) }
            }
        }
    }
}
