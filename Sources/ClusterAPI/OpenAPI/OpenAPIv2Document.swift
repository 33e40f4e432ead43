package import Bytes

/// The OpenAPI v2 document: what kubectl before 1.24 validates, explains and patches by, and what later ones still ask for Lists.
///
/// The schemas are those of the v3 documents, with the few constructs that version 2 lacks written as Kubernetes writes them.
package struct OpenAPIv2Document: Sendable {
    private let table: SchemaTable

    private static let kindsKey = "x-kubernetes-group-version-kind"

    package init(table: SchemaTable = .standard) { self.table = table }

    package func document() -> JSONValue {
        var paths = JSONObject()
        var definitions = JSONObject()
        for groupVersion in table.groupVersions {
            let document = OpenAPIDocument(table: table).document(for: groupVersion)
            for (path, item) in document["paths"]?.objectValue ?? JSONObject() { paths.set(path, Self.pathItem(item)) }
            for (name, schema) in document.value(at: "components", "schemas")?.objectValue ?? JSONObject() {
                // A structure of one group is also in the documents of others, there without its kind; one of two versions has both kinds.
                var definition = Self.schema(schema)
                if let before = definitions[name] {
                    guard let kinds = schema[Self.kindsKey]?.arrayValue else { continue }
                    definition[Self.kindsKey] = .array((before[Self.kindsKey]?.arrayValue ?? []) + kinds)
                }
                definitions.set(name, definition)
            }
        }
        return [
            "swagger": "2.0", "info": ["title": "Kubernetes", "version": "v1.32.4"], "paths": .object(paths.sortedByKey()),
            "definitions": .object(definitions.sortedByKey()),
        ]
    }

    // MARK: Paths

    private static func pathItem(_ item: JSONValue) -> JSONValue {
        var result = JSONObject()
        for (method, operation) in item.objectValue ?? JSONObject() { result.set(method, self.operation(operation)) }
        return .object(result)
    }

    private static func operation(_ operation: JSONValue) -> JSONValue {
        var result = JSONObject()
        for (key, value) in operation.objectValue ?? JSONObject() {
            switch key {
            case "requestBody": result.set("consumes", .array((value["content"]?.objectValue ?? JSONObject()).map { .string($0.key) }))
            case "parameters":
                result.set(
                    key,
                    .array(
                        (value.arrayValue ?? []).map { parameter in
                            ["name": parameter["name"] ?? "", "in": "query", "type": "string", "uniqueItems": true]
                        }))
            case "responses":
                result.set("produces", ["application/json", "application/yaml"])
                result.set(
                    key,
                    ["200": ["description": "OK", "schema": schema(value.value(at: "200", "content", "application/json", "schema") ?? [:])]])
            default: result.set(key, value)
            }
        }
        return .object(result)
    }

    // MARK: Schemas

    private static func schema(_ schema: JSONValue) -> JSONValue {
        guard let members = schema.objectValue else { return schema }
        var result = JSONObject()
        for (key, value) in members {
            switch key {
            case "$ref": result.set(key, .string(reference(value.stringValue ?? "")))
            // Version 2 bears a description beside a reference.
            case "allOf": result.set("$ref", .string(reference(value[0]?["$ref"]?.stringValue ?? "")))
            case "oneOf": result.set("type", "string")
            // Which values there are is the server's to say: old clients would refuse those they do not know.
            case "enum", "default": break
            case "properties":
                result.set(key, .object(JSONObject((value.objectValue ?? JSONObject()).map { ($0.key, self.schema($0.value)) })))
            case "items", "additionalProperties": result.set(key, self.schema(value))
            default: result.set(key, value)
            }
        }
        return .object(result)
    }

    private static func reference(_ text: String) -> String {
        let prefix = "#/components/schemas/"
        return text.hasPrefix(prefix) ? "#/definitions/" + text.dropFirst(prefix.count) : text
    }
}
