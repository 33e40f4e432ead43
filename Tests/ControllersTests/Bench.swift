import Bytes
import ClusterAPI
import Reconciliation

/// A controller on a bench: tells it what the API would, and reads what it asks for.
struct Bench<Decision: Reconciler> {
    var core: ReconcilerCore<Decision>
    var now = Timestamp(seconds: 1_700_000_000)
    private(set) var outstanding: [(id: RequestID, request: APIRequest)] = []
    private(set) var events: [String] = []
    private(set) var wakes: [Timestamp] = []
    private var revision: UInt64 = 100

    init(_ decision: Decision) {
        core = ReconcilerCore(decision)
        for interest in core.watches { take(core.handle(.synced(interest.resource), now: now)) }
    }

    /// Says that objects came or changed; returns the requests that follow.
    @discardableResult
    mutating func put(_ objects: any ClusterObject...) -> [String] { tell(objects.map { .modified(snapshot($0)) }) }

    @discardableResult
    mutating func remove(_ objects: any ClusterObject...) -> [String] { tell(objects.map { .deleted(snapshot($0)) }) }

    @discardableResult
    mutating func advance(_ duration: Duration) -> [String] {
        now = now + duration
        let before = outstanding.count
        take(core.handle(.wake, now: now))
        return describe(from: before)
    }

    /// Answers all outstanding requests in order; returns the requests that follow.
    @discardableResult
    mutating func answer(_ result: (APIRequest) -> Result<APIResponse, StatusError>) -> [String] {
        let asked = outstanding
        outstanding = []
        for (id, request) in asked { take(core.handle(.reply(id, result(request)), now: now)) }
        return describe(from: 0)
    }

    @discardableResult
    mutating func succeed() -> [String] { answer { .success(APIResponse(body: $0.body)) } }

    /// Answers everything with success until nothing is outstanding.
    mutating func settle() {
        var rounds = 0
        while !outstanding.isEmpty, rounds < 20 {
            succeed()
            rounds += 1
        }
    }

    @discardableResult
    mutating func fail(_ error: StatusError) -> [String] { answer { _ in .failure(error) } }

    /// Turns told and forgets the events so far.
    mutating func takeEvents() -> [String] {
        defer { events = [] }
        return events
    }

    private mutating func tell(_ changes: [WatchEvent]) -> [String] {
        let before = outstanding.count
        for change in changes { take(core.handle(.objects(change.snapshot!.key.resource, [change]), now: now)) }
        return describe(from: before)
    }

    private mutating func snapshot(_ object: any ClusterObject) -> ObjectSnapshot {
        revision += 1
        var object = object
        object.metadata.resourceVersion = String(revision)
        return ObjectSnapshot(key: object.key, uid: object.metadata.uid, revision: revision, bytes: object.jsonBytes)
    }

    private mutating func take(_ effects: [ActorEffect]) {
        for effect in effects {
            switch effect {
            case .perform(let id, let request): outstanding.append((id, request))
            case .wake(let time): wakes.append(time)
            case .record(let event): events.append("\(event.reason ?? ""): \(event.message ?? "")")
            }
        }
    }

    private func describe(from start: Int) -> [String] {
        outstanding[min(start, outstanding.count)...].map { _, request in
            let sub = request.subresource.isEmpty ? "" : "/\(request.subresource)"
            return "\(request.verb.name) \(request.resource)\(sub) \(request.name ?? "")".trimmed
        }
    }
}

extension String {
    fileprivate var trimmed: String { hasSuffix(" ") ? String(dropLast()) : self }
}

// MARK: - Objects

func controller(_ name: String, replicas: Int, minReady: Int? = nil, status: Int = 0) -> ReplicationController {
    ReplicationController {
        ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = (name, "shop", "rc-\(name)")
        $0.spec.replicas = replicas
        $0.spec.minReadySeconds = minReady
        $0.spec.selector = ["app": name]
        $0.spec.template = PodTemplateSpec {
            $0.metadata.labels = ["app": name]
            $0.spec.containers = [Container { $0.name = "main" }]
        }
        $0.status.replicas = status
    }
}

func pod(_ name: String, app: String = "web", owned: Bool = true, node: String? = nil, _ fill: (inout Pod) -> Void = { _ in }) -> Pod {
    Pod {
        ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = (name, "shop", name)
        $0.metadata.labels = ["app": app]
        if owned { $0.metadata.ownerReferences = [controllerReference(app)] }
        $0.spec.nodeName = node
        $0.spec.containers = [Container { $0.name = "main" }]
        fill(&$0)
    }
}

func controllerReference(_ app: String) -> OwnerReference {
    OwnerReference {
        ($0.apiVersion, $0.kind) = ("v1", "ReplicationController")
        ($0.name, $0.uid) = (app, "rc-\(app)")
        ($0.controller, $0.blockOwnerDeletion) = (true, true)
    }
}

extension Pod {
    mutating func setReady(_ isReady: Bool, since: Timestamp = .epoch, ip: String? = nil) {
        status.phase = "Running"
        status.podIP = ip ?? status.podIP
        status.conditions = [
            PodCondition {
                ($0.type, $0.status) = ("Ready", isReady ? "True" : "False")
                $0.lastTransitionTime = since
            }
        ]
    }
}
