/// Filter and score: taints that the pod does not tolerate forbid a node, or count against it when they only prefer.
package struct TaintToleration: FilterPlugin, ScorePlugin {
    package static let name = "TaintToleration"

    package init() {}

    package func filter(_ pod: PodRequirements, _ nodes: inout NodeBlock, _ state: ClusterState) {
        nodes.reject { slot in
            for taint in state.nodes[slot].taints where taint.effect != .preferNoSchedule && pod.isRepelled(by: taint) {
                return .untoleratedTaint(key: taint.key, value: taint.value)
            }
            return nil
        }
    }

    package func score(
        _ pod: PodRequirements, _ nodes: [Int], _ state: ClusterState, _ cycle: SchedulingCycle, into scores: inout [Int64]
    ) {
        for (index, slot) in nodes.enumerated() {
            var count: Int64 = 0
            for taint in state.nodes[slot].taints where taint.effect == .preferNoSchedule && pod.isRepelled(by: taint) { count += 1 }
            scores[index] = count
        }
    }

    /// The fewer of these taints, the better.
    package func normalise(_ scores: inout [Int64], _ nodes: [Int], _ state: ClusterState) {
        let highest = scores.max() ?? 0
        for index in nodes.indices {
            scores[index] = highest == 0 ? maximumScore : maximumScore - scores[index] * maximumScore / highest
        }
    }
}
