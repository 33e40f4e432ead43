package import ClusterAPI

/// Writes the decision.
package protocol BindPlugin: Sendable {
    /// The name in profiles.
    static var name: String { get }

    /// The request that gives the pod its node; nil leaves it to the next plug-in. The API must accept it once at most.
    func bind(_ pod: PodRequirements, to node: String) -> APIRequest?
}
