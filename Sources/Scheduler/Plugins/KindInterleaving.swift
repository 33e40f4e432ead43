import ClusterAPI

/// Score: interleaves pods of different kinds, so that one node's pods do not all have their load at the same time.
///
/// Pods are of one kind when they have the same namespace and labels, as those of one controller do. The score is the share of the other
/// kinds among the node's pods; an empty node has the full score. Unlike `SelectorSpread` it needs no selector and looks at shares, so
/// among nodes with equally many siblings the one with more other pods wins.
package struct KindInterleaving: ScorePlugin {
    package static let name = "KindInterleaving"

    package init() {}

    package func prescore(_ pod: PodRequirements, _ state: inout ClusterState, _ cycle: inout SchedulingCycle) -> Bool {
        cycle.ownClass = state.classes.existing(pod.key.namespace, pod.labels)
        // Pods without labels have nothing in common but that.
        return cycle.ownClass != nil && !pod.labels.isEmpty
    }

    package func score(
        _ pod: PodRequirements, _ nodes: [Int], _ state: ClusterState, _ cycle: SchedulingCycle, into scores: inout [Int64]
    ) {
        let kind = cycle.ownClass!
        for (index, slot) in nodes.enumerated() {
            let all = state.nodes[slot].podCount
            let same = Int64(state.classes.count(of: kind, on: slot))
            scores[index] = all == 0 ? maximumScore : (all - same) * maximumScore / all
        }
    }
}
