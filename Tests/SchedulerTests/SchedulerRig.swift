import Bytes
import ClusterAPI
import Reconciliation
import Scheduler

/// A scheduler on a bench: tells it what the API would, and reads what it wants.
struct SchedulerRig {
    var core: SchedulerCore
    var now = Timestamp(seconds: 1_700_000_000)
    private var revision: UInt64 = 1

    struct Outcome {
        var bindings: [String] = []
        /// The messages of conditions that are to be written.
        var messages: [String] = []
        var events: [String] = []
        /// The requests that ask about a pod.
        var questions: [RequestID] = []
        /// Requests about volumes, which come before bindings.
        var requests: [String] = []
        /// The requests that are bindings or about volumes.
        var ids: [RequestID] = []
    }

    init(seed: UInt64 = 1, syncs: Bool = true, profile: SchedulingProfile = .standard()) {
        core = SchedulerCore(SchedulerConfiguration(profiles: [profile], seed: seed))
        if syncs { _ = sync() }
    }

    @discardableResult
    mutating func sync() -> Outcome {
        var effects: [ActorEffect] = []
        for interest in core.watches { effects += core.handle(.synced(interest.resource), now: now) }
        return read(effects)
    }

    @discardableResult
    mutating func tell(_ events: [WatchEvent]) -> Outcome {
        var effects: [ActorEffect] = []
        var index = 0
        while index < events.count {
            let resource = events[index].snapshot!.key.resource
            let end = events[index...].firstIndex { $0.snapshot!.key.resource != resource } ?? events.count
            effects += core.handle(.objects(resource, Array(events[index..<end])), now: now)
            index = end
        }
        return read(effects)
    }

    @discardableResult
    mutating func answer(_ id: RequestID, _ result: Result<APIResponse, StatusError>) -> Outcome {
        read(core.handle(.reply(id, result), now: now))
    }

    mutating func wake() -> Outcome { read(core.handle(.wake, now: now)) }

    func snapshot(_ object: some ClusterObject) -> ObjectSnapshot {
        ObjectSnapshot(key: object.key, uid: object.metadata.uid, revision: revision, bytes: object.jsonBytes)
    }

    func node(_ name: String, cpu: String = "8", pods: Int = 110, _ fill: (inout Node) -> Void = { _ in }) -> ObjectSnapshot {
        snapshot(
            Node {
                $0.metadata.name = name
                $0.metadata.uid = name
                $0.status.allocatable = ["cpu": Quantity(cpu)!, "memory": Quantity("16Gi")!, "pods": Quantity(pods)]
                $0.status.conditions = [NodeCondition { ($0.type, $0.status) = ("Ready", "True") }]
                fill(&$0)
            })
    }

    func pod(_ name: String, cpu: String? = nil, node: String? = nil, _ fill: (inout Pod) -> Void = { _ in }) -> ObjectSnapshot {
        snapshot(
            Pod {
                $0.metadata.name = name
                $0.metadata.namespace = "default"
                $0.metadata.uid = name
                $0.spec.nodeName = node
                $0.spec.containers = [
                    Container { container in
                        container.name = "main"
                        if let cpu { container.resources = ResourceRequirements { $0.requests = ["cpu": Quantity(cpu)!] } }
                    }
                ]
                fill(&$0)
            })
    }

    private func read(_ effects: [ActorEffect]) -> Outcome {
        var outcome = Outcome()
        for effect in effects {
            switch effect {
            case .perform(let id, let request) where request.subresource == "binding":
                let target = (try? Binding(json: request.body))?.target.name ?? ""
                outcome.bindings.append("\(request.name ?? "")→\(target)")
                outcome.ids.append(id)
            case .perform(let id, let request) where request.resource == PersistentVolume.resource:
                outcome.requests.append("\(request.verb.name) persistentvolumes \(request.name ?? "")")
                outcome.ids.append(id)
            case .perform(let id, let request) where request.verb == .get: outcome.questions.append(id)
            case .perform(_, let request):
                let body = try? JSONValue.parse(request.body)
                let conditions = body?.value(at: "status", "conditions")?.arrayValue ?? []
                outcome.messages += conditions.compactMap { $0["message"]?.stringValue }
            case .record(let event): outcome.events.append(event.reason ?? "")
            case .wake: continue
            }
        }
        return outcome
    }
}
