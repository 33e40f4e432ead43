import Bytes
import Environment
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("Downsampling")
struct DownsamplingTests {
    private static let day: Int64 = 86_400_000
    private static let minute: Int64 = 60_000
    private let counter = Labels(["__name__": "requests_total", "app": "a"])
    private let gauge = Labels(["__name__": "temperature", "app": "a"])

    private static let fiveMinutes = TierConfiguration(resolution: .seconds(300), after: .seconds(2 * 86_400), retention: .zero)
    private static let hour = TierConfiguration(resolution: .seconds(3600), after: .seconds(4 * 86_400), retention: .zero)

    private func filled(seed: UInt64, tiers: [TierConfiguration] = [fiveMinutes, hour], days: Int64 = 7) throws -> Harness {
        let harness = try Harness { $0.tiers = tiers }
        var random = SplitMix64(seed: seed)
        var total = 0.0
        var time = Harness.now - days * Self.day
        var batch = SampleWriteBatch()
        var (a, b) = (batch.addSeries(counter), batch.addSeries(gauge))
        while time < Harness.now - Self.day {
            total = random.next() % 200 == 0 ? 0 : total + Double(random.next() % 50)
            // The counter ends now and then, and begins anew.
            if random.next() % 500 == 0 {
                batch.addSample(series: a, time: time, value: StalenessMarker.value)
                time += 40 * Self.minute
                total = 0
            } else {
                batch.addSample(series: a, time: time, value: total)
            }
            batch.addSample(series: b, time: time, value: Double(random.next() % 1000) / 10 - 30)
            time += Self.minute
            if batch.sampleTimes.count > 5000 {
                _ = try harness.store.append(batch)
                batch.removeAll()
                (a, b) = (batch.addSeries(counter), batch.addSeries(gauge))
            }
        }
        _ = try harness.store.append(batch)
        try harness.store.flush()
        return harness
    }

    private func settle(_ harness: Harness) {
        for _ in 0..<40 { harness.store.maintain(now: harness.clock.now()) }
        #expect(harness.store.lastError == nil)
    }

    struct Query: Sendable, CustomTestStringConvertible {
        let function: String
        let range: Int64
        let step: Int64
        var testDescription: String { "\(function.isEmpty ? "instant" : function) [\(range / 60_000)m] every \(step / 60_000)m" }
    }

    static let queries: [Query] = ["", "min_over_time", "max_over_time", "sum_over_time", "last_over_time", "increase"].flatMap { function in
        [5, 60, 120].map { Query(function: function, range: function.isEmpty ? 0 : $0 * minute, step: $0 * minute) }
    }

    /// What a function says of the ordinary samples behind `start` up to and including `end`.
    private func value(_ function: String, _ samples: [(time: Int64, value: Double)], _ start: Int64, _ end: Int64) -> Double? {
        let inside = samples.filter { $0.time > start && $0.time <= end }
        if function.isEmpty { return inside.last.flatMap { StalenessMarker.isStale($0.value) ? nil : $0.value } }
        let values = inside.map(\.value).filter { !StalenessMarker.isStale($0) }
        guard let first = values.first else { return nil }
        switch function {
        case "min_over_time": return values.min()
        case "max_over_time": return values.max()
        case "sum_over_time": return values.reduce(0, +)
        case "last_over_time": return values.last
        default:
            return zip(values, values.dropFirst()).reduce(values[values.count - 1] - first) { $1.1 < $1.0 ? $0 + $1.0 : $0 }
        }
    }

    private func answer(_ harness: Harness, _ query: Query, _ labels: Labels, from first: Int64, hinted: Bool) throws -> (answers: [Double?], samples: Int) {
        let end = Harness.now - Self.day
        let width = query.range == 0 ? 5 * Self.minute : query.range
        var selection = SampleSelection(
            matchers: [try LabelMatcher("__name__", .equal, labels.metricName ?? "")], start: first - width + 1, end: end)
        if hinted {
            (selection.hints.first, selection.hints.step) = (first, query.step)
            (selection.hints.range, selection.hints.function) = (query.range, query.function)
        }
        let set = try harness.store.select(selection, budget: .unlimited)
        var samples: [(time: Int64, value: Double)] = []
        var batch = SampleBatch()
        for index in set.batches.indices {
            try set.readBatch(index, into: &batch, budget: .unlimited)
            for series in batch.series {
                #expect(set.labels.labels(series.labels) == labels)
                let column = SeriesColumn(series, of: batch)
                samples += zip(column.times, column.values).map { ($0, $1) }
            }
        }
        return (stride(from: first, through: end, by: Int64.Stride(query.step)).map { value(query.function, samples, $0 - width, $0) }, samples.count)
    }

