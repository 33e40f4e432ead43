import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

/// The cases of `../shared/conformance/logql.json` against the finished binary: lines in by push, answers out as JSON, decoded as a client does.
@Suite("LogQL over HTTP", .enabled(if: Binary.missing == nil && LogQLFacts.all != nil, "no binary, or ../shared/conformance/logql.json is absent"))
struct LogQLConformanceTests {
    @Test("every data set answers as Loki does, pushed as JSON and as protobuf in turn")
    func evaluation() async throws {
        let facts = try #require(LogQLFacts.all)
        let names = (facts["datasets"]?.objectValue ?? JSONObject()).keys
        let cases = facts["eval_cases"]?.arrayValue ?? []
        #expect(cases.count >= 80 && names.count >= 7)
        for (number, name) in names.enumerated() {
            try await withServer(port: 19_610) { address in
                try push(facts["datasets"]?[name]?.arrayValue ?? [], to: address, asJSON: number % 2 == 0)
                for item in cases where item["dataset"]?.stringValue == name { try check(item, address) }
            }
        }
    }

    @Test("queries are accepted and refused as Loki does")
    func parsing() async throws {
        let cases = try #require(LogQLFacts.all)["parse_cases"]?.arrayValue ?? []
        #expect(cases.count >= 170)
        try await withServer(port: 19_611) { address in
            for item in cases {
                let query = item["query"]?.stringValue ?? ""
                let isValid = item["valid"]?.boolValue ?? false
                let answer = try Curl.get("\(address)/loki/api/v1/query_range", parameters: [("query", query)])
                #expect(answer.status == (isValid ? 200 : 400), "\(query): \(answer.status) \(answer.text)")
                if !isValid { #expect(answer.text.hasPrefix("parse error"), "\(query): \(answer.text)") }
                let format = try Curl.post("\(address)/loki/api/v1/format_query", form: [("query", query)])
                #expect(format.json["status"]?.stringValue == (isValid ? "success" : "invalid-query"), "\(query): \(format.text)")
            }
        }
    }

    private func withServer(port: Int, _ body: (String) async throws -> Void) async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server", "--retention-logs", "0"], folder: folder.path, port: port)
        try await body(server.address)
        #expect(await server.stop() == 0)
    }

    private func push(_ streams: [JSONValue], to address: String, asJSON: Bool) throws {
        var batch = LogWriteBatch()
        for stream in streams {
            let number = batch.addStream(LogQLFacts.labels(stream["labels"]))
            for entry in stream["entries"]?.arrayValue ?? [] {
                batch.addEntry(
                    stream: number, time: LogQLFacts.time(entry["t"]), line: Array((entry["line"]?.stringValue ?? "").utf8),
                    metadata: LogQLFacts.labels(entry["metadata"]))
            }
        }
        let answer =
            asJSON
            ? try Curl.send("POST", "\(address)/loki/api/v1/push", type: "application/json", body: LogQLFacts.pushBody(streams))
            : try Curl.send("POST", "\(address)/loki/api/v1/push", type: "application/x-protobuf", body: LokiPushEncoder.encodeCompressed(batch))
        #expect(answer.status == 204, "\(answer.text)")
    }

    private func check(_ item: JSONValue, _ address: String) throws {
        let query = item["query"]?.stringValue ?? ""
        let expect = item["expect"] ?? .null
        var parameters = [("query", query)]
        func add(_ name: String, _ value: JSONValue?, _ text: (JSONValue) -> String) { if let value { parameters.append((name, text(value))) } }
        let isInstant = item["type"]?.stringValue == "instant"
        add("time", item["time_s"]) { "\(LogQLFacts.time($0))" }
        add("start", item["start_s"]) { "\(LogQLFacts.time($0))" }
        add("end", item["end_s"]) { "\(LogQLFacts.time($0))" }
        add("step", item["step_s"]) { $0.description }
        add("limit", item["limit"]) { $0.description }
        add("direction", item["direction"]) { $0.stringValue ?? "" }
        let answer = try Curl.get("\(address)/loki/api/v1/\(isInstant ? "query" : "query_range")", parameters: parameters)
        guard expect["error"]?.boolValue != true else {
            #expect(answer.status == 400, "\(query): \(answer.text)")
            return
        }
        #expect(answer.status == 200, "\(query): \(answer.text)")
        let ignored = Set((expect["ignore_labels"]?.arrayValue ?? []).compactMap(\.stringValue) + ["__error_details__"])
        var found = LogQLFacts.rows(ofAnswer: answer.json["data"] ?? .null, without: ignored)
        var wanted = LogQLFacts.rows(ofExpectation: expect, without: ignored)
        if expect["ordered"]?.boolValue != true { (found, wanted) = (found.sorted(), wanted.sorted()) }
        #expect(found == wanted, "\(query)")
    }
}

