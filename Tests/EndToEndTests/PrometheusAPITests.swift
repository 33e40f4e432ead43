import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

/// Prometheus' HTTP API as its clients call it.
@Suite("Prometheus API", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct PrometheusAPITests {
    private static let rules = """
        groups:
          - name: one
            interval: 1s
            rules:
              - {record: "requests:rate", expr: "vector(1)", labels: {team: a}}
              - {alert: Always, expr: "vector(1) > 0", labels: {severity: page, team: b}}
          - name: two
            interval: 1s
            rules:
              - {alert: Never, expr: "vector(1) > 2"}
          - name: three
            interval: 1s
            rules:
              - {record: "requests:sum", expr: "vector(2)"}

        """

    /// A server with two counters, a gauge with an exemplar, metadata, and rules.
    private func start(port: Int) async throws -> (ScratchFolder, RunningServer) {
        let folder = try ScratchFolder()
        try PosixFileSystem().replaceContents(folder.path + "/rules.yaml", with: Array(Self.rules.utf8))
        let server = try await RunningServer(
            ["server", "--retention-metrics", "0", "--rules", folder.path + "/rules.yaml"], folder: folder.path, port: port)
        var batch = SampleWriteBatch()
        for instance in ["a", "b"] {
            let series = batch.addSeries(
                Labels([(name: "__name__", value: "requests_total"), (name: "job", value: "web"), (name: "instance", value: instance)]))
            for step in 0..<20 { batch.addSample(series: series, time: 1_700_000_000_000 + Int64(step) * 15_000, value: Double(step)) }
        }
        let latency = batch.addSeries(Labels([(name: "__name__", value: "latency_seconds"), (name: "http.route", value: "/x y")]))
        batch.addSample(series: latency, time: 1_700_000_000_000, value: 0.25)
        batch.exemplars.append(
            .init(series: latency, labels: Labels([(name: "trace_id", value: "abc")]), time: 1_700_000_000_000, value: 0.25))
        batch.metadata = [
            MetricMetadata(metric: "requests_total", kind: .counter, help: "All \"requests\".", unit: ""),
            MetricMetadata(metric: "latency_seconds", kind: .gauge, help: "Latency.", unit: "seconds"),
        ]
        let answer = try Curl.post(
            "\(server.address)/api/v1/write",
            headers: [("Content-Type", RemoteWrite.Version.v2.contentType), ("Content-Encoding", "snappy")],
            body: RemoteWriteEncoder.encodeCompressed(batch, version: .v2))
        #expect(answer.status == 204, "\(answer.text)")
        #expect(answer.headers["x-prometheus-remote-write-samples-written"] == "41")
        #expect(answer.headers["x-prometheus-remote-write-histograms-written"] == "0")
        #expect(answer.headers["x-prometheus-remote-write-exemplars-written"] == "1")
        return (folder, server)
    }

    private func names(_ value: JSONValue?, _ key: String = "name") -> [String] {
        (value?.arrayValue ?? []).compactMap { $0[key]?.stringValue }
    }

    @Test("the requests of Grafana's Prometheus data source are answered as it expects")
    func grafana() async throws {
        let (folder, server) = try await start(port: 23_250)
        defer { folder.remove() }
        let api = server.address + "/api/v1"
        // Save & test: a constant by POST, then the version.
        let health = try Curl.post("\(api)/query", form: [("query", "1+1"), ("time", "4")])
        #expect(health.text == #"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#)
        let build = try Curl.get("\(api)/status/buildinfo").json["data"]
        #expect(build?["version"]?.stringValue == "3.14.0")
        #expect(build?["application"] == nil, "it is taken for Prometheus, not for Mimir")
        // A panel.
        let range = try Curl.post(
            "\(api)/query_range",
            form: [
                ("query", "sum by (job) (rate(requests_total[1m]))"), ("start", "1700000060"), ("end", "1700000240"), ("step", "60"),
            ])
        let lines = range.json["data"]?["result"]?.arrayValue ?? []
        #expect(range.json["data"]?["resultType"]?.stringValue == "matrix")
        #expect(lines.count == 1 && lines[0]["metric"]?["job"]?.stringValue == "web" && lines[0]["values"]?.arrayValue?.count == 4, "\(range.text)")
        // Variables and the metric browser.
        let window = [("start", "1700000000"), ("end", "1700000300")]
        let labels = try Curl.post("\(api)/labels", form: window + [("match[]", #"{job="web"}"#)])
        #expect(labels.json["data"] == ["__name__", "instance", "job"], "\(labels.text)")
        let values = try Curl.get("\(api)/label/instance/values", parameters: window + [("match[]", "requests_total"), ("limit", "40000")])
        #expect(values.json["data"] == ["a", "b"])
        let metrics = try Curl.get("\(api)/label/__name__/values", parameters: window + [("match[]", #"{__name__=~"requests_total|latency_seconds"}"#)])
        #expect(metrics.json["data"] == ["latency_seconds", "requests_total"])
        let series = try Curl.post("\(api)/series", form: window + [("match[]", #"requests_total{instance="a"}"#), ("limit", "10")])
        #expect(series.json["data"] == [["__name__": "requests_total", "instance": "a", "job": "web"]])
        // Names that are no identifiers travel escaped.
        #expect(try Curl.get("\(api)/label/U__http_2e_route/values", parameters: window).json["data"] == ["/x y"])
        let metadata = try Curl.get("\(api)/metadata", parameters: [("limit", "100"), ("limit_per_metric", "1")]).json["data"]
        #expect(metadata?["requests_total"] == [["type": "counter", "unit": "", "help": "All \"requests\"."]])
        let exemplars = try Curl.post("\(api)/query_exemplars", form: window + [("query", "sum(latency_seconds)")])
        #expect(
            exemplars.json["data"] == [
                [
                    "seriesLabels": ["__name__": "latency_seconds", "http.route": "/x y"],
                    "exemplars": [["labels": ["trace_id": "abc"], "value": "0.25", "timestamp": 1_700_000_000]],
                ]
            ], "\(exemplars.text)")
        let groups = try Curl.get("\(api)/rules").json["data"]?["groups"]
        #expect(names(groups).sorted() == ["one", "three", "two"])
        #expect(await server.stop() == 0)
    }

    @Test("rules are filtered, and paged in whole groups")
    func rules() async throws {
        let (folder, server) = try await start(port: 23_251)
        defer { folder.remove() }
        let api = server.address + "/api/v1/rules"
        func groups(_ parameters: [(String, String)]) throws -> [String] {
            names(try Curl.get(api, parameters: parameters).json["data"]?["groups"])
        }
        #expect(try groups([("type", "record")]).sorted() == ["one", "three"])
        #expect(try groups([("rule_name[]", "Never")]) == ["two"])
        #expect(try groups([("rule_group[]", "three")]) == ["three"])
        #expect(try groups([("match[]", #"{team="b"}"#)]) == ["one"])
        #expect(try groups([("file[]", "elsewhere.yaml")]).isEmpty)
        #expect(try Curl.get(api, parameters: [("type", "nonsense")]).status == 400)
        var found: [String] = []
        var token = ""
        repeat {
            let page = try Curl.get(api, parameters: [("group_limit", "2")] + (token.isEmpty ? [] : [("group_next_token", token)]))
            found += names(page.json["data"]?["groups"])
            token = page.json["data"]?["groupNextToken"]?.stringValue ?? ""
        } while !token.isEmpty && found.count < 10
        #expect(found.sorted() == ["one", "three", "two"])
        #expect(try Curl.get(api, parameters: [("group_next_token", "00")]).status == 400)
        #expect(await server.stop() == 0)
    }

    @Test("a query is printed in canonical form, shown as a tree, and refused with line and column")
    func language() async throws {
        let (folder, server) = try await start(port: 23_252)
        defer { folder.remove() }
        let api = server.address + "/api/v1"
        let formatted = try Curl.post("\(api)/format_query", form: [("query", "sum(  rate(a{b='c'}[5m]))by(d)")])
        #expect(formatted.json["data"] == #"sum by (d) (rate(a{b="c"}[5m]))"#)
        let tree = try Curl.get("\(api)/parse_query", parameters: [("query", "a * on(b) group_left(c) rate(d[5m] offset 1m)")]).json["data"]
        #expect(tree?["type"] == "binaryExpr" && tree?["op"] == "*")
        #expect(tree?["matching"]?["card"] == "many-to-one" && tree?["matching"]?["include"] == ["c"])
        #expect(tree?["rhs"]?["func"]?["name"] == "rate" && tree?["rhs"]?["args"]?.arrayValue?.first?["range"] == 300_000)
        #expect(tree?["rhs"]?["args"]?.arrayValue?.first?["offset"] == 60_000)
        for path in ["query", "format_query", "parse_query", "query_exemplars"] {
            let wrong = try Curl.get("\(api)/\(path)", parameters: [("query", "sum(\nrate(a[5m]")])
            #expect(wrong.status == 400 && wrong.json["errorType"] == "bad_data", "\(path)")
            #expect(
                wrong.json["error"]?.stringValue == #"invalid parameter "query": 2:11: parse error: unclosed left parenthesis"#, "\(wrong.text)")
        }
        #expect(await server.stop() == 0)
    }

    @Test("every read route of the list answers, and says what it is")
    func routes() async throws {
        let (folder, server) = try await start(port: 23_253)
        defer { folder.remove() }
        let api = server.address + "/api/v1"
        for path in [
            "targets", "targets?state=active", "targets/metadata", "scrape_pools", "rules", "alerts", "alertmanagers", "status/config", "status/flags",
            "status/runtimeinfo", "status/buildinfo", "status/tsdb", "status/tsdb?limit=3", "status/tsdb/blocks", "status/self_metrics",
            "status/walreplay", "notifications", "features", "metadata", "labels",
        ] {
            let answer = try Curl.get("\(api)/\(path)")
            #expect(answer.status == 200 && answer.json["status"] == "success", "\(path): \(answer.text.prefix(200))")
            #expect(answer.json["data"] != nil, "\(path)")
        }
        let description = try Curl.get("\(api)/openapi.yaml")
        #expect(description.text.hasPrefix("openapi: 3.1.0") && description.text.contains("/query_range:"))
        #expect(try Curl.get("\(api)/scrape_pools/config", parameters: [("scrapePool", "none")]).status == 404)
        #expect(try Curl.get("\(api)/features").json["data"]?["promql_functions"]?["rate"] == true)
        let self_metrics = try Curl.get("\(api)/status/self_metrics").json["data"]
        #expect(names(self_metrics).contains("process_resident_memory_bytes"))
        #expect(await server.stop() == 0)
    }

    @Test("names are searched, as lines of JSON with a status at the end")
    func search() async throws {
        let (folder, server) = try await start(port: 23_254)
        defer { folder.remove() }
        let api = server.address + "/api/v1/search"
        func lines(_ path: String, _ parameters: [(String, String)]) throws -> [JSONValue] {
            let window = [("start", "1700000000"), ("end", "1700000300"), ("match[]", #"{__name__=~"requests_total|latency_seconds"}"#)]
            let answer = try Curl.get("\(api)/\(path)", parameters: window + parameters)
            #expect(answer.headers["content-type"] == "application/x-ndjson; charset=utf-8", "\(answer.text)")
            return try answer.text.split(separator: "\n").map { try JSONValue.parse(String($0)) }
        }
        let done: JSONValue = ["status": "success", "has_more": false]
        #expect(
            try lines("metric_names", [("search[]", "requests"), ("include_metadata", "true")]) == [
                ["results": [["name": "requests_total", "type": "counter", "help": "All \"requests\"."]]], done,
            ])
        #expect(try lines("metric_names", [("search[]", "REQ")]) == [["results": []], done])
        #expect(names(try lines("metric_names", [("search[]", "REQ"), ("case_sensitive", "false")]).first?["results"]) == ["requests_total"])
        #expect(names(try lines("metric_names", [("search[]", "rqsts"), ("fuzz_threshold", "5")]).first?["results"]) == ["requests_total"])
        #expect(
            names(
                try lines("metric_names", [("search[]", "latencyseconds"), ("fuzz_threshold", "80"), ("fuzz_alg", "jarowinkler")]).first?["results"])
                == ["latency_seconds"])
        #expect(
            try lines("label_values", [("label", "instance"), ("batch_size", "1")]) == [
                ["results": [["name": "a"]]], ["results": [["name": "b"]]], done,
            ])
        #expect(
            try lines("label_names", [("limit", "1"), ("sort_by", "alpha"), ("sort_dir", "dsc")]) == [
                ["results": [["name": "job"]]], ["status": "success", "has_more": true],
            ])
        #expect(try Curl.get("\(api)/label_values").status == 400)
        #expect(await server.stop() == 0)
    }

    @Test("exposition text goes in by import and comes out by federation")
    func text() async throws {
        let (folder, server) = try await start(port: 23_255)
        defer { folder.remove() }
        let body = """
            # HELP queue_length Jobs that wait.
            # TYPE queue_length gauge
            queue_length{queue="a b"} 3
            queue_length{queue="c"} 4 1700000000000

            """
        let path = "/insert/prometheus/api/v1/import/prometheus"
        let answer = try Curl.send(
            "POST", server.address + path + "?timestamp=1700000005000&extra_label=site=x", type: "text/plain", body: Array(body.utf8))
        #expect(answer.status == 204, "\(answer.text)")
        let found = try Curl.get("\(server.address)/api/v1/query", parameters: [("query", "queue_length"), ("time", "1700000005")])
        #expect(
            found.json["data"]?["result"] == [
                ["metric": ["__name__": "queue_length", "queue": "a b", "site": "x"], "value": [1_700_000_005, "3"]],
                ["metric": ["__name__": "queue_length", "queue": "c", "site": "x"], "value": [1_700_000_005, "4"]],
            ], "\(found.text)")
        let wrong = try Curl.send("POST", server.address + path, type: "text/plain", body: Array("queue_length{ 3\n".utf8))
        #expect(wrong.status == 400 && wrong.text.contains("line 1"), "\(wrong.text)")
        // Federation shows what is new now.
        let now = try Curl.send("POST", server.address + path, type: "text/plain", body: Array("fresh_total 7\n".utf8))
        #expect(now.status == 204)
        let federated = try Curl.get("\(server.address)/federate", parameters: [("match[]", #"{__name__="fresh_total"}"#)])
        #expect(federated.text.contains("# TYPE fresh_total") && federated.text.contains("\nfresh_total{instance=\"\"} 7 "), "\(federated.text)")
        #expect(await server.stop() == 0)
    }

    @Test("writes that must not be sent again are 4xx, and what is good in them is kept")
    func refusedWrites() async throws {
        let (folder, server) = try await start(port: 23_256)
        defer { folder.remove() }
        let address = server.address + "/api/v1/write"
        func send(_ type: String, _ encoding: String, _ body: [UInt8]) throws -> Curl.Answer {
            try Curl.post(address, headers: [("Content-Type", type), ("Content-Encoding", encoding)], body: body)
        }
        let version1 = RemoteWrite.Version.v1.contentType
        #expect(try send("application/json", "snappy", [0]).status == 415)
        #expect(try send("application/x-protobuf;proto=io.prometheus.write.v3.Request", "snappy", [0]).status == 415)
        #expect(try send(version1, "zstd", [0]).status == 415)
        // A length that lies, and one that is cut.
        #expect(try send(version1, "snappy", [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]).status == 413)
        #expect(try send(version1, "snappy", Snappy.compress([0x0a, 0x50, 0x0a])).status == 400)
        var batch = SampleWriteBatch()
        for (name, value) in [("kept_total", 1.0), ("", 2.0)] {
            let series = batch.addSeries(name.isEmpty ? Labels([(name: "job", value: "x")]) : Labels([(name: "__name__", value: name)]))
            batch.addSample(series: series, time: 1_700_000_000_000, value: value)
        }
        let mixed = try send(RemoteWrite.Version.v2.contentType, "snappy", RemoteWriteEncoder.encodeCompressed(batch, version: .v2))
        #expect(mixed.status == 400 && mixed.text.contains("invalid metric name or labels, got {"), "\(mixed.text)")
        #expect(mixed.headers["x-prometheus-remote-write-samples-written"] == "1")
        let kept = try Curl.get("\(server.address)/api/v1/query", parameters: [("query", "kept_total"), ("time", "1700000000")])
        #expect(kept.json["data"]?["result"]?.arrayValue?.count == 1)
        #expect(await server.stop() == 0)
    }

    @Test("limits cut with a word, and parameters that make no sense are bad data")
    func parameters() async throws {
        let (folder, server) = try await start(port: 23_257)
        defer { folder.remove() }
        let api = server.address + "/api/v1"
        let cut = try Curl.get("\(api)/query", parameters: [("query", "requests_total"), ("time", "1700000000"), ("limit", "1")])
        #expect(cut.json["data"]?["result"]?.arrayValue?.count == 1 && cut.json["warnings"] == ["results truncated due to limit"])
        let brief = [("query", "requests_total"), ("time", "1700000294")]
        #expect(try Curl.get("\(api)/query", parameters: brief).json["data"]?["result"]?.arrayValue?.count == 2)
        #expect(try Curl.get("\(api)/query", parameters: brief + [("lookback_delta", "5")]).json["data"]?["result"] == [])
        let counted = try Curl.get("\(api)/query", parameters: [("query", "sum_over_time(requests_total[1m])"), ("time", "1700000060"), ("stats", "all")])
        #expect(counted.json["data"]?["stats"]?["samples"]?["totalQueryableSamples"] == 8, "\(counted.text)")
        #expect(counted.json["data"]?["stats"]?["samples"]?["totalQueryableSamplesPerStep"] == [[1_700_000_060, 8]], "\(counted.text)")
        #expect(counted.json["data"]?["stats"]?["timings"]?["execTotalTime"]?.doubleValue != nil)
        let wrong: [(String, [(String, String)])] = [
            ("query", [("query", "up"), ("time", "yesterday")]), ("query", [("query", "up"), ("timeout", "soon")]),
            ("query", [("query", "up"), ("limit", "-1")]), ("query", [("query", "up"), ("lookback_delta", "soon")]),
            ("query_range", [("query", "up"), ("start", "2"), ("end", "1"), ("step", "1")]),
            ("query_range", [("query", "up"), ("start", "1"), ("end", "2"), ("step", "0")]),
            ("query_range", [("query", "up"), ("start", "0"), ("end", "100000"), ("step", "1")]),
            ("query_range", [("query", "up[1m]"), ("start", "0"), ("end", "1"), ("step", "1")]), ("series", []),
            ("series", [("match[]", "{}")]), ("labels", [("match[]", "up[5m]")]), ("query_exemplars", [("query", "up"), ("start", "2"), ("end", "1")]),
            ("metadata", [("limit", "many")]),
        ]
        for (path, parameters) in wrong {
            let answer = try Curl.get("\(api)/\(path)", parameters: parameters)
            #expect(answer.status == 400 && answer.json["errorType"] == "bad_data", "\(path) \(parameters): \(answer.status) \(answer.text)")
        }
        let failing = try Curl.get("\(api)/query", parameters: [("query", "label_replace(requests_total, \"instance\", \"\", \"\", \"\")"), ("time", "1700000000")])
        #expect(failing.status == 422 && failing.json["errorType"] == "execution", "\(failing.text)")
        #expect(await server.stop() == 0)
    }
}
