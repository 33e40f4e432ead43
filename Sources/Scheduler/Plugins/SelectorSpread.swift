import ClusterAPI

/// Score: spreads the pods of one ReplicationController or Service over nodes, and over zones where there are any.
///
/// - Source: the priority SelectorSpread of Kubernetes 1.1, which counts the pods of the same namespace that any selector of the pod's
///   services and controllers matches; a node in a zone gets a third of its own score and two thirds of its zone's.
package struct SelectorSpread: ScorePlugin {
    package static let name = "SelectorSpread"

    private let scale: Int64
    private let selectors: PodClasses.SelectorSet

    package init(scale: Int64 = maximumScore, selectors: PodClasses.SelectorSet = .servicesAndControllers) {
        self.scale = scale
        self.selectors = selectors
    }

    package func prescore(_ pod: PodRequirements, _ state: inout ClusterState, _ cycle: inout SchedulingCycle) -> Bool {
        cycle.siblings = state.classes.siblings(pod.key.namespace, pod.labels, by: selectors)
        return !cycle.siblings.isEmpty
    }

    package func score(
        _ pod: PodRequirements, _ nodes: [Int], _ state: ClusterState, _ cycle: SchedulingCycle, into scores: inout [Int64]
    ) {
        for (index, slot) in nodes.enumerated() {
            var count = 0
            for sibling in cycle.siblings { count += state.classes.count(of: sibling, on: slot) }
            scores[index] = Int64(count)
        }
    }

    /// The fewer siblings, beside the node and zone that have the most, the better.
    package func normalise(_ scores: inout [Int64], _ nodes: [Int], _ state: ClusterState) {
        var highest = 0
        var perZone = Array(repeating: 0, count: state.zoneCount)
        for (index, slot) in nodes.enumerated() {
            let count = Int(scores[index])
            highest = max(highest, count)
            let zone = state.nodes[slot].zone
            if zone >= 0 { perZone[zone] += count }
        }
        let highestZone = perZone.max() ?? 0
        for (index, slot) in nodes.enumerated() {
            let zone = state.nodes[slot].zone
            scores[index] = Self.score(
                count: Int(scores[index]), highest: highest, zone: zone < 0 ? nil : (perZone[zone], highestZone), scale: scale)
        }
    }

    static func score(count: Int, highest: Int, zone: (count: Int, highest: Int)?, scale: Int64) -> Int64 {
        let top = Double(scale)
        var score = highest == 0 ? top : top * Double(highest - count) / Double(highest)
        if let zone {
            let zoneScore = zone.highest == 0 ? top : top * Double(zone.highest - zone.count) / Double(zone.highest)
            score = score / 3 + zoneScore * 2 / 3
        }
        return Int64(score)
    }
}
