package import Bytes

/// Reads a request body by the schema of its kind: checks every type, finds unknown and repeated fields, and answers the object in canonical
/// form (members in the order of the table, nulls and unknown fields left out, quantities and times normalised).
package struct ObjectDecoder: Sendable {
    /// An object as it was understood.
    package struct Decoded: Sendable, Equatable {
        package var object: JSONValue
        /// Complaints in Kubernetes' wording: `unknown field "spec.foo"`, `duplicate field "spec.bar"`.
        package var strictErrors: [String]
    }

    /// Kubernetes reports no more than this many.
    private static let strictErrorLimit = 100

    private let table: SchemaTable
    private var reader: JSONReader
    private var path: [String] = []
    private var strictErrors: [String] = []

    private init(_ bytes: [UInt8], table: SchemaTable) {
        self.table = table
        reader = JSONReader(bytes)
    }

    /// Reads a body as an object of `kind`.
    ///
    /// - Throws: `badRequest` when the text is not JSON, when a value has the wrong type, or, for strict validation, when fields are unknown or repeated.
    package static func decode(
        _ bytes: [UInt8], as kind: KindSchema, validation: RequestOptions.FieldValidation = .warn, table: SchemaTable = .standard
    ) throws(StatusError) -> Decoded {
        let name = kind.groupVersionKind.kind
        let opening = "\(name) in version \"\(kind.groupVersion.version)\" cannot be handled as a \(name): "
        var decoder = ObjectDecoder(bytes, table: table)
        let object: JSONObject
        do {
            object = try decoder.readRoot(table.structure(kind.structure), kind: kind)
        } catch {
            throw .badRequest(opening + error.message)
        }
        if validation == .strict, !decoder.strictErrors.isEmpty {
            throw .badRequest(opening + "strict decoding error: " + decoder.strictErrors.joined(separator: ", "))
        }
        return Decoded(object: .object(object), strictErrors: validation == .ignore ? [] : decoder.strictErrors)
    }

    /// Reads a structure that is no object of its own, such as DeleteOptions.
    package static func decode(_ bytes: [UInt8], as structure: String, table: SchemaTable = .standard) throws(StatusError) -> JSONValue {
        var decoder = ObjectDecoder(bytes, table: table)
        do {
            return .object(try decoder.readRoot(table.structure(structure), kind: nil))
        } catch {
            throw .badRequest("\(structure) cannot be read: \(error.message)")
        }
    }

    /// Says what a body claims to be, without reading the rest.
    package static func typeMeta(of bytes: [UInt8]) -> (apiVersion: String?, kind: String?) {
        var reader = JSONReader(bytes)
        var apiVersion: String?
        var kind: String?
        do throws(JSONError) {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                let isString = try reader.peek() == .string
                if isString, reader.matches(key, "apiVersion") {
                    apiVersion = try reader.readString()
                } else if isString, reader.matches(key, "kind") {
                    kind = try reader.readString()
                } else {
                    try reader.skipValue()
                }
            }
        } catch {}
        return (apiVersion, kind)
    }

    // MARK: Structures

    private struct Failure: Error {
        var message: String
    }

    private mutating func readRoot(_ schema: StructureSchema, kind: KindSchema?) throws(Failure) -> JSONObject {
        let object = try readStructure(schema, isRoot: true)
        do { try reader.expectEnd() } catch { throw syntax(error) }
        guard let kind else { return object }
        var root = JSONObject([("kind", .string(kind.groupVersionKind.kind)), ("apiVersion", .string(kind.groupVersionKind.apiVersion))])
        for (key, value) in object where key != "kind" && key != "apiVersion" { root.set(key, value) }
        return root
    }

    private func syntax(_ error: JSONError) -> Failure {
        Failure(message: "json: \(error.message) at offset \(error.offset)")
    }

    private var pathText: String { path.joined().drop { $0 == "." }.description }

    private mutating func report(_ what: String, _ name: String) {
        guard strictErrors.count < Self.strictErrorLimit else { return }
        path.append(".\(name)")
        strictErrors.append("\(what) field \"\(pathText)\"")
        path.removeLast()
    }

    private mutating func readStructure(_ schema: StructureSchema, isRoot: Bool = false) throws(Failure) -> JSONObject {
        try expect(.object, in: schema.name, as: schema.name)
        var values: [JSONValue?] = Array(repeating: nil, count: schema.members.count)
        var isSeen = Array(repeating: false, count: schema.members.count)
        var others = JSONObject()
        do throws(JSONError) {
            try reader.beginObject()
        } catch { throw syntax(error) }
        while true {
            let key: JSONReader.RawString?
            do throws(JSONError) { key = try reader.nextKey() } catch { throw syntax(error) }
            guard let key else { break }
            let name = reader.string(key)
            guard let place = schema.place(of: name) else {
                if isRoot, name == "apiVersion" || name == "kind" {
                    if others[name] != nil { report("duplicate", name) }
                    others[name] = .string(try readString(schema.name, name))
                    continue
                }
                report("unknown", name)
                do throws(JSONError) { try reader.skipValue() } catch { throw syntax(error) }
                continue
            }
            if isSeen[place] { report("duplicate", name) }
            isSeen[place] = true
            path.append(".\(name)")
            values[place] = try readValue(schema.members[place].type, owner: schema.name)
            path.removeLast()
        }
        var object = JSONObject()
        for place in values.indices {
            if let value = values[place] { object.set(schema.members[place].name, value) }
        }
        for (name, value) in others { object.set(name, value) }
        return object
    }

    private mutating func readString(_ owner: String, _ name: String) throws(Failure) -> String {
        path.append(".\(name)")
        defer { path.removeLast() }
        try expect(.string, in: owner, as: "string")
        do throws(JSONError) { return try reader.readString() } catch { throw syntax(error) }
    }

    private mutating func peek() throws(Failure) -> JSONReader.Kind {
        do throws(JSONError) { return try reader.peek() } catch { throw syntax(error) }
    }

    private mutating func expect(_ kind: JSONReader.Kind, in owner: String, as type: String) throws(Failure) {
        let found = try peek()
        if found != kind { throw mismatch(found, owner, type) }
    }

    /// Go's wording; indices are left out of its paths.
    private mutating func mismatch(_ found: JSONReader.Kind, _ owner: String, _ type: String) -> Failure {
        let word =
            switch found {
            case .object: "object"
            case .array: "array"
            case .string: "string"
            case .number: "number"
            case .bool: "bool"
            case .null: "null"
            }
        let fields = path.filter { $0.hasPrefix(".") }.joined().drop { $0 == "." }
        return Failure(message: "json: cannot unmarshal \(word) into Go struct field \(owner).\(fields) of type \(type)")
    }

    // MARK: Values

    /// Nil for null.
    private mutating func readValue(_ type: FieldType, owner: String) throws(Failure) -> JSONValue? {
        let found = try peek()
        if found == .null {
            do throws(JSONError) { try reader.readNull() } catch { throw syntax(error) }
            return nil
        }
        switch type {
        case .structure(let name): return .object(try readStructure(table.structure(name)))
        case .array(let element): return try readArray(element, owner: owner)
        case .map(let element): return try readMap(element, owner: owner)
        case .any, .fields:
            do throws(JSONError) { return try reader.readValue() } catch { throw syntax(error) }
        default: return try readScalar(type, found, owner: owner)
        }
    }

    private mutating func readArray(_ element: FieldType, owner: String) throws(Failure) -> JSONValue {
        try expect(.array, in: owner, as: "[]\(element)")
        var elements: [JSONValue] = []
        do throws(JSONError) { try reader.beginArray() } catch { throw syntax(error) }
        while true {
            do throws(JSONError) { guard try reader.nextElement() else { break } } catch { throw syntax(error) }
            path.append("[\(elements.count)]")
            // Go reads a null element as the zero value of its type.
            elements.append(try readValue(element, owner: owner) ?? Self.zero(element))
            path.removeLast()
        }
        return .array(elements)
    }

    private mutating func readMap(_ element: FieldType, owner: String) throws(Failure) -> JSONValue {
        try expect(.object, in: owner, as: "map[string]\(element)")
        var members = JSONObject()
        do throws(JSONError) { try reader.beginObject() } catch { throw syntax(error) }
        while true {
            let key: JSONReader.RawString?
            do throws(JSONError) { key = try reader.nextKey() } catch { throw syntax(error) }
            guard let key else { break }
            let name = reader.string(key)
            if members.contains(name) { report("duplicate", name) }
            path.append(".\(name)")
            members.set(name, try readValue(element, owner: owner) ?? Self.zero(element))
            path.removeLast()
        }
        return .object(members.sortedByKey())
    }

    private static func zero(_ type: FieldType) -> JSONValue {
        switch type {
        case .structure, .map: .object(JSONObject())
        case .array: .array([])
        case .int32, .int64, .double, .intOrString: 0
        case .bool: false
        case .quantity: "0"
        default: ""
        }
    }

    private mutating func readScalar(_ type: FieldType, _ found: JSONReader.Kind, owner: String) throws(Failure) -> JSONValue {
        do throws(JSONError) {
            switch (type, found) {
            case (.string, .string), (.duration, .string): return .string(try reader.readString())
            case (.bool, .bool): return .bool(try reader.readBool())
            case (.int32, .number), (.int64, .number): return try readInteger(type, owner: owner)
            case (.double, .number), (.intOrString, .number): return .number(try reader.readNumber())
            case (.intOrString, .string): return .string(try reader.readString())
            case (.quantity, .string), (.quantity, .number):
                let text = found == .number ? try reader.readNumber().text : try reader.readString()
                guard let quantity = Quantity(text) else { throw reader.error(Quantity.formatMessage) }
                return .string(quantity.description)
            case (.time, .string), (.microTime, .string):
                let text = try reader.readString()
                guard let time = Timestamp(rfc3339: text) else {
                    throw reader.error("parsing time \"\(text)\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\(text)\"")
                }
                return .string(type == .time ? time.rfc3339() : time.rfc3339(.microseconds))
            case (.bytes, .string):
                let text = try reader.readString()
                guard Base64Bytes(text: text).bytes != nil else { throw reader.error("illegal base64 data") }
                return .string(text)
            default: break
            }
        } catch { throw Failure(message: error.message) }
        throw mismatch(found, owner, type.description)
    }

    private mutating func readInteger(_ type: FieldType, owner: String) throws(JSONError) -> JSONValue {
        let number = try reader.readNumber()
        let isInRange = type == .int32 ? Int32(number.text) != nil : number.int64 != nil
        if isInRange { return .number(number) }
        // A fraction or exponent that is a whole number in disguise is one all the same.
        if let value = Int64(exactly: number.double), type == .int64 || Int32(exactly: value) != nil { return .number(value) }
        let fields = path.filter { $0.hasPrefix(".") }.joined().drop { $0 == "." }
        throw reader.error(
            "json: cannot unmarshal number \(number.text) into Go struct field \(owner).\(fields) of type \(type.description)")
    }
}

extension FieldType: CustomStringConvertible {
    package var description: String {
        switch self {
        case .structure(let name): "v1.\(name)"
        case .array(let element): "[]\(element)"
        case .map(let element): "map[string]\(element)"
        case .string, .duration: "string"
        case .int32: "int32"
        case .int64: "int64"
        case .bool: "bool"
        case .double: "float64"
        case .quantity: "resource.Quantity"
        case .time: "v1.Time"
        case .microTime: "v1.MicroTime"
        case .intOrString: "intstr.IntOrString"
        case .bytes: "[]uint8"
        case .any: "runtime.RawExtension"
        case .fields: "v1.FieldsV1"
        }
    }
}
