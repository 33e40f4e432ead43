import Synchronization

/// A connection that carries whole messages both ways. Real: a WebSocket. Simulated: one end of `pair()`.
package struct MessageConnection: Sendable {
    /// The next message, nil at the end; one caller at a time.
    package let receive: @Sendable () async throws -> [UInt8]?
    /// Returns when the message is on its way; one caller at a time.
    package let send: @Sendable ([UInt8]) async throws -> Void
    /// Ends both directions, from any thread.
    package let close: @Sendable () -> Void

    package init(
        receive: @escaping @Sendable () async throws -> [UInt8]?, send: @escaping @Sendable ([UInt8]) async throws -> Void,
        close: @escaping @Sendable () -> Void
    ) {
        self.receive = receive
        self.send = send
        self.close = close
    }

    /// Opens a connection to a URL.
    ///
    /// - Throws: `FetchError` when there is none.
    package typealias Dial = @Sendable (_ url: String, _ headers: [(name: String, value: String)]) async throws -> MessageConnection

    /// Two ends in memory: what one sends the other receives.
    package static func pair() -> (MessageConnection, MessageConnection) {
        let (there, back) = (MessageQueue(), MessageQueue())
        let close: @Sendable () -> Void = {
            there.finish()
            back.finish()
        }
        return (
            MessageConnection(receive: { await back.next() }, send: { try there.put($0) }, close: close),
            MessageConnection(receive: { await there.next() }, send: { try back.put($0) }, close: close)
        )
    }
}

/// Messages that wait for their one reader.
package final class MessageQueue: Sendable {
    private struct State {
        var messages: [[UInt8]] = []
        var isFinished = false
        var waiter: CheckedContinuation<[UInt8]?, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// - Throws: `CancellationError` after the end.
    package func put(_ message: [UInt8]) throws {
        let waiter = try state.withLock { state in
            if state.isFinished { throw CancellationError() }
            if state.waiter == nil { state.messages.append(message) }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: message)
    }

    /// No message comes any more; those that wait are still read.
    package func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// The next message; nil at the end, and when the task is cancelled.
    package func next() async -> [UInt8]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome: [UInt8]?? = state.withLock { state in
                    if !state.messages.isEmpty { return state.messages.removeFirst() }
                    if state.isFinished || Task.isCancelled { return .some(nil) }
                    state.waiter = continuation
                    return .none
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: nil)
        }
    }
}
