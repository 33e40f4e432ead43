package import Bytes
package import ClusterAPI

/// The requests that actors make, from typed objects.
extension APIRequest {
    package static func create<Object: ClusterObject>(_ object: Object) -> APIRequest {
        APIRequest(
            .create, Object.resource, version: Object.groupVersionKind.version,
            namespace: Object.isNamespaced ? object.metadata.namespace : nil, body: object.jsonBytes)
    }

    /// Replaces an object; refused when it has changed since `object` was read.
    package static func update<Object: ClusterObject>(_ object: Object, subresource: String = "") -> APIRequest {
        APIRequest(
            .update, Object.resource, version: Object.groupVersionKind.version,
            namespace: Object.isNamespaced ? object.metadata.namespace : nil, name: object.metadata.name, subresource: subresource,
            body: object.jsonBytes)
    }

    package static func updateStatus<Object: ClusterObject>(_ object: Object) -> APIRequest { update(object, subresource: "status") }

    package static func patch<Object: ClusterObject>(
        _ type: Object.Type, _ key: NamespacedName, _ patchType: PatchType, _ patch: JSONValue, subresource: String = ""
    ) -> APIRequest {
        APIRequest(
            .patch(patchType), Object.resource, version: Object.groupVersionKind.version,
            namespace: Object.isNamespaced ? key.namespace : nil, name: key.name, subresource: subresource, body: patch.bytes)
    }

    /// Deletes the very object that was seen: one of the same name that took its place is left alone.
    package static func delete<Object: ClusterObject>(
        _ object: Object, gracePeriodSeconds: Int64? = nil, propagation: RequestOptions.PropagationPolicy? = nil
    ) -> APIRequest {
        APIRequest(
            .delete, Object.resource, version: Object.groupVersionKind.version,
            namespace: Object.isNamespaced ? object.metadata.namespace : nil, name: object.metadata.name,
            options: RequestOptions {
                $0.gracePeriodSeconds = gracePeriodSeconds
                $0.propagationPolicy = propagation
                $0.preconditionUID = object.metadata.uid
            })
    }

    /// Binds a pod to a node.
    package static func bind(_ pod: NamespacedName, uid: String, to node: String) -> APIRequest {
        let binding = Binding {
            $0.metadata.name = pod.name
            $0.metadata.namespace = pod.namespace
            $0.metadata.uid = uid
            $0.target.kind = "Node"
            $0.target.name = node
        }
        return APIRequest(
            .create, Pod.resource, version: "v1", namespace: pod.namespace, name: pod.name, subresource: "binding",
            body: binding.jsonBytes)
    }
}
