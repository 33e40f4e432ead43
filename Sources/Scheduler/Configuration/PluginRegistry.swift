/// The plug-ins by the names that profiles use. A new plug-in is a file in `Plugins/` and a line here.
package enum PluginRegistry {
    package static let filters: [String: any FilterPlugin] = [
        NodeUnschedulable.name: NodeUnschedulable(),
        NodeName.name: NodeName(),
        TaintToleration.name: TaintToleration(),
        NodeAffinityMatch.name: NodeAffinityMatch(),
        NodePorts.name: NodePorts(),
        NodeResourcesFit.name: NodeResourcesFit(),
        VolumeRestrictions.name: VolumeRestrictions(),
        VolumeBinding.name: VolumeBinding(),
    ]

    package static let scores: [String: any ScorePlugin] = [
        TaintToleration.name: TaintToleration(),
        NodeAffinityMatch.name: NodeAffinityMatch(),
        NodeResourcesFit.name: NodeResourcesFit(),
        NodeResourcesBalancedAllocation.name: NodeResourcesBalancedAllocation(),
        SelectorSpread.name: SelectorSpread(),
        KindInterleaving.name: KindInterleaving(),
        LeastRequestedPriority.name: LeastRequestedPriority(),
        BalancedResourceAllocationPriority.name: BalancedResourceAllocationPriority(),
        SelectorSpreadPriority.name: SelectorSpreadPriority(),
        ServiceSpreadingPriority.name: ServiceSpreadingPriority(),
        EqualPriority.name: EqualPriority(),
    ]

    /// Makes a profile from names, as a configuration file has them.
    package static func profile(
        schedulerName: String, order: SchedulingProfile.QueueOrder = .priority, filters filterNames: [String],
        scores weights: [(name: String, weight: Int64)], percentageOfNodesToScore: Int? = nil
    ) throws(UnknownPlugin) -> SchedulingProfile {
        var chosenFilters: [any FilterPlugin] = []
        for name in filterNames {
            guard let plugin = filters[name] else { throw UnknownPlugin(name: name, known: filters.keys.sorted()) }
            chosenFilters.append(plugin)
        }
        var chosenScores: [(plugin: any ScorePlugin, weight: Int64)] = []
        for (name, weight) in weights {
            guard let plugin = scores[name] else { throw UnknownPlugin(name: name, known: scores.keys.sorted()) }
            chosenScores.append((plugin, weight))
        }
        return SchedulingProfile(
            schedulerName: schedulerName, order: order, filters: chosenFilters, scores: chosenScores,
            percentageOfNodesToScore: percentageOfNodesToScore)
    }
}

package struct UnknownPlugin: Error, Equatable, CustomStringConvertible {
    package var name: String
    package var known: [String]

    package var description: String {
        "cannot make a scheduling profile with plug-in \"\(name)\": there are \(known.joined(separator: ", "))"
    }
}
