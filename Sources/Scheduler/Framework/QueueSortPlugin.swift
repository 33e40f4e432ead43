/// Which of two waiting pods is decided about first.
package protocol QueueSortPlugin: Sendable {
    /// The name in profiles.
    static var name: String { get }

    /// A pod's place in the queue: the higher goes first; of equal ones the one that has waited longer.
    func urgency(of pod: PodRequirements) -> Int
}
