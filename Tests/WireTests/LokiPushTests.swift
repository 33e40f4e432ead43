import Bytes
import Telemetry
import Testing

@testable import Wire

@Suite("Loki push")
struct LokiPushTests {
    static func lines(_ batch: LogWriteBatch) -> [String] {
        (0..<batch.count).map { String(decoding: batch.lineArena[batch.lineRange($0)], as: UTF8.self) }
    }

    @Test("JSON streams with structured metadata")
    func json() throws {
        let body = """
            {"streams": [
              {"stream": {"level": "info", "app": "web"}, "values": [
                ["1700000000000000001", "first \\"line\\"\\n"],
                ["1700000000000000002", "second", {"trace_id": "abc", "a": "b"}]]},
              {"values": [["3", "third"]], "stream": {"app": "db"}, "more": [1, {"x": null}]}]}
            """
        var decoder = LokiPushDecoder()
        var batch = LogWriteBatch()
        let outcome = try decoder.decode(json: Array(body.utf8), into: &batch)
        #expect(outcome.entries == 3)
        #expect(outcome.isComplete)
        #expect(batch.labels(0) == Labels(["app": "web", "level": "info"]))
        #expect(batch.labels(1) == Labels(["app": "db"]))
        #expect(batch.entryStreams == [0, 0, 1])
        #expect(batch.entryTimes == [1_700_000_000_000_000_001, 1_700_000_000_000_000_002, 3])
        #expect(Self.lines(batch) == ["first \"line\"\n", "second", "third"])
        #expect(batch.metadataRange(0).isEmpty)
        #expect(Labels(canonical: Array(batch.metadataArena[batch.metadataRange(1)])) == Labels(["trace_id": "abc", "a": "b"]))
        #expect(batch.metadataRange(2).isEmpty)
    }

    @Test(
        "names of metadata that no query can say become label names; empty values fall away, as in Loki's distributor",
        arguments: [
            ([("name", "")], []), ([("b", ""), ("a", "1")], ["a=1"]), ([("trace.id", "x"), ("9lives", "y")], ["key_9lives=y", "trace_id=x"]),
            ([("_x", "1"), ("__y", "2"), ("é-ß a", "3")], ["_x=1", "__y=2", "_a=3"]), ([("a.b", "first"), ("a_b", "second")], ["a_b=first"]),
            ([("k.k", "é\u{1F600}")], ["k_k=é\u{1F600}"]),
        ])
    func metadata(pairs: [(String, String)], expected: [String]) throws {
        var writer = ProtobufWriter()
        writer.message(1) {
            $0.string(1, "{app=\"web\"}")
            $0.message(2) { entry in
                entry.message(1) { $0.int64(1, 7) }
                entry.string(2, "line")
                for (name, value) in pairs {
                    entry.message(3) {
                        $0.string(1, name)
                        $0.string(2, value)
                    }
                }
            }
        }
        let members = pairs.map { "\(JSONValue.string($0.0)):\(JSONValue.string($0.1))" }.joined(separator: ",")
        let json = "{\"streams\":[{\"stream\":{\"app\":\"web\"},\"values\":[[\"7\",\"line\",{\(members)}]]}]}"
        for isJSON in [false, true] {
            var decoder = LokiPushDecoder()
            var batch = LogWriteBatch()
            let outcome = isJSON ? try decoder.decode(json: Array(json.utf8), into: &batch) : try decoder.decode(protobuf: writer.bytes, into: &batch)
            #expect(outcome.isComplete, "\(outcome.reasons)")
            let found = Labels(canonical: Array(batch.metadataArena[batch.metadataRange(0)])).pairs.map { "\($0.name)=\($0.value)" }
            #expect(found.sorted() == expected.sorted())
        }
    }

