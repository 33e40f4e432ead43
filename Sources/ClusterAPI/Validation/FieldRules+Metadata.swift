import Bytes

extension FieldRules {
    private static let annotationsLimit = 256 * 1024

    mutating func checkMetadata(_ object: JSONValue, _ kind: KindSchema) {
        let metadata = object["metadata"]
        let name = metadata?["name"]?.stringValue ?? ""
        let generateName = metadata?["generateName"]?.stringValue ?? ""
        let rule = Self.nameRule(kind)
        if !generateName.isEmpty {
            // Random letters follow, so a dash at the end is fine.
            check(generateName.hasSuffix("-") ? generateName.dropLast() + "a" : generateName, "metadata.generateName", rule)
        }
        if name.isEmpty {
            if generateName.isEmpty, !kind.plural.isEmpty, kind.verbs.contains("list") {
                add(.required("metadata.name", "name or generateName is required"))
            }
        } else {
            check(name, "metadata.name", rule)
        }
        let namespace = metadata?["namespace"]?.stringValue ?? ""
        if kind.isNamespaced {
            if !namespace.isEmpty { check(namespace, "metadata.namespace", NameRules.dns1123Label) }
        } else if !namespace.isEmpty {
            add(.forbidden("metadata.namespace", "not allowed on this type"))
        }
        checkLabels(metadata?["labels"]?.objectValue, "metadata.labels")
        checkAnnotations(metadata?["annotations"]?.objectValue)
        for (index, finalizer) in (metadata?["finalizers"]?.arrayValue ?? []).enumerated() {
            check(finalizer.stringValue ?? "", "metadata.finalizers[\(index)]", NameRules.qualifiedName)
        }
        checkOwners(metadata?["ownerReferences"]?.arrayValue ?? [])
    }

    private static func nameRule(_ kind: KindSchema) -> (String) -> [String] {
        switch kind.structure {
        case "Namespace": NameRules.dns1123Label
        case "Service": NameRules.dns1035Label
        default: NameRules.dns1123Subdomain
        }
    }

    mutating func checkLabels(_ labels: JSONObject?, _ field: String) {
        for (key, value) in labels ?? JSONObject() {
            check(key, field, NameRules.qualifiedName)
            check(value.stringValue ?? "", field, NameRules.labelValue)
        }
    }

    mutating func checkLabels(_ labels: [String: String], _ field: String) {
        checkLabels(JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }), field)
    }

    private mutating func checkAnnotations(_ annotations: JSONObject?) {
        var size = 0
        for (key, value) in annotations ?? JSONObject() {
            check(key.lowercased(), "metadata.annotations", NameRules.qualifiedName)
            size += key.utf8.count + (value.stringValue ?? "").utf8.count
        }
        if size > Self.annotationsLimit { add(.tooLong("metadata.annotations", limit: Self.annotationsLimit)) }
    }

    private mutating func checkOwners(_ owners: [JSONValue]) {
        var controllers = 0
        for (index, owner) in owners.enumerated() {
            let field = "metadata.ownerReferences[\(index)]"
            for part in ["apiVersion", "kind", "name", "uid"] where (owner[part]?.stringValue ?? "").isEmpty {
                add(.required("\(field).\(part)", part == "apiVersion" ? "version must not be empty" : "must not be empty"))
            }
            if owner["controller"]?.boolValue == true { controllers += 1 }
        }
        if controllers > 1 {
            add(.invalid("metadata.ownerReferences", JSONValue.array(owners), "Only one reference can have Controller set to true"))
        }
    }

    mutating func checkMetadataUpdate(_ object: JSONValue, old: JSONValue) {
        for name in ["name", "namespace", "uid", "creationTimestamp"] {
            let before = old["metadata"]?[name]?.stringValue ?? ""
            let after = object["metadata"]?[name]?.stringValue ?? ""
            if before != after { add(.invalid("metadata.\(name)", text: after, "field is immutable")) }
        }
    }
}
