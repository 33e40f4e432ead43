import Bytes
import Environment
import Posix
import Synchronization
import Telemetry
import Testing

/// The log store inside the finished binary, killed while it writes, flushes and merges.
@Suite("Log lines outlive every kill", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct LogCrashTests {
    private static let base = Int64(1_790_000_000_000_000_000)
    private static let linesPerBatch = 1500
    private static let arguments = ["server", "--retention-metrics", "0", "--retention-logs", "0"]

    /// Batches that each writer has had acknowledged; a batch without an answer is sent again after the restart.
    private final class Ledger: Sendable {
        let acknowledged = Mutex([0, 0])
        let isKilled = Mutex(false)
    }

    @Test("killed at random moments of writing, flushing and merging, every acknowledged line is there once", arguments: [1, 2] as [UInt64])
    func kill(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let port = 23150 + Int(seed)
        let ledger = Ledger()
        for round in 0..<4 {
            let server = try await RunningServer(Self.arguments, folder: folder.path, port: port)
            try check(ledger, on: server, "seed \(seed), round \(round)")
            let patience = Duration.milliseconds(Int.random(in: 300...1500, using: &generator))
            ledger.isKilled.withLock { $0 = false }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await work(on: server.address, ledger) }
                try? await Task.sleep(for: patience)
                ledger.isKilled.withLock { $0 = true }
                await server.kill()
            }
        }
        let server = try await RunningServer(Self.arguments, folder: folder.path, port: port)
        try check(ledger, on: server, "seed \(seed), at the end")
        #expect(ledger.acknowledged.withLock { $0.reduce(0, +) } > 0)
        #expect(try Curl.send("POST", "\(server.address)/-/flush", type: "text/plain", body: []).status == 200)
        try check(ledger, on: server, "seed \(seed), at rest")
        #expect(await server.stop() == 0)
    }

    /// Two writers and one who flushes, which merges what there is, until the server is dead.
    private func work(on address: String, _ ledger: Ledger) async {
        let threads = ThreadWorkPool(threads: 3)
        try? await threads.run {
            try threads.forEach(3) { _, job in
                while !ledger.isKilled.withLock({ $0 }) {
                    if job == 2 {
                        _ = try? Curl.send("POST", "\(address)/-/flush", type: "text/plain", body: [])
                        continue
                    }
                    let batch = ledger.acknowledged.withLock { $0[job] }
                    let answer = try? Curl.send("POST", "\(address)/loki/api/v1/push", type: "application/json", body: push(writer: job, batch))
                    if answer?.status == 204 { ledger.acknowledged.withLock { $0[job] += 1 } }
                }
            }
        }
    }

    private func push(writer: Int, _ batch: Int) -> [UInt8] {
        let values: [JSONValue] = (0..<Self.linesPerBatch).map { line in
            let number = batch * Self.linesPerBatch + line
            let time = Self.base + Int64(number) * 1_000_000
            return [.string("\(time)"), .string("INFO worker-\(writer) handled request \(number) of 10.0.\(number % 256).\(line % 256) in \(number % 977) ms")]
        }
        let push: JSONValue = ["streams": [["stream": ["app": "ledger", "writer": .string("\(writer)")], "values": .array(values)]]]
        return push.bytes
    }

    private func check(_ ledger: Ledger, on server: RunningServer, _ moment: String) throws {
        for (writer, batches) in ledger.acknowledged.withLock({ $0 }).enumerated() where batches > 0 {
            let lines = batches * Self.linesPerBatch
            let answer = try Curl.get(
                "\(server.address)/loki/api/v1/query",
                parameters: [
                    ("query", #"sum(count_over_time({writer="\#(writer)"} |= "handled request" [1h]))"#),
                    ("time", "\(Self.base + Int64(lines - 1) * 1_000_000)"),
                ])
            let count = answer.json["data"]?["result"]?[0]?["value"]?[1]?.stringValue
            #expect(count == "\(lines)", "\(moment), writer \(writer): \(answer.text.prefix(300))")
        }
    }
}
