import Synchronization

/// Tells a waiting reader that data it cares about has arrived, without polling.
///
/// Raises are coalesced: many appends between two waits are one wake-up. The store holds the signal weakly; dropping it unsubscribes.
package final class FreshnessSignal: Sendable {
    private struct State {
        /// Newest data time that was announced.
        var newest = Int64.min
        var isClosed = false
        var waiters: [(id: UInt64, after: Int64, continuation: CheckedContinuation<Int64?, Never>)] = []
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Newest time announced so far: milliseconds in the time-series store, nanoseconds in the log store. `Int64.min` before the first.
    package var newest: Int64 { state.withLock { $0.newest } }

    /// Called by the store after an append.
    package func raise(newest: Int64) {
        let woken = state.withLock { state in
            guard newest > state.newest else { return [CheckedContinuation<Int64?, Never>]() }
            state.newest = newest
            let woken = state.waiters.filter { $0.after < newest }.map(\.continuation)
            state.waiters.removeAll { $0.after < newest }
            return woken
        }
        for continuation in woken { continuation.resume(returning: newest) }
    }

    /// Ends all waits, now and later.
    package func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters.map(\.continuation)
        }
        for continuation in woken { continuation.resume(returning: nil) }
    }

    /// Returns the newest time once it lies after the given one; nil when closed or when the task is cancelled.
    package func wait(after time: Int64) async -> Int64? {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Int64?, Never>) in
                let answer: Int64?? = state.withLock { state in
                    if state.newest > time { return state.newest }
                    if state.isClosed || Task.isCancelled { return .some(nil) }
                    state.waiters.append((id, time, continuation))
                    return .none
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let woken = state.withLock { state in
                let woken = state.waiters.first { $0.id == id }?.continuation
                state.waiters.removeAll { $0.id == id }
                return woken
            }
            woken?.resume(returning: nil)
        }
    }
}
