import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

/// Samples at and over every limit, and floods, sent to the finished binary as a stranger would.
@Suite("Metrics at their limits", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct MetricsInputTests {
    private static let base: Int64 = 1_700_000_000_000

    private static func write(_ server: RunningServer, _ batch: SampleWriteBatch, _ version: RemoteWrite.Version = .v1) throws -> Curl.Answer {
        try send(server, RemoteWriteEncoder.encodeCompressed(batch, version: version), version)
    }

    private static func send(_ server: RunningServer, _ body: [UInt8], _ version: RemoteWrite.Version = .v1) throws -> Curl.Answer {
        try Curl.post(
            "\(server.address)/api/v1/write", headers: [("Content-Type", version.contentType), ("Content-Encoding", "snappy")], body: body)
    }

    private static func batch(_ labels: [(name: String, value: String)], _ samples: [(Int64, Double)] = [(base, 1)]) -> SampleWriteBatch {
        var batch = SampleWriteBatch()
        let series = batch.addSeries(Labels(labels))
        for (time, value) in samples { batch.addSample(series: series, time: time, value: value) }
        return batch
    }

    private static func result(_ server: RunningServer, _ query: String, at time: Int64 = base) throws -> [JSONValue] {
        let answer = try Curl.post("\(server.address)/api/v1/query", form: [("query", query), ("time", "\(Double(time) / 1000)")])
        #expect(answer.status == 200, "\(query): \(answer.text)")
        return answer.json["data"]?["result"]?.arrayValue ?? []
    }

    private static func number(_ server: RunningServer, _ query: String, at time: Int64 = base) throws -> String? {
        try result(server, query, at: time).first?["value"]?.arrayValue?.last?.stringValue
    }

    private static func metric(_ server: RunningServer, _ name: String) throws -> Double {
        let line = try Curl.get(server.address + "/metrics").text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return DecimalNumber.parse(String(line?.split(separator: " ").last ?? "")) ?? .nan
    }

    private struct LabelCase: CustomStringConvertible {
        var what: String
        var labels: [(name: String, value: String)]
        var isTaken: Bool
        var description: String { what }
    }

    private static func text(_ count: Int) -> String { String(repeating: "a", count: count) }
    private static func pairs(_ count: Int) -> [(name: String, value: String)] {
        [(name: "__name__", value: "many")] + (1..<count).map { (name: "l\($0)", value: "v") }
    }

    private static let labelCases: [LabelCase] = [
        LabelCase(what: "a metric name of any UTF-8", labels: [(name: "__name__", value: "métrique 1 \u{1F600}")], isTaken: true),
        LabelCase(what: "a label name of any UTF-8", labels: [(name: "__name__", value: "u"), (name: "a b.c\n", value: "x")], isTaken: true),
        LabelCase(what: "a label name at its limit", labels: [(name: "__name__", value: "n"), (name: text(1024), value: "x")], isTaken: true),
        LabelCase(what: "a label name over its limit", labels: [(name: "__name__", value: "n"), (name: text(1025), value: "x")], isTaken: false),
        LabelCase(what: "a long value", labels: [(name: "__name__", value: "v"), (name: "l", value: text(60 << 10))], isTaken: true),
        LabelCase(what: "a value over its limit", labels: [(name: "__name__", value: "v"), (name: "l", value: text((64 << 10) + 1))], isTaken: false),
        LabelCase(what: "as many labels as may be", labels: pairs(128), isTaken: true),
        LabelCase(what: "one label more", labels: pairs(129), isTaken: false),
        LabelCase(what: "no metric name", labels: [(name: "job", value: "x")], isTaken: false),
    ]

    @Test("label names and values up to their limits are taken and found again, beyond them they are refused by name, the rest of the body kept")
    func labelLimits() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server", "--retention-metrics", "0"], folder: folder.path, port: 23_290)
        for (number, one) in Self.labelCases.enumerated() {
            for version in [RemoteWrite.Version.v1, .v2] {
                var batch = Self.batch(one.labels)
                let companion = batch.addSeries(Labels([(name: "__name__", value: "companion"), (name: "case", value: "\(number)")]))
                batch.addSample(series: companion, time: Self.base, value: 1)
                let answer = try Self.write(server, batch, version)
                #expect(answer.status == (one.isTaken ? 204 : 400), "\(one) \(version): \(answer.status) \(answer.text)")
                // Version 2.0 says it as Prometheus does, a line for each series.
                if !one.isTaken { #expect(answer.text.contains(version == .v1 ? "refused: " : "{"), "\(one) \(version): \(answer.text)") }
                if version == .v2 { #expect(answer.headers["x-prometheus-remote-write-samples-written"] == (one.isTaken ? "2" : "1"), "\(one)") }
            }
            #expect(try Self.number(server, #"companion{case="\#(number)"}"#) == "1", "\(one)")
            if one.isTaken {
                let name = one.labels[0].value
                let found = try Self.result(server, #"{"\#(name)"}"#).map { $0["metric"]?.objectValue?.count ?? 0 }
                #expect(found.contains(one.labels.count), "\(one): \(found)")
            }
        }
        #expect(await server.stop() == 0)
    }

    @Test("bodies whose lengths lie, and bodies over the limit, are refused before they take memory")
    func lyingLengths() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server", "--retention-metrics", "0"], folder: folder.path, port: 23_291)
        #expect(try Self.write(server, Self.batch([(name: "__name__", value: "kept")])).status == 204)
        let before = try Self.metric(server, "process_resident_memory_bytes")
        let whole = RemoteWriteEncoder.encodeCompressed(Self.batch([(name: "__name__", value: "kept")]), version: .v1)
        let four = [UInt8](repeating: 0xff, count: 4)
        let cases: [(what: String, body: [UInt8], status: [Int])] = [
            ("a length of 4 GiB", four + [0x0f, 0x00], [413]), ("a length of more than 64 bits", [UInt8](repeating: 0xff, count: 11), [400, 413]),
            ("a length just over the limit", [0x81, 0x80, 0x80, 0x20, 0x00], [413]),
            ("a length at the limit, and nothing behind it", [0x80, 0x80, 0x80, 0x20], [400]),
            ("a length too long by one", [whole[0] + 1] + whole.dropFirst(), [400]), ("a length too short by one", [whole[0] - 1] + whole.dropFirst(), [400]),
            ("nothing", [], [400]), ("a copy from before the beginning", [0x08, 0x01, 0xff], [400]),
            ("a literal longer than the body", [0x40, 0xfc] + four, [400]),
            // A message within the limit, whose one series claims to be longer than the message.
            ("a series longer than its message", Snappy.compress([0x0a, 0xff, 0xff, 0xff, 0x7f, 0x00]), [400]),
            ("65 MiB of zeros", Snappy.compress([UInt8](repeating: 0, count: 65 << 20)), [413]),
        ]
        for round in 0..<3 {
            for one in cases {
                for version in [RemoteWrite.Version.v1, .v2] {
                    let answer = try Self.send(server, one.body, version)
                    #expect(one.status.contains(answer.status), "\(one.what), \(version), round \(round): \(answer.status) \(answer.text)")
                }
                let read = try Curl.post("\(server.address)/api/v1/read", headers: [("Content-Encoding", "snappy")], body: one.body)
                #expect((400..<500).contains(read.status) || one.body.isEmpty, "\(one.what), read: \(read.status) \(read.text)")
            }
        }
        let after = try Self.metric(server, "process_resident_memory_bytes")
        #expect(after - before < 150e6, "resident memory went from \(before) to \(after)")
        #expect(try Self.number(server, "kept") == "1")
        #expect(await server.stop() == 0)
    }

    @Test("every kind of value and any time from 1970 to 2100 comes back as it was sent, bit for bit where JSON can tell")
    func values() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server", "--retention-metrics", "0"], folder: folder.path, port: 23_292)
        let values: [(name: String, value: Double, text: String?)] = [
            ("zero", 0, "0"), ("negative_zero", -0.0, "-0"), ("infinite", .infinity, "+Inf"), ("negative_infinite", -.infinity, "-Inf"),
            ("not_a_number", .nan, "NaN"), ("nan_with_payload", Double(bitPattern: 0x7ff8_dead_beef_0001), "NaN"),
            ("negative_nan", Double(bitPattern: 0xfff8_0000_0000_0001), "NaN"), ("smallest", .leastNonzeroMagnitude, "5e-324"),
            ("largest", .greatestFiniteMagnitude, "1.7976931348623157e+308"), ("stale", StalenessMarker.value, nil),
        ]
        let times: [Int64] = [0, 1, 999, 1_000_000_000_000, Self.base, 2_147_483_647_999, 2_147_483_648_000, 4_102_444_800_000]
        for one in values {
            let answer = try Self.write(server, Self.batch([(name: "__name__", value: one.name)], times.map { ($0, one.value) }))
            #expect(answer.status == 204, "\(one.name): \(answer.text)")
        }
        for isFlushed in [false, true] {
            if isFlushed { #expect(try Curl.send("POST", server.address + "/-/flush").status == 200) }
            for one in values {
                for time in times {
                    #expect(try Self.number(server, one.name, at: time) == one.text, "\(one.name) at \(time), flushed: \(isFlushed)")
                }
            }
        }
        // What lies beyond is refused and named, and what came with it is kept.
        for (time, what) in [(Int64(-1), "1969"), (.min, "too old"), (.max, "too far")] {
            let answer = try Self.write(server, Self.batch([(name: "__name__", value: "beyond")], [(time, 1), (Self.base, 2)]))
            #expect(answer.status == 400, "\(time): \(answer.status) \(answer.text)")
            #expect(answer.text.contains(what), "\(time): \(answer.text)")
        }
        #expect(try Self.number(server, "beyond") == "2")
        #expect(await server.stop() == 0)
    }

    @Test("a flood of new series stops at the budget: the first ones go on, the refused are counted and named, and queries are answered meanwhile")
    func flood() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        try PosixFileSystem().replaceContents(
            folder.path + "/skysail.yaml", with: Array("metrics:\n  retention: 0\n  seriesLimit: 20000\n  seriesPerMetricLimit: 5000\n".utf8))
        let server = try await RunningServer(["server", "--config", folder.path + "/skysail.yaml"], folder: folder.path, port: 23_293)
        #expect(try Self.write(server, Self.batch([(name: "__name__", value: "first")])).status == 204)
        var refusals = 0
        for round in 0..<30 {
            var batch = SampleWriteBatch()
            for number in 0..<1000 {
                let labels = Labels([(name: "__name__", value: "flood_\(round % 6)"), (name: "request", value: "\(round)-\(number)")])
                batch.addSample(series: batch.addSeries(labels), time: Self.base, value: 1)
            }
            let answer = try Self.write(server, batch)
            #expect([204, 400].contains(answer.status), "\(answer.status) \(answer.text)")
            if answer.status == 400 {
                refusals += 1
                #expect(answer.text.contains("series limit reached") && answer.text.contains("flood_"), "\(answer.text)")
            }
            #expect(try Self.number(server, "first") == "1", "round \(round)")
        }
        #expect(refusals > 5)
        let kept = try Self.number(server, #"count({__name__=~"flood_.+"})"#).flatMap { Int($0) } ?? 0
        #expect(kept > 19_000 && kept < 20_000, "\(kept) series")
        // Who came first goes on, old series of a refused metric too; a new one does not get in.
        #expect(try Self.write(server, Self.batch([(name: "__name__", value: "first")], [(Self.base + 1000, 2)])).status == 204)
        #expect(try Self.write(server, Self.batch([(name: "__name__", value: "flood_0"), (name: "request", value: "0-0")], [(Self.base + 1000, 2)])).status == 204)
        #expect(try Self.write(server, Self.batch([(name: "__name__", value: "late")])).status == 400)
        let status = try Curl.get("\(server.address)/api/v1/status/tsdb").json["data"]?["refusedSeriesByMetricName"]?.arrayValue ?? []
        #expect(status.contains { ($0["name"]?.stringValue ?? "").hasPrefix("flood_") && $0["value"]?.int64Value ?? 0 > 0 }, "\(status)")
        #expect(await server.stop() == 0)
    }

    @Test("more queries than may run at once wait and are all answered; waiting counts against their time, and other routes are not held up")
    func manyQueries() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        try PosixFileSystem().replaceContents(
            folder.path + "/skysail.yaml", with: Array("metrics:\n  retention: 0\nqueries:\n  concurrency: 2\n".utf8))
        let server = try await RunningServer(["server", "--config", folder.path + "/skysail.yaml"], folder: folder.path, port: 23_294)
        var batch = SampleWriteBatch()
        for number in 0..<60 {
            let series = batch.addSeries(Labels([(name: "__name__", value: "load"), (name: "node", value: "\(number)")]))
            for step in 0..<2000 { batch.addSample(series: series, time: Self.base + Int64(step) * 15_000, value: Double(step * number % 97)) }
        }
        #expect(try Self.write(server, batch).status == 204)
        // Forty light ones over two places.
        let calls = (0..<40).map { number in
            ParallelClients.Call(method: "GET", path: "/api/v1/query?query=sum(load)%2B\(number)&time=\(Self.base / 1000)", body: "")
        }
        let answers = try ParallelClients.send(calls, to: server.address, connections: 40, folder: folder.path)
        #expect(answers.count == 40 && answers.allSatisfy { $0.status == 200 && $0.json["status"] == "success" })
        for answer in answers {
            let value = answer.json["data"]?["result"]?.arrayValue?.first?["value"]?.arrayValue?.last?.stringValue
            #expect(value == "\(answer.call)", "\(answer.call)")
        }
        // Heavy ones hold both places. Who waits longer than its time is told so while they still run, and what runs no query goes on.
        let heavy: [(String, String)] = [
            ("query", "quantile_over_time(0.9, load[8h20m])"), ("start", "\(Self.base / 1000)"), ("end", "\(Self.base / 1000 + 40_000)"), ("step", "4"),
        ]
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    try await OwnThread.run { try Curl.get("\(server.address)/api/v1/query_range", parameters: heavy + [("timeout", "12s")]).status }
                }
            }
            while try Self.metric(server, "skysail_queries_running") < 2 {
                #expect(try Curl.get(server.address + "/-/healthy").status == 200)
            }
            let late = try Curl.get("\(server.address)/api/v1/query", parameters: [("query", "load"), ("timeout", "300ms")])
            #expect(late.status == 503 && late.json["errorType"] == "timeout", "\(late.status) \(late.text)")
            #expect(try Self.metric(server, "skysail_queries_running") == 2, "both still run")
            #expect(try Self.metric(server, "skysail_queries_waiting") == 0)
            // Within their time on a fast machine, out of it on a slow one: either way their places are free again.
            for _ in 0..<2 { #expect([200, 503].contains(try await group.next())) }
        }
        #expect(try Self.metric(server, "skysail_queries_running") == 0)
        #expect(try Self.number(server, "sum(load)") == "0")
        #expect(await server.stop() == 0)
    }
}
