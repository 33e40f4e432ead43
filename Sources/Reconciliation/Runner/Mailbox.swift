import DequeModule
import Synchronization

/// A bounded queue between tasks: many send and wait while it is full, one receives.
package final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: Deque<Message> = []
        var receiver: CheckedContinuation<Message?, Never>?
        var senders: Deque<(id: UInt64, continuation: CheckedContinuation<Bool, Never>)> = []
        var nextSender: UInt64 = 0
        var isClosed = false
    }

    private let capacity: Int
    private let state = Mutex(State())

    package init(capacity: Int) {
        precondition(capacity > 0, "a mailbox holds something")
        self.capacity = capacity
    }

    /// Sends without waiting, past the capacity if need be: only for what is bounded elsewhere.
    package func post(_ message: Message) {
        let receiver = state.withLock { state -> CheckedContinuation<Message?, Never>? in
            guard !state.isClosed else { return nil }
            if let receiver = state.receiver {
                state.receiver = nil
                return receiver
            }
            state.messages.append(message)
            return nil
        }
        receiver?.resume(returning: message)
    }

    /// Sends, waiting while the box is full. - Throws: `CancellationError` when the task is cancelled or the box closed.
    package func send(_ message: Message) async throws {
        while !(try tryPost(message)) {
            guard await waitForRoom() else { throw CancellationError() }
        }
    }

    /// Receives the oldest message, waiting for one; nil when the box is closed or the task cancelled.
    package func receive() async -> Message? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Message?, Never>) in
                var sender: CheckedContinuation<Bool, Never>?
                let answer: Message??
                answer = state.withLock { state -> Message?? in
                    precondition(state.receiver == nil, "a mailbox has one receiver")
                    if let message = state.messages.popFirst() {
                        sender = state.senders.popFirst()?.continuation
                        return .some(message)
                    }
                    if state.isClosed || Task.isCancelled { return .some(nil) }
                    state.receiver = continuation
                    return nil
                }
                sender?.resume(returning: true)
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            close()
        }
    }

    /// Takes everything that is there, without waiting.
    package func drain() -> [Message] {
        let (messages, senders) = state.withLock { state in
            defer {
                state.messages.removeAll(keepingCapacity: true)
                state.senders.removeAll()
            }
            return (Array(state.messages), Array(state.senders))
        }
        for sender in senders { sender.continuation.resume(returning: true) }
        return messages
    }

    package func close() {
        let (receiver, senders) = state.withLock { state in
            state.isClosed = true
            defer {
                state.receiver = nil
                state.senders.removeAll()
            }
            return (state.receiver, Array(state.senders))
        }
        receiver?.resume(returning: nil)
        for sender in senders { sender.continuation.resume(returning: false) }
    }

    private func tryPost(_ message: Message) throws -> Bool {
        let outcome = state.withLock { state -> (sent: Bool, receiver: CheckedContinuation<Message?, Never>?, isClosed: Bool) in
            if state.isClosed { return (false, nil, true) }
            if let receiver = state.receiver {
                state.receiver = nil
                return (true, receiver, false)
            }
            guard state.messages.count < capacity else { return (false, nil, false) }
            state.messages.append(message)
            return (true, nil, false)
        }
        if outcome.isClosed { throw CancellationError() }
        outcome.receiver?.resume(returning: message)
        return outcome.sent
    }

    /// Waits until a message was taken; false when that will not happen any more.
    private func waitForRoom() async -> Bool {
        let id = state.withLock { state in
            state.nextSender += 1
            return state.nextSender
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let answer: Bool? = state.withLock { state in
                    if state.isClosed || Task.isCancelled { return false }
                    if state.messages.count < capacity { return true }
                    state.senders.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let sender = state.withLock { state in
                let sender = state.senders.first { $0.id == id }?.continuation
                state.senders.removeAll { $0.id == id }
                return sender
            }
            sender?.resume(returning: false)
        }
    }
}
