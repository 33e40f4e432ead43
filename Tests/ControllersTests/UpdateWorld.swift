import Bytes
import ClusterAPI
import Reconciliation

@testable import Controllers

/// A rolling update in a small world: an API that keeps objects, pods that come and go a step at a time, and the controller under test,
/// which can be cut off after any of its requests.
struct UpdateWorld {
    enum Cut { case none, before(Int), after(Int) }

    private var core = ReconcilerCore(RollingUpdateReconciler())
    private var objects: [ObjectKey: JSONValue] = [:]
    private var revision: UInt64 = 10
    private var now = Timestamp(seconds: 1_700_000_000)
    private var waiting: [(RequestID, APIRequest)] = []
    private var cut: Cut
    private(set) var requestCount = 0
    private(set) var events: [String] = []
    /// What was seen at any step.
    private(set) var mostPods = 0
    private(set) var fewestAvailable = Int.max
    /// Controllers whose pods never become ready.
    var broken: Set<String> = []

    init(_ controllers: [ReplicationController], _ autoscalers: [HorizontalPodAutoscaler] = [], cut: Cut = .none) {
        self.cut = cut
        for object in controllers { put(object.key, object.jsonValue) }
        for object in autoscalers { put(object.key, object.jsonValue) }
        start()
    }

    // MARK: Looking

    func controller(_ name: String) -> ReplicationController? {
        objects[ObjectKey(ReplicationController.self, namespace: "shop", name: name)].flatMap { try? ReplicationController(json: $0.bytes) }
    }

    func update(_ name: String) -> RollingUpdate? { controller(name).flatMap { try? RollingUpdate(of: $0) } }

    func autoscaled(_ name: String) -> String? {
        objects[ObjectKey(HorizontalPodAutoscaler.self, namespace: "shop", name: name)]?.value(at: "spec", "scaleTargetRef", "name")?.stringValue
    }

    private var controllers: [ReplicationController] {
        objects.filter { $0.key.resource == ReplicationController.resource }.sorted { $0.key < $1.key }
            .compactMap { try? ReplicationController(json: $0.value.bytes) }
    }

    // MARK: What users do

    mutating func annotate(_ name: String, _ annotation: String, _ value: String) {
        let key = ObjectKey(ReplicationController.self, namespace: "shop", name: name)
        guard var object = objects[key] else { return }
        object.set(.string(value), at: ["metadata", "annotations", annotation])
        put(key, object)
    }

    mutating func deleteController(_ name: String) { remove(ObjectKey(ReplicationController.self, namespace: "shop", name: name)) }

    // MARK: Time

    /// Lets pods come and go, one of each controller at a time, and the controller act, until nothing changes or the rounds are over.
    mutating func run(rounds: Int = 200, until isReached: (UpdateWorld) -> Bool = { _ in false }) {
        for _ in 0..<rounds {
            if isReached(self) { return }
            now = now + .seconds(1)
            act(core.handle(.wake, now: now))
            answerAll()
            for controller in controllers { movePods(of: controller) }
            answerAll()
            let all = controllers
            mostPods = max(mostPods, all.reduce(0) { $0 + $1.status.replicas })
            fewestAvailable = min(fewestAvailable, all.reduce(0) { $0 + min($1.status.replicas, $1.status.availableReplicas ?? 0) })
        }
    }

    private mutating func movePods(of controller: ReplicationController) {
        var status = controller.status
        let wanted = controller.spec.replicas ?? 1
        let available = status.availableReplicas ?? 0
        if status.replicas > wanted {
            status.replicas -= 1
            status.availableReplicas = min(available, status.replicas)
        } else if available < status.replicas, !broken.contains(controller.metadata.name) {
            status.availableReplicas = available + 1
        } else if status.replicas < wanted {
            status.replicas += 1
        }
        guard status != controller.status else { return }
        var changed = controller
        changed.status = status
        put(controller.key, changed.jsonValue)
    }

    // MARK: The controller and its API

    private mutating func start() {
        core = ReconcilerCore(RollingUpdateReconciler())
        waiting = []
        for interest in core.watches {
            let all = objects.keys.filter { $0.resource == interest.resource }.sorted()
            act(core.handle(.objects(interest.resource, all.map { .added(snapshot($0)) }), now: now))
            act(core.handle(.synced(interest.resource), now: now))
        }
    }

    private mutating func act(_ effects: [ActorEffect]) {
        for effect in effects {
            switch effect {
            case .perform(let id, let request): waiting.append((id, request))
            case .record(let event): events.append("\(event.reason ?? ""): \(event.message ?? "")")
            case .wake: break
            }
        }
    }

    private mutating func answerAll() {
        while !waiting.isEmpty {
            let (id, request) = waiting.removeFirst()
            requestCount += 1
            if case .before(requestCount) = cut { return start() }
            let result = perform(request)
            if case .after(requestCount) = cut { return start() }
            act(core.handle(.reply(id, result), now: now))
        }
    }

    private mutating func perform(_ request: APIRequest) -> Result<APIResponse, StatusError> {
        let key = ObjectKey(resource: request.resource, namespace: request.namespace, name: request.name ?? "")
        guard var object = objects[key] else { return .failure(.notFound(request.resource, key.name)) }
        switch request.verb {
        case .delete:
            guard request.options.preconditionUID == object["metadata"]?["uid"]?.stringValue else {
                return .failure(.conflict(request.resource, key.name, "another object"))
            }
            remove(key)
            return .success(APIResponse(body: []))
        case .patch(.merge):
            guard let patch = try? JSONValue.parse(request.body), let version = patch.value(at: "metadata", "resourceVersion")?.stringValue,
                version == object.value(at: "metadata", "resourceVersion")?.stringValue
            else { return .failure(.modified(request.resource, key.name)) }
            Self.merge(patch, into: &object)
            put(key, object)
            return .success(APIResponse(body: objects[key]!.bytes))
        default: return .failure(.methodNotAllowed(request.resource, request.verb.name))
        }
    }

    private static func merge(_ patch: JSONValue, into object: inout JSONValue) {
        for (name, value) in patch.objectValue ?? JSONObject() {
            if value.isNull {
                object.set(nil, at: [name])
            } else if value.objectValue != nil {
                var inner = object[name] ?? [:]
                merge(value, into: &inner)
                object.set(inner, at: [name])
            } else {
                object.set(value, at: [name])
            }
        }
    }

    private mutating func put(_ key: ObjectKey, _ object: JSONValue) {
        revision += 1
        let isNew = objects[key] == nil
        var object = object
        object.set(.string(String(revision)), at: ["metadata", "resourceVersion"])
        objects[key] = object
        act(core.handle(.objects(key.resource, [isNew ? .added(snapshot(key)) : .modified(snapshot(key))]), now: now))
    }

    private mutating func remove(_ key: ObjectKey) {
        guard objects[key] != nil else { return }
        let last = snapshot(key)
        objects[key] = nil
        act(core.handle(.objects(key.resource, [.deleted(last)]), now: now))
    }

    private func snapshot(_ key: ObjectKey) -> ObjectSnapshot {
        let object = objects[key] ?? [:]
        return ObjectSnapshot(
            key: key, uid: object.value(at: "metadata", "uid")?.stringValue ?? "",
            revision: UInt64(object.value(at: "metadata", "resourceVersion")?.stringValue ?? "") ?? 0, bytes: object.bytes)
    }
}
