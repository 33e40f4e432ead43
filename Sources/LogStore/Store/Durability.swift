import Synchronization
import Telemetry

/// How far the log has reached the disk, and who waits for it.
final class Durability: Sendable {
    private struct State {
        var through: UInt64
        var isClosed = false
        var waiters: [(id: UInt64, position: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
        var nextWaiter: UInt64 = 0
    }

    private let state: Mutex<State>

    init(through: UInt64) { state = Mutex(State(through: through)) }

    var position: UInt64 { state.withLock { $0.through } }

    func advance(to position: UInt64) {
        let woken = state.withLock { state in
            state.through = max(state.through, position)
            let through = state.through
            let woken = state.waiters.filter { $0.position <= through }.map(\.continuation)
            state.waiters.removeAll { $0.position <= through }
            return woken
        }
        for continuation in woken { continuation.resume(returning: true) }
    }

    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters.map(\.continuation)
        }
        for continuation in woken { continuation.resume(returning: false) }
    }

    func wait(for position: UInt64) async throws(StoreError) {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let isDurable = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let answer: Bool? = state.withLock { state in
                    if state.through >= position { return true }
                    if state.isClosed || Task.isCancelled { return false }
                    state.waiters.append((id, position, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let woken = state.withLock { state in
                let woken = state.waiters.first { $0.id == id }?.continuation
                state.waiters.removeAll { $0.id == id }
                return woken
            }
            woken?.resume(returning: false)
        }
        if !isDurable {
            throw Task.isCancelled
                ? StoreError(.cancelled, "the wait for durability was cancelled")
                : StoreError(.closed, "the log store was closed before the entries were durable")
        }
    }
}
