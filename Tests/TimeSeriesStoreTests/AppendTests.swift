import Bytes
import Environment
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("Append")
struct AppendTests {
    let up = Labels(["__name__": "up", "instance": "a"])

    @Test("of two samples of one time the one written last wins, in order and out of order")
    func lastWriteWins() throws {
        let harness = try Harness()
        try harness.append(up, [(1000, 1), (2000, 2), (1000, 3)])
        try harness.append(up, [(2000, 4), (2000, 5)])
        #expect(try harness.select().contents[up] == [1000: 3.0.bitPattern, 2000: 5.0.bitPattern])
    }

    @Test("samples outside the retention and too far ahead are refused, counted and named; the others are kept")
    func window() throws {
        let harness = try Harness { $0.retention = .seconds(3600) }
        let now = Harness.now
        let ticket = try harness.append(up, [(now - 3_700_000, 1), (now, 2), (now + 90_000_000, 3), (now - 4_000_000, 4)])
        #expect(ticket.accepted == 1)
        #expect(ticket.refused.map(\.reason) == [.tooOld, .tooFarInFuture])
        #expect(ticket.refused.map(\.count) == [2, 1])
        #expect(ticket.refused[0].example.contains("up"))
    }

    @Test("with unlimited retention any time from 1970 to 2262 is taken")
    func anyTime() throws {
        let harness = try Harness()
        let last = Int64.max / 1_000_000
        #expect(try harness.append(up, [(0, 1), (last, 2)]).accepted == 2)
        #expect(try harness.append(up, [(-1, 1), (last + 1, 2)]).accepted == 0)
        #expect(try harness.select().contents[up]?.count == 2)
    }

    @Test("the series budget keeps the first ones and names the refused")
    func budget() throws {
        let harness = try Harness { $0.seriesLimit = 3 }
        for number in 0..<5 {
            let ticket = try harness.append(Labels(["__name__": "m", "n": "\(number)"]), [(1000, 1)])
            #expect(ticket.accepted == (number < 3 ? 1 : 0))
            #expect(ticket.refused.first?.reason == (number < 3 ? nil : .cardinalityLimit))
        }
        #expect(try harness.append(Labels(["__name__": "m", "n": "0"]), [(2000, 1)]).accepted == 1)
        #expect(try harness.select().contents.count == 3)
    }

    @Test("the budget of one metric leaves the others alone")
    func metricBudget() throws {
        let harness = try Harness { $0.seriesPerMetricLimit = 2 }
        for number in 0..<4 {
            #expect(try harness.append(Labels(["__name__": "m", "n": "\(number)"]), [(1000, 1)]).accepted == (number < 2 ? 1 : 0))
        }
        #expect(try harness.append(Labels(["__name__": "other"]), [(1000, 1)]).accepted == 1)
    }

    @Test("freshness signals are raised for matching appends only, for series old and new")
    func freshness() throws {
        let harness = try Harness()
        try harness.append(up, [(1000, 1)])
        let signal = harness.store.freshness([LabelMatcher("__name__", equals: "up")])
        #expect(signal.newest == .min)
        try harness.append(Labels(["__name__": "down"]), [(9000, 1)])
        #expect(signal.newest == .min)
        try harness.append(up, [(2000, 1), (1500, 2)])
        #expect(signal.newest == 2000)
        try harness.append(Labels(["__name__": "up", "instance": "new"]), [(3000, 1)])
        #expect(signal.newest == 3000)
    }

    @Test("names and values are listed with and without selections, and limits say that they cut")
    func names() throws {
        let harness = try Harness()
        for pod in ["a", "b", "c"] { try harness.append(Labels(["__name__": "up", "pod": pod]), [(1000, 1)]) }
        try harness.append(Labels(["__name__": "down", "node": "x"]), [(1000, 1)])
        let store = harness.store
        let ups = SampleSelection(matchers: [LabelMatcher("__name__", equals: "up")], start: 0, end: 5000)
        #expect(try store.labelNames([], start: 0, end: 5000, limit: 0, budget: .unlimited).names == ["__name__", "node", "pod"])
        #expect(try store.labelNames([ups], start: 0, end: 5000, limit: 0, budget: .unlimited).names == ["__name__", "pod"])
        #expect(try store.labelValues("pod", [], start: 0, end: 5000, limit: 2, budget: .unlimited) == (["a", "b"], true))
        #expect(try store.labelValues("node", [ups], start: 0, end: 5000, limit: 0, budget: .unlimited).values == [])
        #expect(try store.series([ups], limit: 0, budget: .unlimited).labels.map { $0["pod"] } == ["a", "b", "c"])
        #expect(try store.labelNames([], start: 6000, end: 7000, limit: 0, budget: .unlimited).names == [])
    }

