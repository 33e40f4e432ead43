import HTTPAPI
import Synchronization
import Testing

@Suite("The server over real sockets", .timeLimit(.minutes(1)))
struct HTTPServerTests {
    private var router: Router {
        var router = Router()
        router.on(.get, path: "/hello") { _, _ in .text(200, "hello") }
        router.on(.post, path: "/echo") { request, _ in HTTPResponse(contentType: "application/octet-stream", body: request.body) }
        router.on(.get, path: "/large") { request, _ in
            let count = Int(request.parameters["bytes"] ?? "") ?? 0
            return HTTPResponse(contentType: "application/octet-stream", body: (0..<count).map { UInt8(ascii: "a") + UInt8($0 / 4099 % 26) })
        }
        router.on(.get, path: "/pieces") { _, _ in
            HTTPResponse(contentType: "text/plain") { writer in
                for piece in ["one ", "", "two ", "three"] { try await writer.write(Array(piece.utf8)) }
            }
        }
        router.on(.get, path: "/broken") { _, _ in
            HTTPResponse(contentType: "text/plain") { writer in
                try await writer.write(Array("part".utf8))
                throw CancellationError()
            }
        }
        return router
    }

    @Test("a connection serves one request after the other")
    func keepAlive() async throws {
        try await serving(router) { port in
            let client = try await RawClient.connect(port)
            for number in 0..<50 {
                try await client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n\(100 + number)")
                #expect(try await client.response().text == "\(100 + number)")
            }
            try await client.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(try await client.response().fields["connection"] == "close")
            #expect(await client.countRest() == 0)
        }
    }

