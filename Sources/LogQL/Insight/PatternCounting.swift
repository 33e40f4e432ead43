import Bytes
package import QueryLanguage
import Synchronization
package import Telemetry

/// Counts lines by their shape and by time, on all workers, in bounded memory.
package enum PatternCounting {
    /// What one query's shapes and counts may take, over all workers.
    private static let byteLimit = 64 << 20
    /// What of a line makes its shape: Loki looks at no longer lines at all.
    private static let lineLimit = 3000

    /// Shapes with their counts by step. A flood of lines that come once each must not drive out those that repeat: when it is full,
    /// shapes that were met once are let go, and once that frees little nothing new is taken.
    struct Tally: Sendable {
        /// Measured on a dictionary of 64-bit pairs, its spare room included.
        private static let shapeCost = 160
        private static let countCost = 40

        private(set) var counts: [[UInt8]: [Int64: Int]] = [:]
        var isCut = false
        private(set) var bytes = 0
        private let limit: Int
        private var isFull = false

        init(limit: Int) { self.limit = limit }

        mutating func add(_ shape: [UInt8], _ bucket: Int64, _ count: Int = 1) {
            if counts[shape]?[bucket] != nil {
                counts[shape]![bucket]! += count
                return
            }
            // Half is for counts of shapes that are known: their series must not end where a flood begins.
            let isNew = counts[shape] == nil
            let cost = (isNew ? shape.count + Self.shapeCost : 0) + Self.countCost
            if bytes + cost > (isNew ? limit / 2 : limit) {
                isCut = true
                if !isNew || isFull || !makeRoom() { return }
            }
            bytes += cost
            counts[shape, default: [:]][bucket] = count
        }

        private mutating func makeRoom() -> Bool {
            counts = counts.filter { $0.value.count > 1 || $0.value.first!.value > 1 }
            bytes = counts.reduce(0) { $0 + $1.key.count + Self.shapeCost + $1.value.count * Self.countCost }
            isFull = bytes > limit / 16 * 7
            return !isFull
        }
    }

    private final class Worker: Sendable {
        let tally: Mutex<Tally>
        init(limit: Int) { tally = Mutex(Tally(limit: limit)) }
    }

    /// The most frequent shapes first. - Units: nanoseconds; `end` is exclusive.
    package static func series(
        _ reader: any EntryReader, _ matchers: [LabelMatcher], start: Int64, end: Int64, step: Int64, limit: Int, budget: QueryBudget
    ) throws(StoreError) -> (series: [PatternSeries], isCut: Bool) {
        let count = max(1, reader.workerCount)
        // The workers' shares, and as much again while they are put together.
        let memory = min(byteLimit, budget.limits.bytes / 4)
        try budget.useBytes(2 * memory)
        defer { budget.releaseBytes(2 * memory) }
        let workers = (0..<count).map { _ in Worker(limit: memory / count) }
        let step = max(1, step)
        let scan = LogScan(matchers: matchers, start: start, end: end, projection: [.times, .lines])
        _ = try reader.scan(scan, budget: budget) { (worker, chunk) throws(StoreError) -> ScanDecision in
            try budget.check()
            workers[worker].tally.withLock { tally in
                var watch = LineWatch()
                for entry in 0..<chunk.count {
                    if watch.isOver(budget, lineBytes: chunk.lineRange(entry).count) { return }
                    let time = chunk.times[entry]
                    let bucket = time - ((time % step) + step) % step
                    let line = chunk.lineArena[chunk.lineRange(entry)]
                    let shape = LineShape.of(Array(line.prefix(lineLimit)))
                    tally.add(line.count > lineLimit ? shape + Array("<_>".utf8) : shape, bucket)
                }
            }
            return .proceed
        }
        var total = Tally(limit: memory)
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
