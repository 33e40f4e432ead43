package import Bytes
package import ClusterAPI
package import Reconciliation

/// Notices nodes that fall silent, says so in their conditions, taints them, and moves their pods away, slowly.
///
/// - Invariant: silence is measured by the own clock between things seen here, and a gap in the own time is nobody's silence. While no node
///   is ready nothing is evicted, and while most are not, next to nothing.
package struct NodeLifecycleReconciler: Reconciler {
    package struct Configuration: Sendable {
        /// How long a node may be silent before it counts as lost.
        package var gracePeriod = Duration.seconds(40)
        /// How often the own time is checked for gaps, and unhealthy nodes are looked at.
        package var period = Duration.seconds(5)
        /// How long pods that say nothing about it stay on a lost node.
        /// - Source: Kubernetes' admission plug-in DefaultTolerationSeconds.
        package var defaultToleration = Duration.seconds(300)
        package var leaseNamespace = "kube-node-lease"

        package init() {}
    }

    package enum Key: Hashable, Sendable {
        case node(String)
        /// The regular check of the own time.
        case pulse
    }

    private let configuration: Configuration
    private var nodes = InformerCache<Node>()
    private var leases = InformerCache<Lease>()
    private var pods = InformerCache<Pod>(indexes: [ObjectIndex { $0.spec.nodeName.map { [$0] } ?? [] }])
    private var zones = ZoneCounts()
    private var health: [String: NodeHealth] = [:]
    private var limiters: [String: TokenBucket] = [:]
    private var lastTime: Timestamp?

    package init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    package var watches: [WatchInterest] {
        [
            WatchInterest(Node.resource), WatchInterest(Lease.resource, namespace: configuration.leaseNamespace),
            WatchInterest(Pod.resource),
        ]
    }

    // MARK: Taking in

    package mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [Key] {
        notice(now)
        switch resource {
        case Node.resource:
            return nodes.apply(events).map { change in
                let name = change.key.name
                zones.replace(change.old, by: change.new)
                if let node = change.new {
                    health[name, default: NodeHealth(now: now)].observe(node.condition("Ready")?.lastHeartbeatTime, now: now)
                } else {
                    health[name] = nil
                }
                return .node(name)
            }
        case Lease.resource:
            for change in leases.apply(events) where change.new != nil && nodes[namespace: nil, name: change.key.name] != nil {
                health[change.key.name, default: NodeHealth(now: now)].observe(change.new?.spec.renewTime, now: now)
            }
            return []
        default:
            return pods.apply(events).compactMap { change in
                // A healthy node has no interest in its pods.
                guard let pod = change.new, change.old?.spec.nodeName != pod.spec.nodeName, let name = pod.spec.nodeName,
                    let node = nodes[namespace: nil, name: name],
                    node.condition("Ready")?.status != "True" || node.spec.taints.contains(where: { $0.effect == "NoExecute" })
                else { return nil }
                return .node(name)
            }
        }
    }

    package mutating func started(now: Timestamp) -> [Key] { [.pulse] }

    /// A jump of the clock, or a pause of this process, is not the nodes' silence.
    private mutating func notice(_ now: Timestamp) {
        defer { lastTime = now }
        guard let lastTime, now < lastTime || now - lastTime > configuration.period * 3 else { return }
        for name in health.keys { health[name]!.restart(now: now) }
    }

    // MARK: Deciding

    package mutating func reconcile(_ key: Key, now: Timestamp) -> ReconcileStep {
        notice(now)
        guard case .node(let name) = key else { return .again(after: configuration.period) }
        guard let node = nodes[namespace: nil, name: name] else { return .done }
        let silence = now - (health[name]?.seen ?? now)
        if silence >= configuration.gracePeriod, let step = declareLost(node, now: now) { return step }
        var step = taint(node, now: now)
        step.requests += evictions(from: node, now: now, look: &step.again)
        if node.condition("Ready")?.status != "True" {
            step.requests += pods.objects(at: 0, name).filter { $0.isReady && !$0.isGoing }.map { unready($0, now: now) }
            step.again = min(step.again ?? configuration.period, configuration.period)
        }
        let left = configuration.gracePeriod - silence
        if left > .zero { step.again = min(step.again ?? left, left) }
        return step
    }

    /// Marks every condition of a silent node unknown; nil when that is done already.
    private func declareLost(_ node: Node, now: Timestamp) -> ReconcileStep? {
        guard node.condition("Ready")?.status != "Unknown" else { return nil }
        var updated = node
        for type in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
            let old = node.condition(type)
            if old == nil, type != "Ready" { continue }
            let condition = NodeCondition {
                $0.type = type
                $0.status = "Unknown"
                $0.reason = old == nil ? "NodeStatusNeverUpdated" : "NodeStatusUnknown"
                $0.message = old == nil ? "Kubelet never posted node status." : "Kubelet stopped posting node status."
                $0.lastHeartbeatTime = old?.lastHeartbeatTime ?? node.metadata.creationTimestamp
                $0.lastTransitionTime = now
            }
            updated.status.conditions.removeAll { $0.type == type }
            updated.status.conditions.append(condition)
        }
        let event = Event(
            about: node, .normal, reason: "NodeNotReady", message: "Node \(node.metadata.name) status is now: NodeNotReady")
        return ReconcileStep([.updateStatus(updated)], events: [event], again: configuration.period)
    }

    private mutating func taint(_ node: Node, now: Timestamp) -> ReconcileStep {
        let readiness = node.condition("Ready")?.status
        var wanted = NodeTaints.adjusted(
            node.spec.taints, conditions: node.status.conditions, isCordoned: node.spec.unschedulable ?? false, now: now)
        if zones.isEverythingLost {
            wanted.removeAll { $0.effect == "NoExecute" && ($0.key == NodeTaints.notReady || $0.key == NodeTaints.unreachable) }
        } else if let key = NodeTaints.evicting(readiness), !wanted.contains(where: { $0.key == key && $0.effect == "NoExecute" }),
            takeEviction(node, now: now)
        {
            wanted.append(
                Taint {
                    ($0.key, $0.effect) = (key, "NoExecute")
                    $0.timeAdded = now
                })
        }
        guard wanted != node.spec.taints else { return .done }
        // With the version in it, so that a taint which somebody adds at this moment is not lost.
        let patch: JSONValue = [
            "metadata": ["resourceVersion": .string(node.metadata.resourceVersion)],
            "spec": ["taints": .array(wanted.map(\.jsonValue))],
        ]
        return ReconcileStep([.patch(Node.self, node.namespacedName, .merge, patch)])
    }

    private mutating func takeEviction(_ node: Node, now: Timestamp) -> Bool {
        let rate = zones.evictionRate(of: node)
        guard rate > 0 else { return false }
        limiters[node.zone, default: TokenBucket(rate: rate, burst: 1)].setRate(rate, now: now)
        return limiters[node.zone]!.take(now: now)
    }

    // MARK: Pods

    /// The pods that the node's NoExecute taints send away now; `look` is when the next one's patience ends.
    private func evictions(from node: Node, now: Timestamp, look: inout Duration?) -> [APIRequest] {
        let taints = node.spec.taints.filter { $0.effect == "NoExecute" }
        guard !taints.isEmpty else { return [] }
        var requests: [APIRequest] = []
        for pod in pods.objects(at: 0, node.metadata.name) where pod.isActive {
            guard let due = pod.evictionTime(from: taints, default: configuration.defaultToleration) else { continue }
            if due <= now {
                requests.append(.delete(pod))
            } else {
                look = min(look ?? .seconds(3600), due - now)
            }
        }
        return requests
    }

    /// So that Services stop sending to a pod whose node is lost.
    private func unready(_ pod: Pod, now: Timestamp) -> APIRequest {
        let condition: JSONValue = [
            "type": "Ready", "status": "False", "reason": "NodeNotReady", "lastTransitionTime": .string(now.rfc3339()),
        ]
        let patch: JSONValue = ["metadata": ["uid": .string(pod.metadata.uid)], "status": ["conditions": [condition]]]
        return .patch(Pod.self, pod.namespacedName, .strategic, patch, subresource: "status")
    }
}

