import Bytes
import Environment
import Posix
import QueryLanguage
import Telemetry

@testable import PromQL

/// Runs a promqltest script: `load`, `clear`, `eval instant`, `eval range` with their expectations.
///
/// - Source: the format as Prometheus documents it in promqltest; each instant evaluation is also run pinned by `@` at other times and as
///   a point of a range query, as upstream does.
struct ScriptRunner {
    struct Failure: CustomStringConvertible {
        var line: Int
        var text: String
        var reason: String
        var description: String { "line \(line): \(text)\n    \(reason)" }
    }

    private let lines: [String]
    private let reader = MemorySampleReader()
    private let evaluator: PromQLEvaluator
    private(set) var evaluations = 0
    private(set) var failures: [Failure] = []

    init(_ script: String) {
        lines = script.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let trimmed = line.trimmed
            return trimmed.hasPrefix("#") ? "" : trimmed
        }
        evaluator = PromQLEvaluator(reader: reader, workPool: SerialWorkPool())
    }

    mutating func run() {
        var index = 0
        while index < lines.count {
            let line = lines[index]
            let word = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first.map { $0.lowercased() } ?? ""
            var end = index + 1
            while end < lines.count, !lines[end].isEmpty { end += 1 }
            do {
                if word == "clear" {
                    reader.removeAll()
                    index += 1
                    continue
                } else if word.hasPrefix("load") {
                    try load(line, Array(lines[index + 1..<end]))
                } else if word.hasPrefix("eval") {
                    end = try evaluate(index, end)
                } else if !word.isEmpty {
                    throw ScriptError(description: "unknown command \(word)")
                }
            } catch {
                failures.append(Failure(line: index + 1, text: line, reason: "\(error)"))
            }
            index = word.isEmpty ? index + 1 : end
        }
    }

    // MARK: - load

    private func load(_ command: String, _ body: [String]) throws {
        let words = command.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        let step = try PrometheusDuration.parse(words[1])
        var samples: [Labels: [MemorySampleReader.Sample]] = [:]
        var starts: [Labels: [SeriesNotation.Item]] = [:]
        for line in body {
            let (labels, isStart, text) = try SeriesNotation.split(line)
            if isStart {
                starts[labels] = try StartNotation.items(text)
                continue
            }
            var list: [MemorySampleReader.Sample] = []
            for (index, item) in try SeriesNotation.items(text).enumerated() {
                let time = Int64(index) * step
                var sample = MemorySampleReader.Sample(time: time, value: 0)
                switch item {
                case .missing: continue
                case .float(let value): sample.value = value
                case .histogram(let histogram, _): sample.histogram = histogram
                }
                if let offsets = starts[labels], index < offsets.count, case .float(let offset) = offsets[index] {
                    sample.start = time + Int64(offset * 1000)
                }
                list.append(sample)
            }
            samples[labels] = list
        }
        for (labels, list) in samples { reader.append(labels, list) }
        if words[0].hasSuffix("with_nhcb") {
            for (labels, list) in ClassicConversion.convert(samples) { reader.append(labels, list) }
        }
    }

    // MARK: - eval

    private mutating func evaluate(_ start: Int, _ blockEnd: Int) throws -> Int {
        evaluations += 1
        var expectation = Expectation()
        let command = try EvalCommand(lines[start])
        var index = start + 1
        switch command.flag {
        case "fail": expectation.fails = true
        case "warn": expectation.warnings.append(.any)
        case "info": expectation.infos.append(.any)
        case "ordered": expectation.isOrdered = true
        default: break
        }
        while index < blockEnd {
            let isLast = try expectation.read(lines[index])
            index += 1
            if isLast { break }
        }
        func fail(_ reason: String) { failures.append(Failure(line: start + 1, text: lines[start], reason: reason)) }
        let outcome = command.run(evaluator)
        if let reason = expectation.check(outcome, command) {
            fail(reason)
            return index
        }
        if command.isInstant, !expectation.fails, let reason = try extraChecks(command, outcome, expectation) { fail(reason) }
        return index
    }

    /// The same query pinned to its time and asked at other times, and as a point of a range.
    private func extraChecks(_ command: EvalCommand, _ outcome: Outcome, _ expectation: Expectation) throws -> String? {
        guard case .success(let answer) = outcome, expectation.string == nil, expectation.rangeVector == nil else { return nil }
        let expression = try Parser.parse(command.text)
        let functions = Calls.names(expression)
        let instant: [Labels: StepValue]
        switch answer.value {
        case .vector(let elements):
            instant = Dictionary(elements.map { ($0.labels, $0.stepValue) }, uniquingKeysWith: { first, _ in first })
        case .scalar(let point): instant = [.empty: .float(point.value)]
        default: return nil
        }
        func compare(_ other: QueryValue, at time: Int64, _ what: String) -> String? {
            var found: [Labels: StepValue] = [:]
            switch other {
            case .vector(let elements): for element in elements { found[element.labels] = element.stepValue }
            case .scalar(let point): found[.empty] = .float(point.value)
            case .matrix(let series):
                for line in series {
                    if let index = line.times.firstIndex(of: time) { found[line.labels] = .float(line.values[index]) }
                    if let point = line.histograms.first(where: { $0.time == time }) { found[line.labels] = .histogram(point.histogram) }
                }
            default: break
            }
            guard Set(found.keys) == Set(instant.keys) else {
                return "\(what): series \(found.keys.sorted().map(\.description)) instead of \(instant.keys.sorted().map(\.description))"
            }
            for (labels, value) in instant {
                if let other = found[labels], !Comparison.areEqual(value, other, checksHint: false) {
                    return "\(what): \(labels) is \(other), not \(value)"
                }
            }
            return nil
        }
        let depends: Set<String> = [
            "days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year", "predict_linear", "time", "timestamp",
            "start", "end", "range", "step",
        ]
        if functions.isDisjoint(with: ["start", "end", "range", "step"]) {
            let time = command.start
            let range = try evaluator.prepare(command.text).evaluate(
                from: Timestamp(milliseconds: time - 60_000), to: Timestamp(milliseconds: time + 60_000), step: .seconds(60),
                options: EvaluationOptions(), budget: .unlimited)
            if let reason = compare(range.value, at: time, "as a range") { return reason }
        }
        if functions.isDisjoint(with: depends) {
            let pinned = Calls.pin(expression, at: command.start)
            let time = command.start
            for other in time == 0 ? [-1000, 0, 1000] : [-10 * time, 0, time / 5, time, 10 * time] {
                let query = PreparedPromQL(text: command.text, expression: pinned, evaluator: evaluator)
                let result = try query.evaluate(at: Timestamp(milliseconds: other), options: EvaluationOptions(), budget: .unlimited)
                if let reason = compare(result.value, at: other, "pinned to \(time) and asked at \(other)") { return reason }
            }
        }
        return nil
    }
}

extension VectorElement {
    var stepValue: StepValue { histogram.map { .histogram($0) } ?? .float(value) }
}

extension StringProtocol {
    var trimmed: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" || character == "\r" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
