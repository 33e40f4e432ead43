import NIOCore
import NIOHTTP1
import Synchronization

/// Sends pieces of a body and suspends its producer while the client is slow.
///
/// It counts the bytes that the socket has not taken yet itself: the channel's own writability changes only once its event loop has run, and
/// a producer on another thread would be far ahead by then.
final class ChannelBodyWriter: BodyWriter {
    private struct State {
        var bytesInFlight = 0
        var isClosed = false
        var waiter: CheckedContinuation<Void, any Error>?
    }

    /// Bytes on their way to the socket above which the producer waits.
    static let window = 256 << 10

    private let channel: any Channel
    private let state = Mutex(State())

    init(channel: any Channel) { self.channel = channel }

    func write(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        guard !bytes.isEmpty else { return }
        try await waitForRoom()
        state.withLock { $0.bytesInFlight += bytes.count }
        channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(channel.allocator.buffer(bytes: bytes))))
            .whenComplete { [self] in settle(bytes.count, $0) }
    }

    /// The connection is gone, or nobody wants the body any more.
    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(throwing: CancellationError())
    }

    private func settle(_ count: Int, _ outcome: Result<Void, any Error>) {
        if case .failure = outcome { return close() }
        let waiter = state.withLock { state in
            state.bytesInFlight -= count
            guard state.bytesInFlight < Self.window, let waiter = state.waiter else {
                return CheckedContinuation<Void, any Error>?.none
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    private func waitForRoom() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.isClosed || Task.isCancelled { return .failure(CancellationError()) }
                    if state.bytesInFlight < Self.window { return .success(()) }
                    precondition(state.waiter == nil, "one producer writes a body")
                    state.waiter = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            close()
        }
    }
}