extension Node {
    func condition(_ type: String) -> NodeCondition? { status.conditions.first { $0.type == type } }

    var zone: String {
        (metadata.labels["topology.kubernetes.io/region"] ?? "") + "/" + (metadata.labels["topology.kubernetes.io/zone"] ?? "")
    }
}

extension Pod {
    /// When NoExecute taints end the pod's stay; nil when it tolerates them for ever.
    func evictionTime(from taints: [Taint], default patience: Duration) -> Timestamp? {
        var earliest: Timestamp?
        for taint in taints {
            let added = taint.timeAdded ?? .epoch
            let tolerated = spec.tolerations.filter { $0.tolerates(taint) }
            let time: Timestamp?
            if tolerated.isEmpty {
                let isOurs = taint.key == NodeTaints.notReady || taint.key == NodeTaints.unreachable
                time = isOurs ? added + patience : added
            } else {
                // The shortest patience counts; one without a limit is no limit on the others.
                time = tolerated.compactMap(\.tolerationSeconds).min().map { added + .seconds(max(0, $0)) }
            }
            if let time { earliest = min(earliest ?? time, time) }
        }
        return earliest
    }
}

extension Toleration {
    func tolerates(_ taint: Taint) -> Bool {
        if let effect, !effect.isEmpty, effect != taint.effect { return false }
        if let key, !key.isEmpty, key != taint.key { return false }
        return `operator` == "Exists" || (value ?? "") == (taint.value ?? "")
    }
}
