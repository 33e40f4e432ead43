import HTTPAPI
import Testing

@Suite("WebSockets over real sockets", .timeLimit(.minutes(1)))
struct WebSocketTests {
    private static let handshake =
        "GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat\r\n\r\n"

    private var router: Router {
        var router = Router()
        router.upgrade(path: "/echo") { _, _ in
            WebSocketAgreement(subprotocol: "chat") { connection in
                while let message = try await connection.receive() {
                    if message == .text(Array("bye".utf8)) { return }
                    try await connection.send(message)
                }
            }
        }
        router.upgrade(path: "/refused") { _, _ in nil }
        router.on(.get, path: "/refused") { _, _ in .text(400, "no upgrade here\n") }
        return router
    }

    /// A client's frame with the mask of zeros.
    private static func frame(_ opcode: UInt8, _ text: String, isFinal: Bool = true) -> [UInt8] {
        [opcode | (isFinal ? 0x80 : 0), 0x80 | UInt8(text.utf8.count), 0, 0, 0, 0] + Array(text.utf8)
    }

    private func open(_ port: Int) async throws -> RawClient {
        let client = try await RawClient.connect(port)
        try await client.send(Self.handshake)
        let response = try await client.response()
        #expect(response.status == 101)
        // The answer to this key is the example of RFC 6455 section 1.3.
        #expect(response.fields["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(response.fields["sec-websocket-protocol"] == "chat")
        return client
    }

    @Test("messages go both ways, in fragments too, and pings are answered")
    func echo() async throws {
        try await serving(router) { port in
            let client = try await open(port)
            try await client.send(Self.frame(1, "hi"))
            #expect(try await client.bytes(4) == [0x81, 2, 0x68, 0x69])
            try await client.send(Self.frame(2, "a", isFinal: false) + Self.frame(9, "p") + Self.frame(0, "b"))
            #expect(try await client.bytes(3) == [0x8A, 1, 0x70])
            #expect(try await client.bytes(4) == [0x82, 2, 0x61, 0x62])
        }
    }

    @Test("both sides can close")
    func closing() async throws {
        try await serving(router) { port in
            let left = try await open(port)
            try await left.send(Self.frame(1, "bye"))
            #expect(try await left.bytes(4) == [0x88, 2, 0x03, 0xE8])
            #expect(await left.countRest() == 0)
            let right = try await open(port)
            try await right.send([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
            #expect(try await right.bytes(4) == [0x88, 2, 0x03, 0xE8])
            #expect(await right.countRest() == 0)
        }
    }

    @Test("an upgrade that the route does not agree to is an ordinary request")
    func refused() async throws {
        try await serving(router) { port in
            let client = try await RawClient.connect(port)
            try await client.send(Self.handshake.replacing("/echo", with: "/refused"))
            #expect(try await client.response().status == 400)
        }
    }
}
