import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

/// What the clients of Loki send, replayed request by request against the finished binary.
@Suite("clients of Loki", .enabled(if: Binary.missing == nil, "no binary"))
struct LogClientTests {
    private static func withServer(_ port: Int, config: String? = nil, _ body: (String) async throws -> Void) async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        var arguments = ["server", "--retention-logs", "0"]
        if let config {
            try PosixFileSystem().replaceContents(folder.path + "/skysail.yaml", with: Array(config.utf8))
            arguments += ["--config", folder.path + "/skysail.yaml"]
        }
        let server = try await RunningServer(arguments, folder: folder.path, port: port)
        try await body(server.address + "/loki/api/v1")
        #expect(await server.stop() == 0)
    }

    private static let base: Int64 = 1_750_000_000

    private static func nanoseconds(_ second: Int64) -> String { String((base + second) * 1_000_000_000) }

    private static func push(_ address: String, _ body: String, headers: [(String, String)] = []) throws -> Curl.Answer {
        try Curl.post("\(address)/push", headers: [("Content-Type", "application/json")] + headers, body: Array(body.utf8))
    }

    private static func lines(_ answer: Curl.Answer) -> [String] {
        (answer.json["data"]?["result"]?.arrayValue ?? []).flatMap { $0["values"]?.arrayValue ?? [] }.compactMap { $0[1]?.stringValue }
    }

    @Test("shippers: promtail, Alloy, Fluent Bit and Vector push; repeats are dropped, any order is taken, a tenant header is no matter")
    func shippers() async throws {
        try await Self.withServer(19_620) { address in
            // promtail and Alloy: snappy protobuf, a tenant, lines in no order.
            var batch = LogWriteBatch()
            let stream = batch.addStream(Labels(["job": "varlogs", "filename": "/var/log/a.log"]))
            batch.addEntry(stream: stream, time: (Self.base + 2) * 1_000_000_000, line: Array("second".utf8))
            batch.addEntry(stream: stream, time: (Self.base + 1) * 1_000_000_000, line: Array("first".utf8), metadata: Labels(["trace_id": "t1"]))
            for _ in 0..<2 {
                let answer = try Curl.post(
                    "\(address)/push",
                    headers: [("Content-Type", "application/x-protobuf"), ("X-Scope-OrgID", "tenant1"), ("User-Agent", "promtail/3.0")],
                    body: LokiPushEncoder.encodeCompressed(batch))
                #expect(answer.status == 204, "\(answer.text)")
            }
            // Fluent Bit: JSON, compressed with gzip.
            let json = #"{"streams":[{"stream":{"job":"fluentbit"},"values":[["\#(Self.nanoseconds(3))","{\"log\":\"third\"}"]]}]}"#
            var gzip: [UInt8] = []
            Gzip.compress(Array(json.utf8).span, into: &gzip)
            #expect(try Curl.post(
                "\(address)/push", headers: [("Content-Type", "application/json"), ("Content-Encoding", "gzip")], body: gzip).status == 204)
            // Vector: JSON with structured metadata; its health check.
            #expect(try Self.push(
                address, #"{"streams":[{"stream":{"job":"vector"},"values":[["\#(Self.nanoseconds(4))","fourth",{"pod":"p"}]]}]}"#).status == 204)
            #expect(try Curl.get(address.replacing("/loki/api/v1", with: "/ready")).status == 200)
            let answer = try Curl.get("\(address)/query_range", parameters: [
                ("query", #"{job=~".+"}"#), ("start", Self.nanoseconds(0)), ("end", Self.nanoseconds(9)), ("direction", "forward"),
            ])
            #expect(Self.lines(answer).sorted() == ["first", "fourth", "second", #"{"log":"third"}"#])
        }
    }

    @Test("shippers: OTLP as protobuf and JSON, and JSON lines")
    func otherProtocols() async throws {
        try await Self.withServer(19_621) { address in
            let root = address.replacing("/loki/api/v1", with: "")
            let body = """
                {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},{"key":"host.name","value":{"stringValue":"h"}}]},
                "scopeLogs":[{"scope":{"name":"s"},"logRecords":[{"timeUnixNano":"\(Self.nanoseconds(1))","severityNumber":9,"severityText":"INFO",
                "traceId":"0102030405060708090a0b0c0d0e0f10","body":{"stringValue":"paid"},"attributes":[{"key":"n","value":{"intValue":"5"}}]}]}]}]}
                """
            let taken = try Curl.send("POST", "\(root)/otlp/v1/logs", type: "application/json", body: Array(body.utf8))
            #expect(taken.status == 200 && taken.text == "{}", "\(taken.text)")
            #expect(try Curl.send("POST", "\(root)/otlp/v1/logs", type: "application/json", body: Array("[1".utf8)).status == 400)
            let rows = """
                {"_time":"2025-06-15T15:06:42Z","_msg":"GET /","app":"web","host":{"name":"h1"},"tags":["a"]}
                broken
                {"_time":"\(Self.base + 3)","_msg":"POST /","app":"web"}

                """
            let partial = try Curl.send(
                "POST", "\(root)/insert/jsonline?_stream_fields=app", type: "application/stream+json", body: Array(rows.utf8))
            #expect(partial.status == 400 && partial.text.contains("1 entries refused, 2 accepted: line 2"), "\(partial.text)")
            let answer = try Curl.get(
                "\(address)/query_range", parameters: [("query", #"{service_name="shop"}"#), ("start", Self.nanoseconds(0)), ("end", Self.nanoseconds(9))],
                headers: [("X-Loki-Response-Encoding-Flags", "categorize-labels")])
            let value = answer.json["data"]?["result"]?[0]?["values"]?[0]
            #expect(value?[1]?.stringValue == "paid", "\(answer.text)")
            let metadata = value?[2]?["structuredMetadata"]
            #expect(metadata?["trace_id"]?.stringValue == "0102030405060708090a0b0c0d0e0f10" && metadata?["n"]?.stringValue == "5")
            #expect(metadata?["host_name"]?.stringValue == "h" && metadata?["severity_text"]?.stringValue == "INFO")
            let web = try Curl.get("\(address)/query_range", parameters: [
                ("query", #"{app="web"} | host_name="h1""#), ("start", Self.nanoseconds(0)), ("end", Self.nanoseconds(9)),
            ])
            #expect(Self.lines(web) == ["GET /"], "\(web.text)")
        }
    }

    private static func fill(_ address: String) throws {
        var values: [String] = []
        for second in 1...20 {
            let line = #"level=\#(second % 5 == 0 ? "error" : "info") took=\#(second)ms id=\#(second)"#
            values.append(#"["\#(nanoseconds(Int64(second)))","\#(line)",{"trace":"t\#(second)"}]"#)
        }
        let body = #"{"streams":[{"stream":{"app":"web","namespace":"shop"},"values":[\#(values.joined(separator: ","))]},"#
            + #"{"stream":{"app":"db","namespace":"shop","shard":"1"},"values":[["\#(nanoseconds(5))","{\"query\":{\"table\":\"users\"},\"rows\":3}"]]}]}"#
        let answer = try push(address, body)
        #expect(answer.status == 204, "\(answer.text)")
    }

    @Test("Grafana Explore: the questions of a data source, in the order it asks them")
    func explore() async throws {
        try await Self.withServer(19_622) { address in
            try Self.fill(address)
            let window = [("start", Self.nanoseconds(0)), ("end", Self.nanoseconds(60))]
            func ask(_ path: String, _ parameters: [(String, String)]) throws -> JSONValue {
                let answer = try Curl.get("\(address)/\(path)", parameters: parameters + window)
                #expect(answer.status == 200, "\(path): \(answer.text)")
                return answer.json
            }
            // The health check of the data source.
            #expect(try Curl.get("\(address)/query", parameters: [("query", "vector(1)+vector(1)")]).json["data"]?["result"]?[0]?["value"]?[1]?.stringValue == "2")
            #expect(try Curl.get("\(address)/status/buildinfo").json["version"]?.stringValue == "3.8.0")
            #expect(try ask("labels", [])["data"]?.arrayValue?.compactMap(\.stringValue) == ["app", "namespace", "shard"])
            #expect(try ask("label/app/values", [("query", #"{namespace="shop"}"#)])["data"]?.arrayValue?.compactMap(\.stringValue) == ["db", "web"])
            #expect(try ask("series", [("match[]", #"{app="db"}"#)])["data"]?.arrayValue?.count == 1)
            #expect(try ask("index/stats", [("query", #"{app="web"}"#)])["entries"]?.intValue == 20)
            // The log panel, its volume above it, and the next page.
            let logs = try Curl.get(
                "\(address)/query_range", parameters: [("query", #"{app="web"} | logfmt"#), ("limit", "5"), ("direction", "backward")] + window,
                headers: [("X-Loki-Response-Encoding-Flags", "categorize-labels"), ("X-Query-Tags", "Source=grafana")]).json["data"]
            #expect(logs?["encodingFlags"]?[0]?.stringValue == "categorize-labels")
            let stream = logs?["result"]?[0]
            #expect(stream?["stream"]?.objectValue?.keys.sorted() == ["app", "namespace"])
            #expect(stream?["values"]?.arrayValue?.count == 5)
            #expect(stream?["values"]?[0]?[0]?.stringValue == Self.nanoseconds(20))
            #expect(stream?["values"]?[0]?[2]?["parsed"]?["took"]?.stringValue == "20ms")
            #expect(stream?["values"]?[0]?[2]?["structuredMetadata"]?["trace"]?.stringValue == "t20")
            let volume = try ask("query_range", [("query", #"sum by (level) (count_over_time({app="web"} | logfmt [10s]))"#), ("step", "10s")])
            #expect(volume["data"]?["resultType"]?.stringValue == "matrix" && volume["data"]?["result"]?.arrayValue?.count == 2)
            #expect((volume["data"]?["stats"]?["summary"]?["totalLinesProcessed"]?.intValue ?? 0) >= 20)
            // Every second line is thinned out by an interval.
            let thinned = try ask("query_range", [("query", #"{app="web"}"#), ("interval", "2"), ("direction", "forward"), ("limit", "100")])
            #expect((thinned["data"]?["result"]?.arrayValue ?? []).reduce(0) { $0 + ($1["values"]?.arrayValue?.count ?? 0) } == 10)
            // Context of one line: the same selector around its time, both ways.
            let context = try Curl.get("\(address)/query_range", parameters: [
                ("query", #"{app="web"}"#), ("start", Self.nanoseconds(10)), ("end", Self.nanoseconds(60)), ("limit", "2"), ("direction", "FORWARD"),
            ])
            #expect(Self.lines(context).count == 2)
        }
    }

    @Test("Logs Drilldown: volumes, labels, fields and patterns")
    func drilldown() async throws {
        try await Self.withServer(19_623) { address in
            try Self.fill(address)
            let window = [("start", Self.nanoseconds(0)), ("end", Self.nanoseconds(60))]
            func ask(_ path: String, _ parameters: [(String, String)]) throws -> JSONValue {
                let answer = try Curl.get("\(address)/\(path)", parameters: parameters + window)
                #expect(answer.status == 200, "\(path): \(answer.text)")
                return answer.json
            }
            #expect(try ask("drilldown-limits", [])["limits"]?["volume_enabled"]?.boolValue == true)
            let volume = try ask("index/volume", [("query", #"{namespace="shop"}"#), ("targetLabels", "app"), ("limit", "10")])["data"]
            #expect(volume?["resultType"]?.stringValue == "vector")
            #expect(volume?["result"]?.arrayValue?.compactMap { $0["metric"]?["app"]?.stringValue } == ["web", "db"])
            let names = try ask("index/volume", [("query", "{}"), ("aggregateBy", "labels")])["data"]?["result"]?.arrayValue ?? []
            #expect(Set(names.compactMap { $0["metric"]?.objectValue?.keys.first }) == ["app", "namespace", "shard"])
            let range = try ask("index/volume_range", [("query", #"{app="web"}"#), ("step", "10s")])["data"]
            #expect(range?["resultType"]?.stringValue == "matrix" && range?["result"]?[0]?["values"]?.arrayValue?.count == 3)
            let labels = try ask("detected_labels", [("query", #"{namespace="shop"}"#)])["detectedLabels"]?.arrayValue ?? []
            #expect(labels.compactMap { $0["label"]?.stringValue } == ["app", "namespace"], "the numbers of shard tell nothing")
            let fields = try ask("detected_fields", [("query", #"{namespace="shop"}"#)])["fields"]?.arrayValue ?? []
            func field(_ name: String) -> JSONValue? { fields.first { $0["label"]?.stringValue == name } }
            #expect(field("took")?["type"]?.stringValue == "duration" && field("took")?["parsers"]?[0]?.stringValue == "logfmt")
            #expect(field("query_table")?["parsers"]?[0]?.stringValue == "json" && field("rows")?["type"]?.stringValue == "int")
            #expect(field("trace")?["cardinality"]?.intValue == 20 && field("trace")?["parsers"]?.isNull == true)
            let values = try ask("detected_field/level/values", [("query", #"{app="web"}"#)])["values"]?.arrayValue ?? []
            #expect(Set(values.compactMap(\.stringValue)) == ["info", "error"])
            let patterns = try ask("patterns", [("query", #"{app="web"}"#), ("step", "10s")])["data"]?.arrayValue ?? []
            #expect(patterns.compactMap { $0["pattern"]?.stringValue } == ["level=info took=<_> id=<_>", "level=error took=<_> id=<_>"])
            #expect(patterns.first?["samples"]?.arrayValue?.compactMap { $0[1]?.intValue }.reduce(0, +) == 16)
        }
    }

    @Test("logcli: query, labels, series, stats, volume, and delete requests from making to taking back")
    func logcli() async throws {
        try await Self.withServer(19_624) { address in
            try Self.fill(address)
            let all = [("query", #"{app="web"}"#), ("start", Self.nanoseconds(0)), ("end", Self.nanoseconds(60)), ("limit", "30")]
            #expect(Self.lines(try Curl.get("\(address)/query_range", parameters: all + [("direction", "BACKWARD")])).count == 20)
            func delete(_ method: String, _ parameters: String) throws -> Curl.Answer { try Curl.send(method, "\(address)/delete?\(parameters)") }
            let selector = "query=%7Bapp%3D%22web%22%7D%20%7C%3D%20%22error%22"
            #expect(try delete("POST", "\(selector)&start=\(Self.base)&end=\(Self.base + 60)").status == 204)
            #expect(Self.lines(try Curl.get("\(address)/query_range", parameters: all)).count == 16)
            let listed = try Curl.get("\(address)/delete").json
            #expect(listed[0]?["query"]?.stringValue == #"{app="web"} |= "error""# && listed[0]?["start_time"]?.int64Value == Self.base)
            for (method, parameters, status, text) in [
                ("POST", "start=1", 400, "query not set"), ("POST", selector, 400, "start time not set"),
                ("POST", "\(selector)&start=9&end=8", 400, "start time can't be greater than end time"),
                ("PUT", "\(selector)&start=x", 400, "invalid start time"), ("POST", "query=1&start=1", 400, "invalid query"),
                ("POST", "query=%7Ba%3D%22b%22%7D%7Cjson&start=1", 400, "line filters"), ("DELETE", "request_id=none", 404, "could not find"),
                ("DELETE", "", 400, "request_id not set"),
            ] {
                let answer = try delete(method, parameters)
                #expect(answer.status == status && answer.text.contains(text), "\(method) \(parameters): \(answer.status) \(answer.text)")
            }
            let id = listed[0]?["request_id"]?.stringValue ?? ""
            #expect([204, 400].contains(try delete("DELETE", "request_id=\(id)").status), "pending, or already carried out")
        }
    }

    @Test("tail: what is there, then what comes, late entries of another stream too")
    func tail() async throws {
        try await Self.withServer(19_625) { address in
            let now = Timestamp(nanoseconds: Int64(SystemClock().now().nanoseconds))
            func line(_ app: String, _ offset: Int64, _ text: String) -> String {
                #"{"streams":[{"stream":{"job":"t","app":"\#(app)"},"values":[["\#(now.nanoseconds + offset)","\#(text)"]]}]}"#
            }
            #expect(try Self.push(address, line("a", -2_000_000_000, "before")).status == 204)
            async let frames = Task.detached {
                try Curl.frames("\(address)/tail", parameters: [("query", #"{job="t"}"#), ("limit", "10")], seconds: 9)
            }.value
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try Self.push(address, line("a", 0, "now")).status == 204)
            try await Task.sleep(for: .milliseconds(500))
            #expect(try Self.push(address, line("b", -1_000_000_000, "late")).status == 204)
            #expect(try Self.push(address, line("a", 1_000, "last")).status == 204)
            let text = try await frames
            for wanted in ["before", "now", "late", "last"] {
                #expect(text.split(separator: "\"\(wanted)\"", omittingEmptySubsequences: false).count == 2, "\(wanted) once in \(text)")
            }
            for (parameters, reason) in [
                ([("query", #"{job="t"}"#), ("delay_for", "6")], "delay_for can't be greater than 5"),
                ([("query", #"rate({job="t"}[1m])"#)], "only log queries can be tailed"), ([("query", "{")], "parse error"),
                ([("query", #"{job="t"}"#)], "WebSocket"),
            ] {
                let answer = try Curl.get("\(address)/tail", parameters: parameters)
                #expect(answer.status == 400 && answer.text.contains(reason), "\(answer.text)")
            }
        }
    }

    @Test("a service's name and a level are added when configured, and not otherwise")
    func additions() async throws {
        let body = #"{"streams":[{"stream":{"container":"web"},"values":[["\#(Self.nanoseconds(1))","WARN: disk"],["\#(Self.nanoseconds(2))","level=error x"]]}]}"#
        for (port, config, labels, levels) in [
            (19_626, nil, ["container"], [String]()),
            (19_627, "logs:\n  serviceNameLabels: usual\n  detectLevels: true\n", ["container", "service_name"], ["error", "warn"]),
        ] as [(Int, String?, [String], [String])] {
            try await Self.withServer(port, config: config) { address in
                #expect(try Self.push(address, body).status == 204)
                let window = [("start", Self.nanoseconds(0)), ("end", Self.nanoseconds(9))]
                let names = try Curl.get("\(address)/labels", parameters: window).json["data"]?.arrayValue?.compactMap(\.stringValue)
                #expect(names == labels)
                let values = try Curl.get("\(address)/detected_field/detected_level/values", parameters: window + [("query", #"{container="web"}"#)])
                #expect((values.json["values"]?.arrayValue?.compactMap(\.stringValue) ?? []).sorted() == levels, "\(values.text)")
            }
        }
    }

    @Test("the other routes that operators and tools look at")
    func status() async throws {
        try await Self.withServer(19_628) { (address) async throws in
            let root = address.replacing("/loki/api/v1", with: "")
            #expect(try Curl.get("\(root)/config").text.contains("listen: "))
            #expect(try Curl.get("\(root)/services").text.contains("Running"))
            #expect(try Curl.get("\(root)/log_level").text == "Current log level is info\n")
            #expect(try Curl.send("POST", "\(root)/flush").status == 204)
            #expect(try Curl.get("\(address)/rules").status == 404)
            #expect(try Curl.get("\(root)/prometheus/api/v1/rules").json["data"]?["groups"]?.arrayValue?.isEmpty == true)
            #expect(try Curl.get("\(root)/prometheus/api/v1/alerts").json["data"]?["alerts"]?.arrayValue?.isEmpty == true)
            #expect(try Curl.get("\(address)/format_query", parameters: [("query", #"{a="b"}|="c" # why"#)]).json["data"]?.stringValue == #"{a="b"} |= "c""#)
        }
    }

    @Test("pipes beyond Loki's language answer as streams that any client shows")
    func pipes() async throws {
        try await Self.withServer(19_630) { address in
            let values = ["GET /a 200", "GET /a 200", "GET /b 500", "POST /a 201", "GET /a 200"].enumerated()
                .map { #"["\#(Self.nanoseconds(Int64($0.offset + 1)))","\#($0.element)"]"# }.joined(separator: ",")
            #expect(try Self.push(address, #"{"streams":[{"stream":{"app":"web"},"values":[\#(values)]}]}"#).status == 204)
            for (pipe, expected) in [
                ("| dedup", ["GET /a 200", "GET /b 500", "POST /a 201", "GET /a 200"]), ("| distinct", ["GET /a 200", "GET /b 500", "POST /a 201"]),
                ("| pattern `<verb> <path> <code>` | distinct verb", ["GET /a 200", "POST /a 201"]),
                ("| pattern `<verb> <path> <code>` | sort by (code) desc", ["GET /b 500", "POST /a 201", "GET /a 200", "GET /a 200", "GET /a 200"]),
                ("| pattern `<verb> <path> <code>` | top 1 by (path)", ["path=/a count=4 GET /a 200"]),
                ("| pattern `<verb> <path> <code>` | uniq by (verb)", ["verb=GET count=4 GET /a 200", "verb=POST count=1 POST /a 201"]),
                (#"|= "500" | context 1,1"#, ["GET /a 200", "GET /b 500", "POST /a 201"]),
                ("| cluster", ["pattern=GET /a <_> count=3 GET /a 200", "pattern=GET /b <_> count=1 GET /b 500", "pattern=POST /a <_> count=1 POST /a 201"]),
            ] {
                let answer = try Curl.get("\(address)/query_range", parameters: [
                    ("query", #"{app="web"} \#(pipe)"#), ("start", Self.nanoseconds(0)), ("end", Self.nanoseconds(9)), ("direction", "forward"),
                ])
                let rows = (answer.json["data"]?["result"]?.arrayValue ?? []).flatMap { stream -> [String] in
                    let labels = ["path", "verb", "pattern", "count"].compactMap { name in stream["stream"]?[name]?.stringValue.map { "\(name)=\($0)" } }
                    let isCounted = stream["stream"]?["count"] != nil
                    return (stream["values"]?.arrayValue ?? []).map { ((isCounted ? labels : []) + [$0[1]?.stringValue ?? ""]).joined(separator: " ") }
                }
                #expect(rows.sorted() == expected.sorted(), "\(pipe): \(answer.text)")
            }
        }
    }

    @Test("what cannot be taken is refused by name, and the server goes on")
    func hostile() async throws {
        try await Self.withServer(19_629) { address in
            for (body, status, text) in [
                (#"{"streams":[{"stream":{},"values":[["1","x"]]}]}"#, 400, "without labels"),
                (#"{"streams":[{"stream":{"a":1},"values":[]}]}"#, 400, "expected a string"),
                (#"{"streams":[{"stream":{"a":"b"},"values":[["soon","x"]]}]}"#, 400, "nanoseconds"),
                (#"{"streams":[{"stream":{"a b":"x"},"values":[["1","x"]]}]}"#, 400, "label name \"a b\""), (#"{"streams":{}}"#, 400, "array"),
                ("", 400, ""), ("[", 400, ""), (#"{"streams":[]}"#, 204, ""),
            ] {
                let answer = try Self.push(address, body)
                #expect(answer.status == status && answer.text.contains(text), "\(body): \(answer.status) \(answer.text)")
            }
            // One long line, and bytes that are no text, come back as they went in.
            var batch = LogWriteBatch()
            let stream = batch.addStream(Labels(["a": "odd"]))
            batch.addEntry(stream: stream, time: Self.base * 1_000_000_000, line: [UInt8](repeating: 0x78, count: 10 << 20))
            batch.addEntry(stream: stream, time: (Self.base + 1) * 1_000_000_000, line: Array("nul\0 end\r\n".utf8))
            #expect(try Curl.send("POST", "\(address)/push", type: "application/x-protobuf", body: LokiPushEncoder.encodeCompressed(batch)).status == 204)
            let found = try Curl.get("\(address)/query_range", parameters: [
                ("query", #"{a="odd"}"#), ("start", Self.nanoseconds(0)), ("end", Self.nanoseconds(5)), ("direction", "forward"),
            ])
            #expect(Self.lines(found).map(\.utf8.count) == [10 << 20, 10] && Self.lines(found).last == "nul\0 end\r\n")
        }
    }
}
