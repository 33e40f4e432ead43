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
