package import Bytes

/// Reads protobuf request bodies by the table: the newest clients send some kinds in no other form. Answers are always JSON.
///
/// - Source: `k8s.io/apimachinery/pkg/runtime` (envelope), field numbers in the table.
package enum ProtobufBody {
    /// "k8s" and a zero byte.
    package static let magic: [UInt8] = [0x6b, 0x38, 0x73, 0x00]

    /// Messages nest no deeper than this.
    private static let depthLimit = 64

    /// An object that came as protobuf.
    package struct Decoded: Sendable, Equatable {
        package var apiVersion: String
        package var kind: String
        /// The object with its `kind` and `apiVersion`.
        package var json: JSONValue
    }

    /// - Throws: `badRequest` when the envelope or the message is damaged, or its kind is not in the table.
    package static func decode(_ body: [UInt8], table: SchemaTable = .standard) throws(StatusError) -> Decoded {
        guard body.starts(with: magic) else {
            throw .badRequest("the body of the request is not a Kubernetes protobuf message: it must begin with 0x6b387300")
        }
        do throws(CorruptBytes) {
            return try decodeEnvelope(body, table)
        } catch {
            throw .badRequest("the protobuf body of the request cannot be read: \(error)")
        }
    }

    private static func decodeEnvelope(_ body: [UInt8], _ table: SchemaTable) throws(CorruptBytes) -> Decoded {
        var reader = ProtobufReader(body, range: magic.count..<body.count)
        var apiVersion = ""
        var kind = ""
        var raw = magic.count..<magic.count
        while let field = try reader.nextField() {
            switch field.number {
            case 1:
                var meta = try reader.readMessage(field)
                while let inner = try meta.nextField() {
                    switch inner.number {
                    case 1: apiVersion = try meta.readString(inner)
                    case 2: kind = try meta.readString(inner)
                    default: try meta.skip(inner)
                    }
                }
            case 2: raw = try reader.readLengthDelimited(field)
            default: try reader.skip(field)
            }
        }
        guard let schema = schema(apiVersion, kind, table) else {
            throw CorruptBytes("protobuf body", offset: 0, expected: "a kind that is served, found \(kind) of \(apiVersion)")
        }
        var message = ProtobufReader(body, range: raw)
        var object = JSONObject([("kind", .string(kind)), ("apiVersion", .string(apiVersion))])
        for (name, value) in try Self.message(&message, schema, table, depth: 0) { object.set(name, value) }
        return Decoded(apiVersion: apiVersion, kind: kind, json: .object(object))
    }

    /// Kinds are looked up by group and version; options of requests are the same in every group.
    private static func schema(_ apiVersion: String, _ kind: String, _ table: SchemaTable) -> StructureSchema? {
        if let groupVersion = GroupVersion(apiVersion: apiVersion), let found = table.kind(GroupVersionKind(groupVersion, kind: kind)) {
            return table.structure(found.structure)
        }
        return kind == "DeleteOptions" ? table.structure(kind) : nil
    }

    // MARK: Messages

    private static func message(
        _ reader: inout ProtobufReader, _ schema: StructureSchema, _ table: SchemaTable, depth: Int
    ) throws(CorruptBytes) -> JSONObject {
        guard depth < depthLimit else { throw CorruptBytes("protobuf body", offset: reader.offset, expected: "at most \(depthLimit) levels") }
        var object = JSONObject()
        while let field = try reader.nextField() {
            guard let member = schema.fields.first(where: { $0.number == field.number }) else {
                try reader.skip(field)
                continue
            }
            if member.isInline, case .structure(let name) = member.type {
                var inner = try reader.readMessage(field)
                for (key, value) in try message(&inner, table.structure(name), table, depth: depth + 1) { object.set(key, value) }
                continue
            }
            switch member.type {
            case .array(let element):
                var elements = object[member.name]?.arrayValue ?? []
                elements.append(try value(&reader, field, element, table, depth: depth) ?? .null)
                object.set(member.name, .array(elements))
            case .map(let element):
                var members = object[member.name]?.objectValue ?? JSONObject()
                let entry = try entry(&reader, field, element, table, depth: depth)
                members.set(entry.key, entry.value)
                object.set(member.name, .object(members))
            default:
                if let value = try value(&reader, field, member.type, table, depth: depth), !isAbsent(value, member) {
                    object.set(member.name, value)
                }
            }
        }
        return object
    }

    /// Go writes empty texts, zeros and false even where nothing was set.
    private static func isAbsent(_ value: JSONValue, _ field: FieldSchema) -> Bool {
        if field.isRequired || field.hasMeaningfulZero { return false }
        switch value {
        case .string(let text): return text.isEmpty
        case .number(let number): return number.text == "0" && field.type != .intOrString
        case .bool(let flag): return !flag
        default: return false
        }
    }

    private static func entry(
        _ reader: inout ProtobufReader, _ field: ProtobufReader.Field, _ type: FieldType, _ table: SchemaTable, depth: Int
    ) throws(CorruptBytes) -> (key: String, value: JSONValue) {
        var entry = try reader.readMessage(field)
        var key = ""
        var result: JSONValue?
        while let inner = try entry.nextField() {
            switch inner.number {
            case 1: key = try entry.readString(inner)
            case 2:
                if case .array = type {
                    // A list inside a map is a message with one repeated field.
                    var list = try entry.readMessage(inner)
                    var items: [JSONValue] = []
                    while let item = try list.nextField() {
                        if item.number == 1 { items.append(.string(try list.readString(item))) } else { try list.skip(item) }
                    }
                    result = .array(items)
                } else {
                    result = try value(&entry, inner, type, table, depth: depth)
                }
            default: try entry.skip(inner)
            }
        }
        return (key, result ?? "")
    }

    /// Nil for values that stand for nothing, such as the zero time.
    private static func value(
        _ reader: inout ProtobufReader, _ field: ProtobufReader.Field, _ type: FieldType, _ table: SchemaTable, depth: Int
    ) throws(CorruptBytes) -> JSONValue? {
        switch type {
        case .string: return .string(try reader.readString(field))
        case .int32, .int64: return .number(try reader.readInt64(field))
        case .bool: return .bool(try reader.readBool(field))
        case .double: return .number(try reader.readDouble(field))
        case .bytes: return .string(Base64.encode(Array(try reader.readBytes(field))))
        case .structure(let name):
            var inner = try reader.readMessage(field)
            return .object(try message(&inner, table.structure(name), table, depth: depth + 1))
        case .quantity:
            let text = try firstBytes(&reader, field)
            return .string(text.isEmpty ? "0" : String(decoding: text, as: UTF8.self))
        case .any, .fields:
            let text = try firstBytes(&reader, field)
            do throws(JSONError) { return text.isEmpty ? nil : try JSONValue.parse(text) } catch {
                throw CorruptBytes("protobuf body", offset: reader.offset, expected: "JSON in a raw field: \(error.message)")
            }
        case .time, .microTime: return try time(&reader, field, isMicro: type == .microTime)
        case .intOrString: return try intOrString(&reader, field)
        case .duration:
            var inner = try reader.readMessage(field)
            var nanoseconds: Int64 = 0
            while let part = try inner.nextField() {
                if part.number == 1 { nanoseconds = try inner.readInt64(part) } else { try inner.skip(part) }
            }
            return .string("\(nanoseconds)ns")
        case .array, .map: throw CorruptBytes("protobuf body", offset: reader.offset, expected: "no list inside a list")
        }
    }

    /// Field 1 of a message that wraps text or bytes.
    private static func firstBytes(_ reader: inout ProtobufReader, _ field: ProtobufReader.Field) throws(CorruptBytes) -> [UInt8] {
        var inner = try reader.readMessage(field)
        var bytes: [UInt8] = []
        while let part = try inner.nextField() {
            if part.number == 1 { bytes = Array(try inner.readBytes(part)) } else { try inner.skip(part) }
        }
        return bytes
    }

    private static func time(
        _ reader: inout ProtobufReader, _ field: ProtobufReader.Field, isMicro: Bool
    ) throws(CorruptBytes) -> JSONValue? {
        var inner = try reader.readMessage(field)
        if inner.isAtEnd { return nil }
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        while let part = try inner.nextField() {
            switch part.number {
            case 1: seconds = try inner.readInt64(part)
            case 2: nanoseconds = try inner.readInt64(part)
            default: try inner.skip(part)
            }
        }
        // The zero of Go's time is the year 1; it means that no time was set.
        if seconds == -62_135_596_800 { return nil }
        let time = Timestamp(seconds: seconds) + .nanoseconds(nanoseconds)
        return .string(isMicro ? time.rfc3339(.microseconds) : time.rfc3339())
    }

    private static func intOrString(_ reader: inout ProtobufReader, _ field: ProtobufReader.Field) throws(CorruptBytes) -> JSONValue {
        var inner = try reader.readMessage(field)
        var isString = false
        var number: Int64 = 0
        var text = ""
        while let part = try inner.nextField() {
            switch part.number {
            case 1: isString = try inner.readInt64(part) == 1
            case 2: number = try inner.readInt64(part)
            case 3: text = try inner.readString(part)
            default: try inner.skip(part)
            }
        }
        return isString ? .string(text) : .number(number)
    }
}
