/// Filter and score: the node has what the pod requests; the more is left over, the better (least allocated).
///
/// - Invariant: a resource that the pod does not request is not looked at, even on an overcommitted node.
package struct NodeResourcesFit: FilterPlugin, ScorePlugin {
    package static let name = "NodeResourcesFit"

    package init() {}

    package func filter(_ pod: PodRequirements, _ nodes: inout NodeBlock, _ state: ClusterState) {
        let wanted = pod.request
        let wantsOthers = wanted.ephemeralStorage > 0 || !wanted.extended.isEmpty
        nodes.keep { slot, tally in
            let node = state.nodes[slot]
            var fits = true
            if node.podCount + 1 > node.allocatablePods {
                tally.add(.tooManyPods)
                fits = false
            }
            if wanted.milliCPU > 0, wanted.milliCPU > node.allocatable.milliCPU - node.requested.milliCPU {
                tally.add(.insufficientCPU)
                fits = false
            }
            if wanted.memory > 0, wanted.memory > node.allocatable.memory - node.requested.memory {
                tally.add(.insufficientMemory)
                fits = false
            }
            if wantsOthers, !othersFit(wanted, node, &tally) { fits = false }
            return fits
        }
    }

    private func othersFit(_ wanted: ResourceAmounts, _ node: NodeState, _ tally: inout RejectionTally) -> Bool {
        var fits = true
        if wanted.ephemeralStorage > 0,
            wanted.ephemeralStorage > node.allocatable.ephemeralStorage - node.requested.ephemeralStorage
        {
            tally.add(.insufficientEphemeralStorage)
            fits = false
        }
        for item in wanted.extended where item.amount > 0 {
            if item.amount > node.allocatable[extended: item.name] - node.requested[extended: item.name] {
                tally.add(.insufficient(resource: item.name))
                fits = false
            }
        }
        return fits
    }

    package func score(
        _ pod: PodRequirements, _ nodes: [Int], _ state: ClusterState, _ cycle: SchedulingCycle, into scores: inout [Int64]
    ) {
        for (index, slot) in nodes.enumerated() {
            let node = state.nodes[slot]
            scores[index] = Self.leastAllocated(
                cpu: (node.scoringMilliCPU + pod.scoringMilliCPU, node.allocatable.milliCPU),
                memory: (node.scoringMemory + pod.scoringMemory, node.allocatable.memory), scale: maximumScore)
        }
    }

    /// The mean over CPU and memory of the free share, each rounded down; a resource that the node has none of counts as full.
    static func leastAllocated(cpu: (used: Int64, of: Int64), memory: (used: Int64, of: Int64), scale: Int64) -> Int64 {
        (freeShare(cpu, scale: scale) + freeShare(memory, scale: scale)) / 2
    }

    private static func freeShare(_ resource: (used: Int64, of: Int64), scale: Int64) -> Int64 {
        guard resource.of > 0, resource.used <= resource.of else { return 0 }
        // In full width: memory in bytes times the scale passes 63 bits from 80 PiB on.
        return Int64(resource.of.dividingFullWidth((resource.of - resource.used).multipliedFullWidth(by: scale)).quotient)
    }
}
