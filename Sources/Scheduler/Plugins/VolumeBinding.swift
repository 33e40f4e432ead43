import Bytes
package import ClusterAPI
import Reconciliation

/// Filter and pre-bind: every claim of the pod is bound to a volume that the node can reach, or waits for the pod's node and finds one
/// there. Volumes for those that wait are given away by writing their `claimRef`; the volume controller does the rest.
///
/// - Source: Kubernetes `plugins/volumebinding`. Nothing here makes volumes, so there is no node to tell a provisioner.
package struct VolumeBinding: PreBindPlugin {
    package static let name = "VolumeBinding"

    package init() {}

    package func prefilter(_ pod: PodRequirements, _ state: ClusterState) -> PreFilterVerdict {
        if pod.claims.isEmpty { return .skip }
        for claim in pod.claims {
            switch state.volumes.status(of: claim, in: pod.key.namespace) {
            case .missing: return .refuse("persistentvolumeclaim \"\(claim)\" not found")
            case .going: return .refuse("persistentvolumeclaim \"\(claim)\" is being deleted")
            case .unbound: return .refuse("pod has unbound immediate PersistentVolumeClaims")
            case .underWay: return .refuse("persistentvolumeclaim \"\(claim)\" is being bound")
            case .waiting, .bound: continue
            }
        }
        return .proceed
    }

    package func filter(_ pod: PodRequirements, _ nodes: inout NodeBlock, _ state: ClusterState) {
        var waits = false
        for claim in pod.claims {
            switch state.volumes.status(of: claim, in: pod.key.namespace) {
            case .bound(let terms?): nodes.reject { slot in terms.contains { $0.matches(state.nodes[slot]) } ? nil : .volumeNodeAffinity }
            case .waiting: waits = true
            default: continue
            }
        }
        guard waits else { return }
        let keys = Self.keys(pod)
        nodes.reject { slot in state.volumes.offers.choose(for: keys, on: state.nodes[slot]) == nil ? .noVolumeToBind : nil }
    }

    package func prepare(_ pod: PodRequirements, on slot: Int, _ state: inout ClusterState) -> [APIRequest] {
        (state.volumes.offers.choose(for: Self.keys(pod), on: state.nodes[slot]) ?? []).map { claim, volume in
            state.volumes.offers.promise(volume.metadata.name, to: claim.namespacedName)
            var reference = claim.reference
            reference.resourceVersion = nil
            let patch: JSONValue = [
                "metadata": ["resourceVersion": .string(volume.metadata.resourceVersion)], "spec": ["claimRef": reference.jsonValue],
            ]
            return .patch(PersistentVolume.self, volume.namespacedName, .merge, patch)
        }
    }

    package func abandon(_ pod: PodRequirements, _ state: inout ClusterState) {
        for key in Self.keys(pod) { state.volumes.offers.withdraw(key) }
    }

    private static func keys(_ pod: PodRequirements) -> [NamespacedName] {
        pod.claims.map { NamespacedName(namespace: pod.key.namespace, name: $0) }
    }
}
