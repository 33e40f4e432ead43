import ArgumentParser
import Bytes

struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show what each pod uses: CPU in millicores over the last minute, memory now, and replicas.")

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await ServerConnection.with(client) { connection in
            async let cpu = usage("sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{container!=\"\"}[1m])) * 1000", connection)
            async let memory = usage("sum by (namespace, pod) (container_memory_working_set_bytes{container!=\"\"}) / 1048576", connection)
            let (cores, bytes) = (try await cpu, try await memory)
            var table = TextTable(["NAMESPACE", "POD", "CPU(m)", "MEMORY(MiB)"], rightAligned: [2, 3])
            for key in Set(cores.keys).union(bytes.keys).sorted() {
                let names = key.split(separator: "/").map(String.init)
                table.add([names[0], names[1], cores[key].map { "\(Int($0.rounded()))" } ?? "-", bytes[key].map { "\(Int($0.rounded()))" } ?? "-"])
            }
            if client.output == .table {
                if table.isEmpty { Terminal.complain("no pod has been measured yet") } else { table.lines.forEach(Terminal.print) }
                return
            }
            let pods = Set(cores.keys).union(bytes.keys).sorted().map { key in
                let names = key.split(separator: "/").map(String.init)
                return JSONValue.object(
                    JSONObject([
                        ("namespace", .string(names[0])), ("pod", .string(names[1])), ("cpuMillicores", .number(cores[key] ?? 0)),
                        ("memoryMebibytes", .number(bytes[key] ?? 0)),
                    ]))
            }
            Terminal.print(JSONValue.array(pods).indentedText())
        }
    }

    private func usage(_ query: String, _ connection: ServerConnection) async throws -> [String: Double] {
        let answer = try await connection.json("/api/v1/query", query: [("query", query)])
        var values: [String: Double] = [:]
        for element in answer["data"]?["result"]?.arrayValue ?? [] {
            guard let namespace = element["metric"]?["namespace"]?.stringValue, let pod = element["metric"]?["pod"]?.stringValue else { continue }
            values["\(namespace)/\(pod)"] = Double(element["value"]?[1]?.stringValue ?? "")
        }
        return values
    }
}
