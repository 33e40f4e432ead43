package import Bytes

/// The OpenAPI v3 documents that clients ask for: `kubectl explain` reads the schemas, `create` and `apply` look for server-side validation.
///
/// Strategic merge patch is left out of the PATCH operations on purpose: kubectl then computes patches by the version 2 document or its own types.
package struct OpenAPIDocument: Sendable {
    private let table: SchemaTable

    package init(table: SchemaTable = .standard) { self.table = table }

    /// The answer of `/openapi/v3`: where each group version's document is; the hash makes it cacheable.
    package func index() -> JSONValue {
        var paths = JSONObject()
        for groupVersion in table.groupVersions {
            let hash = String(Hash64.hash(document(for: groupVersion).bytes), radix: 16)
            paths[groupVersion.path] = ["serverRelativeURL": .string("/openapi/v3/\(groupVersion.path)?hash=\(hash)")]
        }
        return ["paths": .object(paths)]
    }

    /// The document of one group version.
    package func document(for groupVersion: GroupVersion) -> JSONValue {
        let kinds = table.kinds.filter { $0.groupVersion == groupVersion }
        var paths = JSONObject()
        for kind in kinds where !kind.plural.isEmpty { addPaths(of: kind, to: &paths) }
        return [
            "openapi": "3.0.0",
            "info": ["title": "Skysail", "version": "v1.32.0"],
            "paths": .object(paths),
            "components": ["schemas": .object(schemas(of: kinds))],
        ]
    }

    // MARK: Paths

    private func addPaths(of kind: KindSchema, to paths: inout JSONObject) {
        let root = "/" + kind.groupVersion.path + (kind.isNamespaced ? "/namespaces/{namespace}" : "") + "/" + kind.plural
        var collection = JSONObject()
        var item = JSONObject()
        if kind.verbs.contains("list") { collection["get"] = operation("list", kind) }
        if kind.verbs.contains("create") { collection["post"] = operation("post", kind, content: ["application/json"]) }
        if kind.verbs.contains("deletecollection") { collection["delete"] = operation("deletecollection", kind) }
        if kind.verbs.contains("get") { item["get"] = operation("get", kind) }
        if kind.verbs.contains("update") { item["put"] = operation("put", kind, content: ["application/json"]) }
        if kind.verbs.contains("patch") {
            item["patch"] = operation(
                "patch", kind,
                content: [APIRequest.PatchType.apply.rawValue, APIRequest.PatchType.json.rawValue, APIRequest.PatchType.merge.rawValue])
        }
        if kind.verbs.contains("delete") { item["delete"] = operation("delete", kind) }
        if !collection.isEmpty { paths[root] = .object(collection) }
        if !item.isEmpty { paths[root + "/{name}"] = .object(item) }
        if kind.isNamespaced, kind.verbs.contains("list") {
            paths["/\(kind.groupVersion.path)/\(kind.plural)"] = ["get": operation("list", kind)]
        }
    }

    private func operation(_ action: String, _ kind: KindSchema, content: [String] = []) -> JSONValue {
        var operation = JSONObject()
        operation["operationId"] = .string("\(action)\(kind.groupVersion.path)/\(kind.plural)")
        operation["x-kubernetes-action"] = .string(action)
        operation["x-kubernetes-group-version-kind"] = Self.json(kind.groupVersionKind)
        if !content.isEmpty {
            operation["parameters"] = .array(
                ["dryRun", "fieldManager", "fieldValidation"].map {
                    ["name": .string($0), "in": "query", "schema": ["type": "string", "uniqueItems": true]]
                })
            operation["requestBody"] = [
                "content": .object(JSONObject(content.map { ($0, ["schema": .object(reference(kind.structure))]) }))
            ]
        }
        operation["responses"] = [
            "200": [
                "description": "OK", "content": ["application/json": ["schema": .object(reference(kind.structure))]],
            ]
        ]
        return .object(operation)
    }

    private static func json(_ kind: GroupVersionKind) -> JSONValue {
        ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
    }

    // MARK: Schemas

    private static let scalarPackage = "io.k8s.apimachinery.pkg"

    /// All structures that the kinds reach, in order of their names.
    private func schemas(of kinds: [KindSchema]) -> JSONObject {
        var pending = kinds.map(\.structure) + (kinds.isEmpty ? [] : ["DeleteOptions", "Status"])
        var seen: Set<String> = []
        var schemas = JSONObject()
        while let name = pending.popLast() {
            guard seen.insert(name).inserted else { continue }
            let structure = table.structure(name)
            for member in structure.members {
                if case .structure(let inner) = member.type.element { pending.append(inner) }
            }
            schemas[structure.openAPIName] = .object(schema(of: structure, kind: kinds.first { $0.structure == name }))
        }
        schemas["\(Self.scalarPackage).api.resource.Quantity"] = [
            "oneOf": [["type": "string"], ["type": "number"]], "description": "An exact amount: 250m, 1.5, 64Mi, 1e3.",
        ]
        schemas["\(Self.scalarPackage).util.intstr.IntOrString"] = [
            "format": "int-or-string", "oneOf": [["type": "integer"], ["type": "string"]], "description": "A number, or a text.",
        ]
        schemas["\(Self.scalarPackage).apis.meta.v1.Time"] = [
            "type": "string", "format": "date-time", "description": "A time as of RFC 3339, to the second.",
        ]
        schemas["\(Self.scalarPackage).apis.meta.v1.MicroTime"] = [
            "type": "string", "format": "date-time", "description": "A time as of RFC 3339, to the microsecond.",
        ]
        schemas["\(Self.scalarPackage).apis.meta.v1.FieldsV1"] = [
            "type": "object", "description": "Which fields a manager owns, as a tree.",
        ]
        return schemas.sortedByKey()
    }

    private func schema(of structure: StructureSchema, kind: KindSchema?) -> JSONObject {
        var properties = JSONObject()
        if kind != nil {
            properties["apiVersion"] = ["type": "string", "description": "Group and version of the kind."]
            properties["kind"] = ["type": "string", "description": "What the object is."]
        }
        for member in structure.members { properties[member.name] = .object(property(member)) }
        var schema = JSONObject([("type", "object")])
        if !structure.summary.isEmpty { schema["description"] = .string(structure.summary) }
        if !properties.isEmpty { schema["properties"] = .object(properties.sortedByKey()) }
        let required = structure.members.filter(\.isRequired).map(\.name)
        if !required.isEmpty { schema["required"] = .array(required.map(JSONValue.string)) }
        if structure.isAtomic { schema["x-kubernetes-map-type"] = "atomic" }
        if let kind { schema["x-kubernetes-group-version-kind"] = [Self.json(kind.groupVersionKind)] }
        return schema
    }

    private func property(_ field: FieldSchema) -> JSONObject {
        var property = type(field.type)
        // A reference takes no siblings: it is wrapped so that a description fits beside it.
        if let reference = property["$ref"] {
            property = JSONObject([("allOf", .array([["$ref": reference]]))])
        }
        let summary = summary(of: field)
        if !summary.isEmpty { property["description"] = .string(summary) }
        if let text = field.defaultText { property["default"] = Defaulter.value(text, field.type) }
        if let values = field.enumeration { property["enum"] = .array(values.map(JSONValue.string)) }
        if case .array = field.type {
            switch field.applyMerge {
            case .atomic: property["x-kubernetes-list-type"] = "atomic"
            case .set: property["x-kubernetes-list-type"] = "set"
            case .map(let keys):
                property["x-kubernetes-list-type"] = "map"
                property["x-kubernetes-list-map-keys"] = .array(keys.map(JSONValue.string))
            }
        }
        if let key = field.patchMergeKey {
            property["x-kubernetes-patch-strategy"] = field.retainsKeys ? "merge,retainKeys" : "merge"
            if !key.isEmpty { property["x-kubernetes-patch-merge-key"] = .string(key) }
        }
        if field.isAtomic { property["x-kubernetes-map-type"] = "atomic" }
        return property
    }

    /// A field that the table says nothing about is what its structure is, or what fields of its name always are.
    private func summary(of field: FieldSchema) -> String {
        if !field.summary.isEmpty { return field.summary }
        if case .structure(let name) = field.type.element {
            let summary = table.structure(name).summary
            if !summary.isEmpty { return summary }
        }
        return Self.standing[field.name] ?? ""
    }

    /// Fields that mean the same wherever they are.
    private static let standing = [
        "spec": "What is wanted of the object.", "status": "What the object is at the moment; written by controllers and nodes, not by people.",
        "conditions": "What holds of the object at the moment, a condition a type.", "type": "Which kind of thing this is.",
        "reason": "The cause in one word, for programs.", "message": "The cause in a sentence, for people.",
        "lastTransitionTime": "When the status last changed.", "lastProbeTime": "When it was last looked at.",
        "lastUpdateTime": "When it was last written.", "lastHeartbeatTime": "When it was last confirmed.",
        "observedGeneration": "The generation of the object that this status speaks of.", "name": "Name of what is meant.",
        "namespace": "Namespace of what is meant.", "kind": "Kind of what is meant.", "apiVersion": "Group and version of what is meant.",
        "uid": "Unique identity of what is meant.", "resourceVersion": "Version of what is meant.", "fieldPath": "Path of a field in the object.",
        "key": "The key that is looked at.", "value": "The value.", "values": "The values that are compared with.",
        "operator": "How key and values are compared.", "readOnly": "Nothing can be written there.",
        "fsType": "File system type of the volume.", "secretRef": "The secret that holds the credentials.",
        "optional": "It may be missing.", "weight": "How much it counts beside the others.",
        "labelSelector": "The labels of the objects meant.", "selector": "The labels of the objects meant.",
        "protocol": "Protocol of the port: TCP, UDP or SCTP.", "port": "Number of the port.", "path": "Path of what is meant.",
        "replicas": "How many there are, or should be.", "items": "Which keys go where; all of them when there is no list.",
        "defaultMode": "Permission bits of the files.", "mode": "Permission bits of the file.", "partition": "Number of the partition.",
        "hostname": "Name of the host.", "ip": "IP address.", "group": "API group of what is meant.", "resource": "The resource that is meant.",
        "user": "Name of the user.", "verbs": "What may be done.", "metadata": "Names, labels, annotations and owners.",
    ]

    private func reference(_ structure: String) -> JSONObject {
        JSONObject([("$ref", .string("#/components/schemas/\(table.structure(structure).openAPIName)"))])
    }

    private func reference(scalar name: String) -> JSONObject {
        JSONObject([("$ref", .string("#/components/schemas/\(Self.scalarPackage).\(name)"))])
    }

    private func type(_ type: FieldType) -> JSONObject {
        switch type {
        case .string, .duration: JSONObject([("type", "string")])
        case .int32: JSONObject([("type", "integer"), ("format", "int32")])
        case .int64: JSONObject([("type", "integer"), ("format", "int64")])
        case .bool: JSONObject([("type", "boolean")])
        case .double: JSONObject([("type", "number"), ("format", "double")])
        case .bytes: JSONObject([("type", "string"), ("format", "byte")])
        case .any: JSONObject([("x-kubernetes-preserve-unknown-fields", true)])
        case .quantity: reference(scalar: "api.resource.Quantity")
        case .intOrString: reference(scalar: "util.intstr.IntOrString")
        case .time: reference(scalar: "apis.meta.v1.Time")
        case .microTime: reference(scalar: "apis.meta.v1.MicroTime")
        case .fields: reference(scalar: "apis.meta.v1.FieldsV1")
        case .structure(let name): reference(name)
        case .array(let element): JSONObject([("type", "array"), ("items", .object(self.type(element)))])
        case .map(let element): JSONObject([("type", "object"), ("additionalProperties", .object(self.type(element)))])
        }
    }
}