/// The facts, and both sides of a comparison as rows of text.
enum LogQLFacts {
    private static let base: Int64 = 1_750_000_000

    static let all: JSONValue? = {
        let path = ProjectRoot.path + "/../shared/conformance/logql.json"
        return (try? PosixFileSystem().contents(path)).flatMap { try? JSONValue.parse($0) }
    }()

    static func time(_ json: JSONValue?) -> Int64 { base * 1_000_000_000 + Int64((json?.doubleValue ?? 0) * 1e9) }

    static func labels(_ json: JSONValue?) -> Labels {
        Labels((json?.objectValue ?? JSONObject()).map { (name: $0.key, value: $0.value.stringValue ?? "") })
    }

    static func pushBody(_ streams: [JSONValue]) -> [UInt8] {
        let bodies = streams.map { stream -> JSONValue in
            let values = (stream["entries"]?.arrayValue ?? []).map { entry -> JSONValue in
                .array([.string(String(time(entry["t"]))), entry["line"] ?? ""] + (entry["metadata"].map { [$0] } ?? []))
            }
            return .object(JSONObject([("stream", stream["labels"] ?? .null), ("values", .array(values))]))
        }
        return JSONValue.object(JSONObject([("streams", .array(bodies))])).bytes
    }

    private static func text(_ json: JSONValue?, without ignored: Set<String>) -> String {
        (json?.objectValue ?? JSONObject()).filter { !ignored.contains($0.key) }.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value.stringValue ?? "")" }.joined(separator: ",")
    }

    /// Nine digits are what the facts promise.
    private static func number(_ value: Double?) -> String {
        guard let value, value.isFinite, value != 0 else { return DecimalNumber.prometheusText(value ?? .nan) }
        var digits: [UInt8] = []
        DecimalNumber.formatScientific((value * 1e9).rounded() / 1e9, into: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    private static func number(_ text: JSONValue?) -> String { number(text?.stringValue.flatMap { DecimalNumber.parse($0) } ?? text?.doubleValue) }

    static func rows(ofAnswer data: JSONValue, without ignored: Set<String>) -> [String] {
        let type = data["resultType"]?.stringValue ?? ""
        let result = data["result"]?.arrayValue ?? []
        switch type {
        case "scalar": return ["scalar \(number(result.last))"]
        case "vector": return result.map { "vector \(text($0["metric"], without: ignored)) \(number($0["value"]?[1]))" }
        case "matrix":
            return result.map { series in
                "matrix \(text(series["metric"], without: ignored))"
                    + (series["values"]?.arrayValue ?? []).map { " \(($0[0]?.int64Value ?? 0) - base):\(number($0[1]))" }.joined()
            }
        default:
            return result.flatMap { stream in
                (stream["values"]?.arrayValue ?? []).map { value in
                    "\(type) \(text(stream["stream"], without: ignored)) \(value[0]?.stringValue ?? "") \(value[1]?.stringValue ?? "")"
                }
            }
        }
    }

    static func rows(ofExpectation expect: JSONValue, without ignored: Set<String>) -> [String] {
        if let scalar = expect["scalar"] { return ["scalar \(number(scalar))"] }
        if let vector = expect["vector"]?.arrayValue {
            return vector.map { "vector \(text($0["labels"], without: ignored)) \(number($0["value"]))" }
        }
        if let matrix = expect["matrix"]?.arrayValue {
            return matrix.map { series in
                "matrix \(text(series["labels"], without: ignored))"
                    + (series["values"]?.arrayValue ?? []).map { " \($0[0]?.int64Value ?? 0):\(number($0[1]))" }.joined()
            }
        }
        return (expect["streams"]?.arrayValue ?? []).flatMap { stream in
            (stream["values"]?.arrayValue ?? []).map { value in
                "streams \(text(stream["labels"], without: ignored)) \(time(value[0])) \(value[1]?.stringValue ?? "")"
            }
        }
    }
}
