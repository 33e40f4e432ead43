import Bytes
import ClusterAPI
import ObjectStore

/// A claim that names no class gets the one that is marked as the default; of several the newest. One that names the empty class wants none.
///
/// - Source: Kubernetes `plugin/pkg/admission/storage/storageclass/setdefault`.
struct DefaultStorageClass: AdmissionPlugin {
    private static let mark = "storageclass.kubernetes.io/is-default-class"

    func mutate(_ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {
        guard attributes.operation == .create, attributes.subresource.isEmpty, attributes.resource == PersistentVolumeClaim.resource,
            attributes.object["spec"]?["storageClassName"] == nil
        else { return }
        let classes = context.index.records(prefix: StorageKey.prefix(StorageClass.resource, nil)).compactMap { try? StorageClass(json: $0.value) }
        let standard = classes.filter { $0.metadata.annotations[Self.mark] == "true" }.max { left, right in
            let (made, other) = (left.metadata.creationTimestamp ?? .epoch, right.metadata.creationTimestamp ?? .epoch)
            return made == other ? left.metadata.name > right.metadata.name : made < other
        }
        if let standard { attributes.object.set(.string(standard.metadata.name), at: ["spec", "storageClassName"]) }
    }
}
