import Bytes
package import Environment
import QueryLanguage
package import Telemetry
import Synchronization

/// Runs queries of both languages on the low-priority threads: so many at once, each with a time limit, each stopped when its client goes.
package final class QueryGate: Sendable {
    package struct Limits: Sendable {
        /// Queries that run at once; further ones wait their turn.
        package var concurrency = 20
        package var timeout = Duration.seconds(120)
        package var budget = QueryBudget.Limits()

        package init() {}
    }

    private struct State {
        var running = 0
        var waiting: [(id: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
        var nextID: UInt64 = 0
    }

    private let limits: Limits
    private let pool: any WorkPool
    private let clock: any WallClock
    private let state = Mutex(State())

    package init(limits: Limits = Limits(), pool: any WorkPool, clock: any WallClock) {
        self.limits = limits
        self.pool = pool
        self.clock = clock
    }

    /// - Parameter timeout: what the client asked for; never more than the configured limit.
    /// - Throws: what the work throws; `QueryError.timeout` when its time was up.
    package func run<Value: Sendable>(
        timeout: Duration? = nil, _ work: @escaping @Sendable (QueryBudget) throws -> Value
    ) async throws -> Value {
        let late = QueryError(.timeout, "query timed out in expression evaluation")
        let limit = min(timeout ?? limits.timeout, limits.timeout)
        let end = clock.monotonicNanoseconds() &+ UInt64(clamping: limit.wholeMilliseconds) &* 1_000_000
        let budget = QueryBudget(
            limits: limits.budget,
            deadline: .init(at: end, reason: late.message) { [clock] in clock.monotonicNanoseconds() })
        // Time that is spent waiting for a turn counts.
        if !takePlace() {
            guard await waitForTurn(upTo: limit) else {
                if Task.isCancelled { throw CancellationError() }
                throw late
            }
        }
        defer { leave() }
        do {
            return try await withTaskCancellationHandler {
                try await pool.run { try work(budget) }
            } onCancel: {
                budget.cancel()
            }
        } catch where budget.isLate && !Task.isCancelled {
            throw late
        }
    }

    /// Queries that run now, and those that wait for their turn.
    package var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

    private func takePlace() -> Bool {
        state.withLock { state in
            guard state.running < limits.concurrency else { return false }
            state.running += 1
            return true
        }
    }

    /// - Returns: whether the turn came before the time was up and before the client went away.
    private func waitForTurn(upTo limit: Duration) async -> Bool {
        let clock = clock
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.enter() }
            group.addTask {
                try? await clock.sleep(for: limit)
                return false
            }
            let hasTurn = await group.next() ?? false
            group.cancelAll()
            if hasTurn { return true }
            // The turn may come while the waiting is called off.
            for await cameLate in group where cameLate { leave() }
            return false
        }
    }

    private func enter() async -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.running < limits.concurrency {
                        state.running += 1
                        return true
                    }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiting.first { $0.id == id }?.continuation
                state.waiting.removeAll { $0.id == id }
                return waiter
            }
            waiter?.resume(returning: false)
        }
    }

    private func leave() {
        let next = state.withLock { state in
            if state.waiting.isEmpty {
                state.running -= 1
                return CheckedContinuation<Bool, Never>?.none
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}

extension QueryGate {
    /// Runs an append on the low-priority threads: it may block for a write to the log.
    package func append<Value: Sendable>(_ work: @escaping @Sendable () throws(StoreError) -> Value) async throws -> Value {
        try await pool.run { try work() }
    }

    /// Runs other heavy work on the low-priority threads.
    func work<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await pool.run(work)
    }
}
