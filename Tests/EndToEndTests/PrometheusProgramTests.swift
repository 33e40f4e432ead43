import Bytes
import Environment
import Posix
import Testing

/// Debian's Prometheus and promtool, unmodified, as clients of the finished binary.
@Suite("Prometheus as a client", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct PrometheusProgramTests {
    /// Unpacked by `make test-packages`, since installing the package would start its service on port 9090; else the installed one.
    static func program(_ name: String) -> String {
        let unpacked = "\(ProjectRoot.path)/.build/test-tools/prometheus/usr/bin/\(name)"
        return PosixFileSystem().exists(unpacked) ? unpacked : "/usr/bin/\(name)"
    }

    private static var missing: String? {
        let absent = ["prometheus", "promtool"].map(program).filter { !PosixFileSystem().exists($0) }
        return absent.isEmpty ? nil : "no \(absent.joined(separator: ", ")): install Debian's package prometheus"
    }

    private static func configuration(_ server: RunningServer, own: String) -> String {
        """
        global: {scrape_interval: 1s}
        scrape_configs:
        - {job_name: skysail, static_configs: [{targets: ["127.0.0.1:\(server.port)"]}]}
        - {job_name: prometheus, static_configs: [{targets: ["\(own)"]}]}
        - job_name: federation
          honor_labels: true
          metrics_path: /federate
          params: {"match[]": ['{__name__=~"shop_.+"}']}
          static_configs: [{targets: ["127.0.0.1:\(server.port)"]}]
        remote_write: [{url: "\(server.address)/api/v1/write", send_exemplars: true, send_native_histograms: true}]
        remote_read: [{url: "\(server.address)/api/v1/read", read_recent: true}]
        """
    }

    private static func series(_ address: String, _ query: String) throws -> [String: String] {
        let answer = try Curl.post(address + "/api/v1/query", form: [("query", query)])
        var found: [String: String] = [:]
        for line in answer.json["data"]?["result"]?.arrayValue ?? [] {
            found[line["metric"]?["job"]?.stringValue ?? ""] = line["value"]?.arrayValue?.last?.stringValue
        }
        return found
    }

    @Test(
        "Prometheus scrapes, federates, writes and reads; promtool asks, and finds no fault with what we expose",
        .enabled(if: missing == nil, "\(missing ?? "")"))
    func exchange() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23_310)
        let own = "127.0.0.1:23311"
        try push("shop_orders{shop=\"a\"} 3", to: server)
        try PosixFileSystem().replaceContents(folder.path + "/prometheus.yml", with: Array(Self.configuration(server, own: own).utf8))
        let prometheus = try ChildProcess.start(
            Self.program("prometheus"),
            ["--config.file", folder.path + "/prometheus.yml", "--storage.tsdb.path", folder.path + "/tsdb", "--web.listen-address", own],
            output: folder.path + "/prometheus.log")
        defer { prometheus.signal(.kill) }

        let address = server.address
        let up = ["skysail": "1", "prometheus": "1", "federation": "1"]
        let deadline = ContinuousClock.now + .seconds(60)
        while try Self.series(address, "up") != up || Self.series("http://" + own, #"shop_orders{shop="a"}"#).isEmpty {
            guard ContinuousClock.now < deadline else {
                throw ServerFailed("not all of Prometheus' targets were up here: \(try Self.series(address, "up")): \(try log(folder))")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        // What was written here alone comes back through Prometheus' remote read.
        try push("only_here{job=\"j\"} 5", to: server)
        #expect(try Self.series("http://" + own, "only_here") == ["j": "5"])
        #expect(try Self.series(address, "prometheus_remote_storage_samples_failed_total + prometheus_remote_storage_samples_dropped_total")
            .values.allSatisfy { $0 == "0" })

        try await OwnThread.run {
            let promtool = Self.program("promtool")
            for (words, expected) in [
                (["query", "instant", address, #"only_here + 1"#], #"{job="j"} => 6"#),
                (["query", "range", "--step", "1s", address, "only_here"], #"only_here{job="j"} =>"#),
                (["query", "series", "--match", "only_here", address], #"{__name__="only_here", job="j"}"#),
                (["query", "labels", address, "job"], "federation"),
            ] {
                let outcome = try PosixProgramRunner.runBlocking(promtool, words, environment: [:])
                let printed = String(decoding: outcome.output + outcome.errors, as: UTF8.self)
                #expect(outcome.code == 0 && printed.contains(expected), "promtool \(words.joined(separator: " ")): \(printed)")
            }
            let checked = try PosixProgramRunner.runBlocking(
                "sh", ["-c", "curl -s \(address)/metrics | \(promtool) check metrics"], environment: ["PATH": "/usr/bin:/bin"])
            #expect(checked.code == 0, "\(String(decoding: checked.output + checked.errors, as: UTF8.self))")
        }
        prometheus.signal(.terminate)
        _ = await prometheus.wait(upTo: .seconds(20))
        let said = try log(folder)
        #expect(!said.contains("non-recoverable"), "\(said)")
        #expect(await server.stop() == 0)
    }

    private func push(_ line: String, to server: RunningServer) throws {
        let answer = try Curl.send("POST", server.address + "/api/v1/import/prometheus", type: "text/plain", body: Array((line + "\n").utf8))
        #expect(answer.status < 300, "\(answer.text)")
    }

    private func log(_ folder: ScratchFolder) throws -> String {
        String(decoding: try PosixFileSystem().contents(folder.path + "/prometheus.log"), as: UTF8.self)
    }
}
