/// Score: the priority BalancedResourceAllocation of Kubernetes 1.0, in tenths.
package struct BalancedResourceAllocationPriority: ScorePlugin {
    package static let name = "BalancedResourceAllocation"

    package init() {}

    package func score(
        _ pod: PodRequirements, _ nodes: [Int], _ state: ClusterState, _ cycle: SchedulingCycle, into scores: inout [Int64]
    ) {
        for (index, slot) in nodes.enumerated() {
            let node = state.nodes[slot]
            let cpu = Self.fraction(node.scoringMilliCPU + pod.scoringMilliCPU, of: node.allocatable.milliCPU)
            let memory = Self.fraction(node.scoringMemory + pod.scoringMemory, of: node.allocatable.memory)
            let isFull = cpu >= 1 || memory >= 1
            scores[index] = isFull ? 0 : Int64(Double(maximumClassicScore) - abs(cpu - memory) * Double(maximumClassicScore))
        }
    }

    private static func fraction(_ used: Int64, of whole: Int64) -> Double { whole == 0 ? 1 : Double(used) / Double(whole) }
}
