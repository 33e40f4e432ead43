import ClusterAPI

/// Filter and reserve: no disk is mounted by two pods of a node that may not share it (the predicate NoDiskConflict), and no claim of the
/// access mode ReadWriteOncePod is given to two pods at all.
package struct VolumeRestrictions: FilterPlugin, ReservePlugin {
    package static let name = "VolumeRestrictions"

    package init() {}

    package func prefilter(_ pod: PodRequirements, _ state: ClusterState) -> PreFilterVerdict {
        if let claim = taken(pod, state) { return .refuse(Self.reason(claim)) }
        return pod.exclusiveVolumes.isEmpty ? .skip : .proceed
    }

    package func filter(_ pod: PodRequirements, _ nodes: inout NodeBlock, _ state: ClusterState) {
        nodes.reject { slot in
            for volume in pod.exclusiveVolumes {
                for mounted in state.nodes[slot].volumes where volume.conflicts(with: mounted) { return .volumeConflict }
            }
            return nil
        }
    }

    package func reserve(_ pod: PodRequirements, on slot: Int, _ state: inout ClusterState) -> ReserveVerdict {
        let other = taken(pod, state)
        // A pod that runs already holds what it has, whoever else does.
        let isRunning = state.node(ofPod: pod.uid) != nil && !state.isAssumed(pod.uid)
        if let other, !isRunning { return .refused(Self.reason(other)) }
        for claim in pod.claims { state.volumes.hold(claim, in: pod.key.namespace, by: pod.uid) }
        return .reserved
    }

    package func unreserve(_ pod: PodRequirements, _ state: inout ClusterState) {
        for claim in pod.claims { state.volumes.release(claim, in: pod.key.namespace, by: pod.uid) }
    }

    private func taken(_ pod: PodRequirements, _ state: ClusterState) -> String? {
        pod.claims.first { state.volumes.isTaken($0, in: pod.key.namespace, by: pod.uid) }
    }

    private static func reason(_ claim: String) -> String {
        "persistentvolumeclaim \"\(claim)\" is ReadWriteOncePod and in use by another pod"
    }
}
