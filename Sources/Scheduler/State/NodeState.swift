/// A node as the scheduler sees it: what it has, and what the pods on it take.
///
/// - Invariant: `requested`, `podCount`, `ports` and `volumes` are the sums over the pods assigned to it, those only assumed included.
package struct NodeState: Sendable {
    package var name: String
    package var labels: [String: String] = [:]
    package var taints: [NodeTaint] = []
    package var isUnschedulable = false
    package var allocatable = ResourceAmounts.zero
    package var allocatablePods: Int64 = 0
    /// The number of its zone, -1 without one.
    package var zone = -1

    package private(set) var requested = ResourceAmounts.zero
    package private(set) var scoringMilliCPU: Int64 = 0
    package private(set) var scoringMemory: Int64 = 0
    package private(set) var podCount: Int64 = 0
    package private(set) var ports: [HostPort] = []
    package private(set) var volumes: [ExclusiveVolume] = []
    /// Whether the API knows the node; one that is gone stays as long as pods are said to be on it.
    package var exists = true

    package init(name: String) { self.name = name }

    package mutating func add(_ pod: PodRequirements) {
        requested += pod.request
        scoringMilliCPU += pod.scoringMilliCPU
        scoringMemory += pod.scoringMemory
        podCount += 1
        ports += pod.hostPorts
        volumes += pod.exclusiveVolumes
    }

    package mutating func remove(_ pod: PodRequirements) {
        requested -= pod.request
        scoringMilliCPU -= pod.scoringMilliCPU
        scoringMemory -= pod.scoringMemory
        podCount -= 1
        precondition(podCount >= 0, "only a pod that was added can be removed")
        for port in pod.hostPorts {
            if let index = ports.firstIndex(of: port) { ports.remove(at: index) }
        }
        for volume in pod.exclusiveVolumes {
            if let index = volumes.firstIndex(of: volume) { volumes.remove(at: index) }
        }
    }
}
