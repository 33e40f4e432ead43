import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

/// Pushes of lines that are broken, too large or too many, against the finished binary.
@Suite("Bad pushes of lines", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct LogBadPushTests {
    private static let base: Int64 = 1_750_000_000

    private struct Case {
        var name: String
        var type = "application/x-protobuf"
        var encoding: String?
        var body: [UInt8]
        var status: Int
        /// What the answer says.
        var text: String
    }

    private static func batch(_ count: Int = 1, at second: Int64 = base, line: String = "bad", _ labels: (Int) -> [(name: String, value: String)]) -> [UInt8] {
        var batch = LogWriteBatch()
        for number in 0..<count {
            batch.addEntry(stream: batch.addStream(Labels(labels(number))), time: second * 1_000_000_000 + Int64(number), line: Array(line.utf8))
        }
        // What can be taken beside it is taken.
        batch.addEntry(stream: batch.addStream(Labels(["app": "good"])), time: (base + Int64(batch.count)) * 1_000_000_000, line: Array("good".utf8))
        return LokiPushEncoder.encodeCompressed(batch)
    }

    private static let cases: [Case] = {
        let zeros = [UInt8](repeating: 0, count: 200 << 20)
        var random = SplitMix64(seed: 9)
        let noise = (0..<500).map { _ in UInt8.random(in: 0...255, using: &random) }
        return [
            Case(name: "no snappy", body: noise, status: 400, text: "snappy"),
            Case(name: "no protobuf", body: Snappy.compress(noise), status: 400, text: "cannot"),
            Case(name: "a head that promises 4 GB", body: [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00], status: 413, text: "bytes when decompressed"),
            Case(name: "a bomb of snappy", body: Snappy.compress(zeros), status: 413, text: "bytes when decompressed"),
            Case(name: "a bomb of gzip", type: "application/json", encoding: "gzip", body: Gzip.compress(zeros), status: 413, text: "bytes when decompressed"),
            Case(name: "a bomb of zstd", type: "application/json", encoding: "zstd", body: ZSTD.compress(zeros), status: 413, text: "bytes when decompressed"),
            Case(name: "a gzip that ends early", type: "application/json", encoding: "gzip", body: Array(Gzip.compress(noise).dropLast(9)), status: 400, text: "gzip"),
            Case(name: "no end of brackets", type: "application/json", body: [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20), status: 400, text: "JSON"),
            Case(name: "values of a wrong shape", type: "application/json", body: Array(#"{"streams":[{"stream":{"a":"b"},"values":{"a":1}}]}"#.utf8), status: 400, text: "array"),
            Case(name: "too many labels", body: batch { _ in (0..<129).map { ("l\($0)", "v") } }, status: 400, text: "labels"),
            Case(name: "a label value too long", body: batch { _ in [("app", String(repeating: "v", count: 65 << 10))] }, status: 400, text: "1 accepted"),
            Case(name: "a label name too long", body: batch { _ in [(String(repeating: "n", count: 1025), "v")] }, status: 400, text: "1 accepted"),
            Case(name: "a line too long", body: batch(line: String(repeating: "x", count: 17 << 20)) { _ in [("app", "long")] }, status: 400, text: "1 accepted"),
            Case(name: "a time far in the future", body: batch(at: 9_000_000_000) { _ in [("app", "future")] }, status: 400, text: "timestamp too new"),
            Case(name: "a time before 1970", body: batch(at: -5) { _ in [("app", "past")] }, status: 400, text: "timestamp too old"),
            Case(name: "streams that explode", body: batch(500) { [("app", "flood"), ("id", "\($0)")] }, status: 429, text: "maximum of active streams"),
        ]
    }()

    @Test("each is a 4xx that names what is wrong; what is good in it is kept, and the server goes on in bounded memory")
    func pushes() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let config = folder.path + "/skysail.yaml"
        try PosixFileSystem().replaceContents(config, with: Array("logs: {streamLimit: 100, retention: 3650d}\n".utf8))
        let server = try await RunningServer(["server", "--config", config], folder: folder.path, port: 23_144)
        for one in Self.cases {
            let headers = [("Content-Type", one.type)] + (one.encoding.map { [("Content-Encoding", $0)] } ?? [])
            let answer = try Curl.post("\(server.address)/loki/api/v1/push", headers: headers, body: one.body)
            #expect(answer.status == one.status && answer.text.contains(one.text), "\(one.name): \(answer.status) \(answer.text.prefix(300))")
        }
        let found = try Curl.get("\(server.address)/loki/api/v1/query", parameters: [
            ("query", #"sum by (app) (count_over_time({app=~".+"}[1h]))"#), ("time", "\(Self.base + 1800)"),
        ])
        let counts = (found.json["data"]?["result"]?.arrayValue ?? []).reduce(into: [String: String]()) {
            $0[$1["metric"]?["app"]?.stringValue ?? ""] = $1["value"]?[1]?.stringValue
        }
        // The good line of the flood comes 500 seconds behind the base, those of the other batches one second.
        #expect(counts["good"] == "2" && counts["flood"] == "99" && counts.count == 2, "\(found.text)")
        let metrics = try Curl.get("\(server.address)/metrics").text.split(separator: "\n")
        let memory = metrics.first { $0.hasPrefix("process_resident_memory_bytes ") }.flatMap { DecimalNumber.parse(String($0.split(separator: " ")[1])) }
        #expect(memory ?? .infinity < 400e6)
        #expect(await server.stop() == 0)
    }
}
