import ArgumentParser
import Bytes
import Documents

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why an autoscaler decided as it did.",
        subcommands: [ExplainAutoscalerCommand.self])
}

struct ExplainAutoscalerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "autoscaler", abstract: "The last decisions of a HorizontalPodAutoscaler or an AutoscalingPolicy, each with its inputs and limits.",
        discussion: "skysail explain autoscaler web")

    @Argument(help: "Name of the autoscaler.") var name: String
    @Option(help: "Decisions at most.") var limit = 10
    @Flag(help: "Only decisions that changed the replica count.") var changes = false
    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await ServerConnection.with(client) { connection in
            let quoted = name.replacing("\"", with: "")
            let answer = try await connection.json(
                "/loki/api/v1/query_range",
                query: [
                    ("query", "{skysail=\"autoscaler\",namespace=\"\(client.namespace)\",autoscaler=\"\(quoted)\"}"),
                    ("start", "\(try ClientTime.timestamp("-6h").nanoseconds)"), ("limit", changes ? "5000" : "\(limit)"), ("direction", "backward"),
                ])
            let lines = (answer["data"]?["result"]?.arrayValue ?? []).flatMap { $0["values"]?.arrayValue ?? [] }
            var records = lines.compactMap { $0[1]?.stringValue }.compactMap { try? JSONValue.parse($0) }
                .sorted { ($0["time"]?.stringValue ?? "") > ($1["time"]?.stringValue ?? "") }
            if changes { records = records.filter { $0["from"] != $0["to"] } }
            records = Array(records.prefix(limit))
            guard let latest = records.first else {
                throw Failure("no decision of an autoscaler \(name) in namespace \(client.namespace) during the last 6 hours")
            }
            switch client.output {
            case .json: Terminal.print(JSONValue.array(records).indentedText())
            case .yaml: Terminal.write(YAMLWriter().text(.array(records)))
            case .table: print(records, latest: latest)
            }
        }
    }

    private func print(_ records: [JSONValue], latest: JSONValue) {
        func text(_ value: JSONValue?) -> String { value?.stringValue ?? value?.intValue.map { "\($0)" } ?? "-" }
        Terminal.print("\(text(latest["kind"])) \(client.namespace)/\(name) scales \(text(latest["target"])) between \(text(latest["min"])) and \(text(latest["max"]))")
        Terminal.print(text(latest["sentence"]))
        Terminal.print("")
        var table = TextTable(["TIME", "FROM", "TO", "REASON", "SIGNAL", "VALUE", "TARGET", "PROPOSAL", "LIMITS"], rightAligned: [1, 2, 7])
        for record in records {
            let signals = record["signals"]?.arrayValue ?? []
            let limits = (record["limits"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
            let head = [String(text(record["time"]).dropFirst(11).prefix(8)), text(record["from"]), text(record["to"]), text(record["reason"])]
            if signals.isEmpty { table.add(head + ["-", "-", "-", "-", limits]) }
            for (index, signal) in signals.enumerated() {
                let state = text(signal["state"])
                table.add(
                    (index == 0 ? head : ["", "", "", ""]) + [
                        text(signal["name"]), state == "Fresh" ? text(signal["value"]) : "\(text(signal["value"])) (\(state.lowercased()))",
                        text(signal["target"]), text(signal["proposal"]), index == 0 ? limits : "",
                    ])
            }
        }
        table.lines.forEach(Terminal.print)
    }
}
