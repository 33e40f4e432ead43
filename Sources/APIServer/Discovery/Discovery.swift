import Bytes
import ClusterAPI

extension APIServer {
    /// The discovery document at a path: `["api"]`, `["apis"]`, `["api", "v1"]`, `["apis", GROUP]`, `["apis", GROUP, VERSION]`; nil for any other.
    package func discovery(_ path: [String], isAggregated: Bool) -> [UInt8]? {
        Discovery(table: table).document(at: path, isAggregated: isAggregated)
    }
}

/// What the server serves, as clients ask for it: aggregated in two documents, or one document a group version.
///
/// - Source: Kubernetes `apidiscovery/v2`, `meta/v1` discovery types.
struct Discovery: Sendable {
    private let table: SchemaTable

    init(table: SchemaTable) { self.table = table }

    func document(at path: [String], isAggregated: Bool) -> [UInt8]? { value(at: path, isAggregated: isAggregated)?.bytes }

    private func value(at path: [String], isAggregated: Bool) -> JSONValue? {
        switch (path.first, path.count) {
        case ("api", 1): return isAggregated ? aggregated([""]) : coreVersions
        case ("apis", 1): return isAggregated ? aggregated(groups) : groupList
        case ("api", 2): return resourceList(GroupVersion(group: "", version: path[1]))
        case ("apis", 2) where groups.contains(path[1]): return group(path[1], isAlone: true)
        case ("apis", 3) where !path[1].isEmpty: return resourceList(GroupVersion(group: path[1], version: path[2]))
        default: return nil
        }
    }

    /// Named groups in the order of the table.
    private var groups: [String] {
        var seen: Set<String> = [""]
        return served.map(\.groupVersionKind.group).filter { seen.insert($0).inserted }
    }

    private var served: [KindSchema] { table.kinds.filter { !$0.plural.isEmpty } }

    /// Versions of a group, the preferred one first.
    private func versions(_ group: String) -> [GroupVersion] {
        var seen: Set<GroupVersion> = []
        return served.map(\.groupVersion).filter { $0.group == group && seen.insert($0).inserted }
    }

    // MARK: Aggregated

    private func aggregated(_ groups: [String]) -> JSONValue {
        let items = groups.map { group -> JSONValue in
            let versions = versions(group).map { version -> JSONValue in
                let kinds = served.filter { $0.groupVersion == version }.sorted { $0.plural < $1.plural }
                return ["version": .string(version.version), "resources": .array(kinds.map(resource)), "freshness": "Current"]
            }
            return ["metadata": ["name": .string(group), "creationTimestamp": .null], "versions": .array(versions)]
        }
        return ["kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:], "items": .array(items)]
    }

    private func resource(_ kind: KindSchema) -> JSONValue {
        var members = JSONObject([
            ("resource", .string(kind.plural)), ("responseKind", Self.responseKind(kind.groupVersionKind)),
            ("scope", kind.isNamespaced ? "Namespaced" : "Cluster"), ("singularResource", .string(kind.singular)), ("verbs", Self.texts(kind.verbs)),
        ])
        if !kind.shortNames.isEmpty { members["shortNames"] = Self.texts(kind.shortNames) }
        if !kind.categories.isEmpty { members["categories"] = Self.texts(kind.categories) }
        let subresources = Subresource.served(kind).map { subresource -> JSONValue in
            [
                "subresource": .string(subresource.name), "responseKind": Self.responseKind(subresource.kind),
                "verbs": Self.texts(subresource.verbs),
            ]
        }
        if !subresources.isEmpty { members["subresources"] = .array(subresources) }
        return .object(members)
    }

    private static func responseKind(_ kind: GroupVersionKind) -> JSONValue {
        ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
    }

    private static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

    // MARK: One by one

    private var coreVersions: JSONValue {
        ["kind": "APIVersions", "versions": Self.texts(versions("").map(\.version)), "serverAddressByClientCIDRs": []]
    }

    private var groupList: JSONValue {
        ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups.map { group($0, isAlone: false) })]
    }

    private func group(_ name: String, isAlone: Bool) -> JSONValue {
        let versions = versions(name).map { version -> JSONValue in
            ["groupVersion": .string(version.apiVersion), "version": .string(version.version)]
        }
        var members = isAlone ? JSONObject([("kind", "APIGroup"), ("apiVersion", "v1")]) : JSONObject()
        members["name"] = .string(name)
        members["versions"] = .array(versions)
        members["preferredVersion"] = versions[0]
        return .object(members)
    }

    private func resourceList(_ groupVersion: GroupVersion) -> JSONValue? {
        let kinds = served.filter { $0.groupVersion == groupVersion }.sorted { $0.plural < $1.plural }
        if kinds.isEmpty { return nil }
        var resources: [JSONValue] = []
        for kind in kinds {
            var members = JSONObject([
                ("name", .string(kind.plural)), ("singularName", .string(kind.singular)), ("namespaced", .bool(kind.isNamespaced)),
                ("kind", .string(kind.groupVersionKind.kind)), ("verbs", Self.texts(kind.verbs)),
            ])
            if !kind.shortNames.isEmpty { members["shortNames"] = Self.texts(kind.shortNames) }
            if !kind.categories.isEmpty { members["categories"] = Self.texts(kind.categories) }
            resources.append(.object(members))
            for subresource in Subresource.served(kind) {
                var members = JSONObject([
                    ("name", .string("\(kind.plural)/\(subresource.name)")), ("singularName", ""), ("namespaced", .bool(kind.isNamespaced)),
                ])
                if subresource.kind.groupVersion != groupVersion {
                    members["group"] = .string(subresource.kind.group)
                    members["version"] = .string(subresource.kind.version)
                }
                members["kind"] = .string(subresource.kind.kind)
                members["verbs"] = Self.texts(subresource.verbs)
                resources.append(.object(members))
            }
        }
        return [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(groupVersion.apiVersion), "resources": .array(resources),
        ]
    }
}

/// A part of an object with a path of its own.
struct Subresource {
    let name: String
    let kind: GroupVersionKind
    let verbs: [String]

    private static let writes = ["get", "patch", "update"]

    /// Those of a kind that this server answers.
    static func served(_ kind: KindSchema) -> [Subresource] {
        kind.subresources.sorted().compactMap { name in
            let own = kind.groupVersionKind
            switch name {
            case "status": return Subresource(name: name, kind: own, verbs: writes)
            case "scale":
                return Subresource(name: name, kind: GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale"), verbs: writes)
            case "binding":
                return Subresource(name: name, kind: GroupVersionKind(group: "", version: "v1", kind: "Binding"), verbs: ["create"])
            case "eviction":
                return Subresource(name: name, kind: GroupVersionKind(group: "policy", version: "v1", kind: "Eviction"), verbs: ["create"])
            case "log": return Subresource(name: name, kind: own, verbs: ["get"])
            case "token":
                let kind = GroupVersionKind(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest")
                return Subresource(name: name, kind: kind, verbs: ["create"])
            case "attach":
                return Subresource(name: name, kind: GroupVersionKind(group: "", version: "v1", kind: "PodAttachOptions"), verbs: ["create", "get"])
            case "exec":
                return Subresource(name: name, kind: GroupVersionKind(group: "", version: "v1", kind: "PodExecOptions"), verbs: ["create", "get"])
            case "finalize": return Subresource(name: name, kind: own, verbs: ["update"])
            case "resize", "ephemeralcontainers": return Subresource(name: name, kind: own, verbs: ["patch", "update"])
            default: return nil
            }
        }
    }
}
