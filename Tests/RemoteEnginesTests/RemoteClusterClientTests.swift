import Bytes
import ClusterAPI
import Environment
import RemoteEngines
import Synchronization
import Testing

@Suite("Remote cluster client")
struct RemoteClusterClientTests {
    private static let clock = ManualClock(now: Timestamp(seconds: 1_700_000_000))
    private static let pods = Resource(plural: "pods")

    private static func client(_ fetcher: ScriptedFetcher) -> RemoteClusterClient {
        RemoteClusterClient(server: "http://server:9090/", fetcher: fetcher, clock: clock)
    }

    struct Form: CustomTestStringConvertible, Sendable {
        var call: APIRequest
        var method: String
        var target: String
        var type: String?
        var body = ""
        var testDescription: String { "\(method) \(target)" }
    }

    private static let patched = Array(#"{"spec":{}}"#.utf8)

    @Test("a request has the path, parameters, media type and body that Kubernetes gives it", arguments: [
        Form(call: APIRequest(.get, pods, namespace: "default", name: "web"), method: "GET", target: "/api/v1/namespaces/default/pods/web"),
        Form(call: APIRequest(.list, pods), method: "GET", target: "/api/v1/pods"),
        Form(
            call: APIRequest(
                .list, pods, options: RequestOptions {
                    $0.fieldSelector = .field("spec.nodeName", equals: "n1")
                    $0.labelSelector = LabelRequirements(matching: ["app": "web"])
                    $0.limit = 500
                    $0.continueToken = "a/b"
                    $0.resourceVersion = "0"
                }),
            method: "GET", target: "/api/v1/pods?labelSelector=app%3Dweb&fieldSelector=spec.nodeName%3Dn1&limit=500&continue=a%2Fb&resourceVersion=0"),
        Form(
            call: APIRequest(
                .patch(.merge), pods, namespace: "default", name: "web", subresource: "status", body: patched,
                options: RequestOptions { $0.fieldManager = "kubelet" }),
            method: "PATCH", target: "/api/v1/namespaces/default/pods/web/status?fieldManager=kubelet", type: "application/merge-patch+json",
            body: #"{"spec":{}}"#),
        Form(
            call: APIRequest(
                .patch(.apply), pods, namespace: "default", name: "web", body: patched,
                options: RequestOptions {
                    $0.force = true
                    $0.isDryRun = true
                    $0.fieldValidation = .strict
                }),
            method: "PATCH", target: "/api/v1/namespaces/default/pods/web?fieldValidation=Strict&dryRun=All&force=true",
            type: "application/apply-patch+yaml", body: #"{"spec":{}}"#),
        Form(
            call: APIRequest(.update, Resource(group: "coordination.k8s.io", plural: "leases"), namespace: "kube-node-lease", name: "n1", body: patched),
            method: "PUT", target: "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1", type: "application/json",
            body: #"{"spec":{}}"#),
        Form(call: APIRequest(.create, Resource(plural: "nodes"), body: patched), method: "POST", target: "/api/v1/nodes", type: "application/json", body: #"{"spec":{}}"#),
        Form(call: APIRequest(.delete, pods, namespace: "default", name: "web"), method: "DELETE", target: "/api/v1/namespaces/default/pods/web"),
        Form(
            call: APIRequest(
                .delete, pods, namespace: "default", name: "web",
                options: RequestOptions {
                    $0.gracePeriodSeconds = 0
                    $0.preconditionUID = "u1"
                    $0.propagationPolicy = .foreground
                }),
            method: "DELETE", target: "/api/v1/namespaces/default/pods/web", type: "application/json",
            body: #"{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"propagationPolicy":"Foreground","preconditions":{"uid":"u1"}}"#),
    ])
    func form(_ form: Form) async throws {
        let fetcher = ScriptedFetcher()
        _ = try await Self.client(fetcher).perform(form.call)
        let request = try #require(fetcher.requests.first)
        #expect(request.method == form.method)
        #expect(request.url == "http://server:9090" + form.target)
        #expect(request.headers.first { $0.name == "content-type" }?.value == form.type)
        #expect(String(decoding: request.body, as: UTF8.self) == form.body)
    }

    @Test("warnings come with the answer")
    func warnings() async throws {
        let fetcher = ScriptedFetcher(201, headers: [("Warning", #"299 - "unknown field \"spec.foo\"""#)], body: "{}")
        let answer = try await Self.client(fetcher).perform(APIRequest(.get, Self.pods, namespace: "default", name: "web"))
        #expect(answer == APIResponse(code: 201, body: Array("{}".utf8), warnings: ["unknown field \"spec.foo\""]))
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        var status: Int
        var body: String
        var retryAfter: String?
        var reason: StatusError.Reason
        var message: String
        var seconds: Int?
        var testDescription: String { "\(status) \(reason)" }
    }

    @Test("a refusal keeps the server's code, reason, words and patience", arguments: [
        Refusal(
            status: 404, body: #"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pods \"web\" not found","reason":"NotFound","code":404}"#,
            reason: .notFound, message: #"pods "web" not found"#),
        Refusal(status: 502, body: "<html>\nBad Gateway", reason: .unknown, message: "<html>"),
        Refusal(status: 429, body: "", retryAfter: "7", reason: .tooManyRequests, message: "the API server answered 429", seconds: 7),
    ])
    func refusal(_ refusal: Refusal) async {
        let fetcher = ScriptedFetcher(refusal.status, headers: refusal.retryAfter.map { [("Retry-After", $0)] } ?? [], body: refusal.body)
        let error = await #expect(throws: StatusError.self) {
            try await Self.client(fetcher).perform(APIRequest(.get, Self.pods, namespace: "default", name: "web"))
        }
        #expect(error?.code == refusal.status)
        #expect(error?.reason == refusal.reason)
        #expect(error?.message == refusal.message)
        #expect(error?.retryAfterSeconds == refusal.seconds)
    }

    @Test("a server that cannot be reached is unavailable for a moment")
    func unreachable() async {
        let fetcher = ScriptedFetcher { _, request in throw FetchError(url: request.url, cause: "connection refused") }
        let error = await #expect(throws: StatusError.self) { try await Self.client(fetcher).perform(APIRequest(.list, Self.pods)) }
        #expect(error?.reason == .serviceUnavailable)
        #expect(error?.retryAfterSeconds == 1)
        #expect(error?.message == "the API server cannot be reached: connection refused")
    }

    // MARK: Watches

    private static func line(_ type: String, _ name: String, _ revision: Int) -> String {
        #"{"type":"\#(type)","object":{"kind":"Pod","metadata":{"name":"\#(name)","namespace":"default","uid":"u-\#(name)","resourceVersion":"\#(revision)"}}}"# + "\n"
    }

    /// Answers the text in pieces of `size` bytes.
    private static func pieces(_ text: String, size: Int) -> FetchStream {
        let rest = PieceByPiece(Array(text.utf8), size: size)
        return FetchStream(status: 200) { rest.next() }
    }

    /// All events of a watch until its end.
    private static func events(_ answer: @escaping @Sendable () -> FetchStream) async throws -> [WatchEvent] {
        let client = client(ScriptedFetcher { _, _ in answer() })
        let stream = try await client.watch(WatchRequest(pods))
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await client.run() }
            var events: [WatchEvent] = []
            for await batch in stream { events += batch }
            group.cancelAll()
            return events
        }
    }

    @Test("events are the same however the transport cuts them", arguments: [1, 7, 100, 10_000])
    func watch(size: Int) async throws {
        let text = Self.line("ADDED", "a", 5) + Self.line("MODIFIED", "a", 6) + Self.line("DELETED", "a", 7)
            + #"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"9","creationTimestamp":null,"annotations":{"k8s.io/initial-events-end":"true"}}}}"# + "\n"
        let events = try await Self.events { Self.pieces(text, size: size) }
        #expect(events.map(\.type) == ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"])
        #expect(events.compactMap(\.snapshot?.revision) == [5, 6, 7])
        #expect(events.first?.snapshot?.key == ObjectKey(resource: Self.pods, namespace: "default", name: "a"))
        #expect(events.first?.snapshot?.uid == "u-a")
        #expect(events.last == .bookmark(revision: 9, endsInitialEvents: true))
    }

    @Test("an error event is the last one and keeps its reason")
    func failed() async throws {
        let status = #"{"kind":"Status","status":"Failure","reason":"Expired","code":410,"message":"too old"}"#
        let text = #"{"type":"ERROR","object":\#(status)}"# + "\n" + Self.line("ADDED", "a", 5)
        let events = try await Self.events { Self.pieces(text, size: text.utf8.count - 20) }
        #expect(events.first == .failed(StatusError(code: 410, reason: .expired, message: "too old")))
    }

    @Test("a line that is no event ends the watch with an error")
    func malformed() async throws {
        let events = try await Self.events { Self.pieces(Self.line("ADDED", "a", 5) + "nonsense\n", size: 1) }
        #expect(events.map(\.type) == ["ADDED", "ERROR"])
    }

    @Test("a refused watch throws the server's reason; a watch asks for bookmarks, an end, and its selectors")
    func refusedWatch() async {
        let fetcher = ScriptedFetcher(410, body: #"{"kind":"Status","reason":"Expired","code":410,"message":"too old resource version: 1 (5)"}"#)
        let options = RequestOptions {
            $0.resourceVersion = "1"
            $0.fieldSelector = .field("spec.nodeName", equals: "n1")
        }
        let error = await #expect(throws: StatusError.self) { try await Self.client(fetcher).watch(WatchRequest(Self.pods, options: options)) }
        #expect(error?.isExpired == true)
        #expect(
            fetcher.requests.first?.url
                == "http://server:9090/api/v1/pods?fieldSelector=spec.nodeName%3Dn1&resourceVersion=1&watch=true&allowWatchBookmarks=true&timeoutSeconds=300")
    }
}

private final class PieceByPiece: Sendable {
    private let rest: Mutex<[UInt8]>
    private let size: Int

    init(_ bytes: [UInt8], size: Int) {
        rest = Mutex(bytes)
        self.size = size
    }

    func next() -> [UInt8]? {
        rest.withLock { rest in
            if rest.isEmpty { return nil }
            let piece = Array(rest.prefix(size))
            rest.removeFirst(piece.count)
            return piece
        }
    }
}
