package import Bytes

/// An OpenAPI v2 document as the protobuf message `openapi.v2.Document`, the only form in which Go clients read it.
///
/// Only what `OpenAPIv2Document` writes is known here.
/// - Source: message and field numbers of google/gnostic, `openapiv2/OpenAPIv2.proto`.
package enum OpenAPIv2Protobuf {
    /// The type of the answer. Clients ask for it with `@` before the version, which no parser of media types in Go would read in an answer.
    package static let mediaType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

    package static func encode(_ document: JSONValue) -> [UInt8] {
        var writer = ProtobufWriter(capacity: 1 << 19)
        writer.string(1, text(document, "swagger"))
        writer.message(2) { info in
            info.string(1, text(document, "info", "title"))
            info.string(2, text(document, "info", "version"))
        }
        writer.message(8) { paths in
            for (path, item) in members(document["paths"]) { named(2, path, &paths) { pathItem(item, &$0) } }
        }
        writer.message(9) { definitions in
            for (name, schema) in members(document["definitions"]) { named(1, name, &definitions) { self.schema(schema, &$0) } }
        }
        return writer.bytes
    }

    private static func members(_ value: JSONValue?) -> JSONObject { value?.objectValue ?? JSONObject() }

    private static func text(_ value: JSONValue, _ path: String...) -> String { value.value(at: path)?.stringValue ?? "" }

    /// A pair of a name and a message, as this form writes the members of maps.
    private static func named(_ field: Int, _ name: String, _ writer: inout ProtobufWriter, _ value: (inout ProtobufWriter) -> Void) {
        writer.message(field) { pair in
            pair.string(1, name)
            pair.message(2, value)
        }
    }

    /// `x-` members keep their value as YAML, of which JSON is a part.
    private static func extensions(_ field: Int, of value: JSONValue, _ writer: inout ProtobufWriter) {
        for (key, value) in members(value) where key.hasPrefix("x-") {
            named(field, key, &writer) { $0.string(2, value.description) }
        }
    }

    // MARK: Paths

    private static let methods = ["get": 2, "put": 3, "post": 4, "delete": 5, "options": 6, "head": 7, "patch": 8]

    private static func pathItem(_ item: JSONValue, _ writer: inout ProtobufWriter) {
        for (method, operation) in members(item) {
            guard let field = methods[method] else { continue }
            writer.message(field) { self.operation(operation, &$0) }
        }
    }

    private static func operation(_ operation: JSONValue, _ writer: inout ProtobufWriter) {
        writer.string(5, text(operation, "operationId"))
        for type in operation["produces"]?.arrayValue ?? [] { writer.string(6, type.stringValue ?? "") }
        for type in operation["consumes"]?.arrayValue ?? [] { writer.string(7, type.stringValue ?? "") }
        for parameter in operation["parameters"]?.arrayValue ?? [] {
            // ParametersItem, Parameter, NonBodyParameter: each a choice of one.
            writer.message(8) { $0.message(1) { $0.message(2) { $0.message(3) { query(parameter, &$0) } } } }
        }
        writer.message(9) { responses in
            for (code, response) in members(operation["responses"]) {
                named(1, code, &responses) { value in
                    value.message(1) { body in
                        body.string(1, text(response, "description"))
                        if let schema = response["schema"] { body.message(2) { $0.message(1) { self.schema(schema, &$0) } } }
                    }
                }
            }
        }
        extensions(13, of: operation, &writer)
    }

    private static func query(_ parameter: JSONValue, _ writer: inout ProtobufWriter) {
        writer.string(2, "query")
        writer.string(4, text(parameter, "name"))
        writer.string(6, text(parameter, "type"))
        writer.bool(20, true)
    }

    // MARK: Schemas

    private static func schema(_ schema: JSONValue, _ writer: inout ProtobufWriter) {
        for (key, value) in members(schema) {
            switch key {
            case "$ref": writer.string(1, value.stringValue ?? "")
            case "format": writer.string(2, value.stringValue ?? "")
            case "description": writer.string(4, value.stringValue ?? "")
            case "required": for name in value.arrayValue ?? [] { writer.string(19, name.stringValue ?? "") }
            case "additionalProperties": writer.message(21) { $0.message(1) { self.schema(value, &$0) } }
            case "type": writer.message(22) { $0.string(1, value.stringValue ?? "") }
            case "items": writer.message(23) { $0.message(1) { self.schema(value, &$0) } }
            case "properties":
                writer.message(25) { properties in
                    for (name, property) in members(value) { named(1, name, &properties) { self.schema(property, &$0) } }
                }
            default: break
            }
        }
        extensions(31, of: schema, &writer)
    }
}
