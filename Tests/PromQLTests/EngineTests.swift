import Bytes
import Environment
import Posix
import PromQLScript
import QueryLanguage
import Telemetry
import Testing

@testable import PromQL

@Suite("PromQL engine")
struct EngineTests {
    /// Counters with resets, gaps and stale ends, some of which live for a third of the time, several to a batch, sharing their times or not.
    static func fleet(seed: UInt64, sharesTimes: Bool) -> MemorySampleReader {
        var random = Xoshiro256(seed: seed)
        let reader = MemorySampleReader(seriesPerBatch: 4)
        for index in 0..<24 {
            var samples: [MemorySampleReader.Sample] = []
            var value = 0.0
            for step in index % 6 == 1 ? 30..<70 : 0..<120 {
                if !sharesTimes, random.next(below: 10) == 0 { continue }
                value = random.next(below: 25) == 0 ? 0 : value + random.nextUnit() * 10
                let jitter = sharesTimes ? 0 : Int64(random.next(below: 4000))
                samples.append(MemorySampleReader.Sample(time: Int64(step) * 15_000 + jitter, value: value))
            }
            if index % 5 == 0 { samples[samples.count - 1].value = StalenessMarker.value }
            reader.append(
                Labels([
                    (name: "__name__", value: "requests_total"), (name: "job", value: "j\(index % 3)"), (name: "instance", value: "i\(index)"),
                ]), samples)
        }
        return reader
    }

    static func evaluate(
        _ query: String, _ reader: MemorySampleReader, _ pool: any WorkPool, step: Duration = .seconds(20)
    ) throws -> Evaluation {
        try PromQLEvaluator(reader: reader, workPool: pool).prepare(query).evaluate(
            from: Timestamp(seconds: 60), to: Timestamp(seconds: 1800), step: step, options: EvaluationOptions(), budget: .unlimited)
    }

    static func describe(_ value: QueryValue) -> [String] {
        guard case .matrix(let series) = value else { return [] }
        return series.map { "\($0.labels) \($0.times) \($0.values.map(\.bitPattern))" }
    }

    @Test(
        "workers change nothing: the same bits on one thread and on many",
        arguments: ["sum by (job) (rate(requests_total[5m]))", "avg(requests_total)", "max by (instance) (increase(requests_total[1m]))", "requests_total"])
    func parallelism(_ query: String) throws {
        let reader = Self.fleet(seed: 7, sharesTimes: true)
        let alone = try Self.evaluate(query, reader, SerialWorkPool())
        let together = try Self.evaluate(query, reader, ThreadWorkPool(threads: 4))
        #expect(Self.describe(alone.value) == Self.describe(together.value))
    }

