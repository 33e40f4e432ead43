import NIOCore
import NIOWebSocket
import Synchronization

/// Joins frames to messages, answers pings, and runs the route's side of a WebSocket in a task.
///
/// - Isolation: the channel's event loop; the task talks to it through `ChannelWebSocket`.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let agreement: WebSocketAgreement
    private var connection: ChannelWebSocket?
    private var task: Task<Void, Never>?
    private var partial: (opcode: WebSocketOpcode, bytes: [UInt8])?

    /// Bytes of one message that are taken at most.
    static let messageLimit = 16 << 20

    init(agreement: WebSocketAgreement) { self.agreement = agreement }

    func handlerAdded(context: ChannelHandlerContext) {
        let connection = ChannelWebSocket(channel: context.channel)
        self.connection = connection
        let run = agreement.run
        task = Task {
            do {
                try await run(connection)
                await connection.close(code: 1000)
            } catch is CancellationError {
                await connection.close(code: 1001)
            } catch {
                await connection.close(code: 1011)
            }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .ping:
            let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .pong: break
        case .connectionClose: connection?.finish()
        case .text, .binary: take(frame, as: frame.opcode, context: context)
        case .continuation: take(frame, as: partial?.opcode ?? .binary, context: context)
        default: context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection?.finish()
        task?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func take(_ frame: WebSocketFrame, as opcode: WebSocketOpcode, context: ChannelHandlerContext) {
        var bytes = partial?.bytes ?? []
        partial = nil
        bytes.append(contentsOf: frame.unmaskedData.readableBytesView)
        guard bytes.count <= Self.messageLimit else { return context.close(promise: nil) }
        if frame.fin {
            connection?.deliver(opcode == .text ? .text(bytes) : .binary(bytes))
        } else {
            partial = (opcode, bytes)
        }
    }
}

/// The route's end of a WebSocket.
final class ChannelWebSocket: WebSocketConnection {
    private struct State {
        var queue: [WebSocketMessage] = []
        var isFinished = false
        var isClosing = false
        var waiter: CheckedContinuation<WebSocketMessage?, Never>?
    }

    private let channel: any Channel
    private let state = Mutex(State())

    init(channel: any Channel) { self.channel = channel }

    func deliver(_ message: WebSocketMessage) {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.queue.append(message) }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: message)
    }

    func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    func receive() async throws -> WebSocketMessage? {
        try Task.checkCancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome: WebSocketMessage?? = state.withLock { state in
                    if !state.queue.isEmpty { return state.queue.removeFirst() }
                    if state.isFinished { return .some(nil) }
                    state.waiter = continuation
                    return .none
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            finish()
        }
    }

    func send(_ message: WebSocketMessage) async throws {
        let frame =
            switch message {
            case .text(let bytes): WebSocketFrame(fin: true, opcode: .text, data: channel.allocator.buffer(bytes: bytes))
            case .binary(let bytes): WebSocketFrame(fin: true, opcode: .binary, data: channel.allocator.buffer(bytes: bytes))
            }
        try await channel.writeAndFlush(frame).get()
    }

    func close(code: UInt16) async {
        guard state.withLock({ state in
            defer { state.isClosing = true }
            return !state.isClosing
        }) else { return }
        var data = channel.allocator.buffer(capacity: 2)
        data.write(webSocketErrorCode: WebSocketErrorCode(codeNumber: Int(code)))
        try? await channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: data)).get()
        try? await channel.close().get()
    }
}
