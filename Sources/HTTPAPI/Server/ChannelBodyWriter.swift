import NIOCore
import NIOHTTP1
import Synchronization

/// Sends pieces of a body and suspends its producer while the client is slow.
final class ChannelBodyWriter: BodyWriter {
    private struct State {
        var isWritable = true
        var isClosed = false
        var waiter: CheckedContinuation<Void, any Error>?
    }

    private let channel: any Channel
    private let state = Mutex(State())

    init(channel: any Channel) { self.channel = channel }

    func write(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        try await waitUntilWritable()
        channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(channel.allocator.buffer(bytes: bytes))), promise: nil)
    }

    func setWritable(_ isWritable: Bool) {
        let waiter = state.withLock { state in
            state.isWritable = isWritable
            guard isWritable else { return CheckedContinuation<Void, any Error>?.none }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(throwing: CancellationError())
    }

    private func waitUntilWritable() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.isClosed || Task.isCancelled { return .failure(CancellationError()) }
                    if state.isWritable { return .success(()) }
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
