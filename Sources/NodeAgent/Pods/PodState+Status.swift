import Bytes
import ClusterAPI

/// What the API server is told of a pod.
extension PodState {
    /// - Source: the kubelet's `getPhase`.
    var phase: String {
        if failure != nil { return "Failed" }
        let policy = pod.spec.restartPolicy ?? "Always"
        if tracks.contains(where: { $0.role == .initial && $0.exit.map { $0.code != 0 } ?? false }) && policy == "Never" { return "Failed" }
        guard hasInitialized else { return "Pending" }
        let mains = tracks.filter { $0.role == .main }
        var running = 0
        var succeeded = 0
        var failed = 0
        for track in mains {
            switch track.phase {
            case .running: running += 1
            case .exited(let exit):
                if exit.code == 0 { succeeded += 1 } else { failed += 1 }
            case .waiting, .starting:
                // A container that has run before counts as running while it waits for its next start.
                if track.last != nil { running += 1 } else { return "Pending" }
            }
        }
        if running > 0 { return "Running" }
        if isTerminating { return failed > 0 ? "Failed" : "Succeeded" }
        if policy == "Always" { return "Running" }
        if failed == 0 { return "Succeeded" }
        return policy == "Never" ? "Failed" : "Running"
    }

    /// Whether all init containers have done their work.
    var hasInitialized: Bool {
        tracks.allSatisfy { track in
            switch track.role {
            case .initial: track.exit?.code == 0
            case .sidecar: track.isStarted || track.last != nil || track.exit != nil
            case .main: true
            }
        }
    }

    func status(hostAddress: String, now: Timestamp) -> PodStatus {
        let phase = phase
        let isFinished = phase == "Succeeded" || phase == "Failed"
        return PodStatus { status in
            status.phase = phase
            status.reason = failure?.reason
            status.message = failure?.message
            status.hostIP = hostAddress
            status.hostIPs = [HostIP { $0.ip = hostAddress }]
            if !address.isEmpty {
                status.podIP = address
                status.podIPs = [PodIP { $0.ip = address }]
            }
            status.startTime = startTime
            status.qosClass = pod.status.qosClass ?? QualityOfService(pod).rawValue
            status.initContainerStatuses = tracks.filter { $0.role != .main }.map { $0.status(container($0.name) ?? Container()) }
            status.containerStatuses = tracks.filter { $0.role == .main }.compactMap { track in
                container(track.name).map { track.status($0) }
            }
            status.conditions = newConditions(isFinished: isFinished, now: now)
        }
    }

    /// The conditions of this node, in front of those that others wrote.
    private func newConditions(isFinished: Bool, now: Timestamp) -> [PodCondition] {
        let finished = isFinished ? "PodCompleted" : nil
        let notInitialized = tracks.filter { $0.role != .main && !($0.role == .initial ? $0.exit?.code == 0 : $0.isStarted) }.map(\.name)
        let notReady = tracks.filter { $0.role != .initial && !$0.isReady }.map(\.name)
        let containersReady = notReady.isEmpty && !isFinished
        let gates = pod.spec.readinessGates.map(\.conditionType)
        let openGates = gates.filter { gate in !pod.status.conditions.contains { $0.type == gate && $0.status == "True" } }

        func make(_ type: String, _ isTrue: Bool, _ reason: String?, _ message: String?) -> PodCondition {
            let before = conditions.first { $0.type == type }
            return PodCondition {
                $0.type = type
                $0.status = isTrue ? "True" : "False"
                $0.lastTransitionTime = before?.status == $0.status ? before?.lastTransitionTime ?? now : now
                $0.reason = isTrue && finished == nil ? nil : reason
                $0.message = isTrue ? nil : message
            }
        }
        func names(_ kind: String, _ names: [String]) -> String { "containers with \(kind) status: [\(names.joined(separator: " "))]" }
        var own = [
            make("PodReadyToStartContainers", volumes == .ready && !isFinished, nil, nil),
            make(
                "Initialized", notInitialized.isEmpty, finished ?? "ContainersNotInitialized", names("incomplete", notInitialized)),
            make(
                "Ready", containersReady && openGates.isEmpty, finished ?? (containersReady ? "ReadinessGatesNotReady" : "ContainersNotReady"),
                containersReady ? openGates.map { "corresponding condition of pod readiness gate \"\($0)\" does not exist." }.joined(separator: ", ")
                    : names("unready", notReady)),
            make("ContainersReady", containersReady, finished ?? "ContainersNotReady", names("unready", notReady)),
        ]
        if let scheduled = pod.status.conditions.first(where: { $0.type == "PodScheduled" }) {
            own.append(scheduled)
        } else {
            own.append(make("PodScheduled", true, nil, nil))
        }
        let ownTypes = Set(own.map(\.type))
        return own + pod.status.conditions.filter { !ownTypes.contains($0.type) }
    }
}

/// How much a pod was promised; decides who is ended first when memory runs out.
///
/// - Source: Kubernetes `qos.GetPodQOS` and `qos.GetContainerOOMScoreAdjust`.
enum QualityOfService: String {
    case guaranteed = "Guaranteed"
    case burstable = "Burstable"
    case bestEffort = "BestEffort"

    init(_ pod: Pod) {
        var isGuaranteed = true
        var hasAny = false
        for container in pod.spec.containers + pod.spec.initContainers {
            for name in ["cpu", "memory"] {
                let limit = container.resources?.limits[name].flatMap { $0.isZero ? nil : $0 }
                let request = container.resources?.requests[name].flatMap { $0.isZero ? nil : $0 } ?? limit
                if limit != nil || request != nil { hasAny = true }
                if limit == nil || request != limit { isGuaranteed = false }
            }
        }
        self = !hasAny ? .bestEffort : isGuaranteed ? .guaranteed : .burstable
    }

    /// The kernel's score adjustment for a container.
    func outOfMemoryScore(memoryRequest: Int64, memoryCapacity: Int64) -> Int {
        switch self {
        case .guaranteed: return -997
        case .bestEffort: return 1000
        case .burstable:
            guard memoryCapacity > 0 else { return 999 }
            let score = 1000 - Int(1000 * Double(memoryRequest) / Double(memoryCapacity))
            return min(max(score, 3), 999)
        }
    }
}
