/// Filter: no disk is mounted by two pods of a node that may not share it (the predicate NoDiskConflict).
package struct VolumeRestrictions: FilterPlugin {
    package static let name = "VolumeRestrictions"

    package init() {}

    package func prefilter(_ pod: PodRequirements, _ state: ClusterState) -> PreFilterVerdict {
        pod.exclusiveVolumes.isEmpty ? .skip : .proceed
    }

    package func filter(_ pod: PodRequirements, _ nodes: inout NodeBlock, _ state: ClusterState) {
        nodes.reject { slot in
            for volume in pod.exclusiveVolumes {
                for mounted in state.nodes[slot].volumes where volume.conflicts(with: mounted) { return .volumeConflict }
            }
            return nil
        }
    }
}
