import Bytes
import ClusterAPI
import Reconciliation

/// What an autoscaler resizes: a ReplicationController, or both of a rolling update as one.
///
/// During an update the two have one wanted number, which stands in the update itself; their pods are looked at together. So the pods
/// that are there twice for a while, and the controller that begins with one pod, lead to no wrong size.
struct ScaleTarget: Sendable {
    /// The controller as it would look if it were one; its name is that of the one that stays.
    let controller: ReplicationController
    let selectors: [[String: String]]
    private let isUpdating: Bool

    init(_ named: ReplicationController, find: (String) -> ReplicationController?) {
        guard let pair = RollingUpdatePair(of: named, find: find) else {
            controller = named
            selectors = [named.spec.selector]
            isUpdating = false
            return
        }
        var both = pair.target
        both.spec.replicas = pair.update.replicas
        both.status.replicas += pair.source?.status.replicas ?? 0
        controller = both
        selectors = [pair.target.spec.selector] + (pair.source.map { [$0.spec.selector] } ?? [])
        isUpdating = true
    }

    var name: NamespacedName { controller.namespacedName }

    func selects(_ pod: Pod) -> Bool {
        selectors.contains { selector in !selector.isEmpty && selector.allSatisfy { pod.metadata.labels[$0.key] == $0.value } }
    }

    /// Writes the wanted number: to the scale, or to the update that brings both controllers to it.
    ///
    /// Whoever changed the target since it was seen here would be overwritten unseen: such a request is refused, and the next round decides on
    /// what the target has become.
    func scaleRequest(to replicas: Int) -> APIRequest {
        let version = JSONValue.string(controller.metadata.resourceVersion)
        if isUpdating {
            let annotations: JSONValue = [RollingUpdate.replicasAnnotation: .string("\(replicas)")]
            return .patch(ReplicationController.self, name, .merge, ["metadata": ["resourceVersion": version, "annotations": annotations]])
        }
        return .patch(
            ReplicationController.self, name, .merge, ["metadata": ["resourceVersion": version], "spec": ["replicas": .number(replicas)]],
            subresource: "scale")
    }
}
