import ClusterAPI

/// Filter: every claim of the pod is bound, to a volume that the node can reach.
package struct VolumeBinding: FilterPlugin {
    package static let name = "VolumeBinding"

    package init() {}

    package func prefilter(_ pod: PodRequirements, _ state: ClusterState) -> PreFilterVerdict {
        if pod.claims.isEmpty { return .skip }
        for claim in pod.claims {
            switch state.volumes.status(of: claim, in: pod.key.namespace) {
            case .missing: return .refuse("persistentvolumeclaim \"\(claim)\" not found")
            case .going: return .refuse("persistentvolumeclaim \"\(claim)\" is being deleted")
            case .unbound: return .refuse("pod has unbound immediate PersistentVolumeClaims")
            case .bound: continue
            }
        }
        return .proceed
    }

    package func filter(_ pod: PodRequirements, _ nodes: inout NodeBlock, _ state: ClusterState) {
        for claim in pod.claims {
            guard case .bound(let terms?) = state.volumes.status(of: claim, in: pod.key.namespace) else { continue }
            nodes.reject { slot in terms.contains { $0.matches(state.nodes[slot]) } ? nil : .volumeNodeAffinity }
        }
    }
}
