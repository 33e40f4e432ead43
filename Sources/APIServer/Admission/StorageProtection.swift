import Bytes
import ClusterAPI

/// Claims and volumes are marked when they are made, so that none goes while it is used; a controller takes the mark away.
///
/// - Source: Kubernetes `plugin/pkg/admission/storage/storageobjectinuseprotection`.
struct StorageProtection: AdmissionPlugin {
    private static let marks = [
        Resource(plural: "persistentvolumeclaims"): "kubernetes.io/pvc-protection", Resource(plural: "persistentvolumes"): "kubernetes.io/pv-protection",
    ]

    func mutate(_ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {
        guard attributes.operation == .create, attributes.subresource.isEmpty, let mark = Self.marks[attributes.resource] else { return }
        let finalizers = attributes.object.finalizers
        if !finalizers.contains(mark) { attributes.object.setFinalizers(finalizers + [mark]) }
    }
}
