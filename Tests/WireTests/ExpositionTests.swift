import Bytes
import Telemetry
import Testing

@testable import Wire

@Suite("Exposition formats")
struct ExpositionTests {
    static func parse(
        _ text: String, _ format: ExpositionFormat = .text, target: ExpositionParser.Target = .init(time: 99)
    ) throws(WireError) -> (SampleWriteBatch, WireOutcome) {
        var parser = ExpositionParser()
        var batch = SampleWriteBatch()
        let outcome = try parser.parse(Array(text.utf8), format: format, target: target, into: &batch)
        return (batch, outcome)
    }

    static func lines(_ batch: SampleWriteBatch) -> [String] {
        batch.sampleSeries.indices.map {
            "\(batch.labels(Int(batch.sampleSeries[$0]))) \(DecimalNumber.generalText(batch.sampleValues[$0])) \(batch.sampleTimes[$0])"
        }
    }

    @Test("the text format: comments, escapes, blanks, times, names in quotes")
    func text() throws {
        let (batch, outcome) = try Self.parse(
            """
            # HELP http_requests_total The \\\\ total\\nnumber.
            # TYPE http_requests_total counter
            http_requests_total{method="post",code="200"} 1027 1395066363000
            http_requests_total{method="post",code="400",} 3 -5

            # just a comment
            path_error {path="C:\\\\DIR\\\\F \\"x\\"", error="a\\nb"} 1.5e+03
            no_labels NaN
            \tinf{ } +Inf
            {"dotted.name", "k.é"="v", a="b"} 0x1p2
            # TYPE nothing untyped
            """)
        #expect(
            Self.lines(batch) == [
                "{__name__=\"http_requests_total\",code=\"200\",method=\"post\"} 1027 1395066363000",
                "{__name__=\"http_requests_total\",code=\"400\",method=\"post\"} 3 -5",
                "{__name__=\"path_error\",error=\"a\\nb\",path=\"C:\\\\DIR\\\\F \\\"x\\\"\"} 1500 99", "{__name__=\"no_labels\"} NaN 99",
                "{__name__=\"inf\"} +Inf 99", "{__name__=\"dotted.name\",a=\"b\",k.é=\"v\"} 4 99",
            ])
        #expect(outcome.samples == 6)
        #expect(
            batch.metadata == [
                MetricMetadata(metric: "http_requests_total", kind: .counter, help: "The \\ total\nnumber."),
                MetricMetadata(metric: "nothing", kind: .unknown),
            ])
    }

    @Test("OpenMetrics: times in seconds, exemplars, units, an end")
    func openMetrics() throws {
        let (batch, outcome) = try Self.parse(
            """
            # TYPE foo counter
            # UNIT foo seconds
            # HELP foo Help.
            foo_total{a="b"} 17.0 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67 1520879606.5
            bar_bucket{le="1.0"} 3 # {} 0.5
            # EOF

            """, .openMetrics)
        #expect(batch.sampleTimes == [1_520_879_607_789, 99])
        #expect(outcome.exemplars == 2)
        #expect(batch.exemplars[0].labels == Labels(["trace_id": "KOO5S4vxi0o"]))
        #expect(batch.exemplars[0].time == 1_520_879_606_500)
        #expect(batch.exemplars[1].value == 0.5)
        #expect(batch.metadata == [MetricMetadata(metric: "foo", kind: .counter, help: "Help.", unit: "seconds")])
    }

    @Test(
        "a syntax error names line and column",
        arguments: [
            ("a 1\nb{c=\"d\" 2\n", "line 2, column 9: expected \",\" or \"}\""), ("a\n", "line 1, column 2: expected a value"),
            ("a x\n", "line 1, column 3: expected a value, found \"x\""), ("a 1 2 3\n", "line 1, column 7: text behind the sample"),
            ("a{b=c} 1", "expected a label value in quotes"), ("a{b=\"c} 1", "a quote without end"), ("1a 1", "expected a name"),
            ("a 1 1.5\n", "expected a timestamp in milliseconds, found \"1.5\""), ("# TYPE a nonsense", "expected a metric type after \"a\""),
            ("{a=\"b\"} 1", "no metric name"),
        ])
    func errors(text: String, message: String) {
        let error = #expect(throws: WireError.self) { try Self.parse(text) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test("OpenMetrics without its end, or going on behind it, is refused", arguments: ["a 1\n", "a 1\n# EOF\nb 2\n", "a 1\n\n# EOF\n"])
    func openMetricsEnd(text: String) {
        #expect(throws: WireError.self) { try Self.parse(text, .openMetrics) }
    }

    @Test("a target's labels join; the text's own are renamed or honoured")
    func targetLabels() throws {
        let labels = Labels(["job": "j", "instance": "i"])
        let text = "up{job=\"mine\",exported_job=\"x\"} 1 5\n"
        let (renamed, _) = try Self.parse(text, target: .init(labels: labels, honorsTimestamps: false, time: 99))
        #expect(
            Self.lines(renamed) == ["{__name__=\"up\",exported_exported_job=\"mine\",exported_job=\"x\",instance=\"i\",job=\"j\"} 1 99"])
        let (honoured, _) = try Self.parse(text, target: .init(labels: labels, honorsLabels: true, time: 99))
        #expect(Self.lines(honoured) == ["{__name__=\"up\",exported_job=\"x\",instance=\"i\",job=\"mine\"} 1 5"])
    }

    @Test("what is written is read back the same", arguments: ExpositionFormat.allCases)
    func roundTrip(format: ExpositionFormat) throws {
        var writer = ExpositionWriter(format)
        writer.family("skysail_requests_total", .counter, help: "Served \"requests\"\\.\n")
        writer.sample("skysail_requests_total", [("code", "200"), ("path", "/a\"b\\c\n")], 1_234_567)
        writer.family("latency_seconds", .histogram)
        writer.histogram("latency_seconds", [("a", "b")], buckets: [(0.5, 1), (1, 2)], count: 4, sum: 3.25)
        writer.sample(Labels(["__name__": "dotted.name", "k.x": "v"]), .infinity, time: 1500)
        writer.finish()
        let (batch, outcome) = try Self.parse(String(decoding: writer.bytes, as: UTF8.self), format)
        #expect(outcome.isComplete)
        #expect(batch.sampleValues == [1_234_567, 1, 3, 4, 3.25, 4, .infinity])
        #expect(batch.sampleTimes.last == 1500)
        #expect(batch.labels(0)["path"] == "/a\"b\\c\n")
        #expect(batch.labels(2)["le"] == (format == .text ? "1" : "1.0"))
        #expect(batch.metadata[0].help == "Served \"requests\"\\.\n")
        #expect(batch.metadata[0].metric == (format == .text ? "skysail_requests_total" : "skysail_requests"))
    }

    @Test("a label can be written although it is empty, unless the set has it")
    func emptyLabel() {
        var writer = ExpositionWriter(.text)
        writer.sample(Labels(["__name__": "up", "job": "a"]), alsoEmpty: "instance", 1)
        writer.sample(Labels(["__name__": "up", "instance": "b"]), alsoEmpty: "instance", 1)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "up{job=\"a\",instance=\"\"} 1\nup{instance=\"b\"} 1\n")
    }

    @Test("the text form of a simple family, byte for byte")
    func bytes() {
        var writer = ExpositionWriter()
        writer.family("up", .gauge, help: "Whether.")
        writer.sample("up", [("job", "a")], 1)
        writer.sample("up", [], 0.5, time: 3)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "# HELP up Whether.\n# TYPE up gauge\nup{job=\"a\"} 1\nup 0.5 3\n")
    }

    @Test(
        "the answer's form follows the Accept header",
        arguments: [
            ("", ExpositionFormat.text), ("*/*", .text), ("application/openmetrics-text;version=1.0.0", .openMetrics),
            (ExpositionFormat.acceptHeader, .openMetrics), ("application/openmetrics-text;q=0.1, text/plain", .text), ("text/html", .text),
        ])
    func negotiation(accept: String, expected: ExpositionFormat) {
        #expect(ExpositionFormat(accept: accept) == expected)
    }

    @Test("noise never crashes the parser, and what it takes is whole", arguments: [91, FuzzTests.seed])
    func fuzz(seed: UInt64) {
        var random = Xoshiro256(seed: seed)
        let sample = Array("# TYPE a counter\na{b=\"c\\\\d\",e=\"f\"} 1.5 17 # {x=\"y\"} 1\n# EOF\n".utf8)
        for round in 0..<4000 {
            var body = sample
            for _ in 0...random.next(below: 4) { body[random.next(below: body.count)] = UInt8(truncatingIfNeeded: random.next()) }
            var parser = ExpositionParser()
            var batch = SampleWriteBatch()
            let outcome = try? parser.parse(
                body, format: round % 2 == 0 ? .text : .openMetrics, target: .init(labels: Labels(["b": "t"]), time: 1), into: &batch)
            if outcome == nil { continue }
            #expect(batch.sampleTimes.count == batch.sampleValues.count && batch.sampleTimes.count == batch.sampleSeries.count)
            #expect(batch.sampleSeries.allSatisfy { $0 < batch.series.count })
        }
    }
}
