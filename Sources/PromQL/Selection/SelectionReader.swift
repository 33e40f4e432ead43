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
        try read(set, runLength: 1) { (result, batch) throws(StoreError) in result = try body(batch) }
    }

    /// Makes one result of each run of consecutive batches, so that what is summed up is united seldom; where runs end depends on the selection
    /// alone, so that a sum has the same bits on every machine.
    ///
    /// - Parameter body: adds a batch to its run's result; runs on several threads at once.
    func fold<Result: Sendable>(
        _ set: SeriesSet, from initial: Result, _ body: @Sendable (inout Result, borrowing SampleBatch) throws(StoreError) -> Void
    ) throws(QueryError) -> [Result] {
        try read(set, runLength: max(1, min(8, set.batches.count / 8))) { (result, batch) throws(StoreError) in
            var run = result.take() ?? initial
            try body(&run, batch)
            result = run
        }
    }

    /// - Parameter body: gets what it left for the batch before in the same run.
    private func read<Result: Sendable>(
        _ set: SeriesSet, runLength: Int, _ body: @Sendable (inout Result?, borrowing SampleBatch) throws(StoreError) -> Void
    ) throws(QueryError) -> [Result] {
        let runs = (set.batches.count + runLength - 1) / runLength
        let results = Mutex([Result?](repeating: nil, count: runs))
        let buffers = (0..<workPool.width).map { _ in Buffer() }
        let budget = budget
        do {
            try workPool.forEach(runs) { worker, run in
                let batches = run * runLength..<min(set.batches.count, (run + 1) * runLength)
                let result = try buffers[worker].batch.withLock { batch in
                    var result: Result?
                    for index in batches {
                        try set.readBatch(index, into: &batch, budget: budget)
                        try budget.check()
                        try body(&result, batch)
                    }
                    return result
                }
                results.withLock { $0[run] = result }
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