    @Test(
        "sliding windows agree with a query of one step at a time",
        arguments: [
            "rate(requests_total[3m])", "increase(requests_total[47s])", "delta(requests_total[3m])", "sum_over_time(requests_total[4m])",
            "avg_over_time(requests_total[4m])", "min_over_time(requests_total[2m])", "max_over_time(requests_total[2m])",
            "max_over_time(requests_total[10m])", "min_over_time(requests_total[7m])", "quantile_over_time(0.3, requests_total[5m])",
            "count_over_time(requests_total[1m])", "changes(requests_total[2m])", "resets(requests_total[5m])", "deriv(requests_total[2m])",
            "predict_linear(requests_total[2m], 60)", "irate(requests_total[1m])", "last_over_time(requests_total[30s])", "requests_total",
            "sum by (job) (rate(requests_total[3m]))", "quantile(0.9, requests_total)", "stddev_over_time(requests_total[2m])",
        ])
    func slidingWindows(_ query: String) throws {
        // Steps with one sample or two between them, and with ten.
        for (sharesTimes, step) in [(true, 20), (false, 20), (true, 140), (false, 140)] {
            let seed = UInt64.random(in: 0...UInt64.max)
            let reader = Self.fleet(seed: seed, sharesTimes: sharesTimes)
            let evaluator = PromQLEvaluator(reader: reader, workPool: SerialWorkPool())
            let prepared = try evaluator.prepare(query)
            guard case .matrix(let series) = try Self.evaluate(query, reader, SerialWorkPool(), step: .seconds(step)).value else {
                Issue.record("not a matrix")
                return
            }
            var points = 0
            for second in stride(from: Int64(60), through: 1800, by: 140) {
                guard
                    case .vector(let elements) = try prepared.evaluate(
                        at: Timestamp(seconds: second), options: EvaluationOptions(), budget: .unlimited
                    ).value
                else { continue }
                let present = series.filter { $0.times.contains(second * 1000) }
                #expect(present.count == elements.count, "seed \(seed) at \(second)")
                for element in elements {
                    let line = series.first { $0.labels == element.labels }
                    let index = line?.times.firstIndex(of: second * 1000)
                    let value = index.flatMap { line?.values[$0] } ?? .infinity
                    let scale = max(1, abs(element.value))
                    #expect(
                        abs(value - element.value) < 1e-9 * scale || (value.isNaN && element.value.isNaN),
                        "seed \(seed): \(element.labels) at \(second) is \(value), alone \(element.value)")
                    points += 1
                }
            }
            #expect(points > 0)
        }
    }

    @Test("an answer knows the newest sample that went into it")
    func newestInput() throws {
        let reader = MemorySampleReader()
        reader.append(
            Labels([(name: "__name__", value: "up"), (name: "job", value: "a")]),
            [MemorySampleReader.Sample(time: 10_000, value: 1), MemorySampleReader.Sample(time: 25_000, value: 1)])
        let evaluator = PromQLEvaluator(reader: reader, workPool: SerialWorkPool())
        for query in ["up", "sum(up)", "rate(up[1m])", "up + up", "max_over_time(sum(up)[1m:5s])", "-up", "topk(1, up)"] {
            let answer = try evaluator.prepare(query).evaluate(
                at: Timestamp(seconds: 30), options: EvaluationOptions(), budget: .unlimited)
            guard case .vector(let elements) = answer.value else { continue }
            #expect(elements.map(\.newestInput) == [25_000], "\(query)")
        }
    }

    @Test(
        "queries beyond all measure are refused before memory is taken",
        arguments: ["sum_over_time(vector(1)[1000y:1ms])", "sum_over_time(max_over_time(up[1y:1ms])[1000y:1ms])", "up @ 4e15 offset 200y", "up offset -200y"])
    func limits(_ query: String) throws {
        let evaluator = PromQLEvaluator(reader: MemorySampleReader(), workPool: SerialWorkPool())
        do {
            _ = try evaluator.prepare(query).evaluate(at: Timestamp(seconds: 30), options: EvaluationOptions(), budget: QueryBudget())
            #expect(!query.contains("1ms"), "not refused")
        } catch {
            #expect(error.code == .limit || error.code == .execution || error.code == .bad)
        }
    }

    @Test("a cancelled query ends with its reason")
    func cancellation() throws {
        let evaluator = PromQLEvaluator(reader: Self.fleet(seed: 1, sharesTimes: true), workPool: SerialWorkPool())
        let budget = QueryBudget()
        budget.cancel("client went away")
        #expect(throws: QueryError(.cancelled, "client went away")) {
            try evaluator.prepare("sum(requests_total)").evaluate(at: Timestamp(seconds: 60), options: EvaluationOptions(), budget: budget)
        }
    }

    @Test("the store's limits reach the caller as limits")
    func sampleLimit() throws {
        let evaluator = PromQLEvaluator(reader: Self.fleet(seed: 1, sharesTimes: true), workPool: SerialWorkPool())
        var limits = QueryBudget.Limits()
        limits.samples = 100
        #expect {
            try evaluator.prepare("sum(requests_total)").evaluate(
                from: Timestamp(seconds: 0), to: Timestamp(seconds: 1800), step: .seconds(60), options: EvaluationOptions(),
                budget: QueryBudget(limits: limits))
        } throws: { ($0 as? QueryError)?.code == .limit }
    }

    @Test("every query of Prometheus' compliance list is understood, and what must fail does", .enabled(if: ConformanceTests.isPresent))
    func compliance() throws {
        let table = try JSONValue.parse(try PosixFileSystem().contents(Conformance.folder + "/compliance_queries.json"))
        guard case .array(let queries)? = table["queries"] else {
            Issue.record("no queries")
            return
        }
        let reader = MemorySampleReader()
        for type in ["a", "b"] {
            reader.append(
                Labels([(name: "__name__", value: "demo_memory_usage_bytes"), (name: "instance", value: "x"), (name: "type", value: type)]),
                [MemorySampleReader.Sample(time: 10_000, value: 1)])
        }
        let evaluator = PromQLEvaluator(reader: reader, workPool: SerialWorkPool())
        for item in queries {
            guard case .string(let text)? = item["query"] else { continue }
            let shouldFail = item["should_fail"] == .bool(true)
            do {
                _ = try evaluator.prepare(text).evaluate(
                    from: Timestamp(seconds: 0), to: Timestamp(seconds: 60), step: .seconds(10), options: EvaluationOptions(), budget: .unlimited)
                #expect(!shouldFail, "\(text) did not fail")
            } catch {
                #expect(shouldFail, "\(text): \(error)")
            }
        }
    }
}
