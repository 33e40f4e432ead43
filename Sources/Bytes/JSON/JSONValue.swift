/// A JSON document as a tree; for patches, validation and small bodies. Bulk data is read with `JSONReader` instead.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    // MARK: Reading

    /// Reads one document, with nothing after it.
    ///
    /// A repeated key keeps its last value, as Go's decoder has it, unless `rejectsDuplicateKeys`.
    package static func parse(
        _ bytes: [UInt8], maxDepth: Int = JSONReader.defaultMaxDepth, rejectsDuplicateKeys: Bool = false
    ) throws(JSONError) -> JSONValue {
        var reader = JSONReader(bytes, maxDepth: maxDepth, rejectsDuplicateKeys: rejectsDuplicateKeys)
        let value = try reader.readValue()
        try reader.expectEnd()
        return value
    }

    package static func parse(_ text: String) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8))
    }

    // MARK: What it is

    package var isNull: Bool { self == .null }

    package var boolValue: Bool? {
        if case .bool(let value) = self { return value }
        return nil
    }

    package var numberValue: JSONNumber? {
        if case .number(let value) = self { return value }
        return nil
    }

    package var int64Value: Int64? { numberValue?.int64 }
    package var intValue: Int? { numberValue?.int }
    package var doubleValue: Double? { numberValue?.double }

    package var stringValue: String? {
        if case .string(let value) = self { return value }
        return nil
    }

    package var arrayValue: [JSONValue]? {
        if case .array(let value) = self { return value }
        return nil
    }

    package var objectValue: JSONObject? {
        if case .object(let value) = self { return value }
        return nil
    }

    /// The kind in words for messages: "an object", "a string", "null".
    package var kindDescription: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
