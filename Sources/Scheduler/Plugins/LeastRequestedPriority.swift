/// Score: the priority LeastRequested of Kubernetes 1.0, in tenths.
package struct LeastRequestedPriority: ScorePlugin {
    package static let name = "LeastRequestedPriority"

    package init() {}

    package func score(
        _ pod: PodRequirements, _ nodes: [Int], _ state: ClusterState, _ cycle: SchedulingCycle, into scores: inout [Int64]
    ) {
        for (index, slot) in nodes.enumerated() {
            let node = state.nodes[slot]
            scores[index] = NodeResourcesFit.leastAllocated(
                cpu: (node.scoringMilliCPU + pod.scoringMilliCPU, node.allocatable.milliCPU),
                memory: (node.scoringMemory + pod.scoringMemory, node.allocatable.memory), scale: maximumClassicScore)
        }
    }
}
