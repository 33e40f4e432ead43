import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

@Suite("Nothing acknowledged is lost", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct CrashTests {
    /// What the server has acknowledged, by number.
    private struct Ledger {
        var samples: [Int] = []
        var lines: [Int] = []
        var objects: [Int] = []
    }

    private static let base = Int64(1_790_000_000)

    @Test("kill -9 at any moment: every acknowledged sample, line and object is there after the restart, which needs no help", arguments: [1, 2] as [UInt64])
    func kill(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let folder = try ScratchFolder()
        defer { folder.remove() }
        var ledger = Ledger()
        var next = 0
        for round in 0..<4 {
            let server = try await RunningServer(
                ["server", "--retention-metrics", "0", "--retention-logs", "0"], folder: folder.path, port: 23120 + Int(seed))
            try check(ledger, on: server, round: round, seed: seed)
            let count = Int.random(in: 5...40, using: &generator)
            for _ in 0..<count {
                if try writeSample(next, to: server) { ledger.samples.append(next) }
                if try writeLine(next, to: server) { ledger.lines.append(next) }
                if try writeObject(next, to: server) { ledger.objects.append(next) }
                next += 1
            }
            if round == 2 { _ = try? Curl.send("POST", "\(server.address)/-/flush", type: "text/plain", body: []) }
            await server.kill()
        }
        let server = try await RunningServer(
            ["server", "--retention-metrics", "0", "--retention-logs", "0"], folder: folder.path, port: 23120 + Int(seed))
        try check(ledger, on: server, round: 4, seed: seed)
        #expect(await server.stop() == 0)
    }

    private func writeSample(_ number: Int, to server: RunningServer) throws -> Bool {
        var batch = SampleWriteBatch()
        let labels = Labels([(name: "__name__", value: "ledger"), (name: "part", value: "\(number % 5)")])
        batch.addSample(series: batch.addSeries(labels), time: (Self.base + Int64(number)) * 1000, value: Double(number))
        let body = RemoteWriteEncoder.encodeCompressed(batch, version: .v1)
        return try Curl.send("POST", "\(server.address)/api/v1/write", type: "application/x-protobuf", body: body).status == 204
    }

    private func writeLine(_ number: Int, to server: RunningServer) throws -> Bool {
        let push: JSONValue = [
            "streams": [["stream": ["app": "ledger"], "values": [[.string("\((Self.base + Int64(number)) * 1_000_000_000)"), .string("line \(number)")]]]]
        ]
        return try Curl.send("POST", "\(server.address)/loki/api/v1/push", type: "application/json", body: push.bytes).status == 204
    }

    private func writeObject(_ number: Int, to server: RunningServer) throws -> Bool {
        let object: JSONValue = [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string("ledger-\(number)")], "data": ["number": .string("\(number)")],
        ]
        return try Curl.send("POST", "\(server.address)/api/v1/namespaces/default/configmaps", type: "application/json", body: object.bytes).status == 201
    }

    private func check(_ ledger: Ledger, on server: RunningServer, round: Int, seed: UInt64) throws {
        let end = Self.base + 10_000
        let samples = try Curl.get(
            "\(server.address)/api/v1/query", parameters: [("query", "ledger[20000s]"), ("time", "\(end)")]
        ).json["data"]?["result"]?.arrayValue ?? []
        let values = Set(samples.flatMap { $0["values"]?.arrayValue ?? [] }.compactMap { $0[1]?.stringValue.flatMap { Int($0) } })
        #expect(values.isSuperset(of: ledger.samples), "seed \(seed), round \(round): samples \(Set(ledger.samples).subtracting(values).sorted())")
        let streams = try Curl.get(
            "\(server.address)/loki/api/v1/query_range",
            parameters: [("query", #"{app="ledger"}"#), ("start", "\(Self.base - 1)000000000"), ("end", "\(end)000000000"), ("limit", "5000")]
        ).json["data"]?["result"]?.arrayValue ?? []
        let lines = streams.flatMap { $0["values"]?.arrayValue ?? [] }.compactMap { $0[1]?.stringValue }
        #expect(Set(lines).isSuperset(of: ledger.lines.map { "line \($0)" }), "seed \(seed), round \(round): lines are missing")
        #expect(Set(lines).count == lines.count, "seed \(seed), round \(round): a line is there twice")
        let objects = try Curl.get("\(server.address)/api/v1/namespaces/default/configmaps").json["items"]?.arrayValue ?? []
        let names = Set(objects.compactMap { $0["metadata"]?["name"]?.stringValue })
        #expect(names.isSuperset(of: ledger.objects.map { "ledger-\($0)" }), "seed \(seed), round \(round): objects are missing")
    }

    @Test(
        "pods outlive a killed server: the next one adopts them, starts nothing twice and loses no line",
        .enabled(if: EnvironmentVariables.isRoot, "containers as processes in cgroups of their own need root"))
    func adoption() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        var server = try await RunningServer(["up", "--interval", "1s"], folder: folder.path, port: 23131)
        let pod: JSONValue = [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "counter", "labels": ["app": "counter"]],
            "spec": [
                "terminationGracePeriodSeconds": 1,
                "containers": [["name": "main", "image": "host", "command": ["sh", "-c", "i=0; while true; do echo count $i; i=$((i+1)); sleep 0.05; done"]]],
            ],
        ]
        #expect(try Curl.send("POST", "\(server.address)/api/v1/namespaces/default/pods", type: "application/json", body: pod.bytes).status == 201)
        #expect(try await isRunning(server), "the pod runs")
        try await Task.sleep(for: .seconds(2))
        await server.kill()
        try await Task.sleep(for: .seconds(2))
        server = try await RunningServer(["up", "--interval", "1s"], folder: folder.path, port: 23131)
        #expect(try await isRunning(server), "the pod is adopted")
        let status = try Curl.get("\(server.address)/api/v1/namespaces/default/pods/counter").json["status"]?["containerStatuses"]?[0]
        #expect(status?["restartCount"]?.intValue == 0)
        // Past the lines of before the kill, and some of after it.
        var numbers: [Int] = []
        for _ in 0..<30 where numbers.count < 150 {
            try await Task.sleep(for: .seconds(1))
            numbers = try countedLines(server)
        }
        #expect(numbers.count >= 150)
        #expect(numbers == Array(0..<numbers.count), "every line once: \(numbers.count) lines up to \(numbers.last ?? -1)")
        #expect(await server.stop() == 0)
        #expect(try Leftovers.found() == [])
    }

    private func countedLines(_ server: RunningServer) throws -> [Int] {
        let streams = try Curl.get(
            "\(server.address)/loki/api/v1/query_range", parameters: [("query", #"{pod="counter"}"#), ("limit", "5000"), ("direction", "forward")]
        ).json["data"]?["result"]?.arrayValue ?? []
        return streams.flatMap { $0["values"]?.arrayValue ?? [] }
            .compactMap { $0[1]?.stringValue?.split(separator: " ").last.flatMap { Int($0) } }.sorted()
    }

    private func isRunning(_ server: RunningServer) async throws -> Bool {
        for _ in 0..<60 {
            let pod = try Curl.get("\(server.address)/api/v1/namespaces/default/pods/counter").json
            if pod["status"]?["phase"]?.stringValue == "Running" { return true }
            try await Task.sleep(for: .milliseconds(250))
        }
        return false
    }
}
