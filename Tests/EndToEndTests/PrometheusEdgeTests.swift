import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

/// The corners of Prometheus' API: what it refuses, in which words, and what it forgives.
@Suite("Edges of the Prometheus API", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct PrometheusEdgeTests {
    private static let base: Int64 = 1_700_000_000_000

    private func start(port: Int, rules: String = "", settings: String = "") async throws -> (ScratchFolder, RunningServer) {
        let folder = try ScratchFolder()
        let files = PosixFileSystem()
        try files.replaceContents(folder.path + "/skysail.yaml", with: Array("metrics:\n  retention: 0\n  own: false\n\(settings)".utf8))
        try files.replaceContents(folder.path + "/rules.yaml", with: Array(rules.utf8))
        let arguments = rules.isEmpty ? [] : ["--rules", folder.path + "/rules.yaml"]
        return (folder, try await RunningServer(["server", "--config", folder.path + "/skysail.yaml"] + arguments, folder: folder.path, port: port))
    }

    private func write(_ server: RunningServer, _ batch: SampleWriteBatch, _ version: RemoteWrite.Version = .v2) throws -> Curl.Answer {
        try Curl.post(
            "\(server.address)/api/v1/write", headers: [("Content-Type", version.contentType), ("Content-Encoding", "snappy")],
            body: RemoteWriteEncoder.encodeCompressed(batch, version: version))
    }

    private static func series(_ names: [String], time: Int64 = base) -> SampleWriteBatch {
        var batch = SampleWriteBatch()
        for name in names {
            batch.addSample(series: batch.addSeries(Labels([(name: "__name__", value: name), (name: "job", value: "x")])), time: time, value: 1)
        }
        return batch
    }

    @Test("a store that is told not to keep the server's own series is empty until it is written to")
    func empty() async throws {
        let (folder, server) = try await start(port: 23_310)
        defer { folder.remove() }
        try await Task.sleep(for: .seconds(2))
        #expect(try Curl.get("\(server.address)/api/v1/labels").json["data"] == [])
        #expect(try Curl.get("\(server.address)/metrics").text.contains("process_cpu_seconds_total"))
        #expect(await server.stop() == 0)
        let flagged = try await RunningServer(["server", "--no-own-metrics"], folder: folder.path, port: 23_310)
        #expect(try Curl.get("\(flagged.address)/api/v1/label/__name__/values").json["data"] == [])
        #expect(await flagged.stop() == 0)
    }

    struct Case: CustomTestStringConvertible {
        var path: String
        var status = 400
        /// The member `error`, or what plain text begins with.
        var error: String
        var testDescription: String { path }
    }

    private static let selector = #"1:4: parse error: unexpected "[""#

    static let refusals = [
        Case(path: "/api/v1/series?match[]=tm1%5B5m%5D", error: #"invalid parameter "match[]": "# + selector),
        Case(path: "/api/v1/labels?match[]=tm1%5B5m%5D", error: selector),
        Case(path: "/api/v1/label/job/values?match[]=tm1%5B5m%5D", error: selector),
        Case(path: "/api/v1/series?match[]=", error: #"invalid parameter "match[]": 1:1: parse error: unexpected end of input"#),
        Case(path: "/api/v1/series?match[]=%7B%7D", error: #"invalid parameter "match[]": match[] must contain at least one non-empty matcher"#),
        Case(path: "/api/v1/labels?match[]=%7Ba=%22%22%7D", error: "match[] must contain at least one non-empty matcher"),
        Case(path: "/api/v1/series?match[]=a&x=%zz", error: #"error parsing form values: invalid URL escape "%zz""#),
        Case(path: "/api/v1/label/%ff/values", error: #"invalid label name: "\xff""#),
        Case(
            path: "/api/v1/query?query=1&time=abc",
            error: #"invalid parameter "time": invalid time value for 'time': cannot parse "abc" to a valid timestamp"#),
        Case(path: "/api/v1/query?query=1&limit=x", error: #"invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax"#),
        Case(path: "/api/v1/status/tsdb?limit=0", error: "limit must be a positive number"),
        Case(path: "/api/v1/status/tsdb?limit=10001", error: "limit must not exceed 10000"),
        Case(path: "/api/v1/targets/metadata?limit=x", error: "limit must be a number"),
        Case(path: "/api/v1/search/metric_names?include_score=maybe", error: #"invalid include_score "maybe": must be boolean"#),
        Case(path: "/api/v1/search/metric_names?sort_dir=asc", error: "sort_dir is only valid when sort_by is set"),
        Case(path: "/api/v1/search/metric_names?sort_by=score&sort_dir=asc&search[]=a", error: "sort_dir is not supported for sort_by=score"),
        Case(path: "/api/v1/search/metric_names?sort_by=score", error: "sort_by=score requires search[] to be set"),
        Case(path: "/api/v1/search/metric_names?sort_by=alpha&sort_dir=desc", error: #"invalid sort_dir "desc": must be "asc" or "dsc""#),
        Case(path: "/api/v1/search/metric_names?start=20&end=10", error: "end timestamp must not be before start timestamp"),
        Case(path: "/api/v1/search/label_names?sort_by=size", error: #"invalid sort_by "size" for label_names: must be "alpha" or "score""#),
        Case(path: "/api/v1/search/label_values", error: #"missing required parameter "label""#),
        Case(path: "/federate?match[]=up%7B", error: "1:4: parse error: unexpected end of input inside braces"),
    ]

    @Test("what Prometheus refuses is refused in its words")
    func refused() async throws {
        let (folder, server) = try await start(port: 23_311)
        defer { folder.remove() }
        for one in Self.refusals {
            let answer = try Curl.get(server.address + one.path)
            #expect(answer.status == one.status, "\(one.path): \(answer.text)")
            if one.path.hasPrefix("/federate") {
                #expect(answer.text == one.error + "\n" && answer.headers["content-type"]?.hasPrefix("text/plain") == true)
            } else {
                #expect(answer.json["error"]?.stringValue == one.error && answer.json["errorType"] == "bad_data", "\(answer.text)")
            }
        }
        let deletion = try Curl.post("\(server.address)/api/v1/admin/tsdb/delete_series", form: [("match[]", "tm1[5m]")])
        #expect(deletion.json["error"]?.stringValue == #"invalid parameter "match[]": "# + Self.selector)
        let everything = try Curl.post("\(server.address)/api/v1/admin/tsdb/delete_series", form: [("match[]", "{}")])
        #expect(everything.json["error"]?.stringValue == #"invalid parameter "match[]": match[] must contain at least one non-empty matcher"#)
        let snapshot = try Curl.send("POST", "\(server.address)/api/v1/admin/tsdb/snapshot?skip_head=T")
        #expect(snapshot.status == 200, "\(snapshot.text)")
        #expect(await server.stop() == 0)
    }

    @Test("ends of time, a look-back of zero, and a body that wins over the query are taken")
    func forgiven() async throws {
        let (folder, server) = try await start(port: 23_312)
        defer { folder.remove() }
        #expect(try write(server, Self.series(["up"])).status == 204)
        let (least, most) = ("-292273086-05-16T16:47:06Z", "292277025-08-18T07:12:54.999999999Z")
        let api = server.address + "/api/v1"
        for time in [least, most] { #expect(try Curl.get("\(api)/query", parameters: [("query", "up"), ("time", time)]).status == 200, "\(time)") }
        let window = [("match[]", "up"), ("start", least), ("end", most)]
        for path in ["series", "labels", "label/job/values", "query_exemplars?query=up", "search/metric_names"] {
            let answer = try Curl.get("\(api)/\(path)", parameters: window)
            #expect(answer.status == 200 && (path.hasPrefix("query") || !answer.text.contains("[]")), "\(path): \(answer.text)")
        }
        for lookback in ["0", "-5"] {
            let late = try Curl.get("\(api)/query", parameters: [("query", "up"), ("time", "1700000200"), ("lookback_delta", lookback)])
            #expect(late.json["data"]?["result"]?.arrayValue?.count == 1, "\(late.text)")
        }
        let posted = try Curl.post("\(api)/query?query=2", form: [("query", "3"), ("time", "1")])
        #expect(posted.json["data"]?["result"] == [1, "3"], "\(posted.text)")
        #expect(try Curl.send("POST", "\(api)/admin/tsdb/delete_series?match[]=up&start=\(least)&end=\(most)").status == 204)
        #expect(await server.stop() == 0)
    }

    @Test("a search answers one batch at least, finds subsequences within the last hour, and has its own content type")
    func search() async throws {
        let (folder, server) = try await start(port: 23_313)
        defer { folder.remove() }
        let now = SystemClock().now().milliseconds
        #expect(try write(server, Self.series(["go_gc_duration", "go_goroutines"], time: now)).status == 204)
        #expect(try write(server, Self.series(["go_gc_ancient"], time: now - 7_200_000)).status == 204)
        func lines(_ parameters: [(String, String)]) throws -> [JSONValue] {
            let answer = try Curl.get("\(server.address)/api/v1/search/metric_names", parameters: parameters)
            #expect(answer.headers["content-type"] == "application/x-ndjson; charset=utf-8", "\(answer.text)")
            return try answer.text.split(separator: "\n").map { try JSONValue.parse(String($0)) }
        }
        let done: JSONValue = ["status": "success", "has_more": false]
        #expect(try lines([("search[]", "none_such")]) == [["results": []], done])
        #expect(try lines([("search[]", "ggc"), ("limit", "0")]) == [["results": [["name": "go_gc_duration"]]], done])
        #expect(try lines([("search[]", "go_gor"), ("include_score", "t")]) == [["results": [["name": "go_goroutines", "score": 1]]], done])
        #expect(
            try lines([("sort_by", "score"), ("search[]", "go_goroutines"), ("search[]", "gduration")]).first?["results"]?.arrayValue?.first?["name"]
                == "go_goroutines")
        #expect(await server.stop() == 0)
    }

    @Test("federation gives every series an instance")
    func federation() async throws {
        let (folder, server) = try await start(port: 23_314)
        defer { folder.remove() }
        let now = SystemClock().now().milliseconds
        #expect(try write(server, Self.series(["fresh"], time: now)).status == 204)
        let text = try Curl.get("\(server.address)/federate", parameters: [("match[]", "fresh")]).text
        #expect(text.contains("fresh{job=\"x\",instance=\"\"} 1 \(now)\n"), "\(text)")
        #expect(await server.stop() == 0)
    }

    @Test("a partial write of version 2 is told line by line, and counts what was written")
    func partialWrite() async throws {
        let (folder, server) = try await start(port: 23_315)
        defer { folder.remove() }
        var batch = Self.series(["good", "bad"])
        _ = batch.addSeries(Labels(["__name__": "nothing"]))
        batch.histograms = [
            .init(
                series: 1, time: Self.base,
                histogram: NativeHistogram(
                    schema: NativeHistogram.customBucketsSchema, count: 1, sum: 1, positiveSpans: [.init(offset: 0, length: 1)], positiveCounts: [1],
                    customBounds: [.infinity], isInteger: true))
        ]
        let answer = try write(server, batch)
        let lines = answer.text.split(separator: "\n")
        #expect(answer.status == 400 && lines.count == 2, "\(answer.text)")
        #expect(lines.last == "TimeSeries must contain at least one sample or histogram for series {__name__=\"nothing\"}")
        #expect(answer.headers["x-prometheus-remote-write-samples-written"] == "1")
        #expect(answer.headers["x-prometheus-remote-write-histograms-written"] == "0")
        #expect(answer.headers["x-prometheus-remote-write-exemplars-written"] == "0")
        let address = "\(server.address)/api/v1/write"
        let unknown = try Curl.post(address, headers: [("Content-Type", "application/x-protobuf;yolo"), ("Content-Encoding", "snappy")], body: [0])
        #expect(unknown.status == 415)
        #expect(await server.stop() == 0)
    }

    @Test("pages of another site may read queries, not what servers exchange, and the Kubernetes API is as it was")
    func crossOrigin() async throws {
        let (folder, server) = try await start(port: 23_316)
        defer { folder.remove() }
        func ask(_ method: String, _ path: String) throws -> Curl.Answer {
            try Curl.send(method, server.address + path, headers: [("Origin", "https://a.example")])
        }
        let options = try ask("OPTIONS", "/api/v1/query")
        #expect(options.status == 204 && options.headers["access-control-allow-origin"] == "*", "\(options.status)")
        #expect(options.headers["access-control-allow-methods"] == "GET, POST, OPTIONS")
        #expect(try ask("GET", "/api/v1/query?query=1").headers["access-control-allow-origin"] == "*")
        #expect(try ask("OPTIONS", "/api/v1/write").headers["access-control-allow-origin"] == nil)
        #expect(try ask("GET", "/api/v1/namespaces").headers["access-control-allow-origin"] == nil)
        #expect(try ask("DELETE", "/api/v1/query").status == 405)
        #expect(await server.stop() == 0)
        let (other, narrow) = try await start(port: 23_316, settings: "  corsOrigin: https://b\\.example\n")
        defer { other.remove() }
        let answer = try Curl.send("GET", "\(narrow.address)/api/v1/query?query=1", headers: [("Origin", "https://a.example")])
        #expect(answer.status == 200 && answer.headers["access-control-allow-origin"] == nil)
        #expect(await narrow.stop() == 0)
    }

    @Test("rules are shown in canonical form, and no page of them promises a next one that has none")
    func rules() async throws {
        let rules = """
            groups:
              - {name: one, rules: [{record: "a:b", expr: "up==1"}, {alert: A, expr: "sum(  up )by(job)>0"}]}
              - {name: two, rules: [{alert: B, expr: "up"}]}

            """
        let (folder, server) = try await start(port: 23_317, rules: rules)
        defer { folder.remove() }
        let data = try Curl.get("\(server.address)/api/v1/rules", parameters: [("type", "record"), ("group_limit", "1")]).json["data"]
        #expect(data?["groups"]?.arrayValue?.count == 1 && data?["groupNextToken"] == nil, "\(String(describing: data))")
        #expect(data?["groups"]?.arrayValue?.first?["rules"]?.arrayValue?.first?["query"] == "up == 1")
        let alerts = try Curl.get("\(server.address)/api/v1/rules?type=alert&group_limit=1").json["data"]
        #expect(alerts?["groupNextToken"] != nil)
        #expect(alerts?["groups"]?.arrayValue?.first?["rules"]?.arrayValue?.first?["query"] == "sum by (job) (up) > 0")
        #expect(await server.stop() == 0)
    }
}
