/// Sets aside what a pod takes beside the sums that every node's state keeps.
///
/// Called for a pod that has just been given a node, before its binding is written, and for one that the API shows on a node.
package protocol ReservePlugin: Sendable {
    /// The name in profiles.
    static var name: String { get }

    /// Must leave the state as it was when it refuses. Calling it twice for one pod must be as calling it once.
    func reserve(_ pod: PodRequirements, on slot: Int, _ state: inout ClusterState) -> ReserveVerdict

    /// Gives back what was set aside; must do nothing when that is nothing.
    func unreserve(_ pod: PodRequirements, _ state: inout ClusterState)
}

package enum ReserveVerdict: Equatable, Sendable {
    case reserved
    /// Somebody else has it, and who.
    case refused(String)
}
