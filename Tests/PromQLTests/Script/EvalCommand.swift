import Bytes
import QueryLanguage
import Telemetry

@testable import PromQL

enum Outcome {
    case success(Evaluation)
    case failure(QueryError)
}

/// `eval instant at 5m expr` or `eval range from 0 to 10m step 5m expr`.
struct EvalCommand {
    var flag = ""
    var isInstant = true
    /// Milliseconds.
    var start: Int64 = 0
    var end: Int64 = 0
    var step: Int64 = 0
    var text = ""

    init(_ line: String) throws {
        var rest = Substring(line)
        func word() -> String {
            rest = rest.drop { $0 == " " || $0 == "\t" }
            let word = rest.prefix { $0 != " " && $0 != "\t" }
            rest = rest.dropFirst(word.count)
            return String(word)
        }
        let command = word().lowercased()
        if let underscore = command.firstIndex(of: "_") { flag = String(command[command.index(after: underscore)...]) }
        let kind = word()
        if kind == "instant" {
            guard word() == "at" else { throw ScriptError(description: "expected at") }
            start = try Self.time(word())
            end = start
        } else {
            isInstant = false
            guard word() == "from" else { throw ScriptError(description: "expected from") }
            start = try Self.time(word())
            guard word() == "to" else { throw ScriptError(description: "expected to") }
            end = try Self.time(word())
            guard word() == "step" else { throw ScriptError(description: "expected step") }
            step = try Self.time(word())
        }
        text = rest.trimmed
    }

    static func time(_ text: String) throws -> Int64 {
        text.hasPrefix("-") ? try -PrometheusDuration.parse(String(text.dropFirst())) : try PrometheusDuration.parse(text)
    }

    func run(_ evaluator: PromQLEvaluator) -> Outcome {
        do {
            let query = try evaluator.prepare(text)
            if isInstant {
                return .success(try query.evaluate(at: Timestamp(milliseconds: start), options: EvaluationOptions(), budget: .unlimited))
            }
            return .success(
                try query.evaluate(
                    from: Timestamp(milliseconds: start), to: Timestamp(milliseconds: end), step: .milliseconds(step), options: EvaluationOptions(),
                    budget: .unlimited))
        } catch {
            return .failure(error)
        }
    }
}

/// What the lines after an `eval` say.
struct Expectation {
    enum Note {
        case any
        case message(String)
        case expression(RegularExpression)

        func matches(_ text: String) -> Bool {
            switch self {
            case .any: true
            case .message(let message): message == text
            case .expression(let expression): expression.matches(text)
            }
        }
    }

    var isOrdered = false
    var fails = false
    var failure = Note.any
    var warnings: [Note] = []
    var infos: [Note] = []
    var forbidsWarnings = false
    var forbidsInfos = false
    var string: String?
    var rangeVector: (start: Int64, end: Int64, step: Int64)?
    var scalar: Double?
    var series: [(labels: Labels, items: [SeriesNotation.Item])] = []

    /// - Returns: whether the block ends here.
    mutating func read(_ line: String) throws -> Bool {
        if line.hasPrefix("expect ") {
            try readExpect(String(line.dropFirst(7)).trimmed)
            return false
        }
        if line.hasPrefix("expected_fail_message ") {
            failure = .message(String(line.dropFirst(22)).trimmed)
            return true
        }
        if line.hasPrefix("expected_fail_regexp ") {
            failure = .expression(try RegularExpression(String(line.dropFirst(21)).trimmed, options: []))
            return true
        }
        if let value = SeriesNotation.number(line) {
            scalar = value
            return true
        }
        let (labels, _, items) = try SeriesNotation.split(line)
        series.append((labels, try SeriesNotation.items(items)))
        return false
    }

    private mutating func readExpect(_ text: String) throws {
        func note(_ rest: String) throws -> Note {
            let rest = rest.trimmed
            if rest.hasPrefix("msg:") { return .message(String(rest.dropFirst(4)).trimmed) }
            if rest.hasPrefix("regex:") { return .expression(try RegularExpression(".*(?:" + String(rest.dropFirst(6)).trimmed + ").*", options: .anchored)) }
            return .any
        }
        let word = String(text.prefix { $0 != " " && $0 != "\t" })
        let rest = String(text.dropFirst(word.count))
        switch word {
        case "ordered": isOrdered = true
        case "fail":
            fails = true
            failure = try note(rest)
        case "warn": warnings.append(try note(rest))
        case "info": infos.append(try note(rest))
        case "no_warn": forbidsWarnings = true
        case "no_info": forbidsInfos = true
        case "string": string = String(decoding: try Literals.unquote(Array(rest.trimmed.utf8)[...]), as: UTF8.self)
        case "range":
            let words = rest.split(separator: " ").map(String.init)
            rangeVector = (try EvalCommand.time(words[2]), try EvalCommand.time(words[4]), try EvalCommand.time(words[6]))
        default: throw ScriptError(description: "unknown expectation \(text)")
        }
    }

    /// - Returns: why the outcome is not as expected.
    func check(_ outcome: Outcome, _ command: EvalCommand) -> String? {
        switch outcome {
        case .failure(let error):
            if !fails { return "failed: \(error.message)" }
            return failure.matches(error.message) ? nil : "failed with another message: \(error.message)"
        case .success(let answer):
            if fails { return "did not fail" }
            if let reason = check(answer.warnings, warnings, forbidsWarnings, "warning") { return reason }
            if let reason = check(answer.infos, infos, forbidsInfos, "info") { return reason }
            return check(answer.value, command)
        }
    }

