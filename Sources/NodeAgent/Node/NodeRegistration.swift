import Bytes
import ClusterAPI

/// Makes the node known to the API server and keeps saying that it lives.
///
/// - Source: the kubelet's defaults: a lease of 40 s renewed every 10 s, a status at least every 5 min.
struct NodeRegistration: Sendable {
    static let leaseDurationSeconds = 40
    static let leaseInterval: Duration = .seconds(10)
    static let statusInterval: Duration = .seconds(60)
    static let retry: Duration = .seconds(2)
    static let leaseNamespace = "kube-node-lease"

    private enum Step: Sendable { case createNode, patchNode, renewLease, createLease }

    private let configuration: AgentConfiguration
    private var inFlight: Step?
    private var isRegistered = false
    private var nextStatus = Timestamp.epoch
    private var nextLease = Timestamp.epoch
    private var readySince: Timestamp?
    private var mustCreateLease = false
    private var isNew = true

    init(_ configuration: AgentConfiguration) { self.configuration = configuration }

    /// When there is something to send again.
    var nextWake: Timestamp {
        if inFlight != nil { return Timestamp(nanoseconds: .max) }
        return isRegistered ? min(nextStatus, nextLease) : nextStatus
    }

    mutating func due(now: Timestamp) -> [APIRequest] {
        guard inFlight == nil else { return [] }
        if !isRegistered {
            guard now >= nextStatus else { return [] }
            inFlight = .createNode
            return [APIRequest(.create, Node.resource, body: node(now: now).jsonBytes)]
        }
        if now >= nextLease {
            if mustCreateLease {
                inFlight = .createLease
                return [APIRequest(.create, Lease.resource, namespace: Self.leaseNamespace, body: lease(now: now).bytes)]
            }
            inFlight = .renewLease
            return [
                APIRequest(
                    .patch(.merge), Lease.resource, namespace: Self.leaseNamespace, name: configuration.nodeName, body: lease(now: now).bytes)
            ]
        }
        if now >= nextStatus {
            inFlight = .patchNode
            var patch: JSONValue = ["status": node(now: now).status.jsonValue]
            if isNew, !configuration.labels.isEmpty {
                // A node that was there before gets this agent's labels; others that people put on it stay.
                patch["metadata"] = ["labels": .object(JSONObject(labels.map { ($0.key, .string($0.value)) }))]
            }
            return [
                APIRequest(
                    .patch(.strategic), Node.resource, name: configuration.nodeName, subresource: "status", body: patch.bytes)
            ]
        }
        return []
    }

    mutating func take(_ result: Result<APIResponse, StatusError>, now: Timestamp) {
        guard let step = inFlight else { return }
        inFlight = nil
        switch (step, result) {
        case (.createNode, .success):
            isRegistered = true
            nextStatus = now + Self.statusInterval
        case (.createNode, .failure(let error)) where error.reason == .alreadyExists:
            isRegistered = true
            nextStatus = now
        case (.createNode, .failure): nextStatus = now + Self.retry
        case (.patchNode, .success):
            isNew = false
            nextStatus = now + Self.statusInterval
        case (.patchNode, .failure(let error)):
            // Somebody removed the node: it registers again.
            if error.reason == .notFound { isRegistered = false }
            nextStatus = now + Self.retry
        case (.renewLease, .success), (.createLease, .success):
            mustCreateLease = false
            nextLease = now + Self.leaseInterval
        case (.renewLease, .failure(let error)) where error.reason == .notFound:
            mustCreateLease = true
            nextLease = now
        case (.createLease, .failure(let error)) where error.reason == .alreadyExists:
            mustCreateLease = false
            nextLease = now
        case (.renewLease, .failure), (.createLease, .failure): nextLease = now + Self.retry
        }
    }

    private var labels: [(key: String, value: String)] {
        var labels = configuration.labels
        labels["kubernetes.io/hostname"] = configuration.nodeName
        labels["kubernetes.io/os"] = configuration.system.operatingSystem
        labels["kubernetes.io/arch"] = configuration.system.architecture
        return labels.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
    }

    private mutating func node(now: Timestamp) -> Node {
        if readySince == nil { readySince = now }
        let since = readySince
        func condition(_ type: String, _ status: String, _ reason: String, _ message: String) -> NodeCondition {
            NodeCondition {
                $0.type = type
                $0.status = status
                $0.reason = reason
                $0.message = message
                $0.lastHeartbeatTime = now
                $0.lastTransitionTime = since
            }
        }
        return Node { node in
            node.metadata.name = configuration.nodeName
            node.metadata.labels = Dictionary(uniqueKeysWithValues: labels.map { ($0.key, $0.value) })
            node.status.capacity = configuration.capacity
            node.status.allocatable = configuration.allocatable
            node.status.nodeInfo = configuration.system
            node.status.addresses = [
                NodeAddress {
                    $0.type = "InternalIP"
                    $0.address = configuration.hostAddress
                },
                NodeAddress {
                    $0.type = "Hostname"
                    $0.address = configuration.nodeName
                },
            ]
            node.status.conditions = [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            ]
        }
    }

    private func lease(now: Timestamp) -> JSONValue {
        [
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": ["name": .string(configuration.nodeName), "namespace": .string(Self.leaseNamespace)],
            "spec": [
                "holderIdentity": .string(configuration.nodeName), "leaseDurationSeconds": .number(Self.leaseDurationSeconds),
                "renewTime": .string(now.rfc3339(.microseconds)),
            ],
        ]
    }
}
