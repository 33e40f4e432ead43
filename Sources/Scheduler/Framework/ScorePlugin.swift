/// Says how good each node that can run a pod is for it.
package protocol ScorePlugin: Sendable {
    /// The name in profiles.
    static var name: String { get }

    /// Prepares what the scores of this pod need; false leaves the plug-in out, since all nodes would be equal to it.
    func prescore(_ pod: PodRequirements, _ state: inout ClusterState, _ cycle: inout SchedulingCycle) -> Bool

    /// Fills `scores[i]` for `nodes[i]`, which are all the nodes in question.
    func score(_ pod: PodRequirements, _ nodes: [Int], _ state: ClusterState, _ cycle: SchedulingCycle, into scores: inout [Int64])

    /// Brings the scores to the common scale, 0...100 or the classic 0...10, where `score` could not: by comparing nodes with each other.
    func normalise(_ scores: inout [Int64], _ nodes: [Int], _ state: ClusterState)
}

extension ScorePlugin {
    package func prescore(_ pod: PodRequirements, _ state: inout ClusterState, _ cycle: inout SchedulingCycle) -> Bool { true }
    package func normalise(_ scores: inout [Int64], _ nodes: [Int], _ state: ClusterState) {}
}

/// What plug-ins learn about one pod before they score its nodes.
package struct SchedulingCycle: Sendable {
    /// The classes of pods that this one should be spread apart from.
    package var siblings: [Int] = []
    /// The class of the pod itself, if any pod of it is known.
    package var ownClass: Int?

    package init() {}
}

/// The highest score of a plug-in of today's profile.
package let maximumScore: Int64 = 100
/// The highest score of a classic priority.
package let maximumClassicScore: Int64 = 10
