/// Filter: the ports of the host that the pod claims are free (the predicate HostPorts).
package struct NodePorts: FilterPlugin {
    package static let name = "NodePorts"

    package init() {}

    package func prefilter(_ pod: PodRequirements, _ state: ClusterState) -> PreFilterVerdict {
        pod.hostPorts.isEmpty ? .skip : .proceed
    }

    package func filter(_ pod: PodRequirements, _ nodes: inout NodeBlock, _ state: ClusterState) {
        nodes.reject { slot in
            for port in pod.hostPorts {
                for taken in state.nodes[slot].ports where port.conflicts(with: taken) { return .hostPorts }
            }
            return nil
        }
    }
}
