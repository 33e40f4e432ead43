package import Bytes
import ClusterAPI
package import Reconciliation

/// The agent of one node as a value: pods bound to the node, what the runtime does, and the time go in; what is to be done comes out.
///
/// Everything it decides follows from levels: a new core that is told the API server's objects and the runtime's containers goes on
/// where the last one ended. It acts on nothing until it knows both.
package struct AgentCore: Sendable {
    /// How long the folder of a pod that is gone stays, so that whoever ships its logs comes to their ends.
    static let folderLinger: Duration = .seconds(20)
    static let requestRetry: Duration = .seconds(1)

    /// What a request was for.
    enum Purpose: Sendable {
        case fetch(ObjectKey)
        case status(podUID: String, sent: [UInt8])
        case delete(podUID: String)
        case node
    }

    let configuration: AgentConfiguration
    let refusal: @Sendable (String) -> RuntimeRefusal?
    var pods: [String: PodState] = [:]
    var uids: [NamespacedName: String] = [:]
    var services = InformerCache<Service>()
    var references = ReferenceCache()
    var addresses: PodAddresses
    var node: NodeRegistration
    var purposes: [RequestID: Purpose] = [:]
    var nextRequest = RequestID(1)
    /// What the runtime knew before the pods were known.
    var adopted: [ContainerRecord]?
    var folders: [PodIdentity] = []
    var hasPods = false
    var hasServices = false
    var effects: [AgentEffect] = []
    /// The wake-up that has been asked for last and not come yet.
    var askedWake: Timestamp?

    /// - Parameter refusal: why the node's runtime cannot run an image; a pure function.
    package init(_ configuration: AgentConfiguration, refusal: @escaping @Sendable (String) -> RuntimeRefusal?) {
        self.configuration = configuration
        self.refusal = refusal
        guard let addresses = PodAddresses(range: configuration.podRange) else {
            preconditionFailure("the range of pod addresses was checked when the configuration was read: \(configuration.podRange)")
        }
        self.addresses = addresses
        node = NodeRegistration(configuration)
    }

    /// What the shell keeps informers for.
    package var watches: [WatchInterest] {
        [
            WatchInterest(Pod.resource, fields: .field("spec.nodeName", equals: configuration.nodeName)),
            WatchInterest(Service.resource),
        ]
    }

    package mutating func handle(_ event: AgentEvent, now: Timestamp) -> [AgentEffect] {
        switch event {
        case .objects(Pod.resource, let changes):
            for change in changes { take(change, now: now) }
        case .objects(_, let changes): _ = services.apply(changes)
        case .synced(Pod.resource):
            hasPods = true
            begin(now: now)
        case .synced:
            hasServices = true
            begin(now: now)
        case .reply(let id, let result): take(id, result, now: now)
        case .folders(let pods): folders = pods
        case .adopted(let records):
            adopted = records
            begin(now: now)
        case .container(let record): take(record, now: now)
        case .startFailed(let id, let error): startFailed(id, error, now: now)
        case .removed(let id):
            forEachTrack(of: id) { track in track.records.removeAll { $0 == id } }
            sync(id.pod.uid, now: now)
        case .probed(let id, let result): take(id, result, now: now)
        case .volumesPrepared(let uid, let failure): volumesPrepared(uid, failure, now: now)
        case .wake: askedWake = nil
        }
        for uid in pods.keys.sorted() where pods[uid]!.nextWake.map({ $0 <= now }) ?? false { sync(uid, now: now) }
        for request in node.due(now: now) { perform(request, .node) }
        askForWake(now: now)
        defer { effects = [] }
        return effects
    }

    /// Whether the core knows enough to act.
    var isReady: Bool { hasPods && hasServices && adopted != nil }

    private mutating func begin(now: Timestamp) {
        guard isReady else { return }
        for pod in folders where pods[pod.uid] == nil { pods[pod.uid] = PodState(forgotten: pod, now: now) }
        folders = []
        for record in adopted ?? [] where pods[record.id.pod.uid] == nil {
            pods[record.id.pod.uid] = PodState(forgotten: record.id.pod, now: now)
        }
        for record in adopted ?? [] { pods[record.id.pod.uid]?.take(record, now: now) }
        // From here on records come one by one.
        adopted = []
        for uid in pods.keys.sorted() { sync(uid, now: now) }
    }

    private mutating func askForWake(now: Timestamp) {
        var next = node.nextWake
        for state in pods.values { if let wake = state.nextWake { next = min(next, wake) } }
        if askedWake.map({ $0 > next || $0 <= now }) ?? true {
            askedWake = next
            effects.append(.wake(at: next))
        }
    }

    // MARK: Requests

    @discardableResult
    mutating func perform(_ request: APIRequest, _ purpose: Purpose) -> RequestID {
        let id = nextRequest.take()
        purposes[id] = purpose
        effects.append(.perform(id, request))
        return id
    }

    private mutating func take(_ id: RequestID, _ result: Result<APIResponse, StatusError>, now: Timestamp) {
        guard let purpose = purposes.removeValue(forKey: id) else { return }
        switch purpose {
        case .fetch(let key):
            references.finish(key, result, now: now)
            // Whoever waits for the object looks again; the others find nothing to do.
            for uid in pods.keys.sorted() where PodIdentity(pods[uid]!.pod).namespace == key.namespace ?? PodIdentity(pods[uid]!.pod).namespace {
                sync(uid, now: now)
            }
        case .status(let uid, let sent):
            guard pods[uid] != nil else { return }
            pods[uid]!.statusRequest = nil
            switch result {
            case .success: pods[uid]!.sentStatus = sent
            case .failure(let error) where error.reason == .notFound: pods[uid]!.sentStatus = sent
            case .failure: pods[uid]!.statusRetryAt = now + Self.requestRetry
            }
            sync(uid, now: now)
        case .delete(let uid):
            guard pods[uid] != nil else { return }
            pods[uid]!.deleteRequest = nil
            switch result {
            case .success: pods[uid]!.isDeleteAnswered = true
            case .failure(let error) where error.reason == .notFound || error.reason == .conflict:
                // Its name belongs to another pod or to none: the watch will say the same.
                pods[uid]!.isDeleteAnswered = true
            case .failure: pods[uid]!.deleteRetryAt = now + Self.requestRetry
            }
            sync(uid, now: now)
        case .node: node.take(result, now: now)
        }
    }

    // MARK: Changes of pods

    private mutating func take(_ change: WatchEvent, now: Timestamp) {
        switch change {
        case .added(let snapshot), .modified(let snapshot):
            guard let pod = try? Pod(json: snapshot.bytes) else { return }
            let uid = pod.metadata.uid
            if let previous = uids[pod.namespacedName], previous != uid { forget(previous, now: now) }
            uids[pod.namespacedName] = uid
            if pods[uid] != nil {
                pods[uid]!.pod = pod
            } else {
                pods[uid] = PodState(pod: pod, address: address(for: pod), now: now)
            }
            sync(uid, now: now)
        case .deleted(let snapshot):
            let name = NamespacedName(namespace: snapshot.key.namespace ?? "", name: snapshot.key.name)
            if let uid = uids[name], snapshot.uid.isEmpty || snapshot.uid == uid {
                uids[name] = nil
                forget(uid, now: now)
            }
        case .bookmark, .failed: break
        }
    }

    private mutating func forget(_ uid: String, now: Timestamp) {
        pods[uid]?.isForgotten = true
        sync(uid, now: now)
    }

    /// The address a pod has had, else a new one.
    private mutating func address(for pod: Pod) -> String {
        if pod.spec.hostNetwork ?? false { return configuration.hostAddress }
        let known = adopted?.first { $0.id.pod.uid == pod.metadata.uid && !$0.address.isEmpty }?.address ?? pod.status.podIP ?? ""
        if !known.isEmpty, addresses.keep(known, for: pod.metadata.uid) { return known }
        return addresses.address(of: pod.metadata.uid) ?? ""
    }

    // MARK: Changes of containers

    func track(_ id: ContainerIdentity) -> Int? {
        pods[id.pod.uid]?.tracks.firstIndex { $0.name == id.name && $0.restart == id.restart }
    }

    mutating func forEachTrack(of id: ContainerIdentity, _ body: (inout ContainerTrack) -> Void) {
        guard let state = pods[id.pod.uid] else { return }
        for index in state.tracks.indices where state.tracks[index].name == id.name { body(&pods[id.pod.uid]!.tracks[index]) }
    }

    private mutating func take(_ record: ContainerRecord, now: Timestamp) {
        let uid = record.id.pod.uid
        guard isReady else {
            adopted?.removeAll { $0.id == record.id }
            adopted?.append(record)
            return
        }
        if pods[uid] == nil { pods[uid] = PodState(forgotten: record.id.pod, now: now) }
        let before = track(record.id).map { pods[uid]!.tracks[$0].phase }
        pods[uid]!.take(record, now: now)
        if case .running = record.state, before == .starting, let index = track(record.id) {
            tell(uid, .normal, "Started", "Started container \(record.id.name)", container: record.id.name)
            let state = pods[uid]!
            if let hook = state.container(record.id.name)?.lifecycle?.postStart {
                effects.append(.probe(self.hook(hook, .postStart, state, index, timeout: .seconds(60))))
            }
        }
        if case .exited(let exit) = record.state, exit.reason == "StartError", before == .starting {
            tell(uid, .warning, "Failed", "Error: \(exit.message)", container: record.id.name)
        }
        sync(uid, now: now)
    }

    private mutating func startFailed(_ id: ContainerIdentity, _ error: RuntimeError, now: Timestamp) {
        guard let index = track(id) else { return }
        pods[id.pod.uid]!.tracks[index].phase = .waiting(reason: "CreateContainerError", message: error.description)
        pods[id.pod.uid]!.tracks[index].retryAt = now + .seconds(10)
        tell(id.pod.uid, .warning, "Failed", "Error: \(error.description)", container: id.name)
        sync(id.pod.uid, now: now)
    }

    private mutating func volumesPrepared(_ uid: String, _ failure: String?, now: Timestamp) {
        guard pods[uid] != nil else { return }
        if let failure {
            pods[uid]!.volumes = .failed(failure, retryAt: now + .seconds(2))
            tell(uid, .warning, "FailedMount", failure)
        } else {
            pods[uid]!.volumes = .ready
        }
        sync(uid, now: now)
    }

    private mutating func take(_ id: ProbeID, _ result: ProbeResult, now: Timestamp) {
        guard let index = track(id.container) else { return }
        let uid = id.container.pod.uid
        let state = pods[uid]!
        guard let container = state.container(id.container.name), state.tracks[index].run != nil else { return }
        switch id.kind {
        case .preStop:
            if case .failure(let message) = result { tell(uid, .warning, "FailedPreStopHook", message, container: container.name) }
            if pods[uid]!.tracks[index].stopping == .hook {
                pods[uid]!.tracks[index].stopping = .asked
                effects.append(.stop(id.container, force: false))
            }
        case .postStart:
            if case .failure(let message) = result {
                tell(uid, .warning, "FailedPostStartHook", message, container: container.name)
                stop(uid, index, grace: grace(state.pod), now: now)
            }
        case .startup, .liveness, .readiness:
            guard let place = state.tracks[index].probes.firstIndex(where: { $0.kind == id.kind }), let probe = container.probe(id.kind) else { return }
            let changed = pods[uid]!.tracks[index].probes[place].take(result, probe, now: now)
            if case .failure(let message) = result {
                tell(uid, .warning, "Unhealthy", "\(id.kind.name) probe failed: \(message)", container: container.name)
            }
            if changed, id.kind != .readiness, !pods[uid]!.tracks[index].probes[place].passes {
                tell(
                    uid, .normal, "Killing", "Container \(container.name) failed \(id.kind.name.lowercased()) probe, will be restarted",
                    container: container.name)
                let seconds = probe.terminationGracePeriodSeconds.map { Duration.seconds($0) }
                stop(uid, index, grace: seconds ?? grace(state.pod), now: now)
            }
        }
        sync(uid, now: now)
    }

    // MARK: Telling

    mutating func tell(_ uid: String, _ kind: EventDraft.Kind, _ reason: String, _ message: String, container: String? = nil) {
        guard let state = pods[uid], !state.pod.metadata.name.isEmpty, !state.isForgotten else { return }
        var reference = state.pod.reference
        if let container {
            let list = state.pod.spec.initContainers.contains { $0.name == container } ? "initContainers" : "containers"
            reference.fieldPath = "spec.\(list){\(container)}"
        }
        effects.append(
            .record(EventDraft(kind, reason, message, regarding: reference, component: "kubelet", host: configuration.nodeName)))
    }

    func grace(_ pod: Pod) -> Duration {
        .seconds(pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30)
    }
}

extension Container {
    func probe(_ kind: ProbeID.Kind) -> Probe? {
        switch kind {
        case .startup: startupProbe
        case .liveness: livenessProbe
        case .readiness: readinessProbe
        case .postStart, .preStop: nil
        }
    }
}
