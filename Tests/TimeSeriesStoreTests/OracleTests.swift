import Bytes
import Environment
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("The store against a plain model")
struct OracleTests {
    @Test("random appends, flushes, merges, deletions, restarts and selections agree with the model", arguments: Array(1...23) + [OwnSeed.value])
    func agrees(seed: UInt64) throws {
        var traffic = Traffic(seed: seed)
        // Small heads, so that generations freeze and blocks unite all the time.
        let headByteLimit = [4 << 10, 16 << 10, 24 << 20].randomElement(using: &traffic.random)!
        let harness = try Harness { $0.headByteLimit = headByteLimit }
        var model = Model()
        var time = Harness.now - 7 * 86_400_000
        for step in 0..<60 {
            time += Int64.random(in: 0...3_600_000, using: &traffic.random)
            harness.clock.advance(by: .seconds(30))
            for (labels, samples) in traffic.batch(around: time) {
                let ticket = try harness.append(labels, samples)
                #expect(ticket.accepted == samples.count)
                model.add(labels, samples)
            }
            switch Int.random(in: 0..<12, using: &traffic.random) {
            case 0, 1: try harness.restart()
            case 2: try harness.store.flush()
            case 3, 4, 5: harness.store.maintain(now: harness.clock.now())
            case 6:
                let matchers = try traffic.matchers()
                let start = time - Int64.random(in: 0...7_200_000, using: &traffic.random)
                let end = start + Int64.random(in: 0...3_600_000, using: &traffic.random)
                try harness.store.deleteSeries(matchers, start: start, end: end)
                model.remove(matchers, start, end)
            case 7: try harness.store.cleanTombstones()
            default: break
            }
            #expect(harness.store.lastError == nil)
            if step % 4 == 3 {
                let matchers = try traffic.matchers()
                let start = time - Int64.random(in: 0...10_000_000, using: &traffic.random)
                let end = start + Int64.random(in: 0...10_000_000, using: &traffic.random)
                let found = try harness.select(matchers, start, end).contents
                #expect(found == model.select(matchers, start, end), "seed \(seed), step \(step), \(matchers)")
                let selection = SampleSelection(matchers: matchers, start: start, end: end)
                let series = try harness.store.series([selection], limit: 0, budget: .unlimited).labels
                #expect(series == model.select(matchers, start, end).keys.sorted(), "seed \(seed), step \(step), \(matchers)")
                try checkNames(harness, model, [], start, end, "seed \(seed), step \(step)")
                try checkNames(harness, model, matchers, start, end, "seed \(seed), step \(step), \(matchers)")
            }
        }
        #expect(try harness.select().contents == model.contents, "seed \(seed)")
        try harness.store.flush()
        #expect(try harness.select().contents == model.contents, "seed \(seed), at rest")
        #expect(try harness.store.verify().problems.isEmpty)
    }

    /// Names and values are those of the series that have samples in the window; what was deleted may still be named without matchers.
    private func checkNames(
        _ harness: Harness, _ model: Model, _ matchers: [LabelMatcher], _ start: Int64, _ end: Int64, _ place: String
    ) throws {
        let store = harness.store
        let selections = matchers.isEmpty ? [] : [SampleSelection(matchers: matchers, start: start, end: end)]
        let expected = model.select(matchers, start, end).keys
        let names = Set(try store.labelNames(selections, start: start, end: end, limit: 0, budget: .unlimited).names)
        let wanted = Set(expected.flatMap { $0.pairs.map(\.name) })
        #expect(matchers.isEmpty ? names.isSuperset(of: wanted) : names == wanted, "\(place)")
        let pods = Set(try store.labelValues("pod", selections, start: start, end: end, limit: 0, budget: .unlimited).values)
        let wantedPods = Set(expected.compactMap { $0["pod"] })
        #expect(matchers.isEmpty ? pods.isSuperset(of: wantedPods) : pods == wantedPods, "\(place)")
    }

