import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

/// Requests as programs send them, header by header, against the finished binary.
@Suite("requests of Loki's clients", .enabled(if: Binary.missing == nil, "no binary"))
struct LogRequestTests {
    private static let base: Int64 = 1_750_000_000

    private static func withServer(_ port: Int, _ body: (String) async throws -> Void) async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server", "--retention-logs", "0"], folder: folder.path, port: port)
        try await body(server.address)
        #expect(await server.stop() == 0)
    }

    @Sendable private static func nanoseconds(_ second: Int64) -> String { String((base + second) * 1_000_000_000) }

    @Sendable private static func json(_ second: Int64, _ line: String) -> [UInt8] {
        Array(#"{"streams":[{"stream":{"job":"j"},"values":[["\#(nanoseconds(second))","\#(line)"]]}]}"#.utf8)
    }

    @Sendable private static func protobuf(_ second: Int64, _ line: String) -> [UInt8] {
        var batch = LogWriteBatch()
        batch.addEntry(stream: batch.addStream(Labels(["job": "j"])), time: (base + second) * 1_000_000_000, line: Array(line.utf8))
        return LokiPushEncoder.encodeCompressed(batch)
    }

    /// A client, the headers that it sends with a push, and the body in them.
    private struct Pusher: Sendable {
        var name: String
        var path = "/loki/api/v1/push"
        var headers: [(String, String)]
        var body: @Sendable (_ second: Int64, _ line: String) -> [UInt8]
    }

    private static let pushers: [Pusher] = [
        Pusher(name: "promtail", headers: [("Content-Type", "application/x-protobuf"), ("User-Agent", "promtail/3.4.2"), ("X-Scope-OrgID", "fake")], body: protobuf),
        Pusher(name: "alloy", headers: [("Content-Type", "application/x-protobuf"), ("User-Agent", "Alloy/v1.11.0 (linux; deb)"), ("Content-Encoding", "snappy")], body: protobuf),
        Pusher(name: "promtail of old", path: "/api/prom/push", headers: [("Content-Type", "application/x-protobuf")], body: protobuf),
        Pusher(name: "no type", headers: [("Content-Type", "")], body: protobuf),
        Pusher(name: "vector protobuf", headers: [("Content-Type", "application/x-protobuf"), ("User-Agent", "Vector/0.49.0"), ("X-Scope-OrgID", "a|b")], body: protobuf),
        Pusher(name: "vector json", headers: [("Content-Type", "application/json"), ("User-Agent", "Vector/0.49.0"), ("Accept-Encoding", "identity")], body: json),
        Pusher(name: "vector gzip", headers: [("Content-Type", "application/json"), ("Content-Encoding", "gzip")]) { Gzip.compress(json($0, $1)) },
        Pusher(name: "fluent-bit", headers: [("Content-Type", "application/json"), ("User-Agent", "Fluent-Bit"), ("Authorization", "Basic dTpw")], body: json),
        Pusher(name: "fluent-bit gzip", headers: [("Content-Type", "application/json"), ("Content-Encoding", "gzip"), ("User-Agent", "Fluent-Bit")]) { Gzip.compress(json($0, $1)) },
        Pusher(name: "docker driver", headers: [("Content-Type", "application/x-protobuf"), ("User-Agent", "loki-docker-driver/3.0")], body: protobuf),
        Pusher(name: "charset", headers: [("Content-Type", "application/json; charset=utf-8")], body: json),
        Pusher(name: "chunked", headers: [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked"), ("Expect", "100-continue")], body: json),
        Pusher(name: "deflate", headers: [("Content-Type", "application/json"), ("Content-Encoding", "deflate")]) { Zlib.compress(json($0, $1)) },
        Pusher(name: "deflate as Go writes it", headers: [("Content-Type", "application/json"), ("Content-Encoding", "deflate")]) {
            Array(Zlib.compress(json($0, $1)).dropFirst(2).dropLast(4))
        },
        Pusher(name: "zstd", headers: [("Content-Type", "application/json"), ("Content-Encoding", "zstd")]) { ZSTD.compress(json($0, $1)) },
        Pusher(name: "script of old", path: "/api/prom/push", headers: [("Content-Type", "application/json")]) { second, line in
            let time = Timestamp(seconds: base + second).rfc3339(.nanoseconds)
            return Array(#"{"streams":[{"labels":"{job=\"j\"}","entries":[{"ts":"\#(time)","line":"\#(line)"}]}]}"#.utf8)
        },
    ]

    @Test("every shipper's push arrives: types, encodings, tenants, chunks, routes of old")
    func pushes() async throws {
        try await Self.withServer(19_640) { address in
            for (second, pusher) in Self.pushers.enumerated() {
                let answer = try Curl.post(address + pusher.path, headers: pusher.headers, body: pusher.body(Int64(second), pusher.name))
                #expect(answer.status == 204, "\(pusher.name): \(answer.status) \(answer.text)")
            }
            let found = try Curl.get("\(address)/loki/api/v1/query_range", parameters: [
                ("query", #"{job="j"}"#), ("start", Self.nanoseconds(0)), ("end", Self.nanoseconds(100)), ("direction", "forward"), ("limit", "1000"),
            ])
            let lines = (found.json["data"]?["result"]?.arrayValue ?? []).flatMap { $0["values"]?.arrayValue ?? [] }.compactMap { $0[1]?.stringValue }
            #expect(lines == Self.pushers.map(\.name))
        }
    }

    @Test("every reader's request is answered in the shape that it reads")
    func reads() async throws {
        try await Self.withServer(19_641) { address in
            for second in 0..<20 {
                #expect(try Curl.post(
                    "\(address)/loki/api/v1/push", headers: [("Content-Type", "application/json")], body: Self.json(Int64(second), "level=info n=\(second)")).status == 204)
            }
            let loki = address + "/loki/api/v1"
            let window = [("start", Self.nanoseconds(0)), ("end", Self.nanoseconds(60))]
            let selector = [("query", #"{job="j"}"#)] + window
            let grafana = [("X-Loki-Response-Encoding-Flags", "categorize-labels"), ("X-Query-Tags", "Source=grafana-explore"), ("X-Scope-OrgID", "1"), ("Accept-Encoding", "gzip")]
            let cli = [("User-Agent", "loki-logcli/3.4.2"), ("X-Query-Tags", "source=logcli"), ("X-Loki-Response-Encoding-Flags", "categorize-labels")]
            for (who, url, parameters, headers, path, count) in [
                ("explore", "\(loki)/query_range", selector + [("limit", "5"), ("direction", "backward"), ("step", "15000ms")], grafana, ["data", "result"], 1),
                ("explore's bars", "\(loki)/query_range", [("query", #"sum by (level) (count_over_time({job="j"} | logfmt [10s]))"#), ("step", "10s")] + window, grafana, ["data", "result"], 1),
                ("data source test", "\(loki)/query", [("query", "vector(1)+vector(1)"), ("time", "4000000000")], grafana, ["data", "result"], 1),
                ("builder's labels", "\(loki)/labels", window, grafana, ["data"], 1), ("builder's values", "\(loki)/label/job/values", selector, grafana, ["data"], 1),
                ("builder's streams", "\(loki)/series", [("match[]", #"{job="j"}"#)] + window, grafana, ["data"], 1),
                ("explore's estimate", "\(loki)/index/stats", selector, grafana, ["streams"], 0),
                ("drilldown's services", "\(loki)/index/volume", [("query", #"{job=~".+"}"#), ("limit", "5000"), ("targetLabels", "job")] + window, grafana, ["data", "result"], 1),
                ("drilldown's volumes", "\(loki)/index/volume_range", selector + [("step", "10s"), ("aggregateBy", "labels")], grafana, ["data", "result"], 1),
                ("drilldown's labels", "\(loki)/detected_labels", selector, grafana, ["detectedLabels"], 1),
                ("drilldown's fields", "\(loki)/detected_fields", selector + [("line_limit", "1000"), ("limit", "1000")], grafana, ["fields"], 2),
                ("drilldown's values", "\(loki)/detected_field/n/values", selector, grafana, ["values"], 20),
                ("drilldown's patterns", "\(loki)/patterns", selector, grafana, ["data"], 1), ("drilldown's limits", "\(loki)/drilldown-limits", [], grafana, ["limits"], 0),
                ("query planner", "\(loki)/index/shards", selector + [("targetBytesPerShard", "600MB")], grafana, ["shards"], 1),
                ("logcli query", "\(loki)/query_range", selector + [("limit", "30"), ("direction", "BACKWARD")], cli, ["data", "result"], 1),
                ("logcli instant", "\(loki)/query", [("query", #"count_over_time({job="j"}[1m])"#), ("time", Self.nanoseconds(30)), ("limit", "30"), ("direction", "BACKWARD")], cli, ["data", "result"], 1),
                ("logcli series", "\(loki)/series", [("match", #"{job="j"}"#)] + window, cli, ["data"], 1), ("logcli labels", "\(loki)/labels", window, cli, ["data"], 1),
                ("logcli stats", "\(loki)/index/stats", selector, cli, ["entries"], 0), ("logcli fields", "\(loki)/detected_fields", selector, cli, ["fields"], 2),
                ("of old: query", "\(address)/api/prom/query", selector + [("regexp", "n=1.$"), ("limit", "100")], [], ["streams"], 1),
                ("of old: labels", "\(address)/api/prom/label", window, [], ["values"], 1), ("of old: values", "\(address)/api/prom/label/job/values", window, [], ["values"], 1),
                ("of old: series", "\(address)/api/prom/series", [("match", #"{job="j"}"#)] + window, [], ["data"], 1),
            ] as [(String, String, [(String, String)], [(String, String)], [String], Int)] {
                let answer = try Curl.get(url, parameters: parameters, headers: headers)
                let value = path.reduce(answer.json) { $0[$1] ?? .null }
                #expect(answer.status == 200 && (count == 0 ? value != .null : value.arrayValue?.count == count), "\(who): \(answer.status) \(answer.text.prefix(300))")
            }
            let old = try Curl.get("\(address)/api/prom/query", parameters: selector + [("regexp", "n=1.$"), ("direction", "forward")]).json["streams"]?[0]
            #expect(old?["labels"]?.stringValue == #"{job="j"}"# && old?["entries"]?.arrayValue?.count == 10)
            #expect(old?["entries"]?[0]?["ts"]?.stringValue == "2025-06-15T15:06:50.000000000Z" && old?["entries"]?[0]?["line"]?.stringValue == "level=info n=10")
            #expect(try Curl.get("\(address)/api/prom/query", parameters: [("query", #"rate({job="j"}[1m])"#)]).status == 400)
        }
    }

    @Test("a flood of 100,000 streams and shapes is answered in bounded memory, the largest first")
    func flood() async throws {
        try await Self.withServer(19_642) { address in
            let loki = address + "/loki/api/v1"
            /// Letters alone: words with digits are one shape, and labels whose values are all numbers are left out.
            func word(_ number: Int) -> String { String(number).map { String(UnicodeScalar(UInt8(ascii: "a") + UInt8($0.wholeNumberValue!))) }.joined() }
            for batchNumber in 0..<10 {
                var batch = LogWriteBatch()
                for number in 0..<10_000 {
                    let stream = batch.addStream(Labels(["app": "flood", "id": word(batchNumber * 10_000 + number)]))
                    let time = (Self.base + Int64(number % 600)) * 1_000_000_000 + Int64(batchNumber)
                    batch.addEntry(stream: stream, time: time, line: Array("shape \(word(batchNumber * 10_000 + number)) once".utf8))
                }
                let steady = batch.addStream(Labels(["app": "steady"]))
                for number in 0..<2000 {
                    batch.addEntry(stream: steady, time: (Self.base + Int64(number % 600)) * 1_000_000_000 + Int64(batchNumber), line: Array("steady \(number)".utf8))
                }
                #expect(try Curl.send("POST", "\(loki)/push", type: "application/x-protobuf", body: LokiPushEncoder.encodeCompressed(batch)).status == 204)
            }
            let window = [("query", #"{app=~".+"}"#), ("start", Self.nanoseconds(0)), ("end", Self.nanoseconds(600))]
            let before = try Self.residentBytes(address)
            let volume = try Curl.get("\(loki)/index/volume_range", parameters: window + [("step", "10"), ("targetLabels", "app,id"), ("limit", "5")])
            #expect(volume.json["data"]?["result"]?.arrayValue?.count == 5, "\(volume.text.prefix(200))")
            let whole = try Curl.get("\(loki)/index/volume", parameters: window + [("targetLabels", "app"), ("limit", "1")])
            #expect(whole.json["data"]?["result"]?[0]?["metric"]?["app"]?.stringValue == "flood")
            let patterns = try Curl.get("\(loki)/patterns", parameters: window + [("step", "10s"), ("limit", "3")])
            #expect(patterns.json["data"]?[0]?["pattern"]?.stringValue == "steady <_>" && patterns.json["data"]?.arrayValue?.count == 3)
            #expect(patterns.json["warnings"]?[0]?.stringValue?.contains("most frequent patterns") == true)
            let labels = try Curl.get("\(loki)/detected_labels", parameters: window).json["detectedLabels"]?.arrayValue ?? []
            #expect(labels.map { $0["cardinality"]?.intValue } == [2, 100_000])
            let after = try Self.residentBytes(address)
            #expect(after - before < 256e6, "grew from \(before) to \(after) bytes")
        }
    }

    private static func residentBytes(_ address: String) throws -> Double {
        let lines = try Curl.get("\(address)/metrics").text.split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("process_resident_memory_bytes ") })
        return DecimalNumber.parse(String(line.split(separator: " ")[1])) ?? .infinity
    }
}
