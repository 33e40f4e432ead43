/// Score: prefers nodes on which CPU and memory would be used to the same degree, so that neither is left over without the other.
package struct NodeResourcesBalancedAllocation: ScorePlugin {
    package static let name = "NodeResourcesBalancedAllocation"

    package init() {}

    package func prescore(_ pod: PodRequirements, _ state: inout ClusterState, _ cycle: inout SchedulingCycle) -> Bool {
        // A pod that requests nothing changes no balance: then the score would only tell what is there already.
        pod.request.milliCPU > 0 || pod.request.memory > 0
    }

    package func score(
        _ pod: PodRequirements, _ nodes: [Int], _ state: ClusterState, _ cycle: SchedulingCycle, into scores: inout [Int64]
    ) {
        for (index, slot) in nodes.enumerated() {
            let node = state.nodes[slot]
            let cpu = Self.fraction(node.requested.milliCPU + pod.request.milliCPU, of: node.allocatable.milliCPU)
            let memory = Self.fraction(node.requested.memory + pod.request.memory, of: node.allocatable.memory)
            // The standard deviation of two values is half their distance.
            scores[index] = Int64((1 - abs(cpu - memory) / 2) * Double(maximumScore))
        }
    }

    private static func fraction(_ used: Int64, of whole: Int64) -> Double {
        whole == 0 ? 1 : min(1, Double(used) / Double(whole))
    }
}
