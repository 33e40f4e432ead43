import APIServer
import Bytes
import ClusterAPI
import Environment
import HTTPAPI
import ObjectStore
import Posix
import Testing

@Suite("The Kubernetes API over real sockets", .timeLimit(.minutes(1)))
struct KubernetesAPITests {
    private struct NoNodes: NodeChannel {
        func logs(_ container: ContainerTarget, _ options: LogOptions) async throws(StatusError) -> ByteStream { throw .unavailable("no node") }
        func exec(_ container: ContainerTarget, _ options: ExecOptions) async throws(StatusError) -> ExecSession { throw .unavailable("no node") }
        func stats(node: String) async throws(StatusError) -> [UInt8] { throw .unavailable("no node") }
    }

    private func router(watchCapacity: Int = 8192) async throws -> Router {
        let clock = SystemClock()
        var configuration = APIServerConfiguration()
        configuration.watchCapacity = watchCapacity
        configuration.newTokenKey = [UInt8](repeating: 3, count: 32)
        let server = APIServer(engine: MemoryEngine(), configuration: configuration, seed: 1)
        try await server.bootstrap(now: clock.now())
        var router = Router()
        KubernetesAPI(
            client: LocalClusterClient(server: server, clock: clock), clock: clock,
            sources: .init(discovery: { server.discovery($0, isAggregated: $1) }, nodes: NoNodes()), bodySizeLimit: 3 << 20
        ).addRoutes(to: &router)
        return router
    }

    private static func text(_ method: String, _ target: String, _ fields: String = "", _ body: String = "") -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: x\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test("discovery, aggregated and not")
    func discovery() async throws {
        try await serving(try await router()) { port in
            let client = try await RawClient.connect(port)
            try await client.send(Self.text("GET", "/api"))
            #expect(try JSONValue.parse(try await client.response().body)["kind"] == "APIVersions")
            let type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
            try await client.send(Self.text("GET", "/apis", "Accept: \(type),application/json\r\n"))
            let response = try await client.response()
            #expect(response.fields["content-type"] == type)
            #expect(try JSONValue.parse(response.body)["kind"] == "APIGroupDiscoveryList")
            try await client.send(Self.text("GET", "/apis/no.such.group/v1"))
            #expect(try await client.response().status == 404)
        }
    }

    @Test("objects come as rows when a table is asked for")
    func table() async throws {
        try await serving(try await router()) { port in
            let client = try await RawClient.connect(port)
            let accept = "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json\r\n"
            try await client.send(Self.text("GET", "/api/v1/namespaces", accept))
            let table = try JSONValue.parse(try await client.response().body)
            #expect(table["kind"] == "Table")
            #expect(table["columnDefinitions"]?.arrayValue?.first?["name"] == "Name")
            #expect(table["rows"]?.arrayValue?.contains { $0["cells"]?.arrayValue?.first == "default" } == true)
            try await client.send(
                Self.text("GET", "/api/v1/namespaces/default", "Accept: application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io\r\n"))
            #expect(try JSONValue.parse(try await client.response().body)["kind"] == "PartialObjectMetadata")
        }
    }

