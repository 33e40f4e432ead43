import Bytes

/// What the JSON forms of all OTLP signals share: each is turned into its protobuf form, so that one decoder reads both.
///
/// - Source: OTLP's JSON encoding: lowerCamelCase names, 64-bit numbers as text or number, unknown members ignored.
struct OTLPJSON {
    private static let maximumDepth = 32

    /// What is decoded, for messages: "OTLP logs body".
    let name: String

    func root(_ body: [UInt8]) throws(WireError) -> JSONObject {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue.parse(body) } catch { throw WireError(error, in: name) }
        guard let object = root.objectValue else { throw WireError(.malformed, "cannot decode \(name): expected a JSON object") }
        return object
    }

    func list(_ object: JSONObject, _ name: String) throws(WireError) -> [JSONObject] {
        guard let value = object[name], !value.isNull else { return [] }
        guard let elements = value.arrayValue else { throw malformed(name, "an array") }
        var objects: [JSONObject] = []
        for element in elements {
            guard let object = element.objectValue else { throw malformed(name, "objects") }
            objects.append(object)
        }
        return objects
    }

    func malformed(_ member: String, _ expected: String) -> WireError {
        WireError(.malformed, "cannot decode \(name): expected \(expected) in \"\(member)\"")
    }

    func attributes(_ holder: JSONValue, _ field: Int, _ writer: inout ProtobufWriter) throws(WireError) {
        guard let object = holder.objectValue else { return }
        for pair in try list(object, "attributes") {
            guard let key = pair["key"]?.stringValue else { throw malformed("attributes", "a key") }
            try writer.message(field) { (writer) throws(WireError) in
                writer.string(1, key)
                if let value = pair["value"] { try writer.message(2) { (writer) throws(WireError) in try any(value, &writer, 0) } }
            }
        }
    }

    func any(_ value: JSONValue, _ writer: inout ProtobufWriter, _ depth: Int) throws(WireError) {
        guard depth < Self.maximumDepth else { throw malformed("value", "at most \(Self.maximumDepth) levels of nesting") }
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

    /// A trace or span, which JSON writes in hexadecimal digits.
    func identifier(_ object: JSONObject, _ name: String) throws(WireError) -> [UInt8] {
        guard let text = object[name]?.stringValue, !text.isEmpty else { return [] }
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0, digits.count <= 64 else { throw malformed(name, "hexadecimal digits") }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                throw malformed(name, "hexadecimal digits")
            }
            bytes.append(byte)
        }
        return bytes
    }

    func signed(_ object: JSONObject, _ name: String) throws(WireError) -> Int64 {
        guard let value = object[name], !value.isNull else { return 0 }
        guard let number = value.int64Value ?? value.stringValue.flatMap({ Int64($0) }) else { throw malformed(name, "a whole number") }
        return number
    }

    func number(_ object: JSONObject, _ name: String) throws(WireError) -> UInt64 {
        guard let value = object[name], !value.isNull else { return 0 }
        if let number = value.stringValue.flatMap({ UInt64($0) }) { return number }
        guard let number = value.int64Value, number >= 0 else { throw malformed(name, "a whole number") }
        return UInt64(number)
    }

    /// A floating-point number, which may be told by name: "NaN", "Infinity", "-Infinity".
    func double(_ object: JSONObject, _ name: String) throws(WireError) -> Double? {
        guard let value = object[name], !value.isNull else { return nil }
        if case .number(let number) = value { return number.double }
        switch value.stringValue {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        case let text?:
            if let number = DecimalNumber.parse(text) { return number }
        case nil: break
        }
        throw malformed(name, "a number")
    }
}
