import Bytes
import ClusterAPI
import Reconciliation

@testable import NodeAgent

/// A core with a world on paper: a runtime whose containers do what the test says, and an API server that keeps the pods.
struct AgentFixture {
    static let start = Timestamp(rfc3339: "2026-11-24T12:00:00Z")!

    var core: AgentCore
    var now = Self.start
    /// Pods as the API server has them.
    var pods: [String: Pod] = [:]
    var objects: [ObjectKey: [UInt8]] = [:]
    /// What the runtime runs or has run.
    var records: [ContainerIdentity: ContainerRecord] = [:]
    var specs: [ContainerIdentity: ContainerSpec] = [:]
    /// What the core has asked for, in words, since the test last looked.
    var trace: [String] = []
    var events: [String] = []
    var plans: [VolumePlan] = []
    /// Whether programs end when they are asked to.
    var obeysTerm = true
    /// Answers of probes; nil leaves them unanswered.
    var probe: (ProbeRequest) -> ProbeResult? = { _ in .success }
    private var wake: Timestamp?
    private var revision: UInt64 = 1

    init(nodeName: String = "n1", configure: (inout AgentConfiguration) -> Void = { _ in }) {
        var configuration = AgentConfiguration(
            nodeName: nodeName, layout: NodeLayout(agentDirectory: "/data/agent", cgroups: CgroupHierarchy()), hostAddress: "10.0.0.1",
            nameServer: "127.10.0.53", allocatable: ["cpu": Quantity(2), "memory": Quantity(bytes: 4 << 30)])
        configuration.capacity = configuration.allocatable
        configure(&configuration)
        core = AgentCore(configuration) { image in
            image == "host" ? nil : RuntimeRefusal(reason: "ImageNotSupported", message: "cannot run image \"\(image)\" on this node")
        }
    }

    mutating func boot() {
        send(.synced(Service.resource))
        send(.synced(Pod.resource))
        send(.adopted(records.values.sorted { $0.id < $1.id }))
    }

    mutating func send(_ event: AgentEvent) {
        var queue = [event]
        while !queue.isEmpty {
            for effect in core.handle(queue.removeFirst(), now: now) { queue += perform(effect) }
        }
    }

    /// Lets time pass, waking the core whenever it asked for it.
    mutating func advance(_ duration: Duration) {
        let end = now + duration
        while let next = wake, next <= end {
            now = max(now, next)
            wake = nil
            send(.wake)
        }
        now = end
        send(.wake)
    }

    // MARK: The API server

    mutating func create(_ json: String) throws {
        var pod = try Pod(json: Array(json.utf8))
        pod.metadata.namespace = pod.metadata.namespace ?? "default"
        if pod.metadata.uid.isEmpty { pod.metadata.uid = "uid-\(pod.metadata.name)" }
        pod.spec.nodeName = "n1"
        pods[pod.metadata.name] = pod
        send(.objects(Pod.resource, [.added(snapshot(pod))]))
    }

    mutating func requestDeletion(_ name: String, grace: Int) {
        pods[name]!.metadata.deletionTimestamp = now + .seconds(grace)
        pods[name]!.metadata.deletionGracePeriodSeconds = grace
        send(.objects(Pod.resource, [.modified(snapshot(pods[name]!))]))
    }

    mutating func service(_ json: String) throws {
        let service = try Service(json: Array(json.utf8))
        let snapshot = ObjectSnapshot(key: service.key, uid: "s", revision: 1, bytes: service.jsonBytes)
        send(.objects(Service.resource, [.added(snapshot)]))
    }

    private mutating func snapshot(_ pod: Pod) -> ObjectSnapshot {
        revision += 1
        return ObjectSnapshot(key: pod.key, uid: pod.metadata.uid, revision: revision, bytes: pod.jsonBytes)
    }

    func status(_ name: String, container: String) -> ContainerStatus {
        let status = pods[name]!.status
        return (status.containerStatuses + status.initContainerStatuses).first { $0.name == container } ?? ContainerStatus()
    }

