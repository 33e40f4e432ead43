import ArgumentParser
import Bytes
import Documents

struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Evaluate a PromQL expression, now or over a window.",
        discussion: "skysail query 'up'\nskysail query 'rate(http_requests_total[5m])' --start -1h --step 1m")

    @Argument(help: "The expression.") var expression: String
    @Option(help: "Start of a range query: RFC 3339, Unix seconds, or back from now as in -1h.", transform: { $0 }) var start: String?
    @Option(help: "End of a range query; now when left out.", transform: { $0 }) var end: String?
    @Option(help: "Step of a range query.") var step = "15s"
    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await ServerConnection.with(client) { connection in
            let answer: JSONValue
            if let start {
                answer = try await connection.json(
                    "/api/v1/query_range",
                    query: [
                        ("query", expression), ("start", try ClientTime.resolve(start)), ("end", try ClientTime.resolve(end ?? "now")), ("step", step),
                    ])
            } else {
                answer = try await connection.json("/api/v1/query", query: [("query", expression)])
            }
            try print(answer)
        }
    }

    private func print(_ answer: JSONValue) throws {
        for warning in answer["warnings"]?.arrayValue ?? [] { Terminal.complain("warning: \(warning.stringValue ?? "")") }
        let data = answer["data"] ?? .null
        switch client.output {
        case .json: Terminal.print(data.indentedText())
        case .yaml: Terminal.write(YAMLWriter().text(data))
        case .table:
            let result = data["result"]?.arrayValue ?? []
            switch data["resultType"]?.stringValue {
            case "scalar", "string": Terminal.print(result.last?.stringValue ?? "")
            case "matrix":
                for series in result {
                    let values = (series["values"]?.arrayValue ?? []).map { ($0[0]?.doubleValue ?? 0, $0[1]?.stringValue ?? "") }
                    Terminal.print(SeriesText.name(series["metric"] ?? .null))
                    Terminal.print("  \(Sparkline.text(values.compactMap { Double($0.1) }, width: min(60, Terminal.width - 24)))  last \(values.last?.1 ?? "-")")
                }
            default:
                var table = TextTable(["SERIES", "VALUE"], rightAligned: [1])
                for element in result {
                    table.add([SeriesText.name(element["metric"] ?? .null), element["value"]?[1]?.stringValue ?? "histogram"])
                }
                if table.isEmpty { Terminal.complain("no data") } else { table.lines.forEach(Terminal.print) }
            }
        }
    }
}

/// How a series is written: `name{a="b"}`.
enum SeriesText {
    static func name(_ metric: JSONValue) -> String {
        let labels = metric.objectValue ?? JSONObject()
        let name = labels["__name__"]?.stringValue ?? ""
        let pairs = labels.filter { $0.key != "__name__" }.map { "\($0.key)=\"\($0.value.stringValue ?? "")\"" }
        return pairs.isEmpty && !name.isEmpty ? name : "\(name){\(pairs.joined(separator: ", "))}"
    }
}

/// A line of values drawn with eight heights.
enum Sparkline {
    static func text(_ values: [Double], width: Int) -> String {
        let finite = values.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return "" }
        let marks = Array("▁▂▃▄▅▆▇█")
        let columns = min(values.count, max(1, width))
        return String(
            (0..<columns).map { column in
                let value = values[column * values.count / columns]
                guard value.isFinite else { return " " }
                return high == low ? marks[0] : marks[min(7, Int((value - low) / (high - low) * 8))]
            })
    }
}