    @Test("who asks for times alone gets the times of all samples, whatever stands for numbers; stale markers and histograms come as they are")
    func timesOnly() throws {
        let harness = try Harness()
        let times = (0..<200).map { Harness.now + Int64($0) * 15_000 }
        func column(_ name: String) -> Labels { Labels(["__name__": name]) }
        for number in 0..<40 { try harness.append(column("plain_\(number)"), times.map { ($0, Double(number) + 0.5) }) }
        try harness.append(column("ends"), times.enumerated().map { ($1, $0 == 150 ? StalenessMarker.value : 1) })
        var batch = SampleWriteBatch()
        let series = batch.addSeries(column("histogram"))
        for (position, time) in times.enumerated() {
            let sum = position == 7 ? StalenessMarker.value : 3
            batch.histograms.append(.init(series: series, time: time, startTime: 5, histogram: NativeHistogram(count: 2, sum: sum)))
        }
        _ = try harness.store.append(batch)
        try harness.store.flush()
        // A part of the samples is still in the head, and some times are written again.
        for number in 0..<20 { try harness.append(column("plain_\(number)"), [(times[100], 9), (times[199] + 15_000, 9)]) }
        var selection = SampleSelection(matchers: [], start: times[10], end: times[199] + 15_000)
        selection.hints.range = 3_600_000
        selection.hints.function = "count_over_time"
        let (start, end) = (selection.start, selection.end)
        let whole = try harness.select([], start, end).contents
        let set = try harness.store.select(selection, budget: .unlimited)
        var found: [Labels: [Int64]] = [:]
        var read = SampleBatch()
        var unread = 0
        for index in set.batches.indices {
            try set.readBatch(index, into: &read, budget: .unlimited)
            for series in read.series {
                let labels = set.labels.labels(series.labels)
                found[labels] = Array(read.timestampColumns[series.timestamps][series.firstTimestamp..<series.firstTimestamp + series.values.count])
                if labels.metricName == "histogram" { #expect(read.histograms[series.histograms].count == 190) }
                for (time, value) in zip(found[labels] ?? [], read.values[series.values]) {
                    let isStale = whole[labels]?[time] == StalenessMarker.bitPattern
                    #expect(StalenessMarker.isStale(value) == isStale, "\(labels) at \(time)")
                    if value == 0 { unread += 1 }
                }
            }
        }
        #expect(found.mapValues { Set($0) } == whole.mapValues { Set($0.keys) })
        #expect(unread > 1000, "the chunks of plain series are not read")
    }

    @Test("deletions, merges and cleaning leave the same samples in whatever order they come")
    func deleteAndRewrite() throws {
        let harness = try Harness()
        let up = Labels(["__name__": "up"])
        try harness.append(up, [(1000, 1), (2000, 2), (3000, 3)])
        try harness.store.flush()
        try harness.append(up, [(4000, 4)])
        try harness.store.deleteSeries([LabelMatcher("__name__", equals: "up")], start: 2000, end: 4000)
        #expect(try harness.select().contents == [up: [1000: 1.0.bitPattern]])
        try harness.append(up, [(2000, 5)])
        let expected: [Labels: [Int64: UInt64]] = [up: [1000: 1.0.bitPattern, 2000: 5.0.bitPattern]]
        #expect(try harness.select().contents == expected, "what is written after a deletion stays")
        try harness.restart()
        #expect(try harness.select().contents == expected)
        try harness.store.cleanTombstones()
        #expect(try harness.select().contents == expected)
        #expect(harness.store.status().samplesInBlocks == 2)
        try harness.restart()
        #expect(try harness.select().contents == expected)
    }

    @Test("a snapshot opens as a store with what was there when it was made")
    func snapshot() throws {
        let harness = try Harness()
        let up = Labels(["__name__": "up"])
        try harness.append(up, [(1000, 1)])
        try harness.store.snapshot(into: "/data/copy")
        try harness.append(up, [(2000, 2)])
        try harness.store.flush()
        var configuration = harness.configuration
        configuration.directory = "/data/copy"
        let copy = try TimeSeriesStore.open(
            configuration, fileSystem: harness.files, workPool: SerialWorkPool(), clock: harness.clock)
        let selection = SampleSelection(matchers: [], start: 0, end: 5000)
        #expect(try copy.series([selection], limit: 0, budget: .unlimited).labels == [up])
        #expect(copy.status().samplesInBlocks == 1)
        #expect(try copy.verify().problems.isEmpty)
    }

    @Test("histograms and start times survive blocks and merges")
    func richContentsInBlocks() throws {
        let harness = try Harness()
        let labels = Labels(["__name__": "latency"])
        func histogram(_ count: Double) -> NativeHistogram {
            NativeHistogram(
                schema: -53, count: count, sum: count * 2, positiveSpans: [.init(offset: 0, length: 2)], positiveCounts: [1, count - 1],
                customBounds: [0.5, 1])
        }
        for part in 0..<4 {
            var batch = SampleWriteBatch()
            let series = batch.addSeries(labels)
            for step in 0..<5 {
                let time = Int64(part * 5 + step) * 1000
                if step % 2 == 0 {
                    batch.histograms.append(
                        .init(series: series, time: time, startTime: Int64(part) * 100, histogram: histogram(Double(time))))
                } else {
                    batch.addSample(series: series, time: time, value: Double(step))
                    batch.startTimes.append(7)
                }
            }
            #expect(try harness.store.append(batch).accepted == 5)
            if part % 2 == 0 { try harness.store.flush() }
        }
        for round in 0..<3 {
            let column = try #require(try harness.columns([])[labels])
            #expect(column.times == (0..<20).map { Int64($0) * 1000 }, "round \(round)")
            #expect(column.histograms.map(\.index) == (0..<20).filter { $0 % 5 % 2 == 0 })
            #expect(column.histograms.allSatisfy { $0.histogram == histogram(Double($0.index) * 1000) })
            let startTimes: [Int64] = (0..<20).map { (index: Int) -> Int64 in index % 5 % 2 == 0 ? Int64(index / 5) * 100 : 7 }
            #expect(column.startTimes == startTimes)
            if round == 0 { try harness.store.flush() } else { try harness.restart() }
        }
    }
}
