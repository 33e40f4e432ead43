import Bytes
import Environment
import PromQLScript
import QueryLanguage
import Synchronization
import Telemetry
import Testing

@testable import PromQL

/// How often a query looks at its budget, and how soon it ends once the budget is over: looks are counted, no clock is read.
@Suite("Cancelled PromQL queries")
struct CancellationTests {
    /// A budget that is over at its n-th look.
    private final class Looks: Sendable {
        private let count = Atomic<Int>(0)
        private let last: Int

        init(endingAt last: Int = .max) { self.last = last }

        var total: Int { count.load(ordering: .relaxed) }

        func budget(_ limits: QueryBudget.Limits = QueryBudget.Limits()) -> QueryBudget {
            QueryBudget(limits: limits, deadline: .init(at: 1, reason: "late") { self.count.add(1, ordering: .relaxed).newValue >= self.last ? 1 : 0 })
        }
    }

    struct Case: CustomTestStringConvertible {
        var query: String
        /// Looks that a whole run must come to at least: one for each series and pass, or for `BudgetWatch.piecesPerLook` pieces.
        var looks: Int
        var testDescription: String { query }
    }

    /// 40 series over 1,000 steps.
    static let rangeCases: [Case] = [
        Case(query: "sum by (pod) (rate(load_total[5m]))", looks: 200), Case(query: "sum(load_total)", looks: 80), Case(query: "load_total", looks: 150),
        Case(query: "load_total @ 600", looks: 100), Case(query: "-load_total", looks: 100), Case(query: "quantile by (node) (0.9, load_total)", looks: 100),
        Case(query: "stddev(load_total)", looks: 80), Case(query: "topk(3, load_total)", looks: 80), Case(query: "limitk(3, load_total)", looks: 80),
        Case(query: "limit_ratio(0.5, load_total)", looks: 80), Case(query: #"count_values("v", load_total)"#, looks: 100),
        Case(query: "load_total * on (pod) group_left load_total", looks: 200), Case(query: "load_total > bool 3", looks: 150),
        Case(query: "load_total and load_total", looks: 200), Case(query: "load_total or load_total", looks: 200), Case(query: "load_total ^ 2.5", looks: 150),
        Case(query: "histogram_quantile(0.9, bucket)", looks: 60), Case(query: "absent(load_total)", looks: 80), Case(query: "scalar(load_total)", looks: 40),
        Case(query: #"label_replace(load_total, "a", "$1", "pod", "(.*)")"#, looks: 100), Case(query: #"label_join(load_total, "a", "-", "pod")"#, looks: 100),
        Case(query: "quantile_over_time(0.9, load_total[10m])", looks: 1000), Case(query: "max_over_time(rate(load_total[5m])[10m:5s])", looks: 1000),
        Case(query: "clamp(load_total, 1, time() % 3)", looks: 100), Case(query: "timestamp(load_total + 0)", looks: 100), Case(query: "minute(load_total)", looks: 100),
        Case(query: "load_total smoothed", looks: 100),
        Case(query: "rate(load_total[5m] anchored)", looks: 1000), Case(query: "info(load_total)", looks: 100),
    ]

    /// 2,000 series at one step.
    static let instantCases: [Case] = [
        Case(query: "sort(load_total)", looks: 200), Case(query: #"sort_by_label(load_total, "pod")"#, looks: 300), Case(query: "topk(1000, load_total)", looks: 200),
        Case(query: "sum by (pod) (load_total)", looks: 200), Case(query: "load_total", looks: 200), Case(query: #"count_values("v", load_total)"#, looks: 200),
        Case(query: "load_total[10m]", looks: 50), Case(query: "stddev by (pod) (load_total)", looks: 200),
    ]

    private static func reader(series: Int, samples: Int) -> MemorySampleReader {
        let reader = MemorySampleReader(seriesPerBatch: 8)
        // From the last to the first: the reader keeps them sorted.
        for index in (0..<series).reversed() {
            let list = (0..<samples).map { MemorySampleReader.Sample(time: Int64($0) * 60_000, value: Double(($0 * 7 + index) % 11)) }
            let pod = (name: "pod", value: "web-\(10_000 + index)")
            reader.append(Labels([(name: "__name__", value: "load_total"), (name: "node", value: "n\(index % 3)"), pod]), list)
            if series < 100 { reader.append(Labels([(name: "__name__", value: "bucket"), (name: "le", value: index == 0 ? "+Inf" : "\(index)")]), list) }
        }
        return reader
    }

    private static let few = reader(series: 40, samples: 20)
    private static let many = reader(series: 2000, samples: 5)

    private static func run(_ query: String, isRange: Bool, _ budget: QueryBudget) throws -> Evaluation {
        let evaluator = PromQLEvaluator(reader: isRange ? few : many, workPool: SerialWorkPool())
        let prepared = try evaluator.prepare(query)
        let end = Timestamp(seconds: 1100)
        if !isRange { return try prepared.evaluate(at: Timestamp(seconds: 250), options: EvaluationOptions(), budget: budget) }
        return try prepared.evaluate(from: Timestamp(seconds: 101), to: end, step: .seconds(1), options: EvaluationOptions(), budget: budget)
    }

    @Test("a long query looks at its budget all along, and ends at the first look after it is over", arguments: rangeCases)
    func ranges(_ one: Case) throws { try check(one, isRange: true) }

    @Test("a query of many series looks at its budget all along, and ends at the first look after it is over", arguments: instantCases)
    func instants(_ one: Case) throws { try check(one, isRange: false) }

    private func check(_ one: Case, isRange: Bool) throws {
        let whole = Looks()
        _ = try Self.run(one.query, isRange: isRange, whole.budget())
        #expect(whole.total >= one.looks, "\(whole.total) looks")
        for part in 1...5 {
            let looks = Looks(endingAt: max(1, whole.total * part / 5))
            let error = #expect(throws: QueryError.self) { _ = try Self.run(one.query, isRange: isRange, looks.budget()) }
            #expect(error?.code == .cancelled && error?.message == "late", "\(String(describing: error))")
            let after = looks.total - max(1, whole.total * part / 5)
            // A loop that cannot throw ends, and so does each that it stands in.
            #expect(after <= 64, "\(after) looks after it was over, at \(part) fifths")
        }
    }

    @Test(
        "a subquery over a million steps looks at its budget while its columns are made, filled and handed on",
        arguments: [
            Case(query: "max_over_time(sum(load_total)[12d:1s])", looks: 60),
            Case(query: "count_over_time(max(rate(load_total[5m]))[12d:1s])", looks: 60),
        ])
    func longGrids(_ one: Case) throws {
        let prepared = try PromQLEvaluator(reader: Self.few, workPool: SerialWorkPool()).prepare(one.query)
        func run(_ looks: Looks) throws {
            _ = try prepared.evaluate(at: Timestamp(seconds: 12 * 86_400), options: EvaluationOptions(), budget: looks.budget())
        }
        let whole = Looks()
        try run(whole)
        #expect(whole.total >= one.looks, "\(whole.total) looks")
        for part in 1...3 {
            let looks = Looks(endingAt: whole.total * part / 4)
            let error = #expect(throws: QueryError.self) { try run(looks) }
            #expect(error?.code == .cancelled && looks.total - whole.total * part / 4 <= 64, "\(String(describing: error)), \(looks.total) looks")
        }
    }

    @Test("columns of a million steps come out of the budget one by one, not when a batch of them is made")
    func longColumns() throws {
        var limits = QueryBudget.Limits()
        // Room for the grid and the columns of two series; a batch has eight, and each column is looked at as it is filled.
        limits.bytes = 40_000_000
        let looks = Looks()
        let prepared = try PromQLEvaluator(reader: Self.few, workPool: SerialWorkPool()).prepare("max_over_time(load_total[12d:1s])")
        let error = #expect(throws: QueryError.self) {
            _ = try prepared.evaluate(at: Timestamp(seconds: 12 * 86_400), options: EvaluationOptions(), budget: looks.budget(limits))
        }
        #expect(error?.code == .limit && looks.total < 40, "\(String(describing: error)), \(looks.total) looks")
    }

    @Test(
        "what makes more columns than went in comes out of the budget before it is made",
        arguments: [
            #"count_values("v", load_total + time() * 1000)"#, "load_total @ 600",
            #"histogram_quantiles(bucket, "q", scalar(vector(time() % 1000 / 1000)))"#,
        ])
    func columns(_ query: String) throws {
        var limits = QueryBudget.Limits()
        limits.bytes = 300_000
        let error = #expect(throws: QueryError.self) { _ = try Self.run(query, isRange: true, QueryBudget(limits: limits)) }
        #expect(error?.code == .limit, "\(String(describing: error))")
    }
}
