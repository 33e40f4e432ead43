import Bytes
import ClusterAPI
import Reconciliation

/// A node of the simulation: registers itself, beats, and plays the pods that are bound to it by a model instead of containers.
///
/// A pod starts after a delay and is ready then; it crashes now and then and comes back; told to end, it takes a moment. All delays follow from
/// the node's seed and the pod's uid.
struct KubeletReconciler: Reconciler {
    enum Key: Hashable, Sendable {
        case pod(NamespacedName)
        case heartbeat
    }

    struct Configuration: Sendable {
        var name: String
        var number: Int
        var zone: String
        var milliCPU: Int64
        var memory: Int64
        var pods: Int
        var heartbeat = Duration.seconds(10)
        /// The longest time a pod takes to start.
        var startDelay = Duration.seconds(3)
        var stopDelay = Duration.seconds(2)
        /// The mean time between a pod's crashes; nil: it never crashes.
        var crashes: Duration?
        var seed: UInt64
    }

    private struct Local: Sendable {
        var uid: String
        var seenAt: Timestamp
        var startAt: Timestamp
        var crashAt: Timestamp?
        var stopAt: Timestamp?
        var restarts = 0
    }

    /// How long a crashed container stays down.
    private static let downTime = Duration.seconds(2)

    private let configuration: Configuration
    private var pods = InformerCache<Pod>()
    private var locals: [NamespacedName: Local] = [:]
    private var isRegistered = false

    init(_ configuration: Configuration) { self.configuration = configuration }

    var watches: [WatchInterest] {
        [WatchInterest(Pod.resource, fields: .field("spec.nodeName", equals: configuration.name))]
    }

    mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [Key] {
        pods.apply(events).map { .pod($0.key) }
    }

    mutating func started(now: Timestamp) -> [Key] { [.heartbeat] }

    mutating func reconcile(_ key: Key, now: Timestamp) -> ReconcileStep {
        switch key {
        case .heartbeat: beat(now: now)
        case .pod(let name): play(name, now: now)
        }
    }

    mutating func proceed(_ key: Key, after answers: [RequestOutcome], now: Timestamp) -> ReconcileStep {
        guard case .heartbeat = key else { return answers.contains(where: \.deservesRetry) ? .retry : .done }
        var missing: [APIRequest] = []
        for answer in answers {
            guard let error = answer.error, error.isNotFound else { continue }
            missing.append(answer.request.resource == Node.resource ? .create(node) : .create(lease(now)))
        }
        // What was made just now has no status yet: it beats again at once.
        let isMade = answers.contains { $0.request.verb == .create && $0.error == nil }
        return ReconcileStep(missing, again: isMade ? .milliseconds(10) : configuration.heartbeat)
    }

    // MARK: The node

    private var node: Node {
        Node {
            $0.metadata.name = configuration.name
            $0.metadata.labels = [
                "kubernetes.io/hostname": configuration.name, "topology.kubernetes.io/zone": configuration.zone,
            ]
        }
    }

    private func lease(_ now: Timestamp) -> Lease {
        Lease {
            ($0.metadata.namespace, $0.metadata.name) = ("kube-node-lease", configuration.name)
            $0.spec.holderIdentity = configuration.name
            $0.spec.renewTime = now
        }
    }

    private func beat(now: Timestamp) -> ReconcileStep {
        let amounts: JSONValue = [
            "cpu": .string("\(configuration.milliCPU)m"), "memory": .string(String(configuration.memory)),
            "pods": .string(String(configuration.pods)),
        ]
        let condition: JSONValue = [
            "type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status",
            "lastHeartbeatTime": .string(now.rfc3339()),
        ]
        let status: JSONValue = ["status": ["capacity": amounts, "allocatable": amounts, "conditions": [condition]]]
        let renewal: JSONValue = ["spec": ["renewTime": .string(now.rfc3339(.microseconds))]]
        let leaseName = NamespacedName(namespace: "kube-node-lease", name: configuration.name)
        return ReconcileStep(
            [
                .patch(Node.self, NamespacedName(namespace: "", name: configuration.name), .strategic, status, subresource: "status"),
                .patch(Lease.self, leaseName, .merge, renewal),
            ], again: configuration.heartbeat)
    }

    // MARK: Pods

