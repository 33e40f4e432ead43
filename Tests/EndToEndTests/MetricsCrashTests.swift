import Bytes
import Environment
import Posix
import Synchronization
import Telemetry
import Testing
import Wire

@Suite("A killed metrics store", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct MetricsCrashTests {
    private static let base: Int64 = 1_790_000_000_000
    private static let seriesPerBatch = 40

    /// Batches the server has acknowledged, by number.
    private final class Ledger: Sendable {
        private let acknowledged = Mutex<[Int]>([])
        private let isStopped = Mutex(false)

        var numbers: [Int] { acknowledged.withLock { $0 } }
        var isOver: Bool { isStopped.withLock { $0 } }

        func add(_ number: Int) { acknowledged.withLock { $0.append(number) } }
        func resume() { isStopped.withLock { $0 = false } }
        func stop() { isStopped.withLock { $0 = true } }
    }

    /// How many clients have not ended yet.
    private final class Busy: Sendable {
        private let count: Mutex<Int>

        init(_ count: Int) { self.count = Mutex(count) }

        var isBusy: Bool { count.withLock { $0 > 0 } }

        func leave() { count.withLock { $0 -= 1 } }
    }

    @Test("kill -9 while batches come in and heads become blocks and blocks are united: each acknowledged sample is there", arguments: [5, 6] as [UInt64])
    func killedWhileWorking(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let ledger = Ledger()
        let arguments = ["server", "--retention-metrics", "0", "--retention-logs", "0"]
        let port = 23150 + Int(seed)
        for round in 0..<5 {
            let server = try await RunningServer(arguments, folder: folder.path, port: port)
            try check(ledger.numbers, on: server, "seed \(seed), round \(round)")
            ledger.resume()
            let pause = Int.random(in: 20...700, using: &generator)
            let first = round * 10_000
            let address = server.address
            // Threads of their own: curl blocks, and the kill must not wait for a place on the cooperative pool.
            let clients = Busy(2)
            PosixThread.start(name: "writer") {
                Self.write(from: first, to: address, ledger)
                clients.leave()
            }
            PosixThread.start(name: "flusher") {
                // Flushes end heads and unite blocks at once, so that the kill falls into one.
                while !ledger.isOver { _ = try? Curl.send("POST", "\(address)/-/flush", type: "text/plain", body: []) }
                clients.leave()
            }
            try await Task.sleep(for: .milliseconds(pause))
            await server.kill()
            ledger.stop()
            while clients.isBusy { try await Task.sleep(for: .milliseconds(5)) }
        }
        let server = try await RunningServer(arguments, folder: folder.path, port: port)
        #expect(ledger.numbers.count > 5, "some batches were acknowledged")
        try check(ledger.numbers, on: server, "seed \(seed), the end")
        #expect(await server.stop() == 0)
        let outcome = try PosixProgramRunner.runBlocking(Binary.path, ["fsck", "--data", folder.path + "/data"], environment: ["PATH": "/usr/bin:/bin"], input: [])
        #expect(outcome.code == 0, "\(String(decoding: outcome.errors, as: UTF8.self))")
    }

    private static func write(from first: Int, to address: String, _ ledger: Ledger) {
        var number = first
        while !ledger.isOver {
            var batch = SampleWriteBatch()
            for series in 0..<seriesPerBatch {
                let labels = Labels([(name: "__name__", value: "crash_total"), (name: "part", value: "\(series)")])
                batch.addSample(series: batch.addSeries(labels), time: base + Int64(number) * 1000, value: Double(number))
            }
            let body = RemoteWriteEncoder.encodeCompressed(batch, version: .v1)
            guard let answer = try? Curl.send("POST", "\(address)/api/v1/write", type: "application/x-protobuf", body: body) else { return }
            if answer.status == 204 { ledger.add(number) }
            number += 1
        }
    }

    private func check(_ numbers: [Int], on server: RunningServer, _ place: String) throws {
        let answer = try Curl.get(
            "\(server.address)/api/v1/query", parameters: [("query", "crash_total[100000s]"), ("time", "\(Self.base / 1000 + 60_000)")]
        ).json
        let series = answer["data"]?["result"]?.arrayValue ?? []
        #expect(numbers.isEmpty || series.count == Self.seriesPerBatch, "\(place): \(series.count) series")
        #expect(answer["warnings"] == nil, "\(place): nothing was damaged")
        for one in series {
            let values = Set((one["values"]?.arrayValue ?? []).compactMap { $0[1]?.stringValue.flatMap { Int($0) } })
            #expect(values.isSuperset(of: numbers), "\(place): \(Set(numbers).subtracting(values).sorted()) are missing")
        }
    }

    @Test("fsck names damage and exits with 1, changes nothing, and refuses a running server and a folder that is none with 2")
    func fsck() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server", "--retention-metrics", "0", "--retention-logs", "0"], folder: folder.path, port: 23159)
        var batch = SampleWriteBatch()
        let labels = Labels([(name: "__name__", value: "kept"), (name: "part", value: "a")])
        for number in 0..<500 { batch.addSample(series: batch.addSeries(labels), time: Self.base + Int64(number) * 1000, value: Double(number)) }
        let body = RemoteWriteEncoder.encodeCompressed(batch, version: .v1)
        #expect(try Curl.send("POST", "\(server.address)/api/v1/write", type: "application/x-protobuf", body: body).status == 204)
        _ = try Curl.send("POST", "\(server.address)/-/flush", type: "text/plain", body: [])
        func check(_ path: String) throws -> (code: Int32, text: String) {
            let outcome = try PosixProgramRunner.runBlocking(Binary.path, ["fsck", "--data", path], environment: ["PATH": "/usr/bin:/bin"], input: [])
            return (outcome.code, String(decoding: outcome.output + outcome.errors, as: UTF8.self))
        }
        #expect(try check(folder.path + "/data").code != 0, "a running server")
        #expect(await server.stop() == 0)
        #expect(try check(folder.path + "/data").code == 0)
        #expect(try check(folder.path + "/nowhere").code == 2)
        let files = PosixFileSystem()
        let blocks = folder.path + "/data/metrics/blocks/"
        let block = blocks + (try #require(files.list(blocks).first { $0.hasSuffix(".block") }))
        var bytes = try files.contents(block)
        bytes[bytes.count / 2] ^= 4
        try files.replaceContents(block, with: bytes)
        let found = try check(folder.path + "/data")
        #expect(found.code == 1)
        #expect(found.text.contains("metrics/"), "\(found.text)")
        #expect(try files.contents(block) == bytes)
    }
}
