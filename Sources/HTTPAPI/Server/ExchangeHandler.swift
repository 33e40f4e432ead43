import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Turns the parts of one request after the other into a call of the router, and its answer into parts.
///
/// One task runs per request, begun when the body is complete and cancelled when the connection closes, so a query whose client went
/// away stops. It is the one place where a task is not a child of another: the event loop that starts it is not a task.
/// - Isolation: the channel's event loop.
final class ExchangeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        case reading(HTTPRequestHead, [UInt8], BodyLimit)
        /// The body is over its limit and the client is told so: what still comes is thrown away until it ends. The future says when all is told.
        case lingering(EventLoopFuture<Void>)
        case responding(Task<Void, Never>)
    }

    /// How long a client that was refused may go on sending. One that first sends all and then reads meets the refusal, not a connection
    /// that was reset under it; Go's server grants half a second.
    private static let lingerTime = TimeAmount.seconds(10)

    private let router: Router
    /// What the listener takes where a route has no limit of its own.
    private let bodyLimit: BodyLimit
    private var state = State.idle
    /// Number of the request under way: the end of an answer may be noticed only when the next request has begun.
    private var exchange: UInt64 = 0
    private var writer: ChannelBodyWriter?

    init(router: Router, bodyLimit: Int) {
        self.router = router
        self.bodyLimit = BodyLimit(bytes: bodyLimit, refusal: .text(413, "request body is over the limit of \(bodyLimit) bytes\n"))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            exchange &+= 1
            let expectsContinue = head.headers.first(name: "expect")?.lowercased() == "100-continue"
            let announced = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            let limit = limit(of: head, announced: announced)
            if announced > limit.bytes { return refuse(head, limit, context: context) }
            if expectsContinue {
                context.writeAndFlush(wrapOutboundOut(.head(.init(version: head.version, status: .continue))), promise: nil)
            }
            var body: [UInt8] = []
            body.reserveCapacity(announced)
            state = .reading(head, body, limit)
        case .body(let piece):
            guard case .reading(let head, var body, let limit) = state else { return }
            // Leave the state without the array, so that appending does not copy it.
            state = .idle
            if body.count + piece.readableBytes > limit.bytes { return refuse(head, limit, context: context) }
            body.append(contentsOf: piece.readableBytesView)
            state = .reading(head, body, limit)
        case .end:
            switch state {
            case .reading(let head, let body, _): respond(to: head, body: body, context: context)
            case .lingering(let told):
                let channel = context.channel
                told.whenComplete { _ in channel.close(promise: nil) }
            case .idle, .responding: break
            }
        }
    }

    /// A body without an announced length may be any.
    private func limit(of head: HTTPRequestHead, announced: Int) -> BodyLimit {
        guard announced > router.lowestBodyLimit || head.headers.contains(name: "transfer-encoding") else { return bodyLimit }
        return router.bodyLimit(of: HTTPRequest(head: head, body: [], peer: "")) ?? bodyLimit
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .responding(let task) = state { task.cancel() }
        writer?.close()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if case .responding(let task) = state { task.cancel() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            // An idle watch is a response under way; only a connection that waits for a request is let go.
            if case .responding = state { return }
            context.close(promise: nil)
            return
        }
        if case ChannelEvent.inputClosed = event, case .responding(let task) = state { task.cancel() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An upgrade that no route agrees to is reported here and then goes on as an ordinary request.
        if error is NIOWebSocketUpgradeError { return }
        if let error = error as? HTTPParserError { return refuse(error, context: context) }
        context.close(promise: nil)
    }

    /// Says what is wrong with a request that cannot be read, unless an answer is under way. The decoder closes the connection after this.
    private func refuse(_ error: HTTPParserError, context: ChannelHandlerContext) {
        if case .responding = state { return context.close(promise: nil) }
        let isTooLong = if case .headerOverflow = error { true } else { false }
        let status: HTTPResponseStatus = isTooLong ? .requestHeaderFieldsTooLarge : .badRequest
        let headers = HTTPHeaders([("connection", "close"), ("content-length", "0")])
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    /// Says at once that a body is too large, says no more, and listens on for a while: closing on a client that still sends would reset the
    /// connection, and the client might never read why.
    private func refuse(_ head: HTTPRequestHead, _ limit: BodyLimit, context: ChannelHandlerContext) {
        var headers = HTTPHeaders(limit.refusal.fields.all.map { ($0.name, $0.value) })
        headers.replaceOrAdd(name: "connection", value: "close")
        var body: [UInt8] = []
        if case .bytes(let bytes) = limit.refusal.body { body = bytes }
        headers.replaceOrAdd(name: "content-length", value: "\(body.count)")
        let status = HTTPResponseStatus(statusCode: limit.refusal.status)
        context.write(wrapOutboundOut(.head(.init(version: head.version, status: status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        let told = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        state = .lingering(told)
        let channel = context.channel
        told.whenComplete { _ in channel.close(mode: .output, promise: nil) }
        context.eventLoop.scheduleTask(in: Self.lingerTime) { channel.close(promise: nil) }
    }

    private func respond(to head: HTTPRequestHead, body: [UInt8], context: ChannelHandlerContext) {
        let channel = context.channel
        let writer = ChannelBodyWriter(channel: channel)
        self.writer = writer
        guard HTTPRequest.Method(rawValue: head.method.rawValue) != nil else {
            return refuseMethod(head, context: context)
        }
        let request = HTTPRequest(head: head, body: body, peer: channel.remoteAddress?.ipAddress ?? "")
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let number = exchange
        state = .responding(
            Self.answer(request, head: head, router: router, channel: channel, writer: writer) {
                eventLoop.execute {
                    if bound.value.exchange == number { bound.value.state = .idle }
                }
            })
    }

    private static func answer(
        _ request: HTTPRequest, head: HTTPRequestHead, router: Router, channel: any Channel, writer: ChannelBodyWriter,
        whenDone: @escaping @Sendable () -> Void
    ) -> Task<Void, Never> {
        // The body of a light route may be large, but making it is not this task's work.
        let executor: (any TaskExecutor)? = router.isLight(request) ? EventLoopExecutor(channel.eventLoop) : nil
        return Task(executorPreference: executor) {
            await send(await router.respond(to: request), for: head, through: channel, writer: writer)
            whenDone()
        }
    }

    private func refuseMethod(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        state = .idle
        let headers = HTTPHeaders([("content-length", "0")])
        context.write(wrapOutboundOut(.head(.init(version: head.version, status: .notImplemented, headers: headers))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// A larger body goes out in pieces of this size, each copied when the one before it is out: memory that is used again and again costs no
    /// page faults, and a slow client does not hold the body twice.
    private static let pieceSize = 1 << 20

    private static func write(_ body: [UInt8], to channel: any Channel) async throws {
        var start = 0
        while body.count - start > pieceSize {
            let piece = channel.allocator.buffer(bytes: body[start..<start + pieceSize])
            try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(piece))).get()
            start += pieceSize
        }
        channel.write(HTTPServerResponsePart.body(.byteBuffer(channel.allocator.buffer(bytes: body[start...]))), promise: nil)
    }

    private static func send(
        _ response: HTTPResponse, for head: HTTPRequestHead, through channel: any Channel, writer: ChannelBodyWriter
    ) async {
        var headers = HTTPHeaders(response.fields.all.map { ($0.name, $0.value) })
        let status = HTTPResponseStatus(statusCode: response.status)
        if !head.isKeepAlive { headers.replaceOrAdd(name: "connection", value: "close") }
        let isHead = head.method == .HEAD
        switch response.body {
        case .bytes(let bytes):
            headers.replaceOrAdd(name: "content-length", value: "\(bytes.count)")
            channel.write(HTTPServerResponsePart.head(.init(version: head.version, status: status, headers: headers)), promise: nil)
            do {
                if !isHead, !bytes.isEmpty { try await write(bytes, to: channel) }
                try await channel.writeAndFlush(HTTPServerResponsePart.end(nil)).get()
            } catch {
                // The client went away.
            }
        case .stream(let produce):
            // Without a length NIO would frame the missing body of a HEAD as chunks, and the last chunk would precede the next response.
            if isHead { headers.replaceOrAdd(name: "content-length", value: "0") }
            channel.writeAndFlush(HTTPServerResponsePart.head(.init(version: head.version, status: status, headers: headers)), promise: nil)
            do {
                if !isHead { try await produce(writer) }
                try await channel.writeAndFlush(HTTPServerResponsePart.end(nil)).get()
            } catch {
                // A body cut short must not look complete: the chunked framing is left without its end.
                try? await channel.close().get()
                return
            }
        }
        if !head.isKeepAlive { try? await channel.close().get() }
    }
}
