import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

/// What other programs push and fetch, and what an administrator does, over HTTP.
@Suite("Prometheus exchange", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct PrometheusExchangeTests {
    private static let base: Int64 = 1_700_000_000_000

    private func start(port: Int, settings: String = "") async throws -> (ScratchFolder, RunningServer) {
        let folder = try ScratchFolder()
        try PosixFileSystem().replaceContents(folder.path + "/skysail.yaml", with: Array("metrics:\n  retention: 0\n\(settings)".utf8))
        return (folder, try await RunningServer(["server", "--config", folder.path + "/skysail.yaml"], folder: folder.path, port: port))
    }

    private func write(_ server: RunningServer, _ name: String, _ samples: [(Int64, Double)]) throws {
        var batch = SampleWriteBatch()
        let series = batch.addSeries(Labels([(name: "__name__", value: name), (name: "job", value: "x")]))
        for (time, value) in samples { batch.addSample(series: series, time: time, value: value) }
        let answer = try Curl.post(
            "\(server.address)/api/v1/write", headers: [("Content-Type", RemoteWrite.Version.v1.contentType), ("Content-Encoding", "snappy")],
            body: RemoteWriteEncoder.encodeCompressed(batch, version: .v1))
        #expect(answer.status == 204, "\(answer.text)")
    }

    private func values(_ server: RunningServer, _ query: String, at time: Int64 = base) throws -> [String] {
        let answer = try Curl.post("\(server.address)/api/v1/query", form: [("query", query), ("time", "\(Double(time) / 1000)")])
        return (answer.json["data"]?["result"]?.arrayValue ?? []).compactMap { $0["value"]?.arrayValue?.last?.stringValue }
    }

    private static let metrics = #"""
        {"resourceMetrics": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}, "scopeMetrics": [{"metrics": [
          {"name": "http.requests", "unit": "{request}", "sum": {"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [
            {"timeUnixNano": "1700000000000000000", "asInt": "7", "attributes": [{"key": "http.route", "value": {"stringValue": "/a"}}]}]}}]}]}]}
        """#

    @Test("OTLP metrics come as JSON and as protobuf, are answered in kind, and are named as configured", arguments: [
        ("UnderscoreEscapingWithSuffixes", "http_requests_total", "http_route"), ("NoTranslation", "http.requests", "http.route"),
    ])
    func openTelemetry(strategy: String, name: String, label: String) async throws {
        let (folder, server) = try await start(port: strategy == "NoTranslation" ? 23_300 : 23_301, settings: "  otlpTranslation: \(strategy)\n")
        defer { folder.remove() }
        let address = server.address + "/api/v1/otlp/v1/metrics"
        let taken = try Curl.send("POST", address, type: "application/json", body: Array(Self.metrics.utf8))
        #expect(taken.status == 200 && taken.text == "{}", "\(taken.status) \(taken.text)")
        #expect(try values(server, #"{"\#(name)", "\#(label)"="/a", job="shop"}"#) == ["7"])
        let delta = Self.metrics.replacing("\"aggregationTemporality\": 2", with: "\"aggregationTemporality\": 1")
        let partly = try Curl.send("POST", address, type: "application/json", body: Array(delta.utf8))
        #expect(partly.status == 200 && partly.json["partialSuccess"]?["errorMessage"]?.stringValue?.contains("not cumulative") == true, "\(partly.text)")
        let protobuf = try OTLPMetricsJSON.protobuf(Array(Self.metrics.replacing("\"7\"", with: "\"8\"").utf8))
        let same = try Curl.send("POST", address, type: "application/x-protobuf", body: protobuf)
        #expect(same.status == 200 && same.body.isEmpty && same.headers["content-type"] == "application/x-protobuf", "\(same.text)")
        #expect(try values(server, #"{"\#(name)"}"#) == ["8"])
        #expect(try Curl.send("POST", address, type: "text/plain", body: [1]).status == 415)
        #expect(try Curl.send("POST", address, type: "application/json", body: Array("{".utf8)).status == 400)
        #expect(await server.stop() == 0)
    }

    @Test("remote read gives back the samples as they are, whatever the client says that it will do with them")
    func remoteRead() async throws {
        let (folder, server) = try await start(port: 23_302)
        defer { folder.remove() }
        let samples = (0..<300).map { (Self.base + Int64($0) * 1000, Double($0) / 4) }
        try write(server, "a_total", samples)
        try write(server, "other", [(Self.base, 1)])
        for isFlushed in [false, true] {
            if isFlushed { #expect(try Curl.send("POST", server.address + "/-/flush").status == 200) }
            var selection = SampleSelection(
                matchers: [try LabelMatcher("__name__", .matchesExpression, "a_.*")], start: Self.base + 10_000, end: Self.base + 20_000)
            for function in ["", "rate", "count_over_time"] {
                selection.hints.function = function
                selection.hints.range = 5000
                let answer = try Curl.post(
                    "\(server.address)/api/v1/read", headers: [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy")],
                    body: Snappy.compress(RemoteReadRequest(selections: [selection, selection]).bytes))
                #expect(answer.status == 200 && answer.headers["content-encoding"] == "snappy", "\(answer.status) \(answer.text)")
                let batches = try RemoteReadResponse.decode(snappy: answer.body)
                #expect(batches.count == 2)
                for batch in batches {
                    #expect(batch.series.count == 1 && batch.labels(0) == Labels(["__name__": "a_total", "job": "x"]))
                    #expect(batch.sampleTimes == samples[10...20].map(\.0) && batch.sampleValues == samples[10...20].map(\.1), "\(function)")
                }
            }
        }
        let broken = try Curl.post("\(server.address)/api/v1/read", headers: [("Content-Encoding", "snappy")], body: [5, 1, 2])
        #expect(broken.status == 400, "\(broken.status) \(broken.text)")
        #expect(await server.stop() == 0)
    }

    @Test("names and values of labels are those of the window, without a selection too")
    func labelWindows() async throws {
        let (folder, server) = try await start(port: 23_303)
        defer { folder.remove() }
        try write(server, "early", [(Self.base, 1), (Self.base + 60_000, 1)])
        try write(server, "late", [(Self.base + 3_600_000, 1)])
        for isFlushed in [false, true] {
            if isFlushed { #expect(try Curl.send("POST", server.address + "/-/flush").status == 200) }
            func names(_ start: Int64, _ end: Int64) throws -> JSONValue? {
                let window = [("start", "\((Self.base + start) / 1000)"), ("end", "\((Self.base + end) / 1000)")]
                return try Curl.get("\(server.address)/api/v1/label/__name__/values", parameters: window).json["data"]
            }
            #expect(try names(0, 3_600_000) == ["early", "late"])
            #expect(try names(0, 60_000) == ["early"])
            #expect(try names(61_000, 3_600_000) == ["late"])
            #expect(try names(61_000, 3_599_000) == [])
        }
        #expect(await server.stop() == 0)
    }

    @Test("samples are deleted by selection and time, their room is given back, and a snapshot is a store that another server serves")
    func administration() async throws {
        let (folder, server) = try await start(port: 23_304)
        defer { folder.remove() }
        let admin = server.address + "/api/v1/admin/tsdb"
        try write(server, "kept", [(Self.base, 1)])
        try write(server, "gone", [(Self.base, 1), (Self.base + 100_000, 2)])
        #expect(try Curl.send("POST", server.address + "/-/flush").status == 200)
        let blocks = try Curl.get("\(server.address)/api/v1/status/tsdb/blocks").json["data"]?["blocks"]?.arrayValue ?? []
        #expect(blocks.contains { $0["stats"]?["numSamples"]?.int64Value == 3 && $0["minTime"]?.int64Value == Self.base }, "\(blocks)")
        #expect(blocks.allSatisfy { $0["ulid"]?.stringValue?.count == 26 && $0["stats"]?["numSeries"]?.int64Value ?? 0 > 0 })
        let deleted = try Curl.post("\(admin)/delete_series", form: [("match[]", "gone"), ("end", "\(Self.base / 1000 + 1)")])
        #expect(deleted.status == 204, "\(deleted.text)")
        #expect(try Curl.send("POST", "\(admin)/delete_series").status == 400)
        #expect(try values(server, "gone") == [] && values(server, "gone", at: Self.base + 100_000) == ["2"])
        #expect(try Curl.send("POST", "\(admin)/clean_tombstones").status == 204)
        #expect(try values(server, "gone") == [] && values(server, "gone", at: Self.base + 100_000) == ["2"])
        // What is in no block yet is in the one snapshot and not in the other.
        try write(server, "fresh", [(Self.base, 3)])
        #expect(try Curl.send("POST", "\(admin)/snapshot?skip_head=perhaps").status == 400)
        let bare = try Curl.send("POST", "\(admin)/snapshot?skip_head=true").json["data"]?["name"]?.stringValue ?? ""
        let whole = try Curl.send("POST", "\(admin)/snapshot").json["data"]?["name"]?.stringValue ?? ""
        #expect(!bare.isEmpty && !whole.isEmpty && bare != whole)
        #expect(await server.stop() == 0)
        for (name, fresh) in [(bare, [String]()), (whole, ["3"])] {
            let copy = try ScratchFolder()
            defer { copy.remove() }
            try PosixFileSystem().createDirectory(copy.path + "/data")
            _ = try PosixProgramRunner.runBlocking(
                "cp", ["-r", "\(folder.path)/data/snapshots/\(name)", "\(copy.path)/data/metrics"], environment: ["PATH": "/usr/bin:/bin"])
            let other = try await RunningServer(["server", "--retention-metrics", "0"], folder: copy.path, port: 23_305)
            #expect(try values(other, "kept") == ["1"] && values(other, "gone", at: Self.base + 100_000) == ["2"] && values(other, "fresh") == fresh, "\(name)")
            #expect(await other.stop() == 0)
        }
    }
}
