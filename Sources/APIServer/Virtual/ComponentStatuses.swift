import Bytes
import ClusterAPI

/// The health of the control plane's parts as old tools ask for it. All parts live in the process that answers, so they are well when it does.
enum ComponentStatuses {
    static let resource = Resource(plural: "componentstatuses")
    private static let names = ["controller-manager", "etcd-0", "scheduler"]

    static func answer(_ scope: RequestScope) throws(StatusError) -> APIResponse {
        let kind = scope.kind
        let gvk = kind.groupVersionKind
        let warnings = ["v1 ComponentStatus is deprecated in v1.19+"]
        if scope.request.verb == .get {
            let name = try scope.name()
            guard names.contains(name) else { throw .notFound(resource, name) }
            let head = JSONObject([("kind", .string(gvk.kind)), ("apiVersion", .string(gvk.apiVersion))] + members(name))
            return APIResponse(body: JSONValue.object(head).bytes, warnings: warnings)
        }
        let list: JSONValue = [
            "kind": .string(kind.listKind), "apiVersion": .string(gvk.apiVersion), "metadata": [:],
            "items": .array(names.map { .object(JSONObject(members($0))) }),
        ]
        return APIResponse(body: list.bytes, warnings: warnings)
    }

    private static func members(_ name: String) -> [(String, JSONValue)] {
        [("metadata", ["name": .string(name)]), ("conditions", [["type": "Healthy", "status": "True", "message": "ok"]])]
    }
}
