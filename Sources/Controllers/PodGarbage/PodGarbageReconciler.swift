package import Bytes
package import ClusterAPI
package import Reconciliation

/// Removes pods that nobody will: those of nodes that are gone, those told to end before they had a node, and ended ones beyond a number.
///
/// - Source: Kubernetes' pod garbage collector.
package struct PodGarbageReconciler: Reconciler {
    package typealias Key = String

    /// There is one key: the pods as a whole, looked at when they change, but not more often than this.
    private static let all = "pods"
    private static let period = Duration.seconds(5)
    /// How long a node must be gone before its pods are removed.
    private static let quarantine = Duration.seconds(40)

    private let terminatedLimit: Int
    private var nodes = InformerCache<Node>()
    private var pods = InformerCache<Pod>()
    private var missingSince: [String: Timestamp] = [:]
    /// Pods of nodes that the API is being asked for, by node: the list of nodes may be behind that of pods.
    private var suspects: [String: [Pod]] = [:]

    /// - Parameter terminatedLimit: how many ended pods are kept (Kubernetes keeps 12,500).
    package init(terminatedLimit: Int = 12_500) { self.terminatedLimit = terminatedLimit }

    package var watches: [WatchInterest] { [WatchInterest(Node.resource), WatchInterest(Pod.resource)] }

    package mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [String] {
        if resource == Node.resource {
            _ = nodes.apply(events)
        } else {
            _ = pods.apply(events)
        }
        return []
    }

    package mutating func started(now: Timestamp) -> [String] { [Self.all] }

    package mutating func reconcile(_ key: String, now: Timestamp) -> ReconcileStep {
        var stillMissing: [String: Timestamp] = [:]
        var doomed: [Pod] = []
        var ended: [Pod] = []
        suspects = [:]
        pods.forEachUnordered { _, pod in
            let node = pod.spec.nodeName ?? ""
            if node.isEmpty {
                if pod.isGoing { doomed.append(pod) }
            } else if nodes[namespace: nil, name: node] == nil {
                // A clock that was set back begins the quarantine anew.
                let since = min(missingSince[node] ?? now, now)
                stillMissing[node] = since
                if now - since >= Self.quarantine { suspects[node, default: []].append(pod) }
            } else if pod.isOver, !pod.isGoing {
                ended.append(pod)
            }
        }
        missingSince = stillMissing
        doomed.sort { $0.namespacedName < $1.namespacedName }
        if ended.count > terminatedLimit {
            ended.sort {
                ($0.metadata.creationTimestamp ?? .epoch, $0.metadata.uid) < ($1.metadata.creationTimestamp ?? .epoch, $1.metadata.uid)
            }
            doomed += ended.prefix(ended.count - terminatedLimit)
        }
        let questions = suspects.keys.sorted().map { APIRequest(.get, Node.resource, name: $0) }
        return ReconcileStep(doomed.map { .delete($0, gracePeriodSeconds: 0) } + questions, again: Self.period)
    }

    /// Removes the pods of the nodes that the API does not have either; whatever failed is seen again in the next round.
    package mutating func proceed(_ key: String, after answers: [RequestOutcome], now: Timestamp) -> ReconcileStep {
        var doomed: [Pod] = []
        for answer in answers where answer.request.verb == .get && answer.error?.isNotFound == true {
            doomed += suspects.removeValue(forKey: answer.request.name ?? "") ?? []
        }
        suspects = [:]
        return ReconcileStep(doomed.sorted { $0.namespacedName < $1.namespacedName }.map { .delete($0, gracePeriodSeconds: 0) })
    }
}
