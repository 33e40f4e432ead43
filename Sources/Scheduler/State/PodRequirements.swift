package import Bytes
package import ClusterAPI

/// What a pod asks of a node, read once out of its spec.
///
/// A class, since queue, state and decisions in flight share it; it never changes.
package final class PodRequirements: Sendable {
    package let key: NamespacedName
    package let uid: String
    package let schedulerName: String
    package let labels: [String: String]
    package let priority: Int
    package let created: Timestamp

    package let request: ResourceAmounts
    /// The request with Kubernetes' stand-ins for containers that name none; only scores look at it.
    package let scoringMilliCPU: Int64
    package let scoringMemory: Int64
    package let hostPorts: [HostPort]
    package let exclusiveVolumes: [ExclusiveVolume]
    /// The claims by name that must be bound before the pod can run.
    package let claims: [String]

    /// The one node that the pod's maker wants, though nothing has bound it: empty if any will do.
    package let wantedNode: String
    package let nodeSelector: [LabelPair]
    /// The alternatives of the required node affinity; nil: none is required.
    package let requiredTerms: [NodeTerm]?
    package let preferredTerms: [PreferredTerm]
    package let tolerations: [PodToleration]

    package struct LabelPair: Equatable, Sendable {
        package var key: String
        package var value: String
    }

    package struct PreferredTerm: Equatable, Sendable {
        package var weight: Int
        package var term: NodeTerm

        package init(weight: Int, _ term: NodeTerm) {
            self.weight = weight
            self.term = term
        }
    }

    /// What a container that names no request counts in scores: a tenth of a CPU and 200 MiB.
    package static let defaultScoringMilliCPU: Int64 = 100
    package static let defaultScoringMemory: Int64 = 200 * 1024 * 1024

    package init(
        key: NamespacedName, uid: String, schedulerName: String = "default-scheduler", labels: [String: String] = [:], priority: Int = 0, created: Timestamp = .epoch,
        request: ResourceAmounts = .zero, scoringMilliCPU: Int64 = defaultScoringMilliCPU, scoringMemory: Int64 = defaultScoringMemory,
        hostPorts: [HostPort] = [], exclusiveVolumes: [ExclusiveVolume] = [], claims: [String] = [], wantedNode: String = "",
        nodeSelector: [String: String] = [:], requiredTerms: [NodeTerm]? = nil, preferredTerms: [PreferredTerm] = [],
        tolerations: [PodToleration] = []
    ) {
        self.key = key
        self.uid = uid
        self.schedulerName = schedulerName
        self.labels = labels
        self.priority = priority
        self.created = created
        self.request = request
        self.scoringMilliCPU = scoringMilliCPU
        self.scoringMemory = scoringMemory
        self.hostPorts = hostPorts
        self.exclusiveVolumes = exclusiveVolumes
        self.claims = claims
        self.wantedNode = wantedNode
        self.nodeSelector = nodeSelector.sorted { $0.key < $1.key }.map { LabelPair(key: $0.key, value: $0.value) }
        self.requiredTerms = requiredTerms
        self.preferredTerms = preferredTerms
        self.tolerations = tolerations
    }

    /// Whether the pod stays off a node with this taint.
    package func isRepelled(by taint: NodeTaint) -> Bool {
        for toleration in tolerations where toleration.tolerates(taint) { return false }
        return true
    }
}
