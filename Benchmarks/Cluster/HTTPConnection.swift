import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// One connection to the server under test, which answers one request after the other.
final class HTTPConnection: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    struct Answer: Sendable {
        var status: Int
        var byteCount: Int
    }

    private struct State {
        var promise: EventLoopPromise<Answer>?
        var status = 0
        var byteCount = 0
    }

    private let state = Mutex(State())
    private let channelBox = Mutex<(any Channel)?>(nil)
    /// Bytes of answers so far, those of open streams too.
    let received = Atomic<Int>(0)

    static func open(port: Int, on group: MultiThreadedEventLoopGroup) async throws -> HTTPConnection {
        let connection = HTTPConnection()
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.pipeline.addHTTPClientHandlers().flatMap { channel.pipeline.addHandler(connection) }
            }
            .connect(host: "127.0.0.1", port: port).get()
        connection.channelBox.withLock { $0 = channel }
        return connection
    }

    /// Sends a request and waits for the end of its answer.
    func send(_ method: HTTPMethod, _ path: String, _ body: [UInt8] = [], type: String = "application/json") async throws -> Answer {
        let channel = channelBox.withLock { $0 }!
        let promise = channel.eventLoop.makePromise(of: Answer.self)
        state.withLock { $0 = State(promise: promise) }
        write(channel, method, path, body, type)
        return try await promise.futureResult.get()
    }

    /// Whether the head of an answer has come.
    var isAnswered: Bool { state.withLock { $0.status != 0 } }

    /// Begins a request whose answer does not end.
    func stream(_ path: String) { write(channelBox.withLock { $0 }!, .GET, path, [], "application/json") }

    private func write(_ channel: any Channel, _ method: HTTPMethod, _ path: String, _ body: [UInt8], _ type: String) {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: path)
        head.headers = ["host": "127.0.0.1", "accept": "application/json", "content-length": "\(body.count)"]
        if !body.isEmpty { head.headers.add(name: "content-type", value: type) }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if !body.isEmpty { channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil) }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): state.withLock { $0.status = Int(head.status.code) }
        case .body(let buffer):
            received.add(buffer.readableBytes, ordering: .relaxed)
            state.withLock { $0.byteCount += buffer.readableBytes }
        case .end:
            let (promise, answer) = state.withLock { state in
                defer { state.promise = nil }
                return (state.promise, Answer(status: state.status, byteCount: state.byteCount))
            }
            promise?.succeed(answer)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        state.withLock { state in
            defer { state.promise = nil }
            return state.promise
        }?.fail(ChannelError.eof)
    }

    func close() async { try? await channelBox.withLock { $0 }?.close().get() }
}
