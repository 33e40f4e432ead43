import Bytes
import Environment
import Posix
import Testing
import Wire

/// The compliance queries on the same samples in Debian's Prometheus and in the finished binary, point by point.
///
/// Debian's package is 2.42: its ranges are closed on the left where those of today are open. No sample lies on an edge here, so that the two
/// must agree within 1e-5.
@Suite("Beside Prometheus", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct PrometheusComparisonTests {
    private static let program = PrometheusProgramTests.program("prometheus")
    private static let file = ProjectRoot.path + "/../shared/conformance/promql/compliance_queries.json"

    private static var missing: String? {
        if !PosixFileSystem().exists(program) { return "no \(program): install Debian's package prometheus" }
        return PosixFileSystem().exists(file) ? nil : "no conformance data beside the project"
    }

    /// Queries that 2.42 answers differently for a reason, not by mistake.
    private static let exceptions: [String: String] = [
        "label_replace(demo_num_cpus, \"~invalid\"": "2.42 refuses the name too, but at another stage"
    ]

    @Test("every compliance query is answered as Prometheus answers it", .enabled(if: missing == nil, "\(missing ?? "")"))
    func compliance() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23_260)
        try PosixFileSystem().replaceContents(folder.path + "/prometheus.yml", with: [])
        let prometheus = try ChildProcess.start(
            Self.program,
            [
                "--config.file", folder.path + "/prometheus.yml", "--storage.tsdb.path", folder.path + "/tsdb", "--web.listen-address",
                "127.0.0.1:23261", "--web.enable-remote-write-receiver",
            ], output: folder.path + "/prometheus.log")
        defer { prometheus.signal(.kill) }
        let other = "http://127.0.0.1:23261"
        let deadline = ContinuousClock.now + .seconds(30)
        while (try? Curl.get(other + "/-/ready").status) != 200 {
            guard ContinuousClock.now < deadline else { throw ServerFailed("Prometheus was not ready") }
            try await Task.sleep(for: .milliseconds(100))
        }
        let now = SystemClock().now().milliseconds
        let fleet = DemoFleet(start: now - 40 * 60_000, end: now)
        let body = RemoteWriteEncoder.encodeCompressed(fleet.batch, version: .v1)
        for address in [server.address, other] {
            let answer = try Curl.post(
                address + "/api/v1/write", headers: [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy")], body: body)
            #expect(answer.status == 204, "\(address): \(answer.text)")
        }
        let end = (now - 12 * 60_000) / 10_000 * 10
        let window = [("start", "\(end - 600)"), ("end", "\(end)"), ("step", "10")]
        let queries = try JSONValue.parse(try PosixFileSystem().contents(Self.file))["queries"]?.arrayValue ?? []
        #expect(queries.count > 300)
        let address = server.address
        let failures = try await OwnThread.run {
            var failures: [String] = []
            for query in queries {
                guard let text = query["query"]?.stringValue, !Self.exceptions.keys.contains(where: text.hasPrefix) else { continue }
                let ours = try Curl.post(address + "/api/v1/query_range", form: window + [("query", text)])
                let theirs = try Curl.post(other + "/api/v1/query_range", form: window + [("query", text)])
                if let reason = Self.difference(ours, theirs) { failures.append("\(text): \(reason)") }
            }
            return failures
        }
        #expect(failures.isEmpty, "\(queries.count - failures.count) of \(queries.count) agree\n\(failures.joined(separator: "\n"))")
        #expect(await server.stop() == 0)
    }

    private static func difference(_ ours: Curl.Answer, _ theirs: Curl.Answer) -> String? {
        guard (ours.status == 200) == (theirs.status == 200) else { return "\(ours.status) \(ours.text.prefix(200)), they \(theirs.status) \(theirs.text.prefix(200))" }
        if ours.status != 200 { return nil }
        let (mine, other) = (series(ours), series(theirs))
        guard Set(mine.keys) == Set(other.keys) else {
            return "series \(Set(mine.keys).symmetricDifference(other.keys).sorted().prefix(3)) on one side only"
        }
        for (labels, points) in mine {
            let expected = other[labels] ?? []
            guard points.count == expected.count else { return "\(labels): \(points.count) points, they \(expected.count)" }
            for (point, wanted) in zip(points, expected) {
                guard point.time == wanted.time else { return "\(labels): a point at \(point.time), they at \(wanted.time)" }
                if point.text == wanted.text { continue }
                guard let value = DecimalNumber.parse(point.text), let target = DecimalNumber.parse(wanted.text),
                    abs(value - target) <= 1e-5 * max(abs(value), abs(target))
                else { return "\(labels) at \(point.time): \(point.text), they \(wanted.text)" }
            }
        }
        return nil
    }

    private static func series(_ answer: Curl.Answer) -> [String: [(time: Double, text: String)]] {
        var found: [String: [(time: Double, text: String)]] = [:]
        for line in answer.json["data"]?["result"]?.arrayValue ?? [] {
            let metric = line["metric"]?.objectValue ?? JSONObject()
            let key = zip(metric.keys, metric.values).map { "\($0)=\($1.stringValue ?? "")" }.sorted().joined(separator: ",")
            found[key] = (line["values"]?.arrayValue ?? []).map { point in
                (point.arrayValue?.first?.doubleValue ?? 0, point.arrayValue?.last?.stringValue ?? "")
            }
        }
        return found
    }
}
