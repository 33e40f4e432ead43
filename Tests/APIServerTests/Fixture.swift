import APIServer
import Bytes
import ClusterAPI
import ObjectStore

/// An API server over memory whose time is told.
final class Fixture {
    let engine = MemoryEngine()
    let server: APIServer
    var now = Timestamp(rfc3339: "2026-11-24T12:00:00Z")!

    init(configuration: APIServerConfiguration = APIServerConfiguration(), isBootstrapped: Bool = true) throws {
        server = APIServer(engine: engine, configuration: configuration, seed: 1)
        if isBootstrapped { try server.bootstrapNow(now: now) }
    }

    // MARK: Requests

    @discardableResult
    func send(_ request: APIRequest) throws(StatusError) -> JSONValue {
        let response = try server.handle(request, now: now)
        guard let value = try? JSONValue.parse(response.body) else { throw .internalError("the answer is no JSON") }
        return value
    }

    func refusal(_ request: APIRequest) -> StatusError? {
        do {
            try send(request)
            return nil
        } catch {
            return error
        }
    }

    @discardableResult
    func create(_ plural: String, _ object: JSONValue, group: String = "", namespace: String? = "default") throws(StatusError) -> JSONValue {
        try send(creation(plural, object, group: group, namespace: namespace))
    }

    func creation(_ plural: String, _ object: JSONValue, group: String = "", namespace: String? = "default") -> APIRequest {
        APIRequest(.create, Resource(group: group, plural: plural), namespace: namespace, body: object.bytes)
    }

    func get(_ plural: String, _ name: String, group: String = "", namespace: String? = "default") throws(StatusError) -> JSONValue {
        try send(APIRequest(.get, Resource(group: group, plural: plural), namespace: namespace, name: name))
    }

    @discardableResult
    func patch(
        _ plural: String, _ name: String, _ type: APIRequest.PatchType, _ patch: JSONValue, subresource: String = "",
        _ options: RequestOptions = RequestOptions()
    ) throws(StatusError) -> JSONValue {
        try send(
            APIRequest(
                .patch(type), Resource(plural: plural), namespace: "default", name: name, subresource: subresource, body: patch.bytes,
                options: options))
    }

    func names(_ plural: String, _ options: RequestOptions = RequestOptions(), namespace: String? = "default") throws(StatusError) -> [String] {
        let list = try send(APIRequest(.list, Resource(plural: plural), namespace: namespace, options: options))
        return list["items"]?.arrayValue?.map { $0["metadata"]?["name"]?.stringValue ?? "" } ?? []
    }
}

/// Manifests as short as they can be.
enum Manifest {
    static func pod(_ name: String, labels: JSONValue = [:], resources: JSONValue = [:], node: String? = nil) -> JSONValue {
        var spec: JSONValue = ["containers": [["name": "main", "image": "host", "resources": resources]]]
        if let node { spec["nodeName"] = .string(node) }
        return ["kind": "Pod", "apiVersion": "v1", "metadata": ["name": .string(name), "labels": labels], "spec": spec]
    }

    static func controller(_ name: String, replicas: Int = 1) -> JSONValue {
        let labels: JSONValue = ["app": .string(name)]
        return [
            "kind": "ReplicationController", "apiVersion": "v1", "metadata": ["name": .string(name)],
            "spec": [
                "replicas": .number(replicas),
                "template": ["metadata": ["labels": labels], "spec": ["containers": [["name": "main", "image": "host"]]]],
            ],
        ]
    }

    static func configMap(_ name: String, _ values: JSONValue = [:]) -> JSONValue {
        ["kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": .string(name)], "data": values]
    }

    static func service(_ name: String, type: String = "ClusterIP") -> JSONValue {
        [
            "kind": "Service", "apiVersion": "v1", "metadata": ["name": .string(name)],
            "spec": ["type": .string(type), "selector": ["app": .string(name)], "ports": [["port": 80]]],
        ]
    }
}
