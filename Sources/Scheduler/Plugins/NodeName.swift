/// Filter: a pod that names its node goes there or nowhere (the predicate HostName).
package struct NodeName: FilterPlugin {
    package static let name = "NodeName"

    package init() {}

    package func prefilter(_ pod: PodRequirements, _ state: ClusterState) -> PreFilterVerdict {
        pod.wantedNode.isEmpty ? .skip : .proceed
    }

    package func filter(_ pod: PodRequirements, _ nodes: inout NodeBlock, _ state: ClusterState) {
        nodes.reject { state.nodes[$0].name == pod.wantedNode ? nil : .nodeName }
    }
}
