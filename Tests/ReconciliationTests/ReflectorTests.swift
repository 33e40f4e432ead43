import Bytes
import ClusterAPI
import Reconciliation
import Testing

@Suite("Reflector")
struct ReflectorTests {
    @Test("lists page by page, tells everything at once, then watches from the list's revision")
    func listsThenWatches() throws {
        var reflector = Reflector(WatchInterest(Pod.resource), user: .system, seed: 1)
        guard case .list(let first) = reflector.nextStep() else { return #expect(Bool(false), "a list comes first") }
        #expect(first.options.continueToken == nil && first.options.limit == Reflector.pageSize)
        #expect(reflector.listed(ListPage(items: [pod("a", 3)], revision: 9, continueToken: "more")).isEmpty)
        guard case .list(let second) = reflector.nextStep() else { return #expect(Bool(false), "a second page follows") }
        #expect(second.options.continueToken == "more")
        let events = reflector.listed(ListPage(items: [pod("b", 5)], revision: 9))
        #expect(changes(events) == ["ADDED a@3", "ADDED b@5", "synced"])
        guard case .watch(let watch) = reflector.nextStep() else { return #expect(Bool(false), "a watch follows") }
        #expect(watch.options.resourceVersion == "9")
    }

    @Test("what was seen already is not told again, and an unknown object's change is its coming")
    func dropsDuplicates() {
        var reflector = listed([pod("a", 3)], revision: 9)
        #expect(changes(reflector.watched([.modified(pod("a", 10)), .modified(pod("a", 10)), .added(pod("a", 3))])) == ["MODIFIED a@10"])
        #expect(changes(reflector.watched([.modified(pod("new", 11))])) == ["ADDED new@11"])
        #expect(changes(reflector.watched([.deleted(pod("a", 12)), .deleted(pod("a", 12))])) == ["DELETED a@12"])
        #expect(changes(reflector.watched([.modified(pod("a", 10))])) == [])
    }

    @Test("objects of one commit share a revision and are all told")
    func sameRevision() {
        var reflector = listed([], revision: 9)
        #expect(changes(reflector.watched([.added(pod("a", 10)), .added(pod("b", 10))])) == ["ADDED a@10", "ADDED b@10"])
    }

    @Test("when the past is gone it lists at once, and tells what changed, came and went meanwhile")
    func relists() {
        var reflector = listed([pod("a", 3), pod("b", 4), pod("c", 5)], revision: 9)
        #expect(reflector.watched([.failed(.expired("too old"))]).isEmpty)
        guard case .list = reflector.nextStep() else { return #expect(Bool(false), "a list follows at once") }
        let events = reflector.listed(ListPage(items: [pod("b", 12), pod("c", 5), pod("d", 11)], revision: 20))
        #expect(changes(events) == ["MODIFIED b@12", "ADDED d@11", "DELETED a@3", "synced"])
    }

    @Test("an object that was deleted and made anew while nobody looked is told as gone and come")
    func remade() {
        var reflector = listed([pod("a", 3, uid: "old")], revision: 9)
        _ = reflector.watched([.failed(.expired("too old"))])
        let events = reflector.listed(ListPage(items: [pod("a", 15, uid: "new")], revision: 20))
        #expect(changes(events) == ["DELETED a@3", "ADDED a@15", "synced"])
    }

    @Test("errors make it wait, longer each time, and a bookmark moves it on")
    func waits() {
        var reflector = listed([], revision: 9)
        var waits: [Duration] = []
        for _ in 0..<3 {
            reflector.failed(.unavailable("down"))
            guard case .wait(let delay) = reflector.nextStep() else { return #expect(Bool(false), "a wait follows") }
            waits.append(delay)
            guard case .watch = reflector.nextStep() else { return #expect(Bool(false), "the watch goes on") }
        }
        #expect(waits[0] < .milliseconds(1601) && waits[2] >= .milliseconds(3200))
        #expect(reflector.watched([.bookmark(revision: 30, endsInitialEvents: false)]).isEmpty)
        guard case .watch(let watch) = reflector.nextStep() else { return #expect(Bool(false), "the watch goes on") }
        #expect(watch.options.resourceVersion == "30")
    }

    @Test("a list is read as bytes per item, with the identity of each")
    func readsLists() throws {
        let body = """
            {"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"42","continue":"next"},"items":[
            {"metadata":{"name":"web","namespace":"shop","uid":"u1","resourceVersion":"7","labels":{"name":"x"}},"spec":{}}]}
            """
        let page = try ListPage(APIResponse(body: Array(body.utf8)), of: Pod.resource)
        #expect(page.revision == 42 && page.continueToken == "next")
        #expect(page.items.map(\.key) == [ObjectKey(Pod.self, namespace: "shop", name: "web")])
        #expect(page.items[0].uid == "u1" && page.items[0].revision == 7)
        #expect(try page.items[0].object(as: Pod.self).metadata.labels == ["name": "x"])
    }

    // MARK: Making

    private func listed(_ items: [ObjectSnapshot], revision: UInt64) -> Reflector {
        var reflector = Reflector(WatchInterest(Pod.resource), user: .system, seed: 1)
        _ = reflector.nextStep()
        _ = reflector.listed(ListPage(items: items, revision: revision))
        return reflector
    }

    private func pod(_ name: String, _ revision: UInt64, uid: String? = nil) -> ObjectSnapshot {
        ObjectSnapshot(key: ObjectKey(Pod.self, namespace: "default", name: name), uid: uid ?? name, revision: revision, bytes: [])
    }

    private func changes(_ events: [ActorEvent]) -> [String] {
        events.flatMap { event -> [String] in
            switch event {
            case .objects(_, let changes): changes.map { "\($0.type) \($0.snapshot!.key.name)@\($0.snapshot!.revision)" }
            case .synced: ["synced"]
            default: []
            }
        }
    }
}
