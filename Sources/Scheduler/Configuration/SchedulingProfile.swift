/// Which plug-ins decide for the pods that name this scheduler, in which order, with which weights.
package struct SchedulingProfile: Sendable {
    /// What `spec.schedulerName` says.
    package var schedulerName: String
    package var queueSort: any QueueSortPlugin
    package var filters: [any FilterPlugin]
    package var scores: [(plugin: any ScorePlugin, weight: Int64)]
    package var reserves: [any ReservePlugin]
    /// The first that has a request makes the binding.
    package var binders: [any BindPlugin]
    /// nil: adapts to the number of nodes.
    package var percentageOfNodesToScore: Int?

    package init(
        schedulerName: String = "default-scheduler", queueSort: any QueueSortPlugin = PrioritySort(), filters: [any FilterPlugin],
        scores: [(plugin: any ScorePlugin, weight: Int64)], reserves: [any ReservePlugin] = [VolumeRestrictions()],
        binders: [any BindPlugin] = [DefaultBinder()], percentageOfNodesToScore: Int? = nil
    ) {
        precondition(!binders.isEmpty, "somebody must write the bindings")
        self.schedulerName = schedulerName
        self.queueSort = queueSort
        self.filters = filters
        self.scores = scores
        self.reserves = reserves
        self.binders = binders
        self.percentageOfNodesToScore = percentageOfNodesToScore
    }

    /// Today's plug-ins with Kubernetes' weights, and this project's own for spreading and interleaving.
    package static func standard(schedulerName: String = "default-scheduler") -> SchedulingProfile {
        SchedulingProfile(
            schedulerName: schedulerName,
            filters: [
                NodeUnschedulable(), NodeName(), TaintToleration(), NodeAffinityMatch(), NodePorts(), NodeResourcesFit(),
                VolumeRestrictions(), VolumeBinding(),
            ],
            scores: [
                (TaintToleration(), 3), (NodeAffinityMatch(), 2), (SelectorSpread(), 2), (NodeResourcesFit(), 1),
                (NodeResourcesBalancedAllocation(), 1), (KindInterleaving(), 1),
            ])
    }

    /// The predicates and priorities of Kubernetes 1.0 and 1.1 with their formulas and weights.
    package static func classic(schedulerName: String = "default-scheduler") -> SchedulingProfile {
        SchedulingProfile(
            schedulerName: schedulerName, queueSort: ArrivalSort(),
            filters: [
                NodeUnschedulable(), NodePorts(), NodeResourcesFit(), VolumeRestrictions(), NodeAffinityMatch(), NodeName(), VolumeBinding(),
            ],
            scores: [
                (LeastRequestedPriority(), 1), (BalancedResourceAllocationPriority(), 1), (SelectorSpreadPriority(), 1),
            ],
            percentageOfNodesToScore: 100)
    }
}
