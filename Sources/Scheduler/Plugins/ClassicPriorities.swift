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

/// Score: the priority SelectorSpreadPriority of Kubernetes 1.1, in tenths.
package struct SelectorSpreadPriority: ScorePlugin {
    package static let name = "SelectorSpreadPriority"
    private let spread = SelectorSpread(scale: maximumClassicScore)

    package init() {}

    package func prescore(_ pod: PodRequirements, _ state: inout ClusterState, _ cycle: inout SchedulingCycle) -> Bool {
        _ = spread.prescore(pod, &state, &cycle)
        return true
    }

    package func score(
        _ pod: PodRequirements, _ nodes: [Int], _ state: ClusterState, _ cycle: SchedulingCycle, into scores: inout [Int64]
    ) {
        spread.score(pod, nodes, state, cycle, into: &scores)
    }
}

/// Score: the priority ServiceSpreadingPriority of Kubernetes 1.0, which looks at services only.
package struct ServiceSpreadingPriority: ScorePlugin {
    package static let name = "ServiceSpreadingPriority"
    private let spread = SelectorSpread(scale: maximumClassicScore, selectors: .services)

    package init() {}

    package func prescore(_ pod: PodRequirements, _ state: inout ClusterState, _ cycle: inout SchedulingCycle) -> Bool {
        _ = spread.prescore(pod, &state, &cycle)
        return true
    }

    package func score(
        _ pod: PodRequirements, _ nodes: [Int], _ state: ClusterState, _ cycle: SchedulingCycle, into scores: inout [Int64]
    ) {
        spread.score(pod, nodes, state, cycle, into: &scores)
    }
}

/// Score: the same for every node; for profiles that want no preference.
package struct EqualPriority: ScorePlugin {
    package static let name = "EqualPriority"

    package init() {}

    package func score(
        _ pod: PodRequirements, _ nodes: [Int], _ state: ClusterState, _ cycle: SchedulingCycle, into scores: inout [Int64]
    ) {
        for index in nodes.indices { scores[index] = 1 }
    }
}
