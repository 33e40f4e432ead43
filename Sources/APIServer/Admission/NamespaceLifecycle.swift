import Bytes
import ClusterAPI

/// Objects are created only in namespaces that are there and not being deleted; the standing namespaces stay.
///
/// - Source: Kubernetes `plugin/pkg/admission/namespace/lifecycle`.
struct NamespaceLifecycle: AdmissionPlugin {
    private static let resource = Resource(plural: "namespaces")
    private static let immortal: Set<String> = ["default", "kube-system", "kube-public", "kube-node-lease"]

    func mutate(_ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {
        guard attributes.operation == .create, let name = attributes.namespace else { return }
        guard let record = context.record(Self.resource, nil, name) else { throw .notFound(Self.resource, name) }
        if context.digests.digest(record, Self.resource).isBeingDeleted {
            var refusal = StatusError.forbidden(
                attributes.resource, attributes.object.objectName,
                "unable to create new content in namespace \(name) because it is being terminated")
            refusal.details?.causes = [
                StatusError.Cause(reason: "NamespaceTerminating", message: "namespace \(name) is being terminated", field: "metadata.namespace")
            ]
            throw refusal
        }
        // Nobody can mark it between this decision and its commit.
        writes.rely(on: record)
    }

    static func checkDeletion(_ name: String) throws(StatusError) {
        if immortal.contains(name) { throw .forbidden(resource, name, "this namespace may not be deleted") }
    }
}
