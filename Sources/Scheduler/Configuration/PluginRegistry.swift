/// The plug-ins by the names that profiles use. A new plug-in is a file in `Plugins/` and a line here.
package enum PluginRegistry {
    package static let queueSorts: [String: any QueueSortPlugin] = [PrioritySort.name: PrioritySort(), ArrivalSort.name: ArrivalSort()]

    package static let reserves: [String: any ReservePlugin] = [VolumeRestrictions.name: VolumeRestrictions()]

    package static let binders: [String: any BindPlugin] = [DefaultBinder.name: DefaultBinder()]

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
}
