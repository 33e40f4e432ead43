import Bytes
import ClusterAPI

/// Which of a controller's pods goes first when there are too many.
///
/// - Source: Kubernetes' `ActivePodsWithRanks`: the one that would be missed least goes first.
struct PodRanking {
    /// Why a pod is where it is in the order; smaller goes first, the first difference decides.
    private struct Rank: Comparable {
        var isAssigned: Int
        var phase: Int
        var isReady: Int
        var deletionCost: Int
        /// Negated number of siblings on its node: the node that has most of them gives one up.
        var company: Int
        /// Negated time since which it is ready: the one ready for the shortest time goes first.
        var readySince: Int64
        /// Negated number of restarts.
        var restarts: Int
        /// Negated age: the youngest goes first.
        var created: Int64
        var uid: String

        static func < (left: Rank, right: Rank) -> Bool {
            if left.isAssigned != right.isAssigned { return left.isAssigned < right.isAssigned }
            if left.phase != right.phase { return left.phase < right.phase }
            if left.isReady != right.isReady { return left.isReady < right.isReady }
            if left.deletionCost != right.deletionCost { return left.deletionCost < right.deletionCost }
            if left.company != right.company { return left.company < right.company }
            if left.readySince != right.readySince { return left.readySince < right.readySince }
            if left.restarts != right.restarts { return left.restarts < right.restarts }
            if left.created != right.created { return left.created < right.created }
            return left.uid < right.uid
        }
    }

    /// The pods in the order in which they should go.
    static func sorted(_ pods: [Pod]) -> [Pod] {
        var perNode: [String: Int] = [:]
        for pod in pods { perNode[pod.spec.nodeName ?? "", default: 0] += 1 }
        return pods.map { pod in (rank(pod, siblings: perNode[pod.spec.nodeName ?? ""]!), pod) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    private static func rank(_ pod: Pod, siblings: Int) -> Rank {
        let node = pod.spec.nodeName ?? ""
        let ready = pod.readyCondition
        let isReady = ready?.status == "True"
        return Rank(
            isAssigned: node.isEmpty ? 0 : 1, phase: phaseOrder(pod.status.phase), isReady: isReady ? 1 : 0,
            deletionCost: pod.metadata.annotations["controller.kubernetes.io/pod-deletion-cost"].flatMap(Int.init) ?? 0,
            company: node.isEmpty ? 0 : -siblings,
            readySince: isReady ? -(ready?.lastTransitionTime?.nanoseconds ?? 0) : 0,
            restarts: -(pod.status.containerStatuses.map(\.restartCount).max() ?? 0),
            created: -(pod.metadata.creationTimestamp?.nanoseconds ?? 0), uid: pod.metadata.uid)
    }

    private static func phaseOrder(_ phase: String?) -> Int {
        switch phase {
        case "Running": 2
        case "Unknown": 1
        default: 0
        }
    }
}