    @Test("a watch tells of changes as they happen")
    func watch() async throws {
        try await serving(try await router()) { port in
            let watcher = try await RawClient.connect(port)
            try await watcher.send(Self.text("GET", "/api/v1/namespaces/default/configmaps?watch=1&allowWatchBookmarks=true"))
            let client = try await RawClient.connect(port)
            try await client.send(
                Self.text(
                    "POST", "/api/v1/namespaces/default/configmaps", "Content-Type: application/json\r\n", #"{"metadata":{"name":"a"}}"#))
            #expect(try await client.response().status == 201)
            #expect(try await watcher.line(containing: #""ADDED""#).contains(#""name":"a""#))
            try await client.send(Self.text("DELETE", "/api/v1/namespaces/default/configmaps/a"))
            #expect(try await client.response().status == 200)
            #expect(try await watcher.line(containing: #""DELETED""#).contains(#""name":"a""#))
        }
    }

    @Test("a watch that nobody reads is cut off with 410 once its buffers are full, while writers and other watches go on")
    func slowWatcher() async throws {
        try await serving(try await router(watchCapacity: 4)) { port in
            let path = "/api/v1/namespaces/default/configmaps"
            let slow = try await RawClient.connect(port)
            try await slow.setReading(false)
            try await slow.send(Self.text("GET", path + "?watch=1"))
            let other = try await RawClient.connect(port)
            try await other.send(Self.text("GET", path + "?watch=1&labelSelector=small"))
            let client = try await RawClient.connect(port)
            let filling = String(repeating: "x", count: 400_000)
            // What the sockets hold on the way is a few megabytes.
            for number in 0..<60 {
                let body = #"{"metadata":{"name":"m\#(number)"},"data":{"x":"\#(filling)"}}"#
                try await client.send(Self.text("POST", path, "Content-Type: application/json\r\n", body))
                #expect(try await client.response().status == 201)
            }
            try await client.send(
                Self.text("POST", path, "Content-Type: application/json\r\n", #"{"metadata":{"name":"last","labels":{"small":"yes"}}}"#))
            #expect(try await client.response().status == 201)
            #expect(try await other.line(containing: #""ADDED""#).contains(#""name":"last""#))
            try await slow.setReading(true)
            #expect(try await slow.skip(to: #""ERROR""#).contains(#""code":410"#))
        }
    }

    @Test("a body may be JSON, YAML or protobuf, and nothing else")
    func bodies() async throws {
        try await serving(try await router()) { port in
            let client = try await RawClient.connect(port)
            let path = "/api/v1/namespaces"
            try await client.send(
                Self.text("POST", path, "Content-Type: application/yaml\r\n", "kind: Namespace\napiVersion: v1\nmetadata:\n  name: from-yaml\n"))
            #expect(try await client.response().status == 201)
            try await client.send(Self.text("POST", path, "Content-Type: text/html\r\n", "<p>"))
            #expect(try await client.response().status == 415)
            var message = ProtobufWriter()
            message.message(1) {
                $0.string(1, "v1")
                $0.string(2, "Namespace")
            }
            message.message(2) { $0.message(1) { $0.string(1, "from-protobuf") } }
            let body: [UInt8] = [0x6B, 0x38, 0x73, 0] + message.bytes
            try await client.send(
                Array("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: application/vnd.kubernetes.protobuf\r\nContent-Length: \(body.count)\r\n\r\n".utf8)
                    + body)
            #expect(try await client.response().status == 201)
            try await client.send(Self.text("GET", path + "/from-protobuf"))
            #expect(try await client.response().status == 200)
        }
    }

    @Test("the bearer of a service account's token is that account; a forged token is a 401, a token of others is not looked at")
    func bearer() async throws {
        try await serving(try await router()) { port in
            let client = try await RawClient.connect(port)
            func post(_ path: String, _ body: String, token: String? = nil) async throws -> (status: Int, body: JSONValue) {
                let bearer = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
                try await client.send(Self.text("POST", path, "Content-Type: application/json\r\n\(bearer)", body))
                let response = try await client.response()
                return (response.status, try JSONValue.parse(response.body))
            }
            func whoami(_ token: String) async throws -> (status: Int, body: JSONValue) {
                try await post("/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}", token: token)
            }
            let accounts = "/api/v1/namespaces/default/serviceaccounts"
            #expect(try await post(accounts, #"{"metadata":{"name":"bot"}}"#).status == 201)
            let request = try await post(accounts + "/bot/token", #"{"spec":{"audiences":[]}}"#)
            #expect(request.status == 201)
            let token = try #require(request.body["status"]?["token"]?.stringValue)
            let user = try await whoami(token).body["status"]?["userInfo"]
            #expect(user?["username"] == "system:serviceaccount:default:bot")
            let forged = try await whoami(String(token.dropLast(4)) + "AAAA")
            #expect(forged.status == 401 && forged.body["reason"] == "Unauthorized")
            #expect(try await whoami("x.y.z").body["status"]?["userInfo"]?["username"] == "kubernetes-admin")
        }
    }

    @Test("unknown fields are warned of in a header")
    func warnings() async throws {
        try await serving(try await router()) { port in
            let client = try await RawClient.connect(port)
            try await client.send(
                Self.text(
                    "POST", "/api/v1/namespaces/default/configmaps?fieldValidation=Warn", "Content-Type: application/json\r\n",
                    #"{"metadata":{"name":"w"},"colour\r\nX: y":1}"#))
            let response = try await client.response()
            #expect(response.status == 201)
            #expect(response.fields["warning"]?.hasPrefix("299 - \"unknown field") == true)
            #expect(response.fields["x"] == nil)
        }
    }
}
