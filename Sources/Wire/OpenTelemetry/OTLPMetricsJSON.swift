import Bytes

/// OTLP metrics in JSON, turned into their protobuf form so that one decoder reads both.
///
/// - Source: OTLP's JSON encoding: enumerations are numbers, though their names are understood too; bucket counts are texts or numbers.
package enum OTLPMetricsJSON {
    private static let form = OTLPJSON(name: "OTLP metrics body")

    package static func protobuf(_ body: [UInt8]) throws(WireError) -> [UInt8] {
        let object = try form.root(body)
        var writer = ProtobufWriter(capacity: body.count)
        for resource in try form.list(object, "resourceMetrics") {
            try writer.message(1) { (writer) throws(WireError) in
                if let value = resource["resource"] { try writer.message(1) { (writer) throws(WireError) in try form.attributes(value, 1, &writer) } }
                for scope in try form.list(resource, "scopeMetrics") {
                    try writer.message(2) { (writer) throws(WireError) in
                        for metric in try form.list(scope, "metrics") {
                            try writer.message(2) { (writer) throws(WireError) in try self.metric(metric, &writer) }
                        }
                    }
                }
            }
        }
        return writer.bytes
    }

    private static func metric(_ metric: JSONObject, _ writer: inout ProtobufWriter) throws(WireError) {
        for (field, name) in [(1, "name"), (2, "description"), (3, "unit")] {
            if let text = metric[name]?.stringValue { writer.string(field, text) }
        }
        let shapes: [(name: String, field: Int, point: (JSONObject, inout ProtobufWriter) throws(WireError) -> Void)] = [
            ("gauge", 5, number), ("sum", 7, number), ("histogram", 9, histogram), ("exponentialHistogram", 10, exponential), ("summary", 11, summary),
        ]
        for shape in shapes {
            guard let value = metric[shape.name], !value.isNull else { continue }
            guard let data = value.objectValue else { throw form.malformed(shape.name, "an object") }
            try writer.message(shape.field) { (writer) throws(WireError) in
                for point in try form.list(data, "dataPoints") {
                    try writer.message(1) { (writer) throws(WireError) in try shape.point(point, &writer) }
                }
                if shape.name != "gauge", shape.name != "summary" { writer.varint(2, try temporality(data)) }
                if shape.name == "sum" { writer.bool(3, data["isMonotonic"]?.boolValue ?? false) }
            }
        }
    }

    private static func temporality(_ data: JSONObject) throws(WireError) -> UInt64 {
        switch data["aggregationTemporality"]?.stringValue {
        case "AGGREGATION_TEMPORALITY_DELTA": 1
        case "AGGREGATION_TEMPORALITY_CUMULATIVE": 2
        case "AGGREGATION_TEMPORALITY_UNSPECIFIED": 0
        default: try form.number(data, "aggregationTemporality")
        }
    }

    /// The times that all kinds of points have under the same numbers.
    private static func times(_ point: JSONObject, _ writer: inout ProtobufWriter) throws(WireError) {
        writer.fixed64(2, try form.number(point, "startTimeUnixNano"))
        writer.fixed64(3, try form.number(point, "timeUnixNano"))
    }

    private static func number(_ point: JSONObject, _ writer: inout ProtobufWriter) throws(WireError) {
        try times(point, &writer)
        if let value = try form.double(point, "asDouble") { writer.double(4, value) }
        if let value = point["asInt"], !value.isNull { writer.fixed64(6, UInt64(bitPattern: try form.signed(point, "asInt"))) }
        try form.attributes(.object(point), 7, &writer)
        writer.varint(8, try form.number(point, "flags"))
        try exemplars(point, 5, &writer)
    }

    private static func exemplars(_ point: JSONObject, _ field: Int, _ writer: inout ProtobufWriter) throws(WireError) {
        for exemplar in try form.list(point, "exemplars") {
            try writer.message(field) { (writer) throws(WireError) in
                writer.fixed64(2, try form.number(exemplar, "timeUnixNano"))
                if let value = try form.double(exemplar, "asDouble") { writer.double(3, value) }
                writer.bytes(4, try form.identifier(exemplar, "spanId"))
                writer.bytes(5, try form.identifier(exemplar, "traceId"))
                if let value = exemplar["asInt"], !value.isNull { writer.fixed64(6, UInt64(bitPattern: try form.signed(exemplar, "asInt"))) }
                if let dropped = exemplar["filteredAttributes"] { try form.attributes(.object(JSONObject([("attributes", dropped)])), 7, &writer) }
            }
        }
    }

    private static func histogram(_ point: JSONObject, _ writer: inout ProtobufWriter) throws(WireError) {
        try times(point, &writer)
        writer.fixed64(4, try form.number(point, "count"))
        if let sum = try form.double(point, "sum") { writer.double(5, sum) }
        for count in try counts(point) { writer.fixed64(6, count) }
        for bound in point["explicitBounds"]?.arrayValue ?? [] {
            guard let bound = bound.doubleValue else { throw form.malformed("explicitBounds", "numbers") }
            writer.double(7, bound)
        }
        try form.attributes(.object(point), 9, &writer)
        writer.varint(10, try form.number(point, "flags"))
        try exemplars(point, 8, &writer)
    }

    private static func exponential(_ point: JSONObject, _ writer: inout ProtobufWriter) throws(WireError) {
        try form.attributes(.object(point), 1, &writer)
        try times(point, &writer)
        writer.fixed64(4, try form.number(point, "count"))
        if let sum = try form.double(point, "sum") { writer.double(5, sum) }
        writer.zigzag(6, try form.signed(point, "scale"))
        writer.fixed64(7, try form.number(point, "zeroCount"))
        for (field, name) in [(8, "positive"), (9, "negative")] {
            guard let side = point[name]?.objectValue else { continue }
            try writer.message(field) { (writer) throws(WireError) in
                writer.zigzag(1, try form.signed(side, "offset"))
                for count in try counts(side) { writer.varint(2, count) }
            }
        }
        writer.varint(10, try form.number(point, "flags"))
        try exemplars(point, 11, &writer)
        if let threshold = try form.double(point, "zeroThreshold") { writer.double(14, threshold) }
    }

    private static func summary(_ point: JSONObject, _ writer: inout ProtobufWriter) throws(WireError) {
        try times(point, &writer)
        writer.fixed64(4, try form.number(point, "count"))
        if let sum = try form.double(point, "sum") { writer.double(5, sum) }
        for entry in try form.list(point, "quantileValues") {
            try writer.message(6) { (writer) throws(WireError) in
                if let quantile = try form.double(entry, "quantile") { writer.double(1, quantile) }
                if let value = try form.double(entry, "value") { writer.double(2, value) }
            }
        }
        try form.attributes(.object(point), 7, &writer)
        writer.varint(8, try form.number(point, "flags"))
    }

    private static func counts(_ object: JSONObject) throws(WireError) -> [UInt64] {
        guard let value = object["bucketCounts"], !value.isNull else { return [] }
        guard let elements = value.arrayValue else { throw form.malformed("bucketCounts", "an array") }
        var counts: [UInt64] = []
        for element in elements {
            guard let count = element.stringValue.flatMap({ UInt64($0) }) ?? element.int64Value.flatMap({ UInt64(exactly: $0) }) else {
                throw form.malformed("bucketCounts", "whole numbers")
            }
            counts.append(count)
        }
        return counts
    }
}
