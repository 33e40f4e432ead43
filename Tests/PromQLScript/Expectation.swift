package import Bytes
import QueryLanguage
package import Telemetry

/// What the lines after an `eval` say.
package struct Expectation {
    package enum Note {
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

    package var isOrdered = false
    package var fails = false
    package var failure = Note.any
    package var warnings: [Note] = []
    package var infos: [Note] = []
    package var forbidsWarnings = false
    package var forbidsInfos = false
    package var string: String?
    package var rangeVector: (start: Int64, end: Int64, step: Int64)?
    package var scalar: Double?
    package var series: [(labels: Labels, items: [SeriesNotation.Item])] = []

    package init() {}

    /// - Returns: whether the block ends here.
    package mutating func read(_ line: String) throws -> Bool {
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
    package func check(_ outcome: ScriptOutcome, _ command: EvalCommand) -> String? {
        switch outcome {
        case .failure(let message):
            if !fails { return "failed: \(message)" }
            return failure.matches(message) ? nil : "failed with another message: \(message)"
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

    private func check(_ value: ScriptAnswer.Value, _ command: EvalCommand) -> String? {
        switch value {
        case .string(let text): return text == string ? nil : "string \(text) instead of \(string ?? "something else")"
        case .scalar(let number):
            guard let scalar else { return "a scalar \(number)" }
            return Comparison.areEqual(number, scalar) ? nil : "scalar \(number) instead of \(scalar)"
        case .vector(let elements): return check(elements)
        case .matrix(let lines):
            let (start, step) = rangeVector.map { ($0.start, $0.step) } ?? (command.start, command.step)
            let end = rangeVector?.end ?? command.end
            let wanted = scalar.map { [(labels: Labels.empty, items: [SeriesNotation.Item.float($0)])] } ?? series
            return check(lines, wanted, start, end, step)
        }
    }

    private func check(_ elements: [ScriptAnswer.Element]) -> String? {
        let found = elements.map { "\($0.labels.metricDescription) \($0.value)" }.joined(separator: "; ")
        if scalar != nil { return "a vector instead of a scalar: \(found)" }
        guard elements.count == series.count else { return "\(elements.count) elements instead of \(series.count): \(found)" }
        var seen: Set<Labels> = []
        for (position, element) in elements.enumerated() {
            guard seen.insert(element.labels).inserted else { return "\(element.labels) twice" }
            guard let index = series.firstIndex(where: { $0.labels == element.labels }) else {
                return "unexpected \(element.labels.metricDescription) \(element.value)"
            }
            if isOrdered, index != position { return "\(element.labels) stands at \(position) instead of \(index): \(found)" }
            guard series[index].items.count == 1, Comparison.matches(element.value, series[index].items[0]) else {
                return "\(element.labels.metricDescription) is \(element.value), not \(series[index].items)"
            }
        }
        return nil
    }

    private func check(
        _ lines: [ScriptAnswer.Line], _ wanted: [(labels: Labels, items: [SeriesNotation.Item])], _ start: Int64, _ end: Int64, _ step: Int64
    ) -> String? {
        guard lines.count == wanted.count else {
            let found = lines.map { "\($0.labels.metricDescription) \($0.points)" }.joined(separator: "; ")
            return "\(lines.count) series instead of \(wanted.count): \(found)"
        }
        for (position, line) in lines.enumerated() {
            if position > 0, !(lines[position - 1].labels < line.labels) { return "series are not sorted by labels" }
            guard let expected = wanted.first(where: { $0.labels == line.labels }) else { return "unexpected \(line.labels.metricDescription)" }
            var points = Dictionary(line.points.map { ($0.time, $0.value) }, uniquingKeysWith: { first, _ in first })
            if points.count != line.points.count { return "\(line.labels.metricDescription) has two points at one time" }
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
