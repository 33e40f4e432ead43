/// Queue sort: whoever has waited longer, as in Kubernetes 1.0.
package struct ArrivalSort: QueueSortPlugin {
    package static let name = "FIFO"

    package init() {}

    package func urgency(of pod: PodRequirements) -> Int { 0 }
}
