import Documents
import QueryLanguage
import Telemetry

/// A file of unit tests for rules, in the format of promtool's, read strictly. Logs stand beside series: `input_logs`.
///
/// - Source: Prometheus' documentation of unit tests for rules.
package struct RuleTestFile: Sendable {
    struct Series: Sendable {
        var labels: Labels
        var items: [SampleNotation.Item]
    }

    struct LogStream: Sendable {
        var labels: Labels
        /// Offset from the start, and the line.
        var lines: [(time: Duration, text: String)]
    }

    struct ExpectedAlert: Sendable {
        var labels: [String: String]
        var annotations: [String: String]
    }

    struct AlertTest: Sendable {
        var time: Duration
        var name: String
        var alerts: [ExpectedAlert]
    }

    struct ExpectedSample: Sendable {
        var labels: Labels
        var value: SampleNotation.Item
    }

    struct ExpressionTest: Sendable {
        var expression: String
        var language: Rule.Language
        var time: Duration
        var samples: [ExpectedSample]
    }

    struct Group: Sendable {
        var name: String
        var interval: Duration
        var series: [Series] = []
        var logs: [LogStream] = []
        var alertTests: [AlertTest] = []
        var expressionTests: [ExpressionTest] = []
        var externalLabels: [String: String] = [:]
        var externalURL = ""
    }

    /// Rule files, as they stand in the file: relative to it, with `*` in the last part.
    package private(set) var ruleFiles: [String] = []
    var evaluationInterval = Duration.seconds(60)
    var groupOrder: [String] = []
    /// Whether values need only agree within a relative 1e-6 instead of exactly.
    var isFuzzy = false
    var groups: [Group] = []
    package private(set) var problems: [RuleFile.Problem] = []
    private let path: String

    package init(_ text: String, path: String) {
        self.path = path
        do throws(DocumentError) {
            for document in try DocumentParser().documents(text) { read(document) }
        } catch {
            problems.append(.init(path: path, line: error.line, column: error.column, message: error.message))
        }
    }

    private mutating func read(_ document: DocumentNode) {
        guard case .mapping = document.value else { return add(document, "expected a mapping") }
        check(document, ["rule_files", "evaluation_interval", "group_eval_order", "fuzzy_compare", "tests"])
        ruleFiles = list(document, "rule_files").compactMap { text($0) }
        groupOrder = list(document, "group_eval_order").compactMap { text($0) }
        evaluationInterval = duration(document, "evaluation_interval") ?? .seconds(60)
        if let fuzzy = document["fuzzy_compare"], case .bool(let isFuzzy) = fuzzy.value { self.isFuzzy = isFuzzy }
        for (index, node) in list(document, "tests").enumerated() { groups.append(group(node, number: index + 1)) }
    }

    private mutating func group(_ node: DocumentNode, number: Int) -> Group {
        check(
            node,
            [
                "name", "interval", "input_series", "input_logs", "alert_rule_test", "promql_expr_test", "logql_expr_test", "external_labels", "external_url",
            ])
        var group = Group(name: node["name"].flatMap { text($0) } ?? "test \(number)", interval: duration(node, "interval") ?? evaluationInterval)
        if group.interval <= .zero { add(node, "interval: must be greater than 0") }
        for series in list(node, "input_series") {
            check(series, ["series", "values"])
            let (name, values) = (series["series"].flatMap { text($0) } ?? "", series["values"].flatMap { text($0) } ?? "")
            do throws(SampleNotation.Malformed) {
                group.series.append(Series(labels: try SampleNotation.series(name), items: try SampleNotation.items(values)))
            } catch { add(series, error.message) }
        }
        for stream in list(node, "input_logs") {
            check(stream, ["stream", "lines"])
            do throws(SampleNotation.Malformed) {
                var made = LogStream(labels: try SampleNotation.series(stream["stream"].flatMap { text($0) } ?? ""), lines: [])
                for line in list(stream, "lines") {
                    check(line, ["time", "line"])
                    made.lines.append((duration(line, "time") ?? .zero, line["line"].flatMap { text($0) } ?? ""))
                }
                group.logs.append(made)
            } catch { add(stream, error.message) }
        }
        group.alertTests = list(node, "alert_rule_test").map { alertTest($0) }
        group.expressionTests = list(node, "promql_expr_test").map { expressionTest($0, .promql) } + list(node, "logql_expr_test").map { expressionTest($0, .logql) }
        group.externalLabels = texts(node, "external_labels")
        group.externalURL = node["external_url"].flatMap { text($0) } ?? ""
        return group
    }

    private mutating func alertTest(_ node: DocumentNode) -> AlertTest {
        check(node, ["eval_time", "alertname", "exp_alerts"])
        let name = node["alertname"].flatMap { text($0) } ?? ""
        if name.isEmpty { add(node, "an item under alert_rule_test misses required attribute alertname") }
        var test = AlertTest(time: duration(node, "eval_time") ?? .zero, name: name, alerts: [])
        for alert in list(node, "exp_alerts") {
            check(alert, ["exp_labels", "exp_annotations"])
            test.alerts.append(ExpectedAlert(labels: texts(alert, "exp_labels"), annotations: texts(alert, "exp_annotations")))
        }
        return test
    }

    private mutating func expressionTest(_ node: DocumentNode, _ language: Rule.Language) -> ExpressionTest {
        check(node, ["expr", "eval_time", "exp_samples"])
        var test = ExpressionTest(
            expression: node["expr"].flatMap { text($0) } ?? "", language: language, time: duration(node, "eval_time") ?? .zero, samples: [])
        for sample in list(node, "exp_samples") {
            check(sample, ["labels", "value", "histogram"])
            let labels = sample["labels"].flatMap { text($0) } ?? ""
            do throws(SampleNotation.Malformed) {
                let items = try SampleNotation.items((sample["histogram"] ?? sample["value"]).flatMap { text($0) } ?? "0")
                guard items.count == 1 else {
                    add(sample, "one value is expected")
                    continue
                }
                let isEmpty = labels.allSatisfy(\.isWhitespace)
                test.samples.append(ExpectedSample(labels: isEmpty ? .empty : try SampleNotation.series(labels), value: items[0]))
            } catch { add(sample, error.message) }
        }
        return test
    }

    // MARK: Values

    private mutating func add(_ node: DocumentNode, _ message: String) {
        problems.append(.init(path: path, line: node.line, column: node.column, message: message))
    }

    private mutating func check(_ node: DocumentNode, _ known: [String]) {
        guard case .mapping(let members) = node.value else { return add(node, "expected a mapping") }
        for member in members where !known.contains(member.key) {
            problems.append(.init(path: path, line: member.line, column: member.column, message: "unknown field \"\(member.key)\""))
        }
    }

    private mutating func list(_ node: DocumentNode, _ key: String) -> [DocumentNode] {
        switch node[key]?.value {
        case .sequence(let elements): return elements
        case nil, .null: return []
        default:
            add(node[key] ?? node, "\(key): expected a sequence")
            return []
        }
    }

    private mutating func text(_ node: DocumentNode) -> String? {
        switch node.value {
        case .string(let text): return text
        case .number(let number): return "\(number)"
        case .bool(let value): return "\(value)"
        case .null: return nil
        case .sequence, .mapping:
            add(node, "expected text")
            return nil
        }
    }

    private mutating func texts(_ node: DocumentNode, _ key: String) -> [String: String] {
        guard let value = node[key], value.value != .null else { return [:] }
        guard case .mapping(let members) = value.value else {
            add(value, "\(key): expected a mapping")
            return [:]
        }
        var texts: [String: String] = [:]
        for member in members { texts[member.key] = text(member.value) ?? "" }
        return texts
    }

    private mutating func duration(_ node: DocumentNode, _ key: String) -> Duration? {
        guard let value = node[key], let text = text(value), !text.isEmpty else { return nil }
        if text == "0" { return .zero }
        do throws(LiteralError) { return .milliseconds(try PrometheusDuration.parse(text)) } catch {
            add(value, "\(key): \(error.message)")
            return nil
        }
    }
}
