package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// The one listener: plain NIO HTTP/1.1 with upgrade to WebSocket.
///
/// Design note 0002 says why there is no framework here; NIO parses, frames and owns the sockets.
package struct HTTPServer: Sendable {
    package struct Configuration: Sendable {
        package var host: String
        /// 0 lets the system choose.
        package var port: Int
        /// Bytes of body that are read at most; more is a 413.
        package var bodyLimit = 64 << 20
        package var eventLoops = 2
        /// A connection that neither sends nor receives for so long is closed, unless a response is under way on it.
        package var idleTimeout = Duration.seconds(180)

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    private let configuration: Configuration
    private let router: Router
    private let logger: Logger

    package init(configuration: Configuration, router: Router, logger: Logger) {
        self.configuration = configuration
        self.router = router
        self.logger = logger
    }

    /// Binds, reports the port, and serves until the task is cancelled. Open connections are then closed.
    ///
    /// - Throws: `ListenError` in one line when the address cannot be had.
    package func run(onListening: @escaping @Sendable (Int) -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
        let connections = OpenConnections()
        let router = router
        let configuration = configuration
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.assemble(channel, router: router, configuration: configuration, connections: connections)
                }
            }
        let listener: any Channel
        do {
            listener = try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
        } catch {
            try? await group.shutdownGracefully()
            throw ListenError(host: configuration.host, port: configuration.port, cause: error)
        }
        logger.debug("listening", metadata: ["address": "\(listener.localAddress?.description ?? "")"])
        onListening(listener.localAddress?.port ?? configuration.port)
        try? await withTaskCancellationHandler {
            try await listener.closeFuture.get()
        } onCancel: {
            listener.close(promise: nil)
        }
        await connections.closeAll()
        try? await group.shutdownGracefully()
    }

    private static func assemble(
        _ channel: any Channel, router: Router, configuration: Configuration, connections: OpenConnections
    ) throws {
        connections.add(channel)
        let exchange = ExchangeHandler(router: router, bodyLimit: configuration.bodyLimit)
        let bound = NIOLoopBound(exchange, eventLoop: channel.eventLoop)
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: 1 << 20, automaticErrorHandling: true,
            shouldUpgrade: { channel, head in
                let request = HTTPRequest(head: head, body: [], peer: channel.remoteAddress?.ipAddress ?? "")
                return channel.eventLoop.makeFutureWithTask { await router.agreement(for: request) }.map { agreement in
                    guard let agreement else { return nil }
                    var headers = HTTPHeaders()
                    if let subprotocol = agreement.subprotocol { headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
                    return headers
                }
            },
            upgradePipelineHandler: { channel, head in
                let request = HTTPRequest(head: head, body: [], peer: channel.remoteAddress?.ipAddress ?? "")
                return channel.eventLoop.makeFutureWithTask { await router.agreement(for: request) }.flatMapThrowing { agreement in
                    guard let agreement else { throw ChannelError.operationUnsupported }
                    try channel.pipeline.syncOperations.addHandler(WebSocketHandler(agreement: agreement))
                }
            })
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: true,
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in context.pipeline.syncOperations.removeHandler(bound.value, promise: nil) }
            ),
            withErrorHandling: false)
        try channel.pipeline.syncOperations.addHandler(
            IdleStateHandler(allTimeout: .nanoseconds(configuration.idleTimeout.components.seconds * 1_000_000_000)))
        try channel.pipeline.syncOperations.addHandler(exchange)
    }
}

extension HTTPRequest {
    init(head: HTTPRequestHead, body: [UInt8], peer: String) {
        self.init(
            method: Method(rawValue: head.method.rawValue) ?? .get, target: head.uri,
            headers: HTTPFields(head.headers.map { (name: $0.name, value: $0.value) }), body: body, peer: peer)
    }
}