    private mutating func play(_ name: NamespacedName, now: Timestamp) -> ReconcileStep {
        guard let pod = pods[name] else {
            locals[name] = nil
            return .done
        }
        var local = locals[name].flatMap { $0.uid == pod.metadata.uid ? $0 : nil } ?? adopt(pod, now: now)
        // Civil time was set back: what was waited for moves with it, and no wait is longer than its model allows.
        local.startAt = min(local.startAt, now + configuration.startDelay)
        local.stopAt = local.stopAt.map { min($0, now + configuration.stopDelay) }
        if let crashes = configuration.crashes { local.crashAt = local.crashAt.map { min($0, now + configuration.startDelay + crashes * 2 + .seconds(1)) } }
        defer { locals[name] = local }
        if pod.metadata.deletionTimestamp != nil {
            let stopAt = local.stopAt ?? now + drawn(pod, "stop", upTo: configuration.stopDelay)
            local.stopAt = stopAt
            return stopAt <= now ? ReconcileStep([.delete(pod, gracePeriodSeconds: 0)]) : .again(after: stopAt - now)
        }
        if local.startAt > now { return .again(after: local.startAt - now) }
        var isReady = true
        var next: Timestamp?
        if let crashAt = local.crashAt {
            if now >= crashAt + Self.downTime {
                local.restarts += 1
                local.crashAt = nextCrash(pod, local.restarts, now: now)
                next = local.crashAt
            } else if now >= crashAt {
                isReady = false
                next = crashAt + Self.downTime
            } else {
                next = crashAt
            }
        }
        let step = report(pod, local, isReady: isReady, now: now)
        return ReconcileStep(step.requests, again: next.map { $0 - now })
    }

    /// What the node knows of a pod it sees for the first time, or again after it lost its memory.
    private func adopt(_ pod: Pod, now: Timestamp) -> Local {
        let isRunning = pod.status.phase == "Running"
        let startAt = isRunning ? now : now + drawn(pod, "start", upTo: configuration.startDelay)
        let restarts = pod.status.containerStatuses.first?.restartCount ?? 0
        return Local(uid: pod.metadata.uid, seenAt: now, startAt: startAt, crashAt: nextCrash(pod, restarts, now: startAt), restarts: restarts)
    }

    private func nextCrash(_ pod: Pod, _ restarts: Int, now: Timestamp) -> Timestamp? {
        configuration.crashes.map { now + drawn(pod, "crash\(restarts)", upTo: $0 * 2) + .seconds(1) }
    }

    private func report(_ pod: Pod, _ local: Local, isReady: Bool, now: Timestamp) -> ReconcileStep {
        let old = pod.status.conditions.first { $0.type == "Ready" }
        let ready = isReady ? "True" : "False"
        if pod.status.phase == "Running", old?.status == ready, pod.status.containerStatuses.first?.restartCount == local.restarts {
            return .done
        }
        let changed = old?.status == ready ? old?.lastTransitionTime ?? now : now
        let condition: JSONValue = ["type": "Ready", "status": .string(ready), "lastTransitionTime": .string(changed.rfc3339())]
        let container: JSONValue = [
            "name": .string(pod.spec.containers.first?.name ?? ""), "ready": .bool(isReady), "restartCount": .number(local.restarts),
            "image": "host", "imageID": "",
        ]
        let address = Hash64.hash(Array(pod.metadata.uid.utf8)) % 60_000
        // As a kubelet's: when it first saw the pod, before anything ran.
        let startTime = pod.status.startTime ?? local.seenAt
        let status: JSONValue = [
            "phase": "Running", "startTime": .string(startTime.rfc3339()), "podIP": .string("127.\(16 + configuration.number % 16).\(address / 250).\(address % 250 + 1)"),
            "hostIP": "127.0.0.1", "conditions": [condition], "containerStatuses": [container],
        ]
        let patch: JSONValue = ["metadata": ["uid": .string(pod.metadata.uid)], "status": status]
        return ReconcileStep([.patch(Pod.self, pod.namespacedName, .strategic, patch, subresource: "status")])
    }

    private func drawn(_ pod: Pod, _ purpose: String, upTo longest: Duration) -> Duration {
        let hash = Hash64.mix(configuration.seed, Hash64.hash(Array("\(pod.metadata.uid)/\(purpose)".utf8)))
        return .milliseconds(Int64(hash % UInt64(max(1, longest.wholeMilliseconds))))
    }
}
