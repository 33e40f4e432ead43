package import Bytes

/// The verbs over typed structures.
extension ClusterClient {
    package func get<Object: ClusterObject>(_ type: Object.Type = Object.self, namespace: String? = nil, name: String) async throws(StatusError) -> Object {
        try await perform(Self.request(.get, type, namespace: namespace, name: name)).object(as: type)
    }

    /// Lists one page, or everything when the options set no limit.
    package func list<Object: ClusterObject>(
        _ type: Object.Type = Object.self, namespace: String? = nil, options: RequestOptions = RequestOptions()
    ) async throws(StatusError) -> ObjectList<Object> {
        try await perform(Self.request(.list, type, namespace: namespace, options: options)).list(of: type)
    }

    package func create<Object: ClusterObject>(_ object: Object, options: RequestOptions = RequestOptions()) async throws(StatusError) -> Object {
        try await perform(
            Self.request(.create, Object.self, namespace: object.metadata.namespace, body: object.jsonBytes, options: options)
        ).object()
    }

    /// Replaces the object; fails with `conflict` when its resource version is not the newest.
    package func update<Object: ClusterObject>(
        _ object: Object, subresource: String = "", options: RequestOptions = RequestOptions()
    ) async throws(StatusError) -> Object {
        try await perform(
            Self.request(
                .update, Object.self, namespace: object.metadata.namespace, name: object.metadata.name, subresource: subresource,
                body: object.jsonBytes, options: options)
        ).object()
    }

    package func updateStatus<Object: ClusterObject>(_ object: Object) async throws(StatusError) -> Object {
        try await update(object, subresource: "status")
    }

    package func patch<Object: ClusterObject>(
        _ type: Object.Type = Object.self, namespace: String? = nil, name: String, _ patchType: APIRequest.PatchType = .merge,
        _ patch: JSONValue, subresource: String = "", options: RequestOptions = RequestOptions()
    ) async throws(StatusError) -> Object {
        try await perform(
            Self.request(
                .patch(patchType), type, namespace: namespace, name: name, subresource: subresource, body: patch.bytes, options: options)
        ).object(as: type)
    }

    package func delete<Object: ClusterObject>(
        _ type: Object.Type, namespace: String? = nil, name: String, options: RequestOptions = RequestOptions()
    ) async throws(StatusError) {
        _ = try await perform(Self.request(.delete, type, namespace: namespace, name: name, options: options))
    }

    /// Binds a pod to a node.
    package func bind(namespace: String, pod: String, uid: String = "", node: String) async throws(StatusError) {
        var binding = Binding()
        binding.metadata.name = pod
        binding.metadata.namespace = namespace
        binding.metadata.uid = uid
        binding.target = ObjectReference {
            $0.kind = "Node"
            $0.name = node
        }
        _ = try await perform(
            Self.request(.create, Pod.self, namespace: namespace, name: pod, subresource: "binding", body: binding.jsonBytes))
    }

    package func scale(_ resource: Resource, namespace: String, name: String) async throws(StatusError) -> Scale {
        try await perform(APIRequest(.get, resource, namespace: namespace, name: name, subresource: "scale")).object()
    }

    /// Writes the one number an autoscaler writes.
    package func setScale(_ resource: Resource, namespace: String, name: String, replicas: Int) async throws(StatusError) -> Scale {
        let patch: JSONValue = ["spec": ["replicas": .number(replicas)]]
        return try await perform(
            APIRequest(.patch(.merge), resource, namespace: namespace, name: name, subresource: "scale", body: patch.bytes)
        ).object()
    }

    package static func request<Object: ClusterObject>(
        _ verb: APIRequest.Verb, _ type: Object.Type, namespace: String? = nil, name: String? = nil, subresource: String = "",
        body: [UInt8] = [], options: RequestOptions = RequestOptions()
    ) -> APIRequest {
        APIRequest(
            verb, type.resource, version: type.groupVersionKind.version, namespace: type.isNamespaced ? namespace : nil, name: name,
            subresource: subresource, body: body, options: options)
    }
}
