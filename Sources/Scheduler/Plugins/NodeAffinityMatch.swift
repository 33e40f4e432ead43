/// Filter and score: the node selector, the required node affinity, and the preferred one.
package struct NodeAffinityMatch: FilterPlugin, ScorePlugin {
    package static let name = "NodeAffinity"

    package init() {}

    package func prefilter(_ pod: PodRequirements, _ state: ClusterState) -> PreFilterVerdict {
        guard !pod.nodeSelector.isEmpty || pod.requiredTerms != nil else { return .skip }
        let names = Self.requiredNames(pod)
        return names.map(PreFilterVerdict.only) ?? .proceed
    }

    package func filter(_ pod: PodRequirements, _ nodes: inout NodeBlock, _ state: ClusterState) {
        nodes.reject { Self.matches(pod, state.nodes[$0]) ? nil : .nodeSelector }
    }

    package func prescore(_ pod: PodRequirements, _ state: inout ClusterState, _ cycle: inout SchedulingCycle) -> Bool {
        !pod.preferredTerms.isEmpty
    }

    package func score(
        _ pod: PodRequirements, _ nodes: [Int], _ state: ClusterState, _ cycle: SchedulingCycle, into scores: inout [Int64]
    ) {
        for (index, slot) in nodes.enumerated() {
            var sum: Int64 = 0
            for preferred in pod.preferredTerms where preferred.term.matches(state.nodes[slot]) { sum += Int64(preferred.weight) }
            scores[index] = sum
        }
    }

    package func normalise(_ scores: inout [Int64], _ nodes: [Int], _ state: ClusterState) {
        guard let highest = scores.max(), highest > 0 else { return }
        for index in nodes.indices { scores[index] = scores[index] * maximumScore / highest }
    }

    private static func matches(_ pod: PodRequirements, _ node: NodeState) -> Bool {
        for pair in pod.nodeSelector where node.labels[pair.key] != pair.value { return false }
        guard let terms = pod.requiredTerms else { return true }
        for term in terms where term.matches(node) { return true }
        return false
    }

    /// The names that the required terms come down to, when every one of them names its nodes: daemons are pinned like this.
    private static func requiredNames(_ pod: PodRequirements) -> [String]? {
        guard let terms = pod.requiredTerms, !terms.isEmpty else { return nil }
        var names: [String] = []
        for term in terms {
            guard let field = term.fields.first(where: { $0.key == "metadata.name" && $0.operation == .isIn }) else { return nil }
            names += field.values
        }
        return names
    }
}
