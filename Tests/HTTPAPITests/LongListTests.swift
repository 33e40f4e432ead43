import APIServer
import Bytes
import ClusterAPI
import Environment
import HTTPAPI
import ObjectStore
import Posix
import Synchronization
import Testing

@Suite("A long list on its way")
struct LongListTests {
    /// A cluster with one long list, which counts how many of its objects have been written out.
    private final class Cluster: ClusterClient {
        let made = Atomic<Int>(0)
        static let count = 2_000
        private static let filling = String(repeating: "x", count: 1_000)

        func perform(_ request: APIRequest) async throws(StatusError) -> APIResponse {
            var response = APIResponse(body: [])
            guard request.options.takesPieces else { throw .badRequest("this list is long") }
            response.pieces = ListPieces(
                head: Array(#"{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":["#.utf8), tail: Array("]}".utf8),
                count: Self.count
            ) { [self] (place, text) throws(StatusError) in
                made.add(1, ordering: .relaxed)
                text.append(contentsOf: #"{"metadata":{"name":"m\#(place)"},"data":{"x":"\#(Self.filling)"}}"#.utf8)
            }
            return response
        }

        func watch(_ request: WatchRequest) async throws(StatusError) -> WatchStream { throw .unknownPath }
    }

    /// A connection; what the client takes is noted, with how far the list had come by then.
    private final class Connection: BodyWriter {
        let cluster: Cluster
        let taken = Mutex<[(bytes: [UInt8], made: Int)]>([])

        init(_ cluster: Cluster) { self.cluster = cluster }

        func write(_ bytes: [UInt8]) async throws {
            let made = cluster.made.load(ordering: .relaxed)
            taken.withLock { $0.append((bytes, made)) }
        }
    }

    private struct NoNodes: NodeChannel {
        func logs(_ container: ContainerTarget, _ options: LogOptions) async throws(StatusError) -> ByteStream { throw .unavailable("no node") }
        func exec(_ container: ContainerTarget, _ options: ExecOptions) async throws(StatusError) -> ExecSession { throw .unavailable("no node") }
        func stats(node: String) async throws(StatusError) -> [UInt8] { throw .unavailable("no node") }
    }

    private func pieces(accept: String) async throws -> [(bytes: [UInt8], made: Int)] {
        let cluster = Cluster()
        var router = Router()
        KubernetesAPI(client: cluster, clock: SystemClock(), sources: .init(discovery: { _, _ in nil }, nodes: NoNodes()), bodySizeLimit: 3 << 20).addRoutes(to: &router)
        let request = HTTPRequest(method: .get, target: "/api/v1/configmaps", headers: HTTPFields([("accept", accept)]), body: [], peer: "")
        let response = await router.respond(to: request)
        #expect(cluster.made.load(ordering: .relaxed) == 0)
        guard case .stream(let produce) = response.body else {
            Issue.record("the list is no stream")
            return []
        }
        let connection = Connection(cluster)
        try await produce(connection)
        return connection.taken.withLock { $0 }
    }

    @Test(
        "the first bytes leave before the second piece is made, and no piece is made before the one before it was taken",
        arguments: ["application/json", "application/json;as=Table;v=v1;g=meta.k8s.io"])
    func madeWhileSent(accept: String) async throws {
        let pieces = try await pieces(accept: accept)
        let first = try #require(pieces.first)
        #expect(first.made < Cluster.count / 4)
        #expect(pieces.count > 4)
        for (piece, next) in zip(pieces, pieces.dropFirst()) { #expect(piece.made < next.made) }
    }

    @Test("the pieces together are the list")
    func whole() async throws {
        let list = try JSONValue.parse(Array(try await pieces(accept: "application/json").map(\.bytes).joined()))
        #expect(list["metadata"]?["resourceVersion"] == "7")
        #expect(list["items"]?.arrayValue?.count == Cluster.count)
        #expect(list["items"]?[1_999]?["metadata"]?["name"] == "m1999")
    }

    @Test("the rows together are the table")
    func rows() async throws {
        let table = try JSONValue.parse(Array(try await pieces(accept: "application/json;as=Table;v=v1;g=meta.k8s.io").map(\.bytes).joined()))
        #expect(table["kind"] == "Table")
        #expect(table["metadata"]?["resourceVersion"] == "7")
        #expect(table["columnDefinitions"]?[0]?["name"] == "Name")
        #expect(table["rows"]?.arrayValue?.count == Cluster.count)
        #expect(table["rows"]?[1]?["cells"]?[0] == "m1")
    }
}