    @Test("names and values are those of series with samples in the window, in head and block, with and without selections", arguments: [false, true])
    func windows(inBlock: Bool) throws {
        let harness = try Harness()
        try harness.append(Labels(["__name__": "up", "early": "x", "pod": "a"]), [(1000, 1), (2000, 1)])
        try harness.append(Labels(["__name__": "up", "late": "y", "pod": "b"]), [(4000, 1), (9000, 1)])
        if inBlock { try harness.store.flush() }
        let store = harness.store
        let all = [SampleSelection(matchers: [LabelMatcher("__name__", equals: "up")], start: 0, end: 0)]
        let cases: [(start: Int64, end: Int64, names: [String], pods: [String])] = [
            (0, 10_000, ["__name__", "early", "late", "pod"], ["a", "b"]), (0, 2000, ["__name__", "early", "pod"], ["a"]),
            (2001, 9000, ["__name__", "late", "pod"], ["b"]), (4001, 8999, [], []), (9000, 9000, ["__name__", "late", "pod"], ["b"]),
            (2001, 3999, [], []),
        ]
        for one in cases {
            for selections in [[], all] {
                let asked = selections.map { SampleSelection(matchers: $0.matchers, start: one.start, end: one.end) }
                let names = try store.labelNames(asked, start: one.start, end: one.end, limit: 0, budget: .unlimited).names
                let pods = try store.labelValues("pod", asked, start: one.start, end: one.end, limit: 0, budget: .unlimited).values
                #expect(names == one.names && pods == one.pods, "\(one) with \(selections.count) selections: \(names), \(pods)")
            }
        }
    }

    // MARK: Series by number

    private func known(_ store: TimeSeriesStore, _ labels: [Labels], time: Int64) throws -> SampleWriteBatch {
        let known = try #require(store.knownSeries)
        var batch = SampleWriteBatch()
        batch.known = known
        for set in labels {
            let number = known.find(set.hash, set.encoded, 0..<set.encoded.count)
            batch.series.append(SampleWriteBatch.Series(known: try #require(number)))
            batch.addSample(series: UInt32(batch.series.count - 1), time: time, value: Double(time))
        }
        return batch
    }

    @Test("a batch may name by number what the head has; nothing is lost when the head becomes a block meanwhile, nor at a restart")
    func knownSeries() throws {
        let harness = try Harness()
        let sets = (0..<300).map { Labels(["__name__": $0 % 2 == 0 ? "up" : "\u{e4}", "instance": "\($0)"]) }
        for set in sets { try harness.append(set, [(1000, 1000)]) }
        let early = try known(harness.store, sets.reversed(), time: 2000)
        let late = try known(harness.store, sets, time: 3000)
        let latest = try known(harness.store, [sets[7]], time: 4000)
        #expect(try harness.store.append(early).accepted == 300)
        // The numbers are those of a head that is frozen now; the new one has none of the series yet, and then has them in another order.
        try harness.store.freeze()
        #expect(try harness.store.append(latest).accepted == 1)
        #expect(try harness.store.append(late).accepted == 300)
        #expect(try harness.store.append(known(harness.store, sets, time: 5000)).accepted == 300)
        let expected: [Labels: [Int64]] = Dictionary(
            uniqueKeysWithValues: sets.map { ($0, $0 == sets[7] ? [1000, 2000, 3000, 4000, 5000] : [1000, 2000, 3000, 5000]) })
        func times() throws -> [Labels: [Int64]] { try harness.select().contents.mapValues { $0.keys.sorted() } }
        #expect(try times() == expected)
        try harness.restart()
        #expect(try times() == expected)
        #expect(try harness.store.append(known(harness.store, [sets[7]], time: 6000)).accepted == 1)
        try harness.store.flush()
        try harness.restart()
        #expect(try times()[sets[7]] == [1000, 2000, 3000, 4000, 5000, 6000])
    }

    @Test("a known series of a head that is gone counts against the budget of the new one as any other")
    func knownSeriesBudget() throws {
        let harness = try Harness { $0.seriesLimit = 2 }
        let sets = (0..<2).map { Labels(["__name__": "m", "n": "\($0)"]) }
        for set in sets { try harness.append(set, [(1000, 1)]) }
        let old = try known(harness.store, sets, time: 2000)
        try harness.store.flush()
        try harness.store.flush()
        let ticket = try harness.store.append(old)
        #expect(ticket.accepted == 2)
        #expect(try harness.append(Labels(["__name__": "other"]), [(3000, 1)]).refused.first?.reason == .cardinalityLimit)
    }
}
