package import ClusterAPI

/// Makes ready what a pod needs on the node that was found for it. A filter that is one too is asked.
package protocol PreBindPlugin: FilterPlugin {
    /// What must be asked for before the pod can be bound; empty when all is ready. Until the news show that it was done, `prefilter` must
    /// hold the pod back.
    func prepare(_ pod: PodRequirements, on slot: Int, _ state: inout ClusterState) -> [APIRequest]

    /// Takes back what was noted for a request that failed.
    func abandon(_ pod: PodRequirements, _ state: inout ClusterState)
}
