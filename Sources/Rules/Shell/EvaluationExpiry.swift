import QueryLanguage
import Synchronization
import Telemetry

/// Ends an evaluation that takes too long: the query under way and those that would follow.
final class EvaluationExpiry: Sendable {
    private struct State {
        var budget: QueryBudget?
        var isExpired = false
    }

    private static let reason = "query timed out in query execution"
    private let limits: QueryBudget.Limits
    private let state = Mutex(State())

    init(limits: QueryBudget.Limits) { self.limits = limits }

    /// A budget for the next query. - Throws: when the time is up.
    func nextBudget() throws(QueryError) -> QueryBudget {
        let budget = QueryBudget(limits: limits)
        let isExpired = state.withLock { state in
            state.budget = budget
            return state.isExpired
        }
        if isExpired { throw QueryError(.timeout, Self.reason) }
        return budget
    }

    func expire() {
        let budget = state.withLock { state in
            state.isExpired = true
            return state.budget
        }
        budget?.cancel(Self.reason)
    }
}
