import NIOCore
import NIOPosix
import Synchronization

/// A TCP client that shows an HTTP server's bytes as they come, so that a test can break every rule of the protocol.
final class RawClient: Sendable {
    struct Ended: Error {}

    private let channel: any Channel
    private let inbox: Inbox

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// - Parameter keepsSending: whether it goes on when the server has said that it will say no more.
    static func connect(_ port: Int, keepsSending: Bool = false) async throws -> RawClient {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: keepsSending)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox)) }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel: channel, inbox: inbox)
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    /// Stops or resumes reading from the socket.
    func setReading(_ isReading: Bool) async throws { try await channel.setOption(.autoRead, value: isReading).get() }

    func close() async throws { try await channel.close().get() }

    /// The next whole response. - Throws: `Ended` when the server closes before.
    func response(isHead: Bool = false) async throws -> RawResponse {
        try await inbox.take { RawResponse.parse($0, isHead: isHead) }
    }

    func bytes(_ count: Int) async throws -> [UInt8] {
        try await inbox.take { $0.count >= count ? (Array($0[..<count]), count) : nil }
    }

    /// One line without its end, as watches and exports send them inside chunks.
    func line(containing text: String) async throws -> String {
        try await inbox.take { bytes in
            var start = 0
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: bytes[start..<end], as: UTF8.self)
                if line.contains(text) { return (line, end + 1) }
                start = end + 1
            }
            return nil
        }
    }

    /// Throws megabytes away until a text comes; what stands around it.
    func skip(to text: String) async throws -> String {
        let width = 4096
        while true {
            let found = try await inbox.take { bytes -> (String, Int)? in
                let end = String(decoding: bytes.suffix(width), as: UTF8.self)
                if end.contains(text) { return (end, bytes.count) }
                return bytes.count > 16 * width ? ("", bytes.count - width) : nil
            }
            if !found.isEmpty { return found }
        }
    }

    /// Counts what comes until the server closes.
    func countRest() async -> Int {
        var count = 0
        while let more = try? await inbox.take({ $0.isEmpty ? nil : ($0.count, $0.count) }) { count += more }
        return count
    }
}

/// A response taken apart.
struct RawResponse: Sendable {
    var status: Int
    var fields: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// nil while bytes are missing.
    static func parse(_ bytes: [UInt8], isHead: Bool) -> (RawResponse, Int)? {
        let end: [UInt8] = [13, 10, 13, 10]
        guard let headEnd = (0..<max(0, bytes.count - 3)).first(where: { bytes[$0..<$0 + 4].elementsEqual(end) }) else { return nil }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        // What is no status line shows as status 0.
        var response = RawResponse(status: Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0, fields: [:], body: [])
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            response.fields[pair[0].lowercased()] = pair.count > 1 ? String(pair[1].drop { $0 == " " }) : ""
        }
        var position = headEnd + 4
        if isHead || response.status < 200 || response.status == 204 { return (response, position) }
        if let count = response.fields["content-length"].flatMap({ Int($0) }) {
            guard bytes.count >= position + count else { return nil }
            response.body = Array(bytes[position..<position + count])
            return (response, position + count)
        }
        guard response.fields["transfer-encoding"] == "chunked" else { return (response, position) }
        while let lineEnd = bytes[position...].firstIndex(of: 13) {
            guard let count = Int(String(decoding: bytes[position..<lineEnd], as: UTF8.self), radix: 16),
                bytes.count >= lineEnd + 4 + count
            else { return nil }
            response.body += bytes[lineEnd + 2..<lineEnd + 2 + count]
            position = lineEnd + 4 + count
            if count == 0 { return (response, position) }
        }
        return nil
    }
}

/// Bytes received and not yet taken, and who waits for more.
private final class Inbox: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var arrivals = 0
        var isEnded = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func add(_ bytes: ByteBufferView) { change { $0.bytes += bytes } }

    func end() { change { $0.isEnded = true } }

    private func change(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state in
            body(&state)
            state.arrivals += 1
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Removes what `parse` finds at the front as soon as it finds it.
    func take<Value>(_ parse: ([UInt8]) -> (Value, Int)?) async throws -> Value {
        while true {
            let (bytes, arrivals, isEnded) = state.withLock { ($0.bytes, $0.arrivals, $0.isEnded) }
            if let (value, used) = parse(bytes) {
                state.withLock { $0.bytes.removeFirst(used) }
                return value
            }
            if isEnded { throw RawClient.Ended() }
            await withCheckedContinuation { continuation in
                let hasChanged = state.withLock { state in
                    if state.arrivals == arrivals { state.waiter = continuation }
                    return state.arrivals != arrivals
                }
                if hasChanged { continuation.resume() }
            }
        }
    }
}

private final class InboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: Inbox

    init(_ inbox: Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { inbox.add(unwrapInboundIn(data).readableBytesView) }

    func channelInactive(context: ChannelHandlerContext) { inbox.end() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { inbox.end() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
