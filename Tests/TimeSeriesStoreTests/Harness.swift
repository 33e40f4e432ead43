import Bytes
import Environment
import Telemetry
@testable import TimeSeriesStore

/// The seed of this run, beside fixed ones; printed at once, because a crash prints nothing later.
enum OwnSeed {
    static let value: UInt64 = {
        let seed = UInt64.random(in: 0...(.max))
        print("random traffic and damage of the metrics store with seed \(seed)")
        return seed
    }()
}

/// A store on a simulated disk and clock, with what a test does to it.
final class Harness {
    let files: MemoryFileSystem
    let clock: ManualClock
    var configuration: TimeSeriesStore.Configuration
    private(set) var store: TimeSeriesStore

    static let now: Int64 = 1_790_000_000_000

    init(
        files: MemoryFileSystem = MemoryFileSystem(), _ configure: (inout TimeSeriesStore.Configuration) -> Void = { _ in }
    ) throws {
        self.files = files
        clock = ManualClock(now: Timestamp(milliseconds: Self.now))
        configuration = TimeSeriesStore.Configuration(directory: "/data/metrics", retention: .zero)
        configuration.reserveBytes = 0
        configure(&configuration)
        store = try TimeSeriesStore.open(configuration, fileSystem: files, workPool: SerialWorkPool(), clock: clock)
    }

    /// The process dies and starts again.
    func restart() throws {
        files.killProcess()
        store = try TimeSeriesStore.open(configuration, fileSystem: files, workPool: SerialWorkPool(), clock: clock)
    }

    /// The power goes and comes back.
    func loseUnsynced(seed: UInt64) throws {
        files.crash(seed: seed)
        store = try TimeSeriesStore.open(configuration, fileSystem: files, workPool: SerialWorkPool(), clock: clock)
    }

    @discardableResult
    func append(_ labels: Labels, _ samples: [(Int64, Double)]) throws -> AppendTicket {
        var batch = SampleWriteBatch()
        let series = batch.addSeries(labels)
        for (time, value) in samples { batch.addSample(series: series, time: time, value: value) }
        return try store.append(batch)
    }

    func select(
        _ matchers: [LabelMatcher] = [], _ start: Int64 = .min, _ end: Int64 = .max
    ) throws -> (contents: [Labels: [Int64: UInt64]], warnings: [String]) {
        let set = try store.select(SampleSelection(matchers: matchers, start: start, end: end), budget: .unlimited)
        var contents: [Labels: [Int64: UInt64]] = [:]
        var batch = SampleBatch()
        for index in set.batches.indices {
            try set.readBatch(index, into: &batch, budget: .unlimited)
            for series in batch.series {
                let times = batch.timestampColumns[series.timestamps][series.firstTimestamp..<series.firstTimestamp + series.values.count]
                precondition(zip(times, times.dropFirst()).allSatisfy(<), "times rise strictly")
                var samples: [Int64: UInt64] = [:]
                for (time, value) in zip(times, batch.values[series.values]) { samples[time] = value.bitPattern }
                let labels = set.labels.labels(series.labels)
                precondition(contents[labels] == nil, "a series is in one batch")
                contents[labels] = samples
            }
        }
        return (contents, set.warnings)
    }

    /// All columns of a selection, histograms and start times included.
    func columns(_ matchers: [LabelMatcher]) throws -> [Labels: SeriesColumn] {
        let set = try store.select(SampleSelection(matchers: matchers, start: .min, end: .max), budget: .unlimited)
        var columns: [Labels: SeriesColumn] = [:]
        var batch = SampleBatch()
        for index in set.batches.indices {
            try set.readBatch(index, into: &batch, budget: .unlimited)
            for series in batch.series {
                var column = SeriesColumn()
                let last = series.firstTimestamp + series.values.count
                column.times = Array(batch.timestampColumns[series.timestamps][series.firstTimestamp..<last])
                column.values = Array(batch.values[series.values])
                column.startTimes = Array(batch.startTimes[series.startTimes])
                column.histograms = Array(batch.histograms[series.histograms])
                columns[set.labels.labels(series.labels)] = column
            }
        }
        return columns
    }
}

