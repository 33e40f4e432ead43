import ArgumentParser
import Bytes
import Posix

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Search the log store with LogQL, or follow it.",
        discussion: "skysail logs '{app=\"web\"} |= \"slow\"'\nskysail logs '{namespace=\"default\"}' -f")

    @Argument(help: "A LogQL selector or pipeline.") var selector: String
    @Flag(name: .shortAndLong, help: "Go on with what arrives.") var follow = false
    @Option(help: "Lines at most.") var limit = 100
    @Option(help: "How far back.") var since = "1h"
    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await ServerConnection.with(client) { connection in
            let clock = SystemClock()
            var next = try ClientTime.timestamp("-" + since).nanoseconds
            var entries = try await fetch(connection, from: next, direction: "backward", limit: limit)
            print(entries)
            guard follow else { return }
            while !Task.isCancelled {
                if let last = entries.last { next = last.time + 1 }
                try await clock.sleep(for: .milliseconds(500))
                entries = try await fetch(connection, from: next, direction: "forward", limit: 5000)
                print(entries)
            }
        }
    }

    private struct Entry {
        var time: Int64
        var source: String
        var line: String
    }

    /// The entries in rising order.
    private func fetch(_ connection: ServerConnection, from start: Int64, direction: String, limit: Int) async throws -> [Entry] {
        let answer = try await connection.json(
            "/loki/api/v1/query_range",
            query: [("query", selector), ("start", "\(start)"), ("limit", "\(limit)"), ("direction", direction)])
        guard answer["data"]?["resultType"]?.stringValue == "streams" else {
            throw Failure("this query answers numbers, not lines", code: 2)
        }
        var entries: [Entry] = []
        for stream in answer["data"]?["result"]?.arrayValue ?? [] {
            let labels = stream["stream"]
            let source = labels?["pod"]?.stringValue ?? labels?["app"]?.stringValue ?? ""
            for value in stream["values"]?.arrayValue ?? [] {
                entries.append(
                    Entry(time: Int64(value[0]?.stringValue ?? "") ?? 0, source: source, line: value[1]?.stringValue ?? ""))
            }
        }
        return entries.sorted { $0.time < $1.time }
    }

    private func print(_ entries: [Entry]) {
        for entry in entries {
            switch client.output {
            case .table:
                Terminal.print("\(Timestamp(nanoseconds: entry.time).rfc3339(.milliseconds)) \(entry.source)  \(entry.line)")
            case .json, .yaml:
                Terminal.print(
                    JSONValue.object(
                        JSONObject([
                            ("time", .string(Timestamp(nanoseconds: entry.time).rfc3339(.nanoseconds))), ("source", .string(entry.source)),
                            ("line", .string(entry.line)),
                        ])
                    ).description)
            }
        }
    }
}
