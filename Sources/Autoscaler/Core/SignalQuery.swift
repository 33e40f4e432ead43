import ClusterAPI
import QueryLanguage

/// A question to one of the two languages. Equal questions of several autoscalers are asked once per round.
package struct SignalQuery: Hashable, Sendable {
    package enum Language: String, Sendable { case promql = "PromQL", logql = "LogQL" }

    package var language: Language
    package var text: String

    package init(_ language: Language, _ text: String) {
        self.language = language
        self.text = text
    }
}

/// The queries behind the metrics of HorizontalPodAutoscaler objects: every one is served by our own store, without an adapter.
enum MetricQueries {
    /// Seconds over which the use of CPU is measured.
    static let rateWindowSeconds = 30
    /// For counters that come more seldom than twice in that time.
    private static let sparseWindowSeconds = 120

    /// Use of a resource per pod and container of a namespace, in cores or bytes.
    static func resource(_ name: String, namespace: String) -> SignalQuery? {
        let selector = "{namespace=\(quoted(namespace)),container!=\"\"}"
        switch name {
        case "cpu":
            let counter = "container_cpu_usage_seconds_total\(selector)"
            return SignalQuery(
                .promql,
                "sum by (pod, container) (rate(\(counter)[\(rateWindowSeconds)s]) or rate(\(counter)[\(sparseWindowSeconds)s]))")
        case "memory": return SignalQuery(.promql, "sum by (pod, container) (container_memory_working_set_bytes\(selector))")
        default: return nil
        }
    }

    /// A custom metric of each pod.
    static func pods(_ metric: MetricIdentifier, namespace: String) -> SignalQuery {
        SignalQuery(.promql, "sum by (pod) (\(selector(metric, extra: [("namespace", namespace)])))")
    }

    /// A metric of one object, labelled with its kind in lower case.
    static func object(_ metric: MetricIdentifier, _ object: CrossVersionObjectReference, namespace: String) -> SignalQuery {
        SignalQuery(.promql, selector(metric, extra: [("namespace", namespace), (object.kind.lowercased(), object.name)]))
    }

    static func external(_ metric: MetricIdentifier) -> SignalQuery { SignalQuery(.promql, selector(metric, extra: [])) }

    private static func selector(_ metric: MetricIdentifier, extra: [(String, String)]) -> String {
        var matchers = ["__name__=\(quoted(metric.name))"] + extra.map { "\(quoted($0.0))=\(quoted($0.1))" }
        for (name, value) in (metric.selector?.matchLabels ?? [:]).sorted(by: { $0.key < $1.key }) {
            matchers.append("\(quoted(name))=\(quoted(value))")
        }
        for expression in metric.selector?.matchExpressions ?? [] {
            let values = quoted(expression.values.map(escapedPattern).joined(separator: "|"))
            switch expression.operator {
            case "In": matchers.append("\(quoted(expression.key))=~\(values)")
            case "NotIn": matchers.append("\(quoted(expression.key))!~\(values)")
            case "Exists": matchers.append("\(quoted(expression.key))!=\"\"")
            default: matchers.append("\(quoted(expression.key))=\"\"")
            }
        }
        return "{\(matchers.joined(separator: ","))}"
    }

    static func quoted(_ text: String) -> String {
        "\"" + text.map { $0 == "\\" ? "\\\\" : $0 == "\"" ? "\\\"" : $0 == "\n" ? "\\n" : String($0) }.joined() + "\""
    }

    private static func escapedPattern(_ text: String) -> String {
        text.map { "\\.+*?()|[]{}^$".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