    @Test(
        "a malformed JSON body names line and column",
        arguments: [
            ("{\"streams\": [{\"stream\": {\"a\": 1}}]}", "column 31: expected a string, found \"1\""),
            ("{\"streams\": [{\"values\": [[\"x\", \"y\"]]}]}", "expected nanoseconds since 1970 in quotes, found \"x\""),
            ("{\"streams\": [{\"values\": [[\"1\"]]}]}", "expected a line after the time"),
            ("[]", "expected an object"), ("{\"streams\": [", "found the end"),
        ])
    func malformed(body: String, message: String) {
        var decoder = LokiPushDecoder()
        var batch = LogWriteBatch()
        let error = #expect(throws: WireError.self) { try decoder.decode(json: Array(body.utf8), into: &batch) }
        #expect(error?.code == .malformed)
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test("what the encoder writes, the decoder reads")
    func roundTrip() throws {
        var batch = LogWriteBatch()
        let web = batch.addStream(Labels(["app": "we\"b\\\n", "level": "info"]))
        let db = batch.addStream(Labels(["app": "dbé"]))
        batch.addEntry(stream: web, time: 1_700_000_000_123_456_789, line: Array("one".utf8))
        batch.addEntry(stream: db, time: -1, line: [0xff, 0x00])
        batch.addEntry(stream: web, time: 5, line: [], metadata: Labels(["k": "v"]))
        var decoder = LokiPushDecoder()
        var back = LogWriteBatch()
        let outcome = try decoder.decode(snappy: LokiPushEncoder.encodeCompressed(batch), into: &back)
        #expect(outcome.isComplete)
        #expect(back.streams.map(\.hash) == batch.streams.map(\.hash))
        #expect(back.entryTimes == [1_700_000_000_123_456_789, 5, -1])
        #expect(back.metadataRange(1).count == 4)
        #expect(Array(back.lineArena[back.lineRange(2)]) == [0xff, 0x00])
    }

    @Test(
        "label strings as Loki's clients write them",
        arguments: [
            ("{a=\"b\"}", Labels(["a": "b"])), ("{ a = \"b\" , c=`d\\n` }", Labels(["a": "b", "c": "d\\n"])),
            ("{a=\"\\u00e9\\x41\\101\\t\"}", Labels(["a": "éAA\t"])), ("{z=\"1\",a=\"2\",}", Labels(["a": "2", "z": "1"])),
        ])
    func labelStrings(text: String, expected: Labels) throws {
        var writer = ProtobufWriter()
        writer.message(1) { $0.string(1, text) }
        var decoder = LokiPushDecoder()
        var batch = LogWriteBatch()
        #expect(try decoder.decode(protobuf: writer.bytes, into: &batch).isComplete)
        #expect(batch.labels(0) == expected)
    }

    @Test("JSON from before version 1 of the API: labels as text, times as RFC 3339")
    func oldJSON() throws {
        let body = #"{"streams":[{"labels":"{a=\"b\"}","entries":[{"ts":"2023-11-14T22:13:20.5Z","line":"one"},{"line":"two","ts":"2023-11-14T23:13:21+01:00"}]}]}"#
        var batch = LogWriteBatch()
        #expect(try LokiPush.decode(Array(body.utf8), contentType: "application/json; charset=utf-8", into: &batch).isComplete)
        #expect(batch.labels(0) == Labels(["a": "b"]) && Self.lines(batch) == ["one", "two"])
        #expect(batch.entryTimes == [1_700_000_000_500_000_000, 1_700_000_001_000_000_000])
        for bad in [
            #"{"streams":[{"labels":"{a}","entries":[]}]}"#, #"{"streams":[{"labels":"{a=\"b\"}","entries":[{"line":"x"}]}]}"#,
            #"{"streams":[{"labels":"{a=\"b\"}","entries":[{"ts":"soon","line":"x"}]}]}"#,
        ] {
            var batch = LogWriteBatch()
            #expect(throws: WireError.self, "\(bad)") { try LokiPush.decode(Array(bad.utf8), contentType: "application/json", into: &batch) }
        }
    }

    @Test("a body of another type is taken for protobuf, and told its types when it is none", arguments: ["application/octet-stream", "text/plain"])
    func otherTypes(type: String) throws {
        var sent = LogWriteBatch()
        sent.addEntry(stream: sent.addStream(Labels(["a": "b"])), time: 1, line: Array("x".utf8))
        var batch = LogWriteBatch()
        #expect(try LokiPush.decode(LokiPushEncoder.encodeCompressed(sent), contentType: type, into: &batch).isComplete && batch.count == 1)
        let error = #expect(throws: WireError.self) {
            var batch = LogWriteBatch()
            try LokiPush.decode(Array("{}".utf8), contentType: type, into: &batch)
        }
        #expect(error?.code == .unsupported)
    }

