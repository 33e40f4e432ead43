package import Bytes
import Synchronization

/// A clock that moves only when told to: the simulated twin of the system's clock.
package final class ManualClock: WallClock {
    private struct State {
        var now: Timestamp
        var elapsed: UInt64 = 0
        var nextSleeper: UInt64 = 0
        var sleepers: [(id: UInt64, until: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let state: Mutex<State>

    package init(now: Timestamp) { state = Mutex(State(now: now)) }

    package func now() -> Timestamp { state.withLock { $0.now } }

    /// How many tasks sleep.
    package var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    package func monotonicNanoseconds() -> UInt64 { state.withLock { $0.elapsed } }

    /// Moves both clocks on and wakes whoever slept until then, in the order of their wake times.
    package func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now = state.now + duration
            state.elapsed &+= UInt64(max(0, duration.saturatedNanoseconds))
            let due = state.sleepers.filter { $0.until <= state.elapsed }.sorted { ($0.until, $0.id) < ($1.until, $1.id) }
            state.sleepers.removeAll { $0.until <= state.elapsed }
            return due
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Sets civil time without letting time pass, as an administrator or a bad time server would.
    package func jump(to time: Timestamp) { state.withLock { $0.now = time } }

    package func sleep(for duration: Duration) async throws {
        let id = state.withLock { state in
            state.nextSleeper += 1
            return state.nextSleeper
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if duration <= .zero { return .success(()) }
                    state.sleepers.append((id, state.elapsed &+ UInt64(duration.saturatedNanoseconds), continuation))
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let woken = state.withLock { state in
                let woken = state.sleepers.first { $0.id == id }?.continuation
                state.sleepers.removeAll { $0.id == id }
                return woken
            }
            woken?.resume(throwing: CancellationError())
        }
    }
}