    @Test("requests sent at once are answered in their order")
    func pipelining() async throws {
        try await serving(router) { port in
            let client = try await RawClient.connect(port)
            let requests = (0..<100).map { "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n\(100 + $0)" }
            try await client.send(requests.joined())
            for number in 0..<100 { #expect(try await client.response().text == "\(100 + number)") }
        }
    }

    @Test("a body may come in chunks and in single bytes")
    func chunkedBody() async throws {
        try await serving(router) { port in
            let client = try await RawClient.connect(port)
            let request = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
            for byte in request.utf8 { try await client.send([byte]) }
            #expect(try await client.response().text == "hello world")
        }
    }

    @Test("a body of any size arrives whole", arguments: [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_000])
    func largeBody(bytes: Int) async throws {
        try await serving(router) { port in
            let client = try await RawClient.connect(port)
            for _ in 0..<2 {
                try await client.send("GET /large?bytes=\(bytes) HTTP/1.1\r\nHost: x\r\n\r\n")
                let body = Array(try await client.response().text.utf8)
                #expect(body.count == bytes)
                #expect(body.indices.allSatisfy { body[$0] == UInt8(ascii: "a") + UInt8($0 / 4099 % 26) })
            }
        }
    }

    @Test("a stream goes out in chunks, an empty piece does not end it")
    func stream() async throws {
        try await serving(router) { port in
            let client = try await RawClient.connect(port)
            try await client.send("GET /pieces HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
            let response = try await client.response()
            #expect(response.fields["transfer-encoding"] == "chunked")
            #expect(response.text == "one two three")
            #expect(try await client.response().text == "hello")
        }
    }

    @Test("a stream that fails never looks complete")
    func brokenStream() async throws {
        try await serving(router) { port in
            let client = try await RawClient.connect(port)
            try await client.send("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
            await #expect(throws: RawClient.Ended.self) { try await client.response() }
        }
    }

    @Test("a body over the limit is refused, announced or not", arguments: [
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n" + String(repeating: "x", count: 2000),
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + String(repeating: "x", count: 2000) + "\r\n0\r\n\r\n",
    ])
    func bodyLimit(request: String) async throws {
        try await serving(router, bodyLimit: 1000) { port in
            let client = try await RawClient.connect(port)
            try await client.send(request)
            #expect(try await client.response().status == 413)
            #expect(await client.countRest() == 0)
        }
    }

    @Test("a client that sends too much is told while it is still sending, and may send the rest before it reads")
    func earlyRefusal() async throws {
        try await serving(router, bodyLimit: 1000) { port in
            let head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n"
            let impatient = try await RawClient.connect(port)
            try await impatient.send(head + String(repeating: "x", count: 1000))
            let early = try await impatient.response()
            #expect(early.status == 413 && early.fields["connection"] == "close")
            let patient = try await RawClient.connect(port, keepsSending: true)
            try await patient.setReading(false)
            try await patient.send(head)
            for _ in 0..<40 { try await patient.send([UInt8](repeating: 0x78, count: 100_000)) }
            try await patient.setReading(true)
            #expect(try await patient.response().status == 413)
            #expect(await patient.countRest() == 0)
        }
    }

    @Test("a route may take less than the listener, and says so in its own form")
    func routeLimit() async throws {
        var router = self.router
        let limit = BodyLimit(bytes: 10, refusal: .json(413, Array(#"{"code":413}"#.utf8)))
        router.on(.post, path: "/small", bodyLimit: limit) { request, _ in .text(200, "\(request.body.count)") }
        try await serving(router, bodyLimit: 1000) { port in
            for framing in ["Content-Length: 11\r\n\r\nhello world", "Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n"] {
                let client = try await RawClient.connect(port)
                try await client.send("POST /small HTTP/1.1\r\nHost: x\r\n\(framing)")
                let response = try await client.response()
                #expect(response.status == 413 && response.text == #"{"code":413}"#)
                #expect(await client.countRest() == 0)
            }
            let client = try await RawClient.connect(port)
            try await client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world")
            #expect(try await client.response().text == "hello world")
            try await client.send("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhelloworld")
            #expect(try await client.response().text == "10")
        }
    }

    @Test("a client that asks first is told to go on")
    func expectContinue() async throws {
        try await serving(router) { port in
            let client = try await RawClient.connect(port)
            try await client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await client.response().status == 100)
            try await client.send("ok")
            #expect(try await client.response().text == "ok")
        }
    }

    @Test("HEAD has the length and no body")
    func head() async throws {
        try await serving(router) { port in
            let client = try await RawClient.connect(port)
            try await client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nHEAD /pieces HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.response(isHead: true).fields["content-length"] == "5")
            #expect(try await client.response(isHead: true).status == 200)
            #expect(try await client.response().text == "hello")
        }
    }

    @Test("what cannot be served is named", arguments: [
        ("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", 404), ("DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("PROPFIND /hello HTTP/1.1\r\nHost: x\r\n\r\n", 501), ("nonsense\r\n\r\n", 400), ("GET /hello HTTP/1.1\r\nbad header\r\n\r\n", 400),
        ("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400), ("GET /hello HTTP/1.0\r\n\r\n", 200),
        ("GET /hello HTTP/1.1\r\nX: \(String(repeating: "a", count: 90_000))\r\n\r\n", 431),
    ])
    func statuses(request: String, status: Int) async throws {
        try await serving(router) { port in
            let client = try await RawClient.connect(port)
            try await client.send(request)
            #expect(try await client.response().status == status)
        }
    }

    @Test("a client that goes away cancels what it asked for")
    func cancellation() async throws {
        let (started, begin) = AsyncStream<Void>.makeStream()
        let (cancelled, end) = AsyncStream<Void>.makeStream()
        var router = Router()
        router.on(.get, path: "/forever") { _, _ in
            begin.yield()
            let (never, _) = AsyncStream<Void>.makeStream()
            for await _ in never {}
            if Task.isCancelled { end.yield() }
            return .text(200, "")
        }
        try await serving(router) { port in
            let client = try await RawClient.connect(port)
            try await client.send("GET /forever HTTP/1.1\r\nHost: x\r\n\r\n")
            var starts = started.makeAsyncIterator()
            await starts.next()
            try await client.close()
            var ends = cancelled.makeAsyncIterator()
            await ends.next()
        }
    }

    @Test("a slow reader holds its producer back and loses nothing")
    func backPressure() async throws {
        let pieces = 1024
        let made = Counter()
        var router = self.router
        router.on(.get, path: "/much") { _, _ in
            HTTPResponse(contentType: "text/plain") { writer in
                let piece = [UInt8](repeating: 0x61, count: 64 << 10)
                for _ in 0..<pieces {
                    try await writer.write(piece)
                    made.add()
                }
            }
        }
        try await serving(router) { port in
            let client = try await RawClient.connect(port)
            try await client.setReading(false)
            try await client.send("GET /much HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            // Other requests pass meanwhile; once fifty of them have seen no progress the producer stands.
            let other = try await RawClient.connect(port)
            var unchanged = 0
            var seen = 0
            while unchanged < 50 {
                try await other.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await other.response().status == 200)
                let count = made.value
                unchanged = count == seen && count > 0 ? unchanged + 1 : 0
                seen = count
            }
            #expect(seen < pieces)
            try await client.setReading(true)
            #expect(await client.countRest() > pieces * (64 << 10))
            #expect(made.value == pieces)
        }
    }
}

/// A number that routes raise and tests read.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    func add() { count.add(1, ordering: .relaxed) }

    var value: Int { count.load(ordering: .relaxed) }
}
