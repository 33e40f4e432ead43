import Environment
import QueryLanguage
import Synchronization
import Telemetry

/// Reads a selection's batches on all workers and hands each series to a body; results come back in the order of the batches.
struct SelectionReader {
    let reader: any SampleReader
    let workPool: any WorkPool
    let budget: QueryBudget

    /// A worker's decode buffer.
    private final class Buffer: Sendable {
        let batch = Mutex(SampleBatch())
    }

    func select(_ selection: SampleSelection) throws(QueryError) -> SeriesSet {
        do {
            return try reader.select(selection, budget: budget)
        } catch {
            throw QueryError(error)
        }
    }

    /// - Parameter body: makes one result of one batch; runs on several threads at once.
    func map<Result: Sendable>(
        _ set: SeriesSet, _ body: @Sendable (borrowing SampleBatch) throws(StoreError) -> Result
    ) throws(QueryError) -> [Result] {
        let results = Mutex([Result?](repeating: nil, count: set.batches.count))
        let buffers = (0..<workPool.width).map { _ in Buffer() }
        let budget = budget
        do {
            try workPool.forEach(set.batches.count) { worker, index in
                let result = try buffers[worker].batch.withLock { batch in
                    try set.readBatch(index, into: &batch, budget: budget)
                    try budget.check()
                    return try body(batch)
                }
                results.withLock { $0[index] = result }
            }
        } catch let error as StoreError {
            throw QueryError(error)
        } catch let error as QueryError {
            throw error
        } catch {
            throw QueryError(.internal, "cannot read the selection: \(error)")
        }
        return results.withLock { $0.compactMap { $0 } }
    }
}
