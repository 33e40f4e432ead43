/// Filter: leaves cordoned nodes out, unless the pod tolerates the taint that stands for it.
package struct NodeUnschedulable: FilterPlugin {
    package static let name = "NodeUnschedulable"
    private static let taint = NodeTaint(key: "node.kubernetes.io/unschedulable", effect: .noSchedule)

    package init() {}

    package func prefilter(_ pod: PodRequirements, _ state: ClusterState) -> PreFilterVerdict {
        pod.isRepelled(by: Self.taint) ? .proceed : .skip
    }

    package func filter(_ pod: PodRequirements, _ nodes: inout NodeBlock, _ state: ClusterState) {
        nodes.reject { state.nodes[$0].isUnschedulable ? .unschedulable : nil }
    }
}
