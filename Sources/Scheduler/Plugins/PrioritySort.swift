/// Queue sort: the higher priority first.
package struct PrioritySort: QueueSortPlugin {
    package static let name = "PrioritySort"

    package init() {}

    package func urgency(of pod: PodRequirements) -> Int { pod.priority }
}
