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

    package func normalise(_ scores: inout [Int64], _ nodes: [Int], _ state: ClusterState) { spread.normalise(&scores, nodes, state) }
}
