import Bytes
import LogQL
import PromQL

/// What is wrong with a dashboard in Grafana's format.
enum DashboardCheck {
    static func problems(in text: String) -> [String] {
        let document: JSONValue
        do throws(JSONError) { document = try JSONValue.parse(text) } catch { return ["\(error)"] }
        var problems: [String] = []
        for field in ["title", "uid"] where (document[field]?.stringValue ?? "").isEmpty { problems.append("\(field): must be given") }
        if document["schemaVersion"]?.intValue == nil { problems.append("schemaVersion: must be a number") }
        let panels = document["panels"]?.arrayValue ?? []
        if panels.isEmpty { problems.append("panels: there is none") }
        var seen: Set<Int> = []
        for (index, panel) in panels.enumerated() {
            let place = "panels[\(index)] (\(panel["title"]?.stringValue ?? "untitled"))"
            if let id = panel["id"]?.intValue, !seen.insert(id).inserted { problems.append("\(place): id \(id) is given twice") }
            guard panel["type"]?.stringValue != "row" else { continue }
            if panel["gridPos"]?["w"]?.intValue == nil { problems.append("\(place): gridPos must be given") }
            let isLoki = panel["datasource"]?["type"]?.stringValue == "loki"
            for target in panel["targets"]?.arrayValue ?? [] {
                guard let expression = target["expr"]?.stringValue else {
                    problems.append("\(place): a target has no expr")
                    continue
                }
                if let message = problem(in: substitute(expression), isLoki: isLoki) { problems.append("\(place): \(message)") }
            }
        }
        return problems
    }

    private static func problem(in expression: String, isLoki: Bool) -> String? {
        do {
            if isLoki { _ = try LogQL.Parser.parse(expression) } else { _ = try PromQLSyntax.parse(expression) }
            return nil
        } catch { return "\(error)" }
    }

    /// Grafana's variables stand for something that parses.
    private static func substitute(_ expression: String) -> String {
        var text = expression
        for interval in ["$__rate_interval", "$__interval", "$__range", "${__rate_interval}", "${__interval}"] { text = text.replacing(interval, with: "5m") }
        return text
    }
}
