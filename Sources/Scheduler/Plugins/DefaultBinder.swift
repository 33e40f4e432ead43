package import ClusterAPI
import Reconciliation

/// Bind: posts a Binding, which the API accepts only while the pod has no node.
package struct DefaultBinder: BindPlugin {
    package static let name = "DefaultBinder"

    package init() {}

    package func bind(_ pod: PodRequirements, to node: String) -> APIRequest? { .bind(pod.key, uid: pod.uid, to: node) }
}
