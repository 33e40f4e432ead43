import Synchronization

/// Objects in memory only: the simulated twin of the engines with a disk. A commit is done when it returns.
package final class MemoryEngine: ObjectEngine {
    private struct State {
        var index = ObjectIndex()
        var log = ChangeLog(revision: 0)
        var observer: (@Sendable ([Change]) -> Void)?
    }

    private let state = Mutex(State())
    /// Keeps observers and completions in the order of the revisions.
    private let order = Mutex(())

    package init() {}

    package var index: ObjectIndex { state.withLock { $0.index } }

    package func commit(_ batch: CommitBatch, completion: @escaping @Sendable (Result<CommitOutcome, ObjectStoreError>) -> Void) {
        completion(.success(commitNow(batch)))
    }

    /// The same as a plain call, for the simulation.
    package func commitNow(_ batch: CommitBatch) -> CommitOutcome {
        order.withLock { _ in
            let (outcome, changes, observer) = state.withLock { state -> (CommitOutcome, [Change], (@Sendable ([Change]) -> Void)?) in
                if let key = state.index.conflict(batch.compares) { return (.conflict(key: key), [], nil) }
                let changes = state.index.apply(batch.writes)
                state.log.append(changes)
                return (.committed(revision: state.index.revision), changes, state.observer)
            }
            if !changes.isEmpty { observer?(changes) }
            return outcome
        }
    }

    package func changes(after revision: UInt64) -> ChangeHistory { state.withLock { $0.log.after(revision) } }

    package func observe(_ observer: @escaping @Sendable ([Change]) -> Void) { state.withLock { $0.observer = observer } }

    package func close() {}
}
