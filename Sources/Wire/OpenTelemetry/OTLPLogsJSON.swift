import Bytes

/// OTLP logs in JSON, turned into their protobuf form so that one decoder reads both.
///
/// - Source: OTLP's JSON encoding: lowerCamelCase names, ids in hexadecimal, 64-bit numbers as text or number, unknown members ignored.
package enum OTLPLogsJSON {
    private static let maximumDepth = 32

    package static func protobuf(_ body: [UInt8]) throws(WireError) -> [UInt8] {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue.parse(body) } catch { throw WireError(error, in: "OTLP logs body") }
        guard let object = root.objectValue else { throw WireError(.malformed, "cannot decode OTLP logs body: expected a JSON object") }
        var writer = ProtobufWriter(capacity: body.count)
        for resource in try list(object, "resourceLogs") {
            try writer.message(1) { (writer) throws(WireError) in
                if let value = resource["resource"] { try writer.message(1) { (writer) throws(WireError) in try attributes(value, 1, &writer) } }
                for scope in try list(resource, "scopeLogs") {
                    try writer.message(2) { (writer) throws(WireError) in try self.scope(scope, &writer) }
                }
            }
        }
        return writer.bytes
    }

    private static func list(_ object: JSONObject, _ name: String) throws(WireError) -> [JSONObject] {
        guard let value = object[name], !value.isNull else { return [] }
        guard let elements = value.arrayValue else { throw malformed(name, "an array") }
        var objects: [JSONObject] = []
        for element in elements {
            guard let object = element.objectValue else { throw malformed(name, "objects") }
            objects.append(object)
        }
        return objects
    }

    private static func malformed(_ name: String, _ expected: String) -> WireError {
        WireError(.malformed, "cannot decode OTLP logs body: expected \(expected) in \"\(name)\"")
    }

    private static func scope(_ scope: JSONObject, _ writer: inout ProtobufWriter) throws(WireError) {
        if let value = scope["scope"] {
            try writer.message(1) { (writer) throws(WireError) in
                if let name = value["name"]?.stringValue { writer.string(1, name) }
                if let version = value["version"]?.stringValue { writer.string(2, version) }
                try attributes(value, 3, &writer)
            }
        }
        for record in try list(scope, "logRecords") {
            try writer.message(2) { (writer) throws(WireError) in
                writer.fixed64(1, try number(record, "timeUnixNano"))
                writer.varint(2, try number(record, "severityNumber"))
                if let text = record["severityText"]?.stringValue { writer.string(3, text) }
                if let body = record["body"] { try writer.message(5) { (writer) throws(WireError) in try any(body, &writer, 0) } }
                try attributes(.object(record), 6, &writer)
                writer.fixed32(8, UInt32(truncatingIfNeeded: try number(record, "flags")))
                writer.bytes(9, try identifier(record, "traceId"))
                writer.bytes(10, try identifier(record, "spanId"))
                writer.fixed64(11, try number(record, "observedTimeUnixNano"))
                if let name = record["eventName"]?.stringValue { writer.string(12, name) }
            }
        }
    }

    private static func attributes(_ holder: JSONValue, _ field: Int, _ writer: inout ProtobufWriter) throws(WireError) {
        guard let object = holder.objectValue else { return }
        for pair in try list(object, "attributes") {
            guard let key = pair["key"]?.stringValue else { throw malformed("attributes", "a key") }
            try writer.message(field) { (writer) throws(WireError) in
                writer.string(1, key)
                if let value = pair["value"] { try writer.message(2) { (writer) throws(WireError) in try any(value, &writer, 0) } }
            }
        }
    }

    private static func any(_ value: JSONValue, _ writer: inout ProtobufWriter, _ depth: Int) throws(WireError) {
        guard depth < maximumDepth else { throw malformed("value", "at most \(maximumDepth) levels of nesting") }
        guard let object = value.objectValue else { return }
        for (name, value) in object {
            switch (name, value) {
            case ("stringValue", .string(let text)): writer.string(1, text)
            case ("boolValue", .bool(let flag)): writer.bool(2, flag)
            case ("intValue", _): writer.varint(3, UInt64(bitPattern: try signed(object, name)))
            case ("doubleValue", .number(let number)): writer.double(4, number.double)
            case ("bytesValue", .string(let text)): writer.bytes(7, Base64.decode(text) ?? [])
            case ("arrayValue", .object(let list)):
                try writer.message(5) { (writer) throws(WireError) in
                    for element in list["values"]?.arrayValue ?? [] {
                        try writer.message(1) { (writer) throws(WireError) in try any(element, &writer, depth + 1) }
                    }
                }
            case ("kvlistValue", .object(let list)):
                try writer.message(6) { (writer) throws(WireError) in
                    for pair in try self.list(list, "values") {
                        try writer.message(1) { (writer) throws(WireError) in
                            writer.string(1, pair["key"]?.stringValue ?? "")
                            if let inner = pair["value"] { try writer.message(2) { (writer) throws(WireError) in try any(inner, &writer, depth + 1) } }
                        }
                    }
                }
            default: break
            }
        }
    }

    private static func signed(_ object: JSONObject, _ name: String) throws(WireError) -> Int64 {
        guard let value = object[name], !value.isNull else { return 0 }
        guard let number = value.int64Value ?? value.stringValue.flatMap({ Int64($0) }) else { throw malformed(name, "a whole number") }
        return number
    }

    private static func number(_ object: JSONObject, _ name: String) throws(WireError) -> UInt64 {
        guard let value = object[name], !value.isNull else { return 0 }
        if let number = value.stringValue.flatMap({ UInt64($0) }) { return number }
        guard let number = value.int64Value, number >= 0 else { throw malformed(name, "a whole number") }
        return UInt64(number)
    }

    private static func identifier(_ object: JSONObject, _ name: String) throws(WireError) -> [UInt8] {
        guard let text = object[name]?.stringValue, !text.isEmpty else { return [] }
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0, digits.count <= 64 else { throw malformed(name, "hexadecimal digits") }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else { throw malformed(name, "hexadecimal digits") }
            bytes.append(byte)
        }
        return bytes
    }
}
