import Bytes
import Telemetry
import Testing

@testable import Wire

@Suite("JSON lines, OTLP logs as JSON, and what is added to pushes")
struct JSONLinesTests {
    private static func fields(_ parameters: [String: String] = [:]) -> JSONLinesFields { JSONLinesFields { name, _ in parameters[name] } }

    private static func rows(_ batch: LogWriteBatch) -> [String] {
        (0..<batch.count).map { entry in
            let metadata = Labels(canonical: Array(batch.metadataArena[batch.metadataRange(entry)]))
            return "\(batch.labels(Int(batch.entryStreams[entry]))) \(batch.entryTimes[entry]) "
                + String(decoding: batch.lineArena[batch.lineRange(entry)], as: UTF8.self) + " \(metadata)"
        }
    }

    @Test("members become stream, time, line and metadata", arguments: [
        (#"{"_msg":"m","_time":"1970-01-01T00:00:01Z","app":"x"}"#, [:], #"{service_name="unknown_service"} 1000000000 m {app="x"}"#),
        (#"{"_msg":"m","_time":"1970-01-01 00:00:01","app":"x"}"#, ["_stream_fields": "app"], #"{app="x"} 1000000000 m {}"#),
        (#"{"log":"m","ts":1,"a":{"b":[1,"c"]}}"#, ["_msg_field": "message,log", "_time_field": "ts"],
            #"{service_name="unknown_service"} 1000000000 m {a_b="[1,\"c\"]"}"#),
        (#"{"_msg":"m","_time":1700000000123,"k":true,"n":null}"#, ["ignore_fields": "x", "extra_fields": "env=prod"],
            #"{service_name="unknown_service"} 1700000000123000000 m {env="prod",k="true"}"#),
        (#"{"_msg":"m","_time":"0","x":""}"#, [:], #"{service_name="unknown_service"} 77 m {}"#),
        (#"{"only":1}"#, [:], #"{service_name="unknown_service"} 77  {only="1"}"#),
    ] as [(String, [String: String], String)])
    func lines(line: String, parameters: [String: String], expected: String) throws {
        var decoder = JSONLinesDecoder(fields: Self.fields(parameters))
        var batch = LogWriteBatch()
        let outcome = try decoder.decode(Array("\n\(line)\r\n".utf8), now: 77, into: &batch)
        #expect(outcome.isComplete, "\(outcome.reasons)")
        #expect(Self.rows(batch) == [expected])
    }

    @Test("a bad line is refused alone")
    func refused() throws {
        var decoder = JSONLinesDecoder(limits: WireLimits(labelValueBytes: 10, lineBytes: 60), fields: Self.fields())
        var batch = LogWriteBatch()
        let body = "{\"_msg\":\"a\"}\n[1]\n{\n{\"_time\":\"soon\"}\n{\"k\":\"01234567890\"}\n{\"_msg\":\"\(String(repeating: "x", count: 80))\"}\n{\"_msg\":\"b\"}"
        let outcome = try decoder.decode(Array(body.utf8), now: 1, into: &batch)
        #expect(outcome.entries == 2 && outcome.refusedItems == 5)
        #expect(outcome.reasons.first == "line 2: no JSON object")
    }

    @Test("OTLP JSON reads as its protobuf form does")
    func openTelemetry() throws {
        let body = """
            {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},"scopeLogs":[{"scope":{"name":"n","version":"1"},
            "logRecords":[{"timeUnixNano":"5","severityText":"WARN","traceId":"00ff","body":{"kvlistValue":{"values":[{"key":"k","value":{"arrayValue":
            {"values":[{"intValue":"-7"},{"doubleValue":1.5},{"boolValue":true}]}}}]}},"attributes":[{"key":"a.b","value":{"bytesValue":"AQI="}}],"unknown":[1]}]}]}]}
            """
        var decoder = OTLPLogsDecoder()
        var batch = LogWriteBatch()
        let outcome = try decoder.decode(try OTLPLogsJSON.protobuf(Array(body.utf8)), now: 1, into: &batch)
        #expect(outcome.entries == 1)
        #expect(Self.rows(batch) == [
            #"{service_name="s"} 5 {"k":[-7,1.5,true]} {a_b="AQI=",scope_name="n",scope_version="1",severity_text="WARN",trace_id="00ff"}"#
        ])
    }

    @Test("OTLP JSON of the wrong shape is malformed", arguments: [
        "", "[]", "{\"resourceLogs\":5}", "{\"resourceLogs\":[5]}", "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"traceId\":\"xyz\"}]}]}]}",
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"-1\"}]}]}]}",
        "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"value\":{}}]}}]}",
    ])
    func malformed(body: String) {
        let error = #expect(throws: WireError.self) { try OTLPLogsJSON.protobuf(Array(body.utf8)) }
        #expect(error?.code == .malformed)
    }

    @Test("a level is found in labels, members and words", arguments: [
        (#"{"level":"WARN","msg":"error"}"#, [:], "warn"), ("ts=1 level=err msg=x", [:], "error"), ("2024 [INFO] started", [:], "info"),
        ("nothing of note", [:], "unknown"), ("information desk", [:], "info"), ("plain", ["severity": "Fatal"], "fatal"), ("terror inferno", [:], "unknown"),
    ] as [(String, [String: String], String)])
    func levels(line: String, labels: [String: String], expected: String) {
        var batch = LogWriteBatch()
        let stream = batch.addStream(Labels(labels.map { (name: $0.key, value: $0.value) } + [(name: "app", value: "web")]))
        batch.addEntry(stream: stream, time: 1, line: Array(line.utf8))
        var additions = PushAdditions()
        additions.detectsLevels = true
        additions.serviceNameLabels = PushAdditions.usualServiceNameLabels
        additions.apply(to: &batch)
        #expect(batch.labels(0)["service_name"] == "web")
        #expect(Labels(canonical: Array(batch.metadataArena[batch.metadataRange(0)]))["detected_level"] == expected)
    }

    @Test("no bytes make a decoder crash or keep a half entry")
    func fuzz() throws {
        let seeds = [
            #"{"_msg":"m","_time":"1970-01-01T00:00:01Z","a":{"b":[1,2]}}"#,
            #"{"resourceLogs":[{"resource":{"attributes":[{"key":"k","value":{"intValue":"1"}}]},"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}"#,
            #"{"streams":[{"stream":{"a":"b"},"values":[["1","x",{"k":"v"}]]}]}"#,
        ].map { Array($0.utf8) }
        var random = SplitMix64(seed: 7)
        for round in 0..<6000 {
            var body = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: body[place] = UInt8.random(in: 0...255, using: &random)
                case 1: body.remove(at: place)
                case 2: body.insert(contentsOf: body[place..<min(body.count, place + 7)], at: place)
                default: body = Array(body[..<max(1, place)])
                }
                if body.isEmpty { body = [0x7b] }
            }
            var batch = LogWriteBatch()
            var decoder = JSONLinesDecoder(fields: Self.fields(["_stream_fields": "a"]))
            _ = try? decoder.decode(body, now: 1, into: &batch)
            #expect(batch.entryTimes.count == batch.lineEnds.count && batch.entryStreams.count == batch.entryTimes.count)
            if let message = try? OTLPLogsJSON.protobuf(body) {
                var logs = OTLPLogsDecoder()
                _ = try? logs.decode(message, now: 1, into: &batch)
            }
            var push = LokiPushDecoder()
            var pushed = LogWriteBatch()
            _ = try? push.decode(json: body, into: &pushed)
            _ = try? push.decode(snappy: body, into: &pushed)
        }
    }
}
