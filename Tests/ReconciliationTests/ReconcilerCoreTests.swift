import Bytes
import ClusterAPI
import Reconciliation
import Testing

/// Makes one ConfigMap per Namespace, in two steps, so that a test can see every turn.
private struct Marker: Reconciler {
    var watches: [WatchInterest] { [WatchInterest(Namespace.resource)] }
    var namespaces = InformerCache<Namespace>()
    var again: Duration?

    mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [String] {
        namespaces.apply(events).map(\.key.name)
    }

    mutating func reconcile(_ key: String, now: Timestamp) -> ReconcileStep {
        guard namespaces[namespace: nil, name: key] != nil else { return .done }
        let map = ConfigMap {
            $0.metadata.namespace = key
            $0.metadata.name = "marker"
        }
        return ReconcileStep([.create(map)], again: again)
    }
}

@Suite("Reconciler core")
struct ReconcilerCoreTests {
    let now = Timestamp(seconds: 1000)

    @Test("nothing is decided before every resource is listed")
    func waitsForSync() {
        var core = ReconcilerCore(Marker())
        #expect(core.handle(.objects(Namespace.resource, [added("a")]), now: now).isEmpty)
        #expect(requests(core.handle(.synced(Namespace.resource), now: now)) == ["create configmaps a"])
    }

    @Test("a key that changes while its requests are out is looked at again when they are answered, not before")
    func oneAtATime() {
        var core = started(Marker())
        let first = core.handle(.objects(Namespace.resource, [added("a")]), now: now)
        #expect(core.handle(.objects(Namespace.resource, [modified("a")]), now: now).isEmpty)
        #expect(requests(core.handle(.reply(ids(first)[0], .success(APIResponse(body: []))), now: now)) == ["create configmaps a"])
    }

    @Test("at most as many keys as allowed wait for answers at once")
    func bounded() {
        var core = started(Marker(), parallelism: 2)
        let out = core.handle(.objects(Namespace.resource, [added("a"), added("b"), added("c")]), now: now)
        #expect(requests(out) == ["create configmaps a", "create configmaps b"])
        #expect(requests(core.handle(.reply(ids(out)[1], .success(APIResponse(body: []))), now: now)) == ["create configmaps c"])
    }

    @Test("what failed is tried again after a growing delay; what exists already counts as done")
    func retries() {
        var core = started(Marker())
        var time = now
        var out = core.handle(.objects(Namespace.resource, [added("a")]), now: time)
        for delay in [5, 10, 20] {
            out = core.handle(.reply(ids(out)[0], .failure(.unavailable("down"))), now: time)
            #expect(wakes(out) == [time + .milliseconds(delay)])
            time = time + .milliseconds(delay)
            out = core.handle(.wake, now: time)
            #expect(requests(out) == ["create configmaps a"])
        }
        #expect(core.handle(.reply(ids(out)[0], .failure(.alreadyExists(ConfigMap.resource, "marker"))), now: time).isEmpty)
        #expect(core.isIdle)
    }

    @Test("an answer that comes twice, or to nothing, is ignored")
    func strayAnswers() {
        var core = started(Marker())
        let out = core.handle(.objects(Namespace.resource, [added("a")]), now: now)
        #expect(core.handle(.reply(ids(out)[0], .success(APIResponse(body: []))), now: now).isEmpty)
        #expect(core.handle(.reply(ids(out)[0], .failure(.unavailable("late"))), now: now).isEmpty)
        #expect(core.handle(.reply(RequestID(99), .success(APIResponse(body: []))), now: now).isEmpty)
    }

    @Test("a step may ask to look again after a while, even if nothing changes")
    func again() {
        var core = started(Marker(again: .seconds(30)))
        let out = core.handle(.objects(Namespace.resource, [added("a")]), now: now)
        #expect(wakes(out) == [now + .seconds(30)])
        _ = core.handle(.reply(ids(out)[0], .success(APIResponse(body: []))), now: now)
        #expect(requests(core.handle(.wake, now: now + .seconds(30))) == ["create configmaps a"])
    }

    // MARK: Making and reading

    private func started(_ marker: Marker, parallelism: Int = 16) -> ReconcilerCore<Marker> {
        var core = ReconcilerCore(marker, parallelism: parallelism)
        _ = core.handle(.synced(Namespace.resource), now: now)
        return core
    }

    private func snapshot(_ name: String, _ revision: UInt64) -> ObjectSnapshot {
        let namespace = Namespace {
            $0.metadata.name = name
            $0.metadata.resourceVersion = String(revision)
        }
        return ObjectSnapshot(key: namespace.key, uid: name, revision: revision, bytes: namespace.jsonBytes)
    }

    private func added(_ name: String) -> WatchEvent { .added(snapshot(name, 1)) }
    private func modified(_ name: String) -> WatchEvent { .modified(snapshot(name, 2)) }

    private func requests(_ effects: [ActorEffect]) -> [String] {
        effects.compactMap { effect in
            guard case .perform(_, let request) = effect else { return nil }
            return "\(request.verb.name) \(request.resource) \(request.namespace ?? "")"
        }
    }

    private func ids(_ effects: [ActorEffect]) -> [RequestID] {
        effects.compactMap { if case .perform(let id, _) = $0 { id } else { nil } }
    }

    private func wakes(_ effects: [ActorEffect]) -> [Timestamp] {
        effects.compactMap { if case .wake(let time) = $0 { time } else { nil } }
    }
}
