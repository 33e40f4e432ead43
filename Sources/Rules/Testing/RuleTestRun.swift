import Bytes
import OrderedCollections
import QueryLanguage
package import Telemetry

/// Runs the tests of one file: for each, stores of its own are filled, the rules evaluated from the epoch on, and what comes is compared.
package struct RuleTestRun {
    /// Empty stores with the languages over them, made anew for each test.
    package struct Bench: Sendable {
        package var evaluators: RuleEvaluators
        package var samples: any SampleAppender
        package var entries: any EntryAppender

        package init(evaluators: RuleEvaluators, samples: any SampleAppender, entries: any EntryAppender) {
            self.evaluators = evaluators
            self.samples = samples
            self.entries = entries
        }
    }

    private let file: RuleTestFile
    private let definitions: [RuleGroupDefinition]

    /// - Parameter rules: the groups of the file's rule files, in their order.
    package init(_ file: RuleTestFile, rules: [RuleGroupDefinition]) {
        self.file = file
        var order: [String: Int] = [:]
        for name in file.groupOrder where order[name] == nil { order[name] = order.count }
        // Groups that nobody orders keep their place behind those.
        definitions = rules.enumerated().sorted {
            (order[$0.element.id.name] ?? .max, $0.offset) < (order[$1.element.id.name] ?? .max, $1.offset)
        }
        .map(\.element)
    }

    /// What failed, in the order of the tests; empty when all is as expected.
    package func run(_ makeBench: () throws -> Bench) throws -> [String] {
        var failures: [String] = []
        for group in file.groups { failures += try run(group, makeBench()).map { "\(group.name): \($0)" } }
        return failures
    }

    private func run(_ group: RuleTestFile.Group, _ bench: Bench) throws -> [String] {
        try fill(bench, group)
        var failures: [String] = []
        var cores = definitions.map { RuleGroupCore($0) }
        let times = group.alertTests.map(\.time) + group.expressionTests.map(\.time)
        let end = times.max() ?? .zero
        var time = Duration.zero
        while time <= end {
            let now = Timestamp.epoch + time
            for index in cores.indices { try evaluate(&cores[index], bench, group, now, &failures) }
            let next = time + file.evaluationInterval
            for test in group.alertTests where test.time >= time && test.time < next { failures += compare(test, cores) }
            time = next
        }
        for test in group.expressionTests { failures += compare(test, bench) }
        return failures
    }

    private func fill(_ bench: Bench, _ group: RuleTestFile.Group) throws {
        var batch = SampleWriteBatch()
        for series in group.series {
            let number = batch.addSeries(series.labels)
            for (index, item) in series.items.enumerated() {
                let time = Int64(index) * group.interval.wholeMilliseconds
                switch item {
                case .missing: break
                case .float(let value): batch.addSample(series: number, time: time, value: value)
                case .histogram(let histogram): batch.histograms.append(.init(series: number, time: time, histogram: histogram))
                }
            }
        }
        if !batch.isEmpty { _ = try bench.samples.append(batch) }
        var lines = LogWriteBatch()
        for stream in group.logs {
            let number = lines.addStream(stream.labels)
            for line in stream.lines.sorted(by: { $0.time < $1.time }) {
                lines.addEntry(stream: number, time: line.time.saturatedNanoseconds, line: Array(line.text.utf8))
            }
        }
        if !group.logs.isEmpty { _ = try bench.entries.append(lines) }
    }

    private func evaluate(
        _ core: inout RuleGroupCore, _ bench: Bench, _ group: RuleTestFile.Group, _ now: Timestamp, _ failures: inout [String]
    ) throws {
        func append(_ batch: SampleWriteBatch) throws { if !batch.isEmpty { _ = try bench.samples.append(batch) } }
        var context = AlertTemplate.Context(now: now, externalURL: group.externalURL)
        context.externalLabels = group.externalLabels
        context.query = { text throws(QueryError) in
            try RuleGroupCore.elements(Self.answer(text, .promql, bench, now).get().value)
        }
        let fixed = context
        try append(core.begin(at: now))
        let offset = core.definition.queryOffset
        for (index, rule) in core.definition.rules.enumerated() {
            let answer = Self.answer(rule.expression, rule.language, bench, now - offset)
            try append(core.evaluate(rule: index, answer, at: now) { AlertTemplate.render($0, $1, $2, fixed) })
            if core.states[index].health == .err {
                failures.append("rule \(rule.name) at \((now - .epoch).inSeconds) s: \(core.states[index].lastError)")
            }
        }
        _ = core.finish(at: now)
    }

    private static func answer(_ text: String, _ language: Rule.Language, _ bench: Bench, _ now: Timestamp) -> Result<Evaluation, QueryError> {
        do throws(QueryError) {
            return .success(try bench.evaluators[language].prepare(text).evaluate(at: now, options: EvaluationOptions(), budget: QueryBudget()))
        } catch {
            return .failure(error)
        }
    }

    // MARK: Comparing

    private func compare(_ test: RuleTestFile.AlertTest, _ cores: [RuleGroupCore]) -> [String] {
        var found: [String] = []
        for core in cores {
            for (rule, state) in zip(core.definition.rules, core.states) where rule.kind == .alerting && rule.name == test.name {
                for alert in state.alerts.values where alert.state == .firing {
                    found.append(
                        Self.text(
                            Dictionary(alert.labels.pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
                            Dictionary(alert.annotations.map { ($0.name, $0.text) }, uniquingKeysWith: { first, _ in first })))
                }
            }
        }
        let expected = test.alerts.map { alert in
            var labels = alert.labels
            labels["alertname"] = test.name
            return Self.text(labels, alert.annotations)
        }
        if found.sorted() == expected.sorted() { return [] }
        return ["alertname: \(test.name), time: \(test.time.inSeconds) s,\n    exp: \(Self.joined(expected))\n    got: \(Self.joined(found))"]
    }

    private static func joined(_ texts: [String]) -> String { texts.isEmpty ? "nil" : texts.sorted().joined(separator: "\n         ") }

    private static func text(_ labels: [String: String], _ annotations: [String: String]) -> String {
        func text(_ pairs: [String: String]) -> String {
            "{" + pairs.sorted { $0.key < $1.key }.map { "\($0.key)=\(Literals.quote($0.value))" }.joined(separator: ", ") + "}"
        }
        return "Labels:\(text(labels)) Annotations:\(text(annotations))"
    }

    private func compare(_ test: RuleTestFile.ExpressionTest, _ bench: Bench) -> [String] {
        let place = "expr: \(Literals.quote(test.expression)), time: \(test.time.inSeconds) s,"
        let elements: [VectorElement]
        do throws(QueryError) {
            elements = try RuleGroupCore.elements(try Self.answer(test.expression, test.language, bench, .epoch + test.time).get().value)
        } catch {
            return ["\(place) err: \(error.message)"]
        }
        let got = elements.map { RuleTestFile.ExpectedSample(labels: $0.labels, value: $0.histogram.map { .histogram($0) } ?? .float($0.value)) }
        func sorted(_ samples: [RuleTestFile.ExpectedSample]) -> [RuleTestFile.ExpectedSample] {
            samples.sorted { "\($0.labels)" < "\($1.labels)" }
        }
        let (left, right) = (sorted(test.samples), sorted(got))
        if left.count == right.count, zip(left, right).allSatisfy({ $0.labels == $1.labels && isEqual($0.value, $1.value) }) { return [] }
        return ["\(place)\n    exp: \(Self.text(left))\n    got: \(Self.text(right))"]
    }

    private func isEqual(_ left: SampleNotation.Item, _ right: SampleNotation.Item) -> Bool {
        switch (left, right) {
        case (.float(let left), .float(let right)):
            if left == right || left.isNaN && right.isNaN { return true }
            return isFuzzilyEqual(left, right)
        case (.histogram(let left), .histogram(let right)):
            // Prometheus' store tells of neighbours in a chunk that there was no reset between them; ours keeps what was written.
            return left.isEquivalent(to: right) && (left.resetHint == right.resetHint || [left.resetHint, right.resetHint] == [.noReset, .unknown])
        default: return false
        }
    }

    private func isFuzzilyEqual(_ left: Double, _ right: Double) -> Bool {
        guard file.isFuzzy, left.isFinite, right.isFinite else { return false }
        return abs(left - right) <= 1e-6 * max(abs(left), abs(right))
    }

    private static func text(_ samples: [RuleTestFile.ExpectedSample]) -> String {
        if samples.isEmpty { return "nil" }
        return samples.map { sample in
            let value =
                switch sample.value {
                case .float(let value): DecimalNumber.generalText(value)
                case .histogram(let histogram): "histogram of \(DecimalNumber.generalText(histogram.count)), sum \(DecimalNumber.generalText(histogram.sum))"
                case .missing: "nothing"
                }
            return "\(sample.labels) \(value)"
        }
        .joined(separator: "\n         ")
    }
}