/// What a store must hold, kept as plainly as possible.
struct Model {
    var contents: [Labels: [Int64: UInt64]] = [:]

    mutating func add(_ labels: Labels, _ samples: [(Int64, Double)]) {
        for (time, value) in samples { contents[labels, default: [:]][time] = value.bitPattern }
    }

    mutating func remove(_ matchers: [LabelMatcher], _ start: Int64, _ end: Int64) {
        for labels in contents.keys where matchers.allSatisfy({ $0.matches(labels) }) {
            let rest = contents[labels]!.filter { $0.key < start || $0.key > end }
            contents[labels] = rest.isEmpty ? nil : rest
        }
    }

    func select(_ matchers: [LabelMatcher], _ start: Int64, _ end: Int64) -> [Labels: [Int64: UInt64]] {
        var found: [Labels: [Int64: UInt64]] = [:]
        for (labels, samples) in contents where matchers.allSatisfy({ $0.matches(labels) }) {
            let inside = samples.filter { $0.key >= start && $0.key <= end }
            if !inside.isEmpty { found[labels] = inside }
        }
        return found
    }
}

/// Label sets and samples drawn from one seed.
struct Traffic {
    var random: SplitMix64
    let pool: [Labels]

    init(seed: UInt64, series: Int = 40) {
        var random = SplitMix64(seed: seed)
        pool = (0..<series).map { number in
            var builder = LabelsBuilder()
            builder.set("__name__", ["cpu_seconds_total", "memory_bytes", "up", "temperature"][number % 4])
            builder.set("instance", "node-\(number / 4 % 5)")
            if Bool.random(using: &random) { builder.set("pod", "web-\(number)") }
            if number % 7 == 0 { builder.set("zone", ["ä", "b", "日本"][number % 3]) }
            builder.set("id", "\(number)")
            return builder.labels
        }
        self.random = random
    }

    mutating func value() -> Double {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: StalenessMarker.value
        case 1: Double(bitPattern: 0x7ff8_dead_beef_0000 | UInt64.random(in: 0..<1000, using: &random))
        case 2: -.infinity
        case 3: -0.0
        case 4: Double.random(in: -1e9...1e9, using: &random)
        case 5: Double(Int.random(in: 0..<1_000_000, using: &random)) / 1e9
        default: Double(Int.random(in: 0..<1_000_000, using: &random))
        }
    }

    /// A batch around a time, mostly in order, with some far off.
    mutating func batch(around time: Int64, span: Int64 = 600_000) -> [(Labels, [(Int64, Double)])] {
        (0..<Int.random(in: 1...20, using: &random)).map { _ in
            let labels = pool.randomElement(using: &random)!
            let samples = (0..<Int.random(in: 1...12, using: &random)).map { index in
                let jitter = Bool.random(using: &random) ? Int64(index) * 15_000 : Int64.random(in: -span...span, using: &random)
                return (max(0, time + jitter), value())
            }
            return (labels, samples)
        }
    }

    mutating func matchers() throws -> [LabelMatcher] {
        let table: [(String, LabelMatcher.Operation, String)] = [
            ("__name__", .equal, "up"), ("__name__", .matchesExpression, "memory.*|up"), ("instance", .notEqual, "node-1"),
            ("pod", .equal, ""), ("pod", .notEqual, ""), ("pod", .matchesExpression, "web-.*2"), ("pod", .matchesNotExpression, "web-1.*"),
            ("zone", .matchesExpression, "(ä|b)?"), ("zone", .matchesExpression, ".+"), ("absent", .equal, ""),
            ("absent", .notEqual, ""), ("id", .matchesExpression, "1|2|3|4|5"), ("instance", .matchesExpression, "node-[2-4]"),
            ("instance", .equal, "node-2"), ("zone", .matchesNotExpression, "b|日本"),
        ]
        return try (0..<Int.random(in: 0...3, using: &random)).map { _ in
            let (name, operation, value) = table.randomElement(using: &random)!
            return try LabelMatcher(name, operation, value)
        }
    }
}
