import APIServer
import Bytes
import ClusterAPI
import ObjectStore
import Testing

@Suite("Watches")
struct WatchTests {
    let api: Fixture

    init() throws { api = try Fixture() }

    private func cursor(_ plural: String, _ fill: (inout WatchRequest) -> Void = { _ in }) throws -> WatchCursor {
        var request = WatchRequest(Resource(plural: plural), namespace: "default")
        fill(&request)
        return try api.server.cursor(request)
    }

    /// "ADDED a", "DELETED b".
    private func lines(_ cursor: WatchCursor) -> [String] {
        cursor.drain().map { event in
            if case .bookmark(_, let endsInitialEvents) = event { return endsInitialEvents ? "BOOKMARK end" : "BOOKMARK" }
            return "\(event.type) \(event.snapshot?.key.name ?? "")"
        }
    }

    @Test("a watch begins with what is there, and goes on with what happens, in the order of revisions")
    func order() throws {
        try api.create("configmaps", Manifest.configMap("a"))
        let cursor = try cursor("configmaps")
        try api.create("configmaps", Manifest.configMap("b"))
        try api.patch("configmaps", "a", .merge, ["data": ["k": "v"]])
        try api.send(APIRequest(.delete, Resource(plural: "configmaps"), namespace: "default", name: "b"))
        let events = cursor.drain()
        #expect(events.map { "\($0.type) \($0.snapshot?.key.name ?? "")" } == ["ADDED a", "ADDED b", "MODIFIED a", "DELETED b"])
        let revisions = events.compactMap { $0.snapshot?.revision }
        #expect(revisions == revisions.sorted() && Set(revisions).count == 4)
        let last = try #require(events.last?.snapshot)
        #expect(try JSONValue.parse(last.bytes)["metadata"]?["resourceVersion"]?.stringValue == String(last.revision))
    }

    @Test("a watch from a revision shows what came after it, once")
    func resume() throws {
        let start = try api.create("configmaps", Manifest.configMap("a"))["metadata"]?["resourceVersion"]?.stringValue ?? ""
        try api.create("configmaps", Manifest.configMap("b"))
        let cursor = try cursor("configmaps") { $0.options.resourceVersion = start }
        try api.create("configmaps", Manifest.configMap("c"))
        #expect(lines(cursor) == ["ADDED b", "ADDED c"])
    }

    @Test("an object that ceases to match is told as deleted, one that begins to match as added")
    func selectors() throws {
        let labelled = try cursor("pods") { $0.options.labelSelector = try! LabelRequirements(parsing: "app=web") }
        let onNode = try cursor("pods") { $0.options.fieldSelector = .field("spec.nodeName", equals: "n1") }
        try api.create("pods", Manifest.pod("p", labels: ["app": "web"]))
        try api.send(
            APIRequest(
                .create, Resource(plural: "pods"), namespace: "default", name: "p", subresource: "binding",
                body: Array(#"{"metadata":{"name":"p"},"target":{"kind":"Node","name":"n1"}}"#.utf8)))
        try api.patch("pods", "p", .merge, ["metadata": ["labels": ["app": "db"]]])
        #expect(lines(labelled) == ["ADDED p", "MODIFIED p", "DELETED p"])
        #expect(lines(onNode) == ["ADDED p", "MODIFIED p"])
    }

    @Test("initial events end with a bookmark that says so")
    func initialEvents() throws {
        try api.create("configmaps", Manifest.configMap("a"))
        let cursor = try cursor("configmaps") { $0.sendsInitialEvents = true }
        #expect(lines(cursor) == ["ADDED a", "BOOKMARK end"])
        api.server.sendBookmarks()
        #expect(lines(cursor) == ["BOOKMARK"])
    }

    @Test("a watch that never reads is cut off with 410 and harms nobody")
    func slowWatcher() throws {
        var configuration = APIServerConfiguration()
        configuration.watchCapacity = 10
        let api = try Fixture(configuration: configuration)
        let slow = try api.server.cursor(WatchRequest(Resource(plural: "configmaps")))
        let fast = try api.server.cursor(WatchRequest(Resource(plural: "configmaps")))
        var seen = 0
        for number in 0..<30 {
            try api.create("configmaps", Manifest.configMap("m\(number)"))
            seen += fast.drain().count
        }
        #expect(seen == 30)
        guard case .failed(let error) = slow.drain().last else {
            Issue.record("the slow watch was not cut off")
            return
        }
        #expect(error.code == 410)
    }

    @Test("a revision of the future is refused with 504, one that is no number with 400")
    func impossibleRevision() throws {
        func refusal(_ version: String) -> StatusError? {
            do {
                _ = try api.server.cursor(WatchRequest(Resource(plural: "configmaps"), options: RequestOptions { $0.resourceVersion = version }))
                return nil
            } catch { return error }
        }
        #expect(refusal("999999")?.code == 504)
        #expect(refusal("x")?.code == 400)
    }

    @Test("a stream ends when its time is over")
    func deadline() async throws {
        let stream = try api.server.watch(WatchRequest(Resource(plural: "pods"), timeoutSeconds: 5), now: api.now)
        api.server.endOverdueWatches(now: api.now + .seconds(4))
        try api.create("pods", Manifest.pod("p"))
        api.server.endOverdueWatches(now: api.now + .seconds(5))
        var batches = 0
        for await _ in stream { batches += 1 }
        #expect(batches == 1)
    }

    @Test("autoscalers are watched in the version that is asked for")
    func versions() throws {
        let cursor = try api.server.cursor(WatchRequest(Resource(group: "autoscaling", plural: "horizontalpodautoscalers"), version: "v1"))
        let scaler: JSONValue = [
            "kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v1", "metadata": ["name": "web"],
            "spec": ["scaleTargetRef": ["kind": "ReplicationController", "name": "web", "apiVersion": "v1"], "maxReplicas": 3, "targetCPUUtilizationPercentage": 60],
        ]
        var request = api.creation("horizontalpodautoscalers", scaler, group: "autoscaling")
        request.version = "v1"
        #expect(try api.send(request)["spec"]?["targetCPUUtilizationPercentage"] == 60)
        let stored = try api.get("horizontalpodautoscalers", "web", group: "autoscaling")
        #expect(stored["apiVersion"] == "autoscaling/v2")
        #expect(stored["spec"]?["metrics"]?[0]?["resource"]?["target"]?["averageUtilization"] == 60)
        let seen = try #require(cursor.drain().first?.snapshot)
        #expect(try JSONValue.parse(seen.bytes)["apiVersion"] == "autoscaling/v1")
    }
}