    func condition(_ name: String, _ type: String) -> String? { pods[name]!.status.conditions.first { $0.type == type }?.status }

    // MARK: The runtime

    mutating func exit(_ container: String, code: Int32 = 1, reason: String = "Error") {
        let id = records.keys.sorted().last { $0.name == container }!
        guard case .running(let run) = records[id]!.state else { return }
        records[id]!.state = .exited(
            ContainerExit(code: code, signal: code > 128 ? code - 128 : 0, reason: reason, startedAt: run.startedAt, finishedAt: now))
        send(.container(records[id]!))
    }

    private mutating func perform(_ effect: AgentEffect) -> [AgentEvent] {
        switch effect {
        case .wake(let time):
            wake = min(wake ?? time, time)
            return []
        case .record(let draft):
            events.append("\(draft.reason): \(draft.message)")
            return []
        case .perform(let id, let request): return answer(id, request)
        case .start(let spec):
            trace.append("start \(spec.id.name)/\(spec.id.restart)")
            specs[spec.id] = spec
            let record = ContainerRecord(
                id: spec.id, runtimeID: "fake://\(spec.id.name)-\(spec.id.restart)", address: spec.address,
                state: .running(ContainerRun(pid: 1, startedAt: now)))
            records[spec.id] = record
            return [.container(record)]
        case .stop(let id, let force):
            trace.append("\(force ? "kill" : "stop") \(id.name)/\(id.restart)")
            guard force || obeysTerm, case .running(let run) = records[id]?.state else { return [] }
            records[id]!.state = .exited(
                ContainerExit(
                    code: force ? 137 : 0, signal: force ? 9 : 0, reason: force ? "Error" : "Completed", startedAt: run.startedAt,
                    finishedAt: now))
            return [.container(records[id]!)]
        case .remove(let id):
            trace.append("remove \(id.name)/\(id.restart)")
            records[id] = nil
            return [.removed(id)]
        case .probe(let request): return probe(request).map { [.probed(request.id, $0)] } ?? []
        case .prepareVolumes(let uid, let plans):
            self.plans = plans
            return [.volumesPrepared(podUID: uid, failure: nil)]
        case .removePodFolder(let pod):
            trace.append("remove folder \(pod.name)")
            return []
        case .removeFile(let path):
            trace.append("remove file \(path)")
            return []
        }
    }

    private mutating func answer(_ id: RequestID, _ request: APIRequest) -> [AgentEvent] {
        func ok(_ body: [UInt8] = []) -> AgentEvent { .reply(id, .success(APIResponse(body: body))) }
        switch (request.verb, request.resource) {
        case (.patch, Pod.resource):
            guard var pod = pods[request.name!], let patch = try? JSONValue.parse(request.body) else {
                return [.reply(id, .failure(.notFound(Pod.resource, request.name!)))]
            }
            pod.status = (try? PodStatus(json: patch["status"]!.bytes)) ?? PodStatus()
            pods[request.name!] = pod
            return [ok(pod.jsonBytes), .objects(Pod.resource, [.modified(snapshot(pod))])]
        case (.delete, Pod.resource):
            guard let pod = pods.removeValue(forKey: request.name!) else {
                return [.reply(id, .failure(.notFound(Pod.resource, request.name!)))]
            }
            trace.append("delete \(request.name!) grace \(request.options.gracePeriodSeconds ?? -1)")
            return [ok(), .objects(Pod.resource, [.deleted(snapshot(pod))])]
        case (.get, _):
            let key = ObjectKey(resource: request.resource, namespace: request.namespace, name: request.name!)
            guard let bytes = objects[key] else { return [.reply(id, .failure(.notFound(request.resource, request.name!)))] }
            return [ok(bytes)]
        default:
            trace.append("\(request.verb.name) \(request.resource)\(request.subresource.isEmpty ? "" : "/" + request.subresource)")
            return [ok()]
        }
    }

    /// What was done to containers since the last look, without the node's own heartbeats.
    mutating func takeTrace() -> [String] {
        defer { trace = [] }
        return trace.filter { !$0.contains("nodes") && !$0.contains("leases") }
    }
}
