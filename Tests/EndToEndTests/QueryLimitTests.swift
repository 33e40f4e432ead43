import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

/// What a query may take, and that nobody else has to wait for it.
@Suite("Query limits", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct QueryLimitTests {
    private static let seriesCount = 60
    private static let sampleCount = 3000
    private static let first: Int64 = 1_700_000_000

    private func start(port: Int) async throws -> (ScratchFolder, RunningServer) {
        let folder = try ScratchFolder()
        let server = try await RunningServer(["server", "--retention-metrics", "0"], folder: folder.path, port: port)
        var batch = SampleWriteBatch()
        var random = Xoshiro256(seed: 7)
        for number in 0..<Self.seriesCount {
            let series = batch.addSeries(Labels([(name: "__name__", value: "load"), (name: "node", value: "n\(number)")]))
            for step in 0..<Self.sampleCount {
                batch.addSample(series: series, time: (Self.first + Int64(step) * 15) * 1000, value: random.nextUnit())
            }
        }
        let answer = try Curl.post(
            "\(server.address)/api/v1/write", headers: [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy")],
            body: RemoteWriteEncoder.encodeCompressed(batch, version: .v1))
        #expect(answer.status == 204, "\(answer.text)")
        return (folder, server)
    }

    /// Sorts 2,000 samples at each of 10,000 steps for each series: minutes of work.
    private static let heavy = [
        ("query", "quantile_over_time(0.9, load[8h20m])"), ("start", "\(first)"), ("end", "\(first + 40_000)"), ("step", "4"),
    ]

    private func cpuSeconds(_ server: RunningServer) throws -> Double {
        let text = try Curl.get(server.address + "/metrics").text
        let line = text.split(separator: "\n").first { $0.hasPrefix("process_cpu_seconds_total ") }
        return DecimalNumber.parse(String(line?.split(separator: " ").last ?? "")) ?? .nan
    }

    @Test("a query that is out of time ends at once and says so")
    func timeout() async throws {
        let (folder, server) = try await start(port: 23_270)
        defer { folder.remove() }
        let begun = ContinuousClock.now
        let answer = try Curl.get("\(server.address)/api/v1/query_range", parameters: Self.heavy + [("timeout", "500ms")])
        let took = ContinuousClock.now - begun
        #expect(answer.status == 503 && answer.json["errorType"] == "timeout", "\(answer.status) \(answer.text.prefix(200))")
        #expect(took < .milliseconds(1500), "it took \(took)")
        #expect(await server.stop() == 0)
    }

    @Test("a query whose client has gone stops, and others are answered meanwhile")
    func goneClient() async throws {
        let (folder, server) = try await start(port: 23_271)
        defer { folder.remove() }
        #expect(throws: (any Error).self) {
            try Curl.get("\(server.address)/api/v1/query_range", parameters: Self.heavy, patience: 0.7)
        }
        try await Task.sleep(for: .milliseconds(200))
        let before = try cpuSeconds(server)
        try await Task.sleep(for: .seconds(1))
        let used = try cpuSeconds(server) - before
        #expect(used < 0.5, "\(used) s of CPU in a second after the client had gone")
        // Four heavy ones run; a light one does not wait for their end.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    _ = try Curl.get("\(server.address)/api/v1/query_range", parameters: Self.heavy + [("timeout", "3s")])
                }
            }
            try await Task.sleep(for: .milliseconds(500))
            let begun = ContinuousClock.now
            #expect(try Curl.get("\(server.address)/api/v1/status/buildinfo").status == 200)
            #expect(ContinuousClock.now - begun < .seconds(1))
            try await group.waitForAll()
        }
        #expect(await server.stop() == 0)
    }

    @Test("what asks for everything or nests without end is answered or refused, and the server goes on")
    func hostile() async throws {
        let (folder, server) = try await start(port: 23_272)
        defer { folder.remove() }
        let api = server.address + "/api/v1"
        let everything = try Curl.get("\(api)/query", parameters: [("query", #"count({__name__=~".+"})"#), ("time", "\(Self.first + 100)")])
        #expect(everything.json["data"]?["result"]?.arrayValue?.first?["value"]?.arrayValue?.last == "\(Self.seriesCount)")
        let deep = String(repeating: "(", count: 1000) + "1" + String(repeating: ")", count: 1000)
        #expect(try Curl.post("\(api)/query", form: [("query", deep)]).status == 400)
        let long = (0..<500).map { "\($0)" }.joined(separator: " + ")
        #expect(try Curl.post("\(api)/query", form: [("query", long)]).json["data"]?["result"]?.arrayValue?.last == "124750")
        #expect(try Curl.post("\(api)/query", form: [("query", "\(long) + \(long)")]).status == 400)
        // An operand in parentheses lies two levels deeper, of 256.
        for (head, tail, depth) in [("abs(", ")", 200), ("max_over_time(", "[1m:1m])", 200), ("1 + (", ")", 120), ("sum(", ")", 200)] {
            let nested = String(repeating: head, count: depth) + "vector(1)" + String(repeating: tail, count: depth)
            #expect(try Curl.post("\(api)/query", form: [("query", nested)]).status == 200, "\(head)")
        }
        let wide = try Curl.post("\(api)/query", form: [("query", "count_over_time(vector(1)[1000d:1ms])"), ("time", "\(Self.first)")])
        #expect(wide.status == 422, "\(wide.status) \(wide.text.prefix(200))")
        #expect(wide.json["errorType"] == "execution")
        for time in ["0", "-62135596800", "4102444800", "253402300799"] {
            #expect(try Curl.get("\(api)/query", parameters: [("query", "load"), ("time", time)]).json["data"]?["result"] == [])
        }
        #expect(try Curl.get("\(server.address)/-/healthy").status == 200)
        #expect(await server.stop() == 0)
    }
}