    @Test("on the tier's grid its answers are those of the samples, from far fewer samples")
    func sameAnswers() throws {
        let harness = try filled(seed: 3)
        settle(harness)
        let first = Timestamp.floor(Harness.now - 6 * Self.day, to: 2 * 60 * Self.minute)
        for query in Self.queries {
            for labels in [counter, gauge] where query.function != "increase" || labels == counter {
                let plain = try answer(harness, query, labels, from: first, hinted: false)
                let tiered = try answer(harness, query, labels, from: first, hinted: true)
                #expect(tiered.samples < plain.samples * 3 / 4, "\(query.testDescription)")
                for (one, other) in zip(plain.answers, tiered.answers) {
                    if let one, let other {
                        #expect(abs(one - other) <= 1e-9 * max(1, abs(one)), "\(query.testDescription)")
                    } else {
                        #expect(one == other, "\(query.testDescription)")
                    }
                }
            }
        }
    }

    @Test("off the grid, and for functions without a column, the samples answer")
    func offTheGrid() throws {
        let harness = try filled(seed: 4)
        settle(harness)
        let first = Timestamp.floor(Harness.now - 6 * Self.day, to: 60 * Self.minute)
        let plain = try answer(harness, Query(function: "", range: 0, step: 5 * Self.minute), gauge, from: first, hinted: false)
        for query in [
            Query(function: "stddev_over_time", range: 60 * Self.minute, step: 60 * Self.minute),
            Query(function: "max_over_time", range: 7 * Self.minute, step: 5 * Self.minute),
            Query(function: "max_over_time", range: 5 * Self.minute, step: Self.minute),
        ] {
            #expect(try answer(harness, query, gauge, from: first, hinted: true).samples >= plain.samples - 20)
        }
        let shifted = try answer(harness, Query(function: "", range: 0, step: 5 * Self.minute), gauge, from: first + 1000, hinted: true)
        #expect(shifted.samples >= plain.samples - 20)
    }

    @Test("without a tier, and for samples younger than its age, nothing changes")
    func younger() throws {
        let query = Query(function: "max_over_time", range: 60 * Self.minute, step: 60 * Self.minute)
        let first = Timestamp.floor(Harness.now - 2 * Self.day, to: 60 * Self.minute)
        for tiers in [[], [Self.fiveMinutes]] {
            let harness = try filled(seed: 5, tiers: tiers)
            settle(harness)
            let hinted = try answer(harness, query, gauge, from: first + Self.day / 2, hinted: true)
            #expect(hinted.samples == (try answer(harness, query, gauge, from: first + Self.day / 2, hinted: false)).samples)
        }
    }

    @Test("late samples of a copied window reach the tier, and a deletion leaves it too")
    func lateAndDeleted() throws {
        let harness = try filled(seed: 6, tiers: [Self.fiveMinutes])
        settle(harness)
        let query = Query(function: "max_over_time", range: 60 * Self.minute, step: 60 * Self.minute)
        let first = Timestamp.floor(Harness.now - 5 * Self.day, to: 60 * Self.minute)
        try harness.append(gauge, [(first - 1000, 5000)])
        try harness.store.flush()
        settle(harness)
        #expect(try answer(harness, query, gauge, from: first, hinted: true).answers[0] == 5000)
        try harness.store.deleteSeries([try LabelMatcher("__name__", .equal, "temperature")], start: .min, end: .max)
        #expect(try answer(harness, query, gauge, from: first, hinted: true).samples == 0)
        #expect(try answer(harness, query, counter, from: first, hinted: true).samples > 0)
    }

    @Test("where the samples are gone the tier answers whatever is asked, also after a restart, and its label stays hidden")
    func samplesGone() throws {
        let harness = try filled(seed: 7, tiers: [Self.fiveMinutes])
        settle(harness)
        harness.configuration.retention = .seconds(3 * 86_400)
        try harness.restart()
        settle(harness)
        let old = SampleSelection(matchers: [], start: Harness.now - 6 * Self.day, end: Harness.now - 5 * Self.day)
        let found = try harness.store.series([old], limit: 0, budget: .unlimited).labels
        #expect(found == [counter, gauge])
        #expect(try !harness.store.labelNames([], start: .min, end: .max, limit: 0, budget: .unlimited).names.contains(TierColumn.label))
        let samples = try harness.select([], old.start, old.end).contents
        #expect((100..<600).contains(samples[gauge]?.count ?? 0))
        #expect(try harness.store.verify().problems == [])
        harness.store.close()
        #expect(try Inspection.run(directory: "/data/metrics", fileSystem: harness.files).problems == [])
    }
}
