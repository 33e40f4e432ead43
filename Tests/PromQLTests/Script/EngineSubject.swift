import Bytes
import Environment
import PromQLScript
import QueryLanguage
import Telemetry

@testable import PromQL

/// The engine in this process, over samples in memory.
///
/// Each instant evaluation is also run pinned by `@` at other times and as a point of a range query, as upstream does.
struct EngineSubject: ScriptSubject {
    private let reader = MemorySampleReader()
    private let evaluator: PromQLEvaluator

    init() { evaluator = PromQLEvaluator(reader: reader, workPool: SerialWorkPool()) }

    func clear() { reader.removeAll() }

    func load(_ load: ScriptLoad) {
        for (labels, samples) in load.series { reader.append(labels, samples) }
    }

    func evaluate(_ command: EvalCommand) -> ScriptOutcome {
        do throws(QueryError) {
            let query = try evaluator.prepare(command.text)
            if command.isInstant { return .success(ScriptAnswer(try instant(query, at: command.start))) }
            return .success(
                ScriptAnswer(
                    try query.evaluate(
                        from: Timestamp(milliseconds: command.start), to: Timestamp(milliseconds: command.end), step: .milliseconds(command.step),
                        options: EvaluationOptions(), budget: .unlimited)))
        } catch {
            return .failure(error.message)
        }
    }

    private func instant(_ query: any PreparedQuery, at time: Int64) throws(QueryError) -> Evaluation {
        try query.evaluate(at: Timestamp(milliseconds: time), options: EvaluationOptions(), budget: .unlimited)
    }

    func check(_ answer: ScriptAnswer, of command: EvalCommand) throws -> String? {
        guard let instant = answer.instant(at: command.start) else { return nil }
        let expression = try Parser.parse(command.text)
        let functions = Calls.names(expression)
        func compare(_ other: Evaluation, at time: Int64, _ what: String) -> String? {
            guard let found = ScriptAnswer(other).instant(at: time) else { return "\(what): a string" }
            guard Set(found.keys) == Set(instant.keys) else {
                return "\(what): series \(found.keys.sorted().map(\.description)) instead of \(instant.keys.sorted().map(\.description))"
            }
            for (labels, value) in instant {
                if let other = found[labels], !Comparison.areEqual(value, other) { return "\(what): \(labels) is \(other), not \(value)" }
            }
            return nil
        }
        let depends: Set<String> = [
            "days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year", "predict_linear", "time", "timestamp",
            "start", "end", "range", "step",
        ]
        let time = command.start
        if functions.isDisjoint(with: ["start", "end", "range", "step"]) {
            let range = try evaluator.prepare(command.text).evaluate(
                from: Timestamp(milliseconds: time - 60_000), to: Timestamp(milliseconds: time + 60_000), step: .seconds(60),
                options: EvaluationOptions(), budget: .unlimited)
            if let reason = compare(range, at: time, "as a range") { return reason }
        }
        if functions.isDisjoint(with: depends) {
            let pinned = PreparedPromQL(text: command.text, expression: Calls.pin(expression, at: time), evaluator: evaluator)
            for other in time == 0 ? [-1000, 0, 1000] : [-10 * time, 0, time / 5, time, 10 * time] {
                if let reason = compare(try self.instant(pinned, at: other), at: other, "pinned to \(time) and asked at \(other)") { return reason }
            }
        }
        return nil
    }
}

extension ScriptAnswer {
    init(_ evaluation: Evaluation) {
        let value: Value
        switch evaluation.value {
        case .string(_, let text): value = .string(text)
        case .scalar(let point): value = .scalar(point.value)
        case .vector(let elements):
            value = .vector(elements.map { Element(labels: $0.labels, value: $0.histogram.map { .histogram($0) } ?? .float($0.value)) })
        case .matrix(let series):
            value = .matrix(
                series.map { line in
                    let floats = zip(line.times, line.values).map { (time: $0, value: Point.float($1)) }
                    let histograms = line.histograms.map { (time: $0.time, value: Point.histogram($0.histogram)) }
                    return Line(labels: line.labels, points: (floats + histograms).sorted { $0.time < $1.time })
                })
        case .streams: value = .string("log lines")
        }
        self.init(value: value, warnings: evaluation.warnings, infos: evaluation.infos)
    }
}
