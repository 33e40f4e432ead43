/// Which plug-ins decide for the pods that name this scheduler, in which order, with which weights.
package struct SchedulingProfile: Sendable {
    /// What `spec.schedulerName` says.
    package var schedulerName: String
    package var order: QueueOrder
    package var filters: [any FilterPlugin]
    package var scores: [(plugin: any ScorePlugin, weight: Int64)]
    /// nil: adapts to the number of nodes.
    package var percentageOfNodesToScore: Int?

    /// Which of two waiting pods comes first.
    package enum QueueOrder: String, Sendable {
        /// The higher priority, then the one that waits longer.
        case priority = "PrioritySort"
        /// The one that waits longer, as in Kubernetes 1.0.
        case arrival = "FIFO"
    }

    package init(
        schedulerName: String = "default-scheduler", order: QueueOrder = .priority, filters: [any FilterPlugin],
        scores: [(plugin: any ScorePlugin, weight: Int64)], percentageOfNodesToScore: Int? = nil
    ) {
        self.schedulerName = schedulerName
        self.order = order
        self.filters = filters
        self.scores = scores
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
            schedulerName: schedulerName, order: .arrival,
            filters: [
                NodeUnschedulable(), NodePorts(), NodeResourcesFit(), VolumeRestrictions(), NodeAffinityMatch(), NodeName(), VolumeBinding(),
            ],
            scores: [
                (LeastRequestedPriority(), 1), (BalancedResourceAllocationPriority(), 1), (SelectorSpreadPriority(), 1),
            ],
            percentageOfNodesToScore: 100)
    }
}
