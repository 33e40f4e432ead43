import Bytes
import ClusterAPI

/// What the agent knows of one container of a pod, through all its runs.
///
/// ```
///  waiting ──start──► starting ──► running ──► exited ──► waiting (the next run, after the back-off)
///     ▲                  └─ failed ─┘ │ stop requested: TERM, after the grace KILL
///     └───────────────────────────────┘
/// ```
struct ContainerTrack: Sendable {
    enum Phase: Hashable, Sendable {
        case waiting(reason: String, message: String)
        case starting
        case running(ContainerRun)
        case exited(ContainerExit)
    }

    enum Role: Hashable, Sendable {
        case initial
        /// An init container with restart policy Always: it runs beside the others.
        case sidecar
        case main
    }

    enum Stopping: Hashable, Sendable {
        case no
        /// The hook before the stop runs.
        case hook
        case asked, killed
    }

    let name: String
    let role: Role
    /// How often it was started before: the number of the present or next run.
    var restart = 0
    var phase = Phase.waiting(reason: "PodInitializing", message: "")
    var runtimeID = ""
    /// The end of the run before this one.
    var last: (exit: ContainerExit, runtimeID: String)?
    var backoff = CrashBackoff()
    /// When the next start is allowed.
    var notBefore: Timestamp?
    var probes: [ProbeState] = []
    /// Whether the next start is a new run: the one counted by `restart` has ended.
    var needsNewRun = false
    var stopping = Stopping.no
    /// When the program is killed because it was asked to stop and did not.
    var killAt: Timestamp?
    /// When to try again after the runtime or the configuration refused.
    var retryAt: Timestamp?
    /// Whether the runtime has anything of this container that must be removed with the pod.
    var records: [ContainerIdentity] = []
    var isBeingRemoved = false

    init(name: String, role: Role) {
        self.name = name
        self.role = role
    }

    var run: ContainerRun? { if case .running(let run) = phase { run } else { nil } }
    var exit: ContainerExit? { if case .exited(let exit) = phase { exit } else { nil } }
    var isActive: Bool {
        switch phase {
        case .starting, .running: true
        case .waiting, .exited: false
        }
    }

    /// Whether the container counts as started: it runs and its startup probe, if any, has passed.
    var isStarted: Bool { run != nil && (probes.first { $0.kind == .startup }?.passes ?? true) }

    /// Whether it takes traffic.
    var isReady: Bool { isStarted && (probes.first { $0.kind == .readiness }?.passes ?? true) }

    /// Enters a run: probes begin anew.
    mutating func began(_ run: ContainerRun, _ container: Container) {
        phase = .running(run)
        killAt = nil
        stopping = .no
        retryAt = nil
        probes = []
        for (kind, probe) in [
            (ProbeID.Kind.startup, container.startupProbe), (.liveness, container.livenessProbe), (.readiness, container.readinessProbe),
        ] {
            if let probe { probes.append(ProbeState(kind, probe, startedAt: run.startedAt)) }
        }
    }

    /// The container's part of the pod's status.
    func status(_ container: Container) -> ContainerStatus {
        ContainerStatus {
            $0.name = name
            $0.image = container.image ?? ""
            $0.imageID = run != nil || exit != nil ? container.image ?? "" : ""
            $0.restartCount = restart
            $0.containerID = runtimeID.isEmpty ? nil : runtimeID
            switch role {
            case .initial: $0.ready = exit?.code == 0
            case .sidecar, .main: $0.ready = isReady
            }
            $0.started = role == .initial ? run != nil : isStarted
            $0.state = Self.state(phase, runtimeID)
            if let last { $0.lastState = Self.state(.exited(last.exit), last.runtimeID) }
        }
    }

    private static func state(_ phase: Phase, _ runtimeID: String) -> ContainerState {
        ContainerState {
            switch phase {
            case .waiting(let reason, let message):
                $0.waiting = ContainerStateWaiting {
                    $0.reason = reason
                    $0.message = message.isEmpty ? nil : message
                }
            case .starting: $0.waiting = ContainerStateWaiting { $0.reason = "ContainerCreating" }
            case .running(let run): $0.running = ContainerStateRunning { $0.startedAt = run.startedAt }
            case .exited(let exit):
                $0.terminated = ContainerStateTerminated {
                    $0.exitCode = Int(exit.code)
                    $0.signal = exit.signal == 0 ? nil : Int(exit.signal)
                    $0.reason = exit.reason
                    $0.message = exit.message.isEmpty ? nil : exit.message
                    // As in Kubernetes: what never began, began when time did. Clients would show an absent time as the year 1.
                    $0.startedAt = exit.startedAt ?? .epoch
                    $0.finishedAt = exit.finishedAt
                    $0.containerID = runtimeID.isEmpty ? nil : runtimeID
                }
            }
        }
    }
}
