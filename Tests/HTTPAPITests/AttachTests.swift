import APIServer
import Bytes
import ClusterAPI
import Environment
import HTTPAPI
import ObjectStore
import Posix
import Synchronization
import Testing

@Suite("Attaching to a container")
struct AttachTests {
    /// A node whose containers have said two things and end.
    private final class TalkingNode: NodeChannel {
        let asked = Mutex<LogOptions?>(nil)

        func logs(_ container: ContainerTarget, _ options: LogOptions) async throws(StatusError) -> ByteStream {
            asked.withLock { $0 = options }
            let pieces = Mutex(["one\n", "two\n"])
            return ByteStream(
                read: { () async throws(StatusError) -> [UInt8]? in pieces.withLock { $0.isEmpty ? nil : Array($0.removeFirst().utf8) } }, close: {})
        }

        func exec(_ container: ContainerTarget, _ options: ExecOptions) async throws(StatusError) -> ExecSession { throw .unavailable("no exec") }
        func stats(node: String) async throws(StatusError) -> [UInt8] { throw .unavailable("no stats") }
    }

    /// A client that says nothing and stays until its connection is let go.
    private final class Client: WebSocketConnection {
        let frames = Mutex<[[UInt8]]>([])

        func receive() async throws -> WebSocketMessage? {
            try await Task.sleep(for: .seconds(3600))
            return nil
        }

        func send(_ message: WebSocketMessage) async throws { frames.withLock { $0.append(message.bytes) } }
        func close(code: UInt16) async {}
    }

    private let node = TalkingNode()

    /// What a client gets of a container that began so long ago.
    private func frames(_ parameters: String, age: Duration) async throws -> [[UInt8]] {
        let clock = SystemClock()
        let server = APIServer(engine: MemoryEngine(), seed: 1)
        try await server.bootstrap(now: clock.now())
        let client = LocalClusterClient(server: server, clock: clock)
        let start = clock.now() - age
        _ = try await client.create(
            Pod {
                ($0.metadata.name, $0.metadata.namespace) = ("p", "default")
                $0.spec.nodeName = "n"
                $0.spec.containers = [Container { ($0.name, $0.image) = ("main", "host") }]
            })
        let status: JSONValue = ["status": ["containerStatuses": [["name": "main", "state": ["running": ["startedAt": .string(start.rfc3339())]]]]]]
        _ = try await client.patch(Pod.self, namespace: "default", name: "p", .merge, status, subresource: "status")
        var router = Router()
        KubernetesAPI(client: client, clock: clock, sources: .init(discovery: { _, _ in nil }, nodes: node), bodySizeLimit: 3 << 20).addRoutes(to: &router)
        let request = HTTPRequest(
            method: .get, target: "/api/v1/namespaces/default/pods/p/attach?\(parameters)",
            headers: HTTPFields([("sec-websocket-protocol", "v5.channel.k8s.io, v4.channel.k8s.io")]))
        let agreement = try #require(await router.agreement(for: request))
        #expect(agreement.subprotocol == "v5.channel.k8s.io")
        let connection = Client()
        try await agreement.run(connection)
        return connection.frames.withLock { $0 }
    }

    @Test("its output comes on channel 1, and its end as a success on channel 3")
    func output() async throws {
        let frames = try await frames("stdout=true&stderr=true", age: .seconds(3600))
        #expect(frames.map(\.first) == [1, 1, 3])
        #expect(frames.dropLast().map { String(decoding: $0.dropFirst(), as: UTF8.self) } == ["one\n", "two\n"])
        #expect(try JSONValue.parse(Array(try #require(frames.last).dropFirst()))["status"] == "Success")
        let options = node.asked.withLock { $0 }
        #expect(options?.follow == true && options?.tailLines == 0, "what was said before is not repeated")
    }

    @Test("who comes in the first seconds gets it from the beginning")
    func young() async throws {
        // A start that still lies ahead, so that it is one of the first seconds however late this gets its turn.
        _ = try await frames("stdout=true", age: .seconds(-60))
        let options = node.asked.withLock { $0 }
        #expect(options?.follow == true && options?.tailLines == nil)
    }

    @Test("who offers an input is told on channel 2 that it goes nowhere")
    func input() async throws {
        let frames = try await frames("stdin=true&stdout=true", age: .seconds(3600))
        #expect(frames.map(\.first) == [2, 1, 1, 3])
        #expect(String(decoding: frames[0].dropFirst(), as: UTF8.self).contains("the input of container main was closed"))
    }
}
