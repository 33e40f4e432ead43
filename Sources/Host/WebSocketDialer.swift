package import Environment
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// Outbound WebSockets: whole binary messages on a connection that an HTTP server agrees to.
package enum WebSocketDialer {
    /// Bytes of one message that are taken at most.
    private static let messageLimit = 16 << 20
    private static let timeout: TimeAmount = .seconds(10)

    /// Opens a connection to a `ws://` or `wss://` URL.
    ///
    /// - Throws: `FetchError` when the server cannot be reached or does not agree.
    package static func dial(_ url: String, _ headers: [(name: String, value: String)]) async throws -> MessageConnection {
        guard let target = Target(url) else { throw FetchError(url: url, cause: "it is no ws:// or wss:// URL") }
        do {
            return try await connect(target, headers)
        } catch let error as FetchError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw FetchError(url: url, cause: "\(error)")
        }
    }

    private struct Target {
        var host: String
        var port: Int
        var isSecure: Bool
        var path: String
        let url: String

        init?(_ url: String) {
            self.url = url
            var rest: Substring
            if url.hasPrefix("ws://") {
                (isSecure, port, rest) = (false, 80, url.dropFirst(5))
            } else if url.hasPrefix("wss://") {
                (isSecure, port, rest) = (true, 443, url.dropFirst(6))
            } else {
                return nil
            }
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            path = slash == rest.endIndex ? "/" : String(rest[slash...])
            rest = rest[..<slash]
            if let colon = rest.lastIndex(of: ":"), rest[colon...].firstIndex(of: "]") == nil {
                guard let number = Int(rest[rest.index(after: colon)...]) else { return nil }
                port = number
                rest = rest[..<colon]
            }
            host = String(rest.hasPrefix("[") && rest.hasSuffix("]") ? rest.dropFirst().dropLast() : rest)
            if host.isEmpty { return nil }
        }

        var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
    }

    private static func connect(_ target: Target, _ headers: [(name: String, value: String)]) async throws -> MessageConnection {
        let queue = MessageQueue()
        let group = MultiThreadedEventLoopGroup.singleton
        let agreed = group.any().makePromise(of: Void.self)
        let security = target.isSecure ? try NIOSSLContext(configuration: .makeClientConfiguration()) : nil
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let security {
                        // Server names are for names, not for addresses.
                        let isAddress = target.host.contains(":") || target.host.allSatisfy { $0.isNumber || $0 == "." }
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: security, serverHostname: isAddress ? nil : target.host))
                    }
                    let opening = OpeningHandler(target: target.path, authority: target.authority, headers: headers, url: target.url, agreed: agreed)
                    let bound = NIOLoopBound(opening, eventLoop: channel.eventLoop)
                    let upgrader = NIOWebSocketClientUpgrader(maxFrameSize: messageLimit) { channel, _ in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(MessageHandler(queue: queue, limit: messageLimit))
                        }
                    }
                    try channel.pipeline.syncOperations.addHTTPClientHandlers(
                        withClientUpgrade: (
                            upgraders: [upgrader],
                            completionHandler: { context in
                                context.pipeline.syncOperations.removeHandler(bound.value, promise: nil)
                                agreed.succeed()
                            }
                        ))
                    try channel.pipeline.syncOperations.addHandler(opening)
                }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.connect(host: target.host, port: target.port).get()
        } catch {
            agreed.fail(error)
            throw error
        }
        let expiry = channel.eventLoop.scheduleTask(in: timeout) {
            agreed.fail(FetchError(url: target.url, cause: "the server did not answer in time"))
        }
        do {
            try await agreed.futureResult.get()
        } catch {
            expiry.cancel()
            channel.close(promise: nil)
            throw error
        }
        expiry.cancel()
        return MessageConnection(
            receive: { await queue.next() },
            send: { message in
                // A client masks what it sends, with a key that need not be secret.
                let frame = WebSocketFrame(fin: true, opcode: .binary, maskKey: .random(), data: channel.allocator.buffer(bytes: message))
                try await channel.writeAndFlush(frame).get()
            },
            close: {
                queue.finish()
                channel.close(promise: nil)
            })
    }
}

/// Asks for the upgrade, and says why when the server does not agree.
private final class OpeningHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let target: String
    private let authority: String
    private let headers: [(name: String, value: String)]
    private let url: String
    private let agreed: EventLoopPromise<Void>
    private var answer = ""

    init(target: String, authority: String, headers: [(name: String, value: String)], url: String, agreed: EventLoopPromise<Void>) {
        self.target = target
        self.authority = authority
        self.headers = headers
        self.url = url
        self.agreed = agreed
    }

    func channelActive(context: ChannelHandlerContext) {
        var fields = HTTPHeaders([("host", authority)])
        for header in headers { fields.add(name: header.name, value: header.value) }
        context.write(wrapOutboundOut(.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: fields))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): answer = "the server answered \(head.status.code)"
        case .body(let body): if answer.utf8.count < 300 { answer += " " + String(buffer: body).prefix(300) }
        case .end: refuse(answer, context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        refuse("the connection was closed", context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { refuse("\(error)", context) }

    private func refuse(_ cause: String, _ context: ChannelHandlerContext) {
        agreed.fail(FetchError(url: url, cause: cause))
        context.close(promise: nil)
    }
}

/// Joins frames to messages and answers pings.
private final class MessageHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let queue: MessageQueue
    private let limit: Int
    private var partial: [UInt8] = []

    init(queue: MessageQueue, limit: Int) {
        self.queue = queue
        self.limit = limit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .ping:
            context.writeAndFlush(
                wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData)), promise: nil)
        case .connectionClose: context.close(promise: nil)
        case .binary, .text, .continuation:
            partial.append(contentsOf: frame.unmaskedData.readableBytesView)
            guard partial.count <= limit else { return context.close(promise: nil) }
            if frame.fin {
                try? queue.put(partial)
                partial = []
            }
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        queue.finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        queue.finish()
        context.close(promise: nil)
    }
}
