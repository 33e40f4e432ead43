import Bytes
package import QueryLanguage
import Synchronization
package import Telemetry

/// Counts lines by their shape and by time, on all workers.
package enum PatternCounting {
    /// Shapes that one query tells apart; later ones are left out, and the caller is told.
    private static let shapeLimit = 20_000
    /// Counts by shape and time that one worker keeps; each takes some forty bytes.
    private static let countLimit = 1_000_000

    private struct Tally: Sendable {
        var counts: [[UInt8]: [Int64: Int]] = [:]
        var isCut = false
        private var size = 0

        mutating func add(_ shape: [UInt8], _ bucket: Int64, _ count: Int = 1) {
            if counts[shape] == nil, counts.count >= PatternCounting.shapeLimit {
                isCut = true
                return
            }
            let known = counts[shape]?[bucket] != nil
            if !known, size >= PatternCounting.countLimit {
                isCut = true
                return
            }
            if !known { size += 1 }
            counts[shape, default: [:]][bucket, default: 0] += count
        }
    }

    private final class Worker: Sendable {
        let tally = Mutex(Tally())
    }

    /// The most frequent shapes first. - Units: nanoseconds; `end` is exclusive.
    package static func series(
        _ reader: any EntryReader, _ matchers: [LabelMatcher], start: Int64, end: Int64, step: Int64, limit: Int, budget: QueryBudget
    ) throws(StoreError) -> (series: [PatternSeries], isCut: Bool) {
        let workers = (0..<max(1, reader.workerCount)).map { _ in Worker() }
        let step = max(1, step)
        let scan = LogScan(matchers: matchers, start: start, end: end, projection: [.times, .lines])
        _ = try reader.scan(scan, budget: budget) { (worker, chunk) throws(StoreError) -> ScanDecision in
            try budget.check()
            workers[worker].tally.withLock { tally in
                for entry in 0..<chunk.count {
                    if entry % 512 == 0, budget.isOver { return }
                    let time = chunk.times[entry]
                    let bucket = time - ((time % step) + step) % step
                    tally.add(LineShape.of(Array(chunk.lineArena[chunk.lineRange(entry)])), bucket)
                }
            }
            return .proceed
        }
        var total = Tally()
        for worker in workers {
            let tally = worker.tally.withLock { $0 }
            total.isCut = total.isCut || tally.isCut
            for (shape, buckets) in tally.counts.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                for (bucket, count) in buckets { total.add(shape, bucket, count) }
            }
        }
        let series = total.counts.map { shape, buckets in
            PatternSeries(
                pattern: UTF8Validation.repaired(shape[...]),
                counts: buckets.sorted { $0.key < $1.key }.map { (Timestamp(nanoseconds: $0.key), $0.value) },
                total: buckets.values.reduce(0, +))
        }.sorted { $0.total == $1.total ? $0.pattern < $1.pattern : $0.total > $1.total }
        return (Array(series.prefix(limit)), total.isCut || series.count > limit)
    }
}