    @Test(
        "a stream whose labels cannot be read is refused alone",
        arguments: [
            ("", "expected \"{\""), ("{}", "a stream without labels"), ("{a}", "expected \"=\""), ("{a=b}", "expected a value in quotes"),
            ("{a=\"b}", "expected the closing quote"), ("{a=\"b\"}x", "expected nothing after"), ("{1=\"b\"}", "expected a label name"),
            ("{a=\"\\q\"}", "expected a known escape sequence"), ("{a=\"1\",a=\"2\"}", "duplicate label \"a\""),
        ])
    func refused(text: String, reason: String) throws {
        var writer = ProtobufWriter()
        for labels in ["{good=\"1\"}", text, "{good=\"2\"}"] {
            writer.message(1) {
                $0.string(1, labels)
                $0.message(2) {
                    $0.message(1) { $0.int64(1, 7) }
                    $0.string(2, "line of \(labels)")
                    $0.message(3) {
                        $0.string(1, "k")
                        $0.string(2, "v")
                    }
                }
            }
        }
        var decoder = LokiPushDecoder()
        var batch = LogWriteBatch()
        let outcome = try decoder.decode(protobuf: writer.bytes, into: &batch)
        #expect(outcome.refusedSeries == 1)
        #expect(outcome.refusedItems == 1)
        #expect(outcome.reasons.count == 1 && outcome.reasons[0].contains(reason), "\(outcome.reasons)")
        #expect(Self.lines(batch) == ["line of {good=\"1\"}", "line of {good=\"2\"}"])
        #expect(batch.metadataEnds == [4, 8])
        #expect(batch.entryStreams == [0, 1])
    }

    @Test("a line over the limit is refused alone")
    func longLine() throws {
        var batch = LogWriteBatch()
        let stream = batch.addStream(Labels(["a": "b"]))
        batch.addEntry(stream: stream, time: 1, line: [UInt8](repeating: 0x78, count: 100))
        batch.addEntry(stream: stream, time: 2, line: [0x79])
        var decoder = LokiPushDecoder(limits: WireLimits(lineBytes: 50))
        var back = LogWriteBatch()
        let outcome = try decoder.decode(protobuf: LokiPushEncoder.encode(batch), into: &back)
        #expect(outcome.entries == 1)
        #expect(outcome.reasons == ["a line of 100 bytes, at most 50"])
        #expect(back.entryTimes == [2])
    }

    @Test("damaged bodies never crash and never leave a crooked batch")
    func fuzz() {
        var random = Xoshiro256(seed: 81)
        var sample = LogWriteBatch()
        let stream = sample.addStream(Labels(["app": "web", "level": "info"]))
        for time in 0..<4 { sample.addEntry(stream: stream, time: Int64(time), line: Array("line \(time)".utf8), metadata: Labels(["k": "v"])) }
        let protobuf = LokiPushEncoder.encode(sample)
        let json = Array("{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"x\",{\"k\":\"v\"}],[\"2\",\"y\"]]}]}".utf8)
        var decoder = LokiPushDecoder()
        for round in 0..<4000 {
            var body = round % 2 == 0 ? protobuf : json
            for _ in 0...random.next(below: 3) { body[random.next(below: body.count)] = UInt8(truncatingIfNeeded: random.next()) }
            var batch = LogWriteBatch()
            let outcome = round % 2 == 0 ? try? decoder.decode(protobuf: body, into: &batch) : try? decoder.decode(json: body, into: &batch)
            guard outcome != nil else { continue }
            #expect(batch.lineEnds.count == batch.count && batch.entryStreams.count == batch.count)
            #expect(batch.metadataEnds.isEmpty || batch.metadataEnds.count == batch.count)
            #expect(batch.entryStreams.allSatisfy { $0 < batch.streams.count })
            #expect(batch.lineEnds.last ?? 0 == batch.lineArena.count)
        }
    }
}
