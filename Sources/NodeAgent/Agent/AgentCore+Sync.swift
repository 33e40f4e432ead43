import Bytes
import ClusterAPI

/// Bringing one pod nearer to what is wanted.
extension AgentCore {
    /// Looks at a pod as it is and asks for whatever is missing. Calling it too often does no harm.
    mutating func sync(_ uid: String, now: Timestamp) {
        guard isReady, pods[uid] != nil else { return }
        pods[uid]!.nextWake = nil
        if pods[uid]!.isTerminating {
            terminate(uid, now: now)
        } else {
            let phase = pods[uid]!.phase
            if phase == "Succeeded" || phase == "Failed" {
                stopAll(uid, grace: grace(pods[uid]!.pod), now: now)
            } else {
                run(uid, now: now)
            }
        }
        guard pods[uid] != nil else { return }
        kill(uid, now: now)
        probe(uid, now: now)
        report(uid, now: now)
    }

    // MARK: Running

    private mutating func run(_ uid: String, now: Timestamp) {
        let state = pods[uid]!
        if let seconds = state.pod.spec.activeDeadlineSeconds {
            let deadline = state.startTime + .seconds(seconds)
            if now >= deadline {
                pods[uid]!.failure = ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
                tell(uid, .normal, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
                return stopAll(uid, grace: grace(state.pod), now: now)
            }
            pods[uid]!.wake(at: deadline)
        }
        guard prepareVolumes(uid, now: now) else { return }
        let hasMains = state.tracks.contains { $0.role == .main && ($0.last != nil || $0.run != nil || $0.exit != nil) }
        for index in state.tracks.indices {
            switch pods[uid]!.tracks[index].role {
            case .initial:
                if pods[uid]!.tracks[index].exit?.code == 0 || hasMains { continue }
                startIfWanted(uid, index, now: now)
                return
            case .sidecar:
                startIfWanted(uid, index, now: now)
                if !pods[uid]!.tracks[index].isStarted && !hasMains { return }
            case .main: startIfWanted(uid, index, now: now)
            }
        }
    }

    /// Whether the volumes stand; asks for what is missing.
    private mutating func prepareVolumes(_ uid: String, now: Timestamp) -> Bool {
        switch pods[uid]!.volumes {
        case .ready: return true
        case .preparing: return false
        case .failed(_, let retryAt) where now < retryAt:
            pods[uid]!.wake(at: retryAt)
            return false
        case .unplanned, .failed: break
        }
        let volumes = volumes(of: pods[uid]!)
        guard fetch(volumes.references(references), for: uid, now: now) else { return false }
        do throws(PodVolumes.Failure) {
            var plans = try volumes.plans(references)
            pods[uid]!.plans = plans
            if let resolver = resolverPlan(pods[uid]!) { plans.append(resolver) }
            pods[uid]!.volumes = .preparing
            effects.append(.prepareVolumes(podUID: uid, plans))
        } catch {
            pods[uid]!.volumes = .failed(error.message, retryAt: now + .seconds(2))
            pods[uid]!.wake(at: now + .seconds(2))
            tell(uid, .warning, "FailedMount", error.message)
        }
        return false
    }

    private func volumes(of state: PodState) -> PodVolumes {
        PodVolumes(
            pod: state.pod, folder: configuration.layout.volumesDirectory(state.identity), address: state.address,
            hostAddress: configuration.hostAddress, allocatable: configuration.allocatable)
    }

    /// Whether all objects are at hand; asks for those that are not.
    private mutating func fetch(_ keys: [ObjectKey], for uid: String, now: Timestamp) -> Bool {
        let missing = references.missing(keys, now: now)
        for key in missing {
            let id = nextRequest
            if let request = references.begin(key, id, now: now) { perform(request, .fetch(key)) }
            if let retry = references.retryTime(key) { pods[uid]!.wake(at: retry) }
        }
        return missing.isEmpty
    }

    private mutating func startIfWanted(_ uid: String, _ index: Int, now: Timestamp) {
        let state = pods[uid]!
        var track = state.tracks[index]
        guard !track.isActive, let container = state.container(track.name) else { return }
        if let exit = track.exit {
            guard restarts(track, exit, state.pod) else { return }
            track.last = (exit, track.runtimeID)
            track.needsNewRun = true
            track.phase = .waiting(reason: "ContainerCreating", message: "")
        }
        defer { if pods[uid] != nil { pods[uid]!.tracks[index] = track } }
        if let notBefore = track.notBefore, now < notBefore {
            let delay = CrashBackoff.text(notBefore - (track.last?.exit.finishedAt ?? now))
            let name = "\(state.identity.name)_\(state.identity.namespace)(\(uid))"
            let message = "back-off \(delay) restarting failed container=\(track.name) pod=\(name)"
            if case .waiting("CrashLoopBackOff", _) = track.phase {
                // Told already.
            } else {
                tell(uid, .warning, "BackOff", "Back-off restarting failed container \(track.name) in pod \(name)", container: track.name)
            }
            track.phase = .waiting(reason: "CrashLoopBackOff", message: message)
            return pods[uid]!.wake(at: notBefore)
        }
        if let retryAt = track.retryAt, now < retryAt { return pods[uid]!.wake(at: retryAt) }
        if let refusal = refusal(container.image ?? "") {
            let waiting = ContainerTrack.Phase.waiting(reason: refusal.reason, message: refusal.message)
            if track.phase != waiting { tell(uid, .warning, "Failed", refusal.message, container: track.name) }
            track.phase = waiting
            return
        }
        if case .waiting(let reason, _) = track.phase, reason == "PodInitializing" || reason == "CrashLoopBackOff" {
            track.phase = .waiting(reason: "ContainerCreating", message: "")
        }
        guard fetch(ContainerVariables.references(container, namespace: state.identity.namespace), for: uid, now: now) else { return }
        do throws(ContainerVariables.Failure) {
            if track.needsNewRun { track.restart += 1 }
            track.needsNewRun = false
            let spec = try spec(state, container, restart: track.restart)
            track.retryAt = nil
            track.phase = .starting
            removeOldRuns(&track, state.identity)
            if !track.records.contains(spec.id) { track.records.append(spec.id) }
            effects.append(.start(spec))
        } catch {
            track.phase = .waiting(reason: "CreateContainerConfigError", message: error.message)
            track.retryAt = now + .seconds(10)
            pods[uid]!.wake(at: now + .seconds(10))
            tell(uid, .warning, "Failed", "Error: \(error.message)", container: track.name)
        }
    }

    private func restarts(_ track: ContainerTrack, _ exit: ContainerExit, _ pod: Pod) -> Bool {
        let policy = pod.spec.restartPolicy ?? "Always"
        return switch track.role {
        case .sidecar: true
        case .initial: exit.code != 0 && policy != "Never"
        case .main: policy == "Always" || (policy == "OnFailure" && exit.code != 0)
        }
    }

    /// What the runtime remembers of earlier runs is removed; of their logs the last one stays, for `kubectl logs --previous`.
    private mutating func removeOldRuns(_ track: inout ContainerTrack, _ pod: PodIdentity) {
        for record in track.records where record.restart < track.restart { effects.append(.remove(record)) }
        if track.restart >= 2 {
            let old = ContainerIdentity(pod: pod, name: track.name, restart: track.restart - 2)
            effects.append(.removeFile(configuration.layout.logPath(old)))
        }
    }

    // MARK: Ending

    private mutating func terminate(_ uid: String, now: Timestamp) {
        let state = pods[uid]!
        if state.stopDeadline == nil {
            // A pod that was removed without asking its node gets a moment to end all the same.
            let grace = state.isForgotten && state.pod.metadata.deletionTimestamp == nil ? Duration.seconds(2) : grace(state.pod)
            pods[uid]!.stopDeadline = now + grace
        }
        let left = max(.zero, pods[uid]!.stopDeadline! - now)
        stopAll(uid, grace: left, now: now)
        guard !pods[uid]!.tracks.contains(where: \.isActive) else { return }
        for index in pods[uid]!.tracks.indices {
            guard !pods[uid]!.tracks[index].isBeingRemoved else { continue }
            pods[uid]!.tracks[index].isBeingRemoved = true
            for record in pods[uid]!.tracks[index].records { effects.append(.remove(record)) }
        }
        // The answers of the runtime empty the records.
        guard pods[uid]!.tracks.allSatisfy(\.records.isEmpty) else { return }
        if state.isForgotten { return removeForgotten(uid, now: now) }
        delete(uid, now: now)
    }

    private mutating func removeForgotten(_ uid: String, now: Timestamp) {
        addresses.release(uid)
        guard let time = pods[uid]!.removeFolderAt else {
            pods[uid]!.removeFolderAt = now + Self.folderLinger
            return pods[uid]!.wake(at: now + Self.folderLinger)
        }
        guard now >= time else { return pods[uid]!.wake(at: time) }
        effects.append(.removePodFolder(pods[uid]!.identity))
        pods[uid] = nil
    }

    /// Lets go of the pod: its last status has been told, nothing of it runs.
    private mutating func delete(_ uid: String, now: Timestamp) {
        let state = pods[uid]!
        guard state.tracks.allSatisfy({ !$0.isActive && $0.records.isEmpty }) else { return }
        guard state.deleteRequest == nil, !state.isDeleteAnswered, state.statusRequest == nil else { return }
        let last = state.status(hostAddress: configuration.hostAddress, now: now).jsonBytes
        guard last == state.sentStatus else { return }
        if let retry = state.deleteRetryAt, now < retry { return pods[uid]!.wake(at: retry) }
        let options = RequestOptions {
            $0.gracePeriodSeconds = 0
            $0.preconditionUID = uid
        }
        let request = APIRequest(.delete, state.pod.key, options: options)
        pods[uid]!.deleteRequest = perform(request, .delete(podUID: uid))
    }

    private mutating func stopAll(_ uid: String, grace: Duration, now: Timestamp) {
        for index in pods[uid]!.tracks.indices {
            if pods[uid]!.tracks[index].run != nil, pods[uid]!.tracks[index].stopping == .no {
                tell(uid, .normal, "Killing", "Stopping container \(pods[uid]!.tracks[index].name)", container: pods[uid]!.tracks[index].name)
                stop(uid, index, grace: grace, now: now)
            }
        }
    }

    /// Begins to stop a running container: hook, then the stop signal, and at the end of the grace all its processes are killed.
    mutating func stop(_ uid: String, _ index: Int, grace: Duration, now: Timestamp) {
        let state = pods[uid]!
        let track = state.tracks[index]
        guard track.run != nil, track.stopping == .no else { return }
        let id = ContainerIdentity(pod: state.identity, name: track.name, restart: track.restart)
        pods[uid]!.tracks[index].killAt = now + grace
        if let hook = state.container(track.name)?.lifecycle?.preStop, grace > .zero {
            pods[uid]!.tracks[index].stopping = .hook
            effects.append(.probe(self.hook(hook, .preStop, state, index, timeout: grace)))
        } else {
            pods[uid]!.tracks[index].stopping = .asked
            effects.append(.stop(id, force: false))
        }
    }

    func hook(_ hook: LifecycleHandler, _ kind: ProbeID.Kind, _ state: PodState, _ index: Int, timeout: Duration) -> ProbeRequest {
        let track = state.tracks[index]
        let id = ProbeID(container: ContainerIdentity(pod: state.identity, name: track.name, restart: track.restart), kind: kind)
        if let sleep = hook.sleep { return ProbeRequest(id: id, action: .wait(seconds: sleep.seconds), timeout: timeout) }
        let action = ProbeRequest.Action(
            exec: hook.exec, http: hook.httpGet, tcp: hook.tcpSocket, container: state.container(track.name) ?? Container(),
            address: state.address)
        return ProbeRequest(id: id, action: action, timeout: timeout)
    }

    /// Kills what was asked to stop and did not in its time.
    private mutating func kill(_ uid: String, now: Timestamp) {
        for index in pods[uid]!.tracks.indices {
            let track = pods[uid]!.tracks[index]
            guard track.run != nil, track.stopping != .no, track.stopping != .killed, let killAt = track.killAt else { continue }
            if now >= killAt {
                pods[uid]!.tracks[index].stopping = .killed
                effects.append(
                    .stop(ContainerIdentity(pod: pods[uid]!.identity, name: track.name, restart: track.restart), force: true))
            } else {
                pods[uid]!.wake(at: killAt)
            }
        }
    }

    // MARK: Probing

    private mutating func probe(_ uid: String, now: Timestamp) {
        let state = pods[uid]!
        for (index, track) in state.tracks.enumerated() {
            guard track.run != nil, track.stopping == .no, let container = state.container(track.name) else { continue }
            for (place, probeState) in track.probes.enumerated() {
                // Until the startup probe has passed the others are not asked.
                if probeState.kind != .startup && !track.isStarted { continue }
                if probeState.kind == .startup && probeState.passes { continue }
                guard let probe = container.probe(probeState.kind) else { continue }
                if pods[uid]!.tracks[index].probes[place].isDue(now: now) {
                    let id = ProbeID(
                        container: ContainerIdentity(pod: state.identity, name: track.name, restart: track.restart), kind: probeState.kind)
                    let action = ProbeRequest.Action(
                        exec: probe.exec, http: probe.httpGet, tcp: probe.tcpSocket, container: container, address: state.address)
                    effects.append(
                        .probe(ProbeRequest(id: id, action: action, timeout: .seconds(max(1, probe.timeoutSeconds ?? 1)))))
                } else if !probeState.isInFlight {
                    pods[uid]!.wake(at: probeState.next)
                }
            }
        }
    }

    // MARK: Reporting

    private mutating func report(_ uid: String, now: Timestamp) {
        let state = pods[uid]!
        guard !state.isForgotten, state.statusRequest == nil else { return }
        if let retry = state.statusRetryAt, now < retry { return pods[uid]!.wake(at: retry) }
        let status = state.status(hostAddress: configuration.hostAddress, now: now)
        pods[uid]!.conditions = status.conditions
        let bytes = status.jsonBytes
        guard bytes != state.sentStatus else {
            if state.isTerminating { delete(uid, now: now) }
            return
        }
        var value = status.jsonValue
        // A merge patch removes only what it names.
        for name in ["reason", "message"] where value[name] == nil { value[name] = .null }
        let patch: JSONValue = ["metadata": ["uid": .string(uid)], "status": value]
        let request = APIRequest(.patch(.merge), state.pod.key, subresource: "status", body: patch.bytes)
        pods[uid]!.statusRetryAt = nil
        pods[uid]!.statusRequest = perform(request, .status(podUID: uid, sent: bytes))
    }
}
