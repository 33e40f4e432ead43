import Bytes
import ClusterAPI
import Reconciliation

/// What the agent knows of one pod: what is wanted, what runs, and what it has told the API server.
struct PodState: Sendable {
    enum Volumes: Hashable, Sendable {
        case unplanned
        case preparing
        case ready
        case failed(String, retryAt: Timestamp)
    }

    var pod: Pod
    let identity: PodIdentity
    var address: String
    /// In the order of the specification, init containers first.
    var tracks: [ContainerTrack]
    var volumes = Volumes.unplanned
    var plans: [VolumePlan] = []
    var startTime: Timestamp
    /// Gone from the API server, or never known there: everything of it is ended and removed.
    var isForgotten = false
    /// When the folder of a pod that is gone goes too; its logs may still be read until then.
    var removeFolderAt: Timestamp?
    /// Reason and message of a pod that failed as a whole.
    var failure: (reason: String, message: String)?
    /// The conditions as they were last made, with the times of their changes.
    var conditions: [PodCondition]
    /// The status the API server was last told, as sent.
    var sentStatus: [UInt8] = []
    var statusRequest: RequestID?
    var statusRetryAt: Timestamp?
    var deleteRequest: RequestID?
    var deleteRetryAt: Timestamp?
    var isDeleteAnswered = false
    /// When the grace of a deletion ends.
    var stopDeadline: Timestamp?
    /// The earliest time at which something is to be done without any event.
    var nextWake: Timestamp?

    init(pod: Pod, address: String, now: Timestamp) {
        self.pod = pod
        identity = PodIdentity(pod)
        self.address = address
        startTime = pod.status.startTime ?? now
        conditions = pod.status.conditions
        tracks =
            pod.spec.initContainers.map { ContainerTrack(name: $0.name, role: $0.restartPolicy == "Always" ? .sidecar : .initial) }
            + pod.spec.containers.map { ContainerTrack(name: $0.name, role: .main) }
        for index in tracks.indices { adoptStatus(&tracks[index]) }
    }

    /// Containers whose pod nobody knows: only to be ended.
    init(forgotten identity: PodIdentity, now: Timestamp) {
        pod = Pod()
        pod.metadata.namespace = identity.namespace
        pod.metadata.name = identity.name
        pod.metadata.uid = identity.uid
        self.identity = identity
        address = ""
        startTime = now
        conditions = []
        tracks = []
        isForgotten = true
    }

    mutating func wake(at time: Timestamp) { nextWake = min(nextWake ?? time, time) }

    var isTerminating: Bool { isForgotten || pod.metadata.deletionTimestamp != nil }

    func container(_ name: String) -> Container? {
        pod.spec.containers.first { $0.name == name } ?? pod.spec.initContainers.first { $0.name == name }
    }

    /// Goes on counting from what the API server was told before the node lost its memory of the container.
    private func adoptStatus(_ track: inout ContainerTrack) {
        guard let status = (pod.status.containerStatuses + pod.status.initContainerStatuses).first(where: { $0.name == track.name }) else { return }
        track.restart = status.restartCount
        guard let id = status.containerID, !id.isEmpty else { return }
        track.runtimeID = id
        if let terminated = status.state?.terminated {
            track.phase = .exited(
                ContainerExit(
                    code: Int32(clamping: terminated.exitCode), signal: Int32(clamping: terminated.signal ?? 0),
                    reason: terminated.reason ?? "", message: terminated.message ?? "",
                    startedAt: terminated.startedAt.flatMap { $0 == .epoch ? nil : $0 },
                    finishedAt: terminated.finishedAt ?? startTime))
        } else if let running = status.state?.running {
            track.phase = .exited(
                ContainerExit(
                    code: 137, reason: "ContainerStatusUnknown", message: "the node no longer knows this container",
                    startedAt: running.startedAt, finishedAt: running.startedAt ?? startTime))
        }
    }

    /// Takes in what the runtime says of one of the pod's containers.
    mutating func take(_ record: ContainerRecord, now: Timestamp) {
        guard let index = tracks.firstIndex(where: { $0.name == record.id.name }) else {
            // Left over from a specification that has changed, or of a pod that nobody knows.
            var track = ContainerTrack(name: record.id.name, role: .main)
            track.restart = record.id.restart
            track.records = [record.id]
            tracks.append(track)
            apply(record, to: tracks.count - 1, now: now)
            return
        }
        if !tracks[index].records.contains(record.id) { tracks[index].records.append(record.id) }
        if record.id.restart >= tracks[index].restart {
            tracks[index].restart = record.id.restart
            apply(record, to: index, now: now)
        } else if record.id.restart == tracks[index].restart - 1, case .exited(let exit) = record.state {
            tracks[index].last = (exit, record.runtimeID)
        }
    }

    private mutating func apply(_ record: ContainerRecord, to index: Int, now: Timestamp) {
        let container = container(tracks[index].name) ?? Container()
        switch record.state {
        case .created:
            // Nobody has started it: the next sync does, under the same name.
            break
        case .running(let run):
            if tracks[index].run != run { tracks[index].began(run, container) }
        case .exited(let exit):
            if tracks[index].exit == nil || tracks[index].runtimeID != record.runtimeID {
                tracks[index].notBefore = tracks[index].backoff.nextStart(startedAt: exit.startedAt, finishedAt: exit.finishedAt)
            }
            tracks[index].phase = .exited(exit)
            tracks[index].probes = []
            tracks[index].killAt = nil
            tracks[index].stopping = .no
        }
        tracks[index].runtimeID = record.runtimeID
    }
}