    private func check(_ texts: [String], _ wanted: [Note], _ forbids: Bool, _ level: String) -> String? {
        if forbids, let text = texts.first { return "unexpected \(level): \(text)" }
        if wanted.isEmpty { return nil }
        for note in wanted where !texts.contains(where: note.matches) { return "missing \(level) \(note), got \(texts)" }
        for text in texts where !wanted.contains(where: { $0.matches(text) }) { return "unexpected \(level): \(text)" }
        return nil
    }

    private func check(_ value: QueryValue, _ command: EvalCommand) -> String? {
        switch value {
        case .string(_, let text): return text == string ? nil : "string \(text) instead of \(string ?? "something else")"
        case .scalar(let point):
            guard let scalar else { return "a scalar \(point.value)" }
            return Comparison.areEqual(point.value, scalar) ? nil : "scalar \(point.value) instead of \(scalar)"
        case .vector(let elements): return check(elements)
        case .matrix(let lines):
            let (start, step) = rangeVector.map { ($0.start, $0.step) } ?? (command.start, command.step)
            let end = rangeVector?.end ?? command.end
            let wanted = scalar.map { [(labels: Labels.empty, items: [SeriesNotation.Item.float($0)])] } ?? series
            return check(lines, wanted, start, end, step)
        case .streams: return "log lines"
        }
    }

    private func check(_ elements: [VectorElement]) -> String? {
        let found = elements.map { "\($0.labels.metricDescription) \($0.stepValue)" }.joined(separator: "; ")
        if scalar != nil { return "a vector instead of a scalar: \(found)" }
        guard elements.count == series.count else { return "\(elements.count) elements instead of \(series.count): \(found)" }
        var seen: Set<Labels> = []
        for (position, element) in elements.enumerated() {
            guard seen.insert(element.labels).inserted else { return "\(element.labels) twice" }
            guard let index = series.firstIndex(where: { $0.labels == element.labels }) else {
                return "unexpected \(element.labels.metricDescription) \(element.stepValue)"
            }
            if isOrdered, index != position { return "\(element.labels) stands at \(position) instead of \(index): \(found)" }
            guard series[index].items.count == 1, Comparison.matches(element.stepValue, series[index].items[0]) else {
                return "\(element.labels.metricDescription) is \(element.stepValue), not \(series[index].items)"
            }
        }
        return nil
    }

    private func check(
        _ lines: [MatrixSeries], _ wanted: [(labels: Labels, items: [SeriesNotation.Item])], _ start: Int64, _ end: Int64, _ step: Int64
    ) -> String? {
        guard lines.count == wanted.count else {
            let found = lines.map { "\($0.labels.metricDescription) \($0.values) \($0.histograms.map(\.histogram))" }.joined(separator: "; ")
            return "\(lines.count) series instead of \(wanted.count): \(found)"
        }
        for (position, line) in lines.enumerated() {
            if position > 0, !(lines[position - 1].labels < line.labels) { return "series are not sorted by labels" }
            guard let expected = wanted.first(where: { $0.labels == line.labels }) else { return "unexpected \(line.labels.metricDescription)" }
            var points: [Int64: StepValue] = [:]
            for (index, time) in line.times.enumerated() { points[time] = .float(line.values[index]) }
            for (time, histogram) in line.histograms { points[time] = .histogram(histogram) }
            var time = start
            var index = 0
            while time <= end {
                let item = index < expected.items.count ? expected.items[index] : .missing
                switch (points.removeValue(forKey: time), item) {
                case (nil, .missing): break
                case (let value?, .missing): return "\(line.labels.metricDescription) has \(value) at \(time)"
                case (nil, _): return "\(line.labels.metricDescription) has nothing at \(time), not \(item)"
                case (let value?, _):
                    if !Comparison.matches(value, item) { return "\(line.labels.metricDescription) is \(value) at \(time), not \(item)" }
                }
                time += step
                index += 1
                if step == 0 { break }
            }
            if !points.isEmpty { return "\(line.labels.metricDescription) has points at other times: \(points)" }
        }
        return nil
    }
}

/// Equality as promqltest understands it.
enum Comparison {
    static func areEqual(_ left: Double, _ right: Double) -> Bool {
        if StalenessMarker.isStale(left) || StalenessMarker.isStale(right) { return StalenessMarker.isStale(left) && StalenessMarker.isStale(right) }
        if left.isNaN, right.isNaN { return true }
        if left == right { return true }
        let difference = abs(left - right)
        let sum = abs(left) + abs(right)
        if left == 0 || right == 0 || sum < .leastNormalMagnitude { return difference < 1e-6 * .leastNormalMagnitude }
        return difference / min(sum, .greatestFiniteMagnitude) < 1e-6
    }

    static func matches(_ value: StepValue, _ item: SeriesNotation.Item) -> Bool {
        switch item {
        case .missing: false
        case .float(let expected): areEqual(value, .float(expected), checksHint: false)
        case .histogram(let expected, let namesHint): areEqual(value, .histogram(expected), checksHint: namesHint)
        }
    }

    static func areEqual(_ left: StepValue, _ right: StepValue, checksHint: Bool) -> Bool {
        switch (left, right) {
        case (.float(let left), .float(let right)): return areEqual(left, right)
        case (.histogram(let left), .histogram(let right)):
            func same(_ left: HistogramBuckets, _ right: HistogramBuckets) -> Bool {
                let (left, right) = (left.compacted, right.compacted)
                return left.indices == right.indices && zip(left.counts, right.counts).allSatisfy { areEqual($0, $1) }
            }
            return left.schema == right.schema && left.zeroThreshold == right.zeroThreshold && left.customBounds == right.customBounds
                && areEqual(left.count, right.count) && areEqual(left.sum, right.sum) && areEqual(left.zeroCount, right.zeroCount)
                && same(left.positive, right.positive) && same(left.negative, right.negative)
                && (!checksHint || left.resetHint == right.resetHint)
        default: return false
        }
    }
}
