import Bytes
import Telemetry
import Testing

@testable import Wire

extension ProtobufWriter {
    /// A `KeyValue` with a string.
    fileprivate mutating func attribute(_ field: Int, _ key: String, _ value: String) {
        message(field) {
            $0.string(1, key)
            $0.message(2) { $0.string(1, value) }
        }
    }
}

@Suite("OpenTelemetry")
struct OTLPTests {
    /// A request of one resource with the given metrics or records.
    static func request(_ resource: [(String, String)], _ items: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.message(1) { writer in
            writer.message(1) { writer in for (key, value) in resource { writer.attribute(1, key, value) } }
            writer.message(2) { writer in
                writer.message(1) {
                    $0.string(1, "lib")
                    $0.string(2, "1.0")
                }
                items(&writer)
            }
        }
        return writer.bytes
    }

    static func lines(_ batch: SampleWriteBatch) -> [String] {
        batch.sampleSeries.indices.map {
            "\(batch.labels(Int(batch.sampleSeries[$0]))) \(DecimalNumber.generalText(batch.sampleValues[$0])) \(batch.sampleTimes[$0])"
        }
    }

    static let metrics = request([("service.name", "shop"), ("service.namespace", "ns"), ("host.name", "h1")]) { writer in
        // A monotonic cumulative sum.
        writer.message(2) { writer in
            writer.string(1, "http.server.requests")
            writer.string(2, "Requests.")
            writer.string(3, "{request}")
            writer.message(7) { writer in
                writer.message(1) { writer in
                    writer.attribute(7, "http.route", "/a")
                    writer.fixed64(2, 1_000_000_000)
                    writer.fixed64(3, 5_000_000_000)
                    writer.fixed64(6, 17)
                }
                writer.varint(2, 2)
                writer.bool(3, true)
            }
        }
        // A gauge.
        writer.message(2) { writer in
            writer.string(1, "memory.used")
            writer.string(3, "By")
            writer.message(5) { writer in
                writer.message(1) { writer in
                    writer.fixed64(3, 5_000_000_000)
                    writer.double(4, 2.5)
                    writer.attribute(7, "a.b", "1")
                    writer.attribute(7, "a_b", "2")
                }
            }
        }
        // An explicit histogram.
        writer.message(2) { writer in
            writer.string(1, "latency")
            writer.string(3, "ms")
            writer.message(9) { writer in
                writer.message(1) { writer in
                    writer.fixed64(3, 6_000_000_000)
                    writer.fixed64(4, 6)
                    writer.double(5, 40)
                    writer.packedFixed64s(6, [1, 2, 3])
                    writer.packedDoubles(7, [5, 10.5])
                }
                writer.varint(2, 2)
            }
        }
        // A delta sum, which is refused.
        writer.message(2) { writer in
            writer.string(1, "d")
            writer.message(7) { writer in
                writer.message(1) { $0.fixed64(6, 1) }
                writer.varint(2, 1)
            }
        }
        // An exponential histogram, finer than Prometheus' schemas.
        writer.message(2) { writer in
            writer.string(1, "exp")
            writer.message(10) { writer in
                writer.message(1) { writer in
                    writer.fixed64(3, 7_000_000_000)
                    writer.fixed64(4, 10)
                    writer.double(5, 12)
                    writer.zigzag(6, 9)
                    writer.fixed64(7, 1)
                    writer.message(8) {
                        $0.zigzag(1, -2)
                        $0.packedVarints(2, [1, 2, 0, 0, 3, 3])
                    }
                }
                writer.varint(2, 2)
            }
        }
    }

    @Test("sums, gauges and histograms become Prometheus' series")
    func metrics() throws {
        var decoder = OTLPMetricsDecoder()
        var batch = SampleWriteBatch()
        let outcome = try decoder.decode(Self.metrics, into: &batch)
        #expect(
            Self.lines(batch) == [
                "{__name__=\"http_server_requests_total\",http_route=\"/a\",job=\"ns/shop\"} 17 5000",
                "{__name__=\"memory_used_bytes\",a_b=\"1;2\",job=\"ns/shop\"} 2.5 5000",
                "{__name__=\"latency_milliseconds_bucket\",job=\"ns/shop\",le=\"5\"} 1 6000",
                "{__name__=\"latency_milliseconds_bucket\",job=\"ns/shop\",le=\"10.5\"} 3 6000",
                "{__name__=\"latency_milliseconds_bucket\",job=\"ns/shop\",le=\"+Inf\"} 6 6000",
                "{__name__=\"latency_milliseconds_sum\",job=\"ns/shop\"} 40 6000",
                "{__name__=\"latency_milliseconds_count\",job=\"ns/shop\"} 6 6000",
                "{__name__=\"target_info\",host_name=\"h1\",job=\"ns/shop\"} 1 5000",
                "{__name__=\"target_info\",host_name=\"h1\",job=\"ns/shop\"} 1 7000",
            ])
        #expect(batch.startTimes == [1000, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(outcome.refusedSeries == 1)
        #expect(outcome.reasons == ["metric \"d\" is not cumulative; configure its exporter for cumulative temporality"])
        #expect(batch.metadata.first == MetricMetadata(metric: "http_server_requests_total", kind: .counter, help: "Requests.", unit: ""))
    }

    /// The same request in JSON, as exporters write it: 64-bit numbers as texts, here and there as numbers, an enumeration by name.
    static let metricsJSON = #"""
        {"resourceMetrics": [{
          "resource": {"attributes": [
            {"key": "service.name", "value": {"stringValue": "shop"}}, {"key": "service.namespace", "value": {"stringValue": "ns"}},
            {"key": "host.name", "value": {"stringValue": "h1"}}]},
          "schemaUrl": "unknown members are passed over",
          "scopeMetrics": [{"scope": {"name": "lib", "version": "1.0"}, "metrics": [
            {"name": "http.server.requests", "description": "Requests.", "unit": "{request}", "sum": {
              "aggregationTemporality": "AGGREGATION_TEMPORALITY_CUMULATIVE", "isMonotonic": true, "dataPoints": [{
                "attributes": [{"key": "http.route", "value": {"stringValue": "/a"}}],
                "startTimeUnixNano": "1000000000", "timeUnixNano": 5000000000, "asInt": "17"}]}},
            {"name": "memory.used", "unit": "By", "gauge": {"dataPoints": [{
                "timeUnixNano": "5000000000", "asDouble": 2.5,
                "attributes": [{"key": "a.b", "value": {"stringValue": "1"}}, {"key": "a_b", "value": {"stringValue": "2"}}]}]}},
            {"name": "latency", "unit": "ms", "histogram": {"aggregationTemporality": 2, "dataPoints": [{
                "timeUnixNano": "6000000000", "count": "6", "sum": 40, "bucketCounts": ["1", 2, "3"], "explicitBounds": [5, 10.5]}]}},
            {"name": "d", "sum": {"aggregationTemporality": 1, "dataPoints": [{"asInt": 1}]}},
            {"name": "exp", "exponentialHistogram": {"aggregationTemporality": 2, "dataPoints": [{
                "timeUnixNano": "7000000000", "count": 10, "sum": 12, "scale": 9, "zeroCount": "1",
                "positive": {"offset": -2, "bucketCounts": ["1", "2", "0", "0", "3", "3"]}}]}}
          ]}]}]}
        """#

    @Test("metrics in JSON read as their protobuf form does")
    func metricsInJSON() throws {
        var decoder = OTLPMetricsDecoder()
        var (expected, found) = (SampleWriteBatch(), SampleWriteBatch())
        let wanted = try decoder.decode(Self.metrics, into: &expected)
        let outcome = try decoder.decode(try OTLPMetricsJSON.protobuf(Array(Self.metricsJSON.utf8)), into: &found)
        #expect(Self.lines(found) == Self.lines(expected))
        #expect(found.startTimes == expected.startTimes && found.histograms.map(\.histogram) == expected.histograms.map(\.histogram) && found.metadata == expected.metadata)
        #expect(outcome.samples == wanted.samples && outcome.histograms == wanted.histograms && outcome.reasons == wanted.reasons)
    }

    @Test("a summary, a stale point and numbers that JSON has no digits for are read from JSON")
    func otherPointsInJSON() throws {
        let text = #"""
            {"resourceMetrics": [{"scopeMetrics": [{"metrics": [
              {"name": "s", "summary": {"dataPoints": [{"timeUnixNano": "1000000", "count": "2", "sum": 3, "quantileValues": [{"quantile": 0.5, "value": 1}]}]}},
              {"name": "g", "gauge": {"dataPoints": [
                {"timeUnixNano": "1000000", "asDouble": "NaN"}, {"timeUnixNano": "2000000", "asDouble": "-Infinity"},
                {"timeUnixNano": "3000000", "asInt": -5}, {"timeUnixNano": "4000000", "flags": 1}]}}]}]}]}
            """#
        var decoder = OTLPMetricsDecoder()
        var batch = SampleWriteBatch()
        _ = try decoder.decode(try OTLPMetricsJSON.protobuf(Array(text.utf8)), into: &batch)
        #expect(
            Self.lines(batch).dropLast() == [
                #"{__name__="s",quantile="0.5"} 1 1"#, #"{__name__="s_sum"} 3 1"#, #"{__name__="s_count"} 2 1"#, #"{__name__="g"} NaN 1"#,
                #"{__name__="g"} -Inf 2"#, #"{__name__="g"} -5 3"#,
            ])
        #expect(StalenessMarker.isStale(batch.sampleValues.last ?? 0))
    }

    @Test(
        "metrics in JSON of the wrong shape are malformed",
        arguments: [
            "", "[]", "{", #"{"resourceMetrics": 1}"#, #"{"resourceMetrics": [1]}"#, #"{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"gauge": 1}]}]}]}"#,
            #"{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"gauge": {"dataPoints": [{"asDouble": "x"}]}}]}]}]}"#,
            #"{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"sum": {"dataPoints": [{"timeUnixNano": -1}]}}]}]}]}"#,
            #"{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"histogram": {"dataPoints": [{"bucketCounts": [-1]}]}}]}]}]}"#,
            #"{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"histogram": {"dataPoints": [{"explicitBounds": ["a"]}]}}]}]}]}"#,
            #"{"resourceMetrics": [{"resource": {"attributes": [{"value": {}}]}}]}"#,
        ])
    func malformedMetricsJSON(text: String) {
        let error = #expect(throws: WireError.self) { try OTLPMetricsJSON.protobuf(Array(text.utf8)) }
        #expect(error?.code == .malformed)
    }

    private struct NameCase: CustomStringConvertible {
        var name: String
        var unit: String
        var kind: MetricMetadata.Kind
        /// In the order of `OTLPTranslation`.
        var names: [String]
        var description: String { "\(name) in \(unit)" }
    }

    private static let nameCases: [NameCase] = [
        NameCase(name: "http.requests", unit: "{request}", kind: .counter, names: ["http_requests_total", "http_requests", "http.requests_total", "http.requests"]),
        NameCase(name: "mem.used", unit: "By", kind: .gauge, names: ["mem_used_bytes", "mem_used", "mem.used_bytes", "mem.used"]),
        NameCase(name: "cpu.use", unit: "1", kind: .gauge, names: ["cpu_use_ratio", "cpu_use", "cpu.use_ratio", "cpu.use"]),
        NameCase(name: "io.total", unit: "By/s", kind: .counter, names: ["io_bytes_per_second_total", "io_total", "io_bytes_per_second_total", "io.total"]),
        NameCase(name: "wait.seconds", unit: "s", kind: .histogram, names: ["wait_seconds", "wait_seconds", "wait.seconds", "wait.seconds"]),
        NameCase(name: "2xx", unit: "", kind: .gauge, names: ["_2xx", "_2xx", "2xx", "2xx"]),
        NameCase(name: "größe", unit: "m", kind: .gauge, names: ["gr_e_meters", "gr_e", "größe_meters", "größe"]),
    ]

    @Test("names are translated as Prometheus' four strategies have it", arguments: OTLPTranslation.allCases)
    func translation(_ translation: OTLPTranslation) throws {
        let place = try #require(OTLPTranslation.allCases.firstIndex(of: translation))
        for one in Self.nameCases {
            let found = OTLPMetricName.prometheusName(one.name, unit: one.unit, kind: one.kind, by: translation)
            #expect(found == one.names[place], "\(one)")
        }
        var decoder = OTLPMetricsDecoder(translation: translation)
        var batch = SampleWriteBatch()
        _ = try decoder.decode(Self.metrics, into: &batch)
        let first = batch.labels(Int(batch.sampleSeries[0]))
        #expect(first["job"] == "ns/shop", "the service is found whatever names look like")
        #expect(first[translation.escapesNames ? "http_route" : "http.route"] == "/a")
        let last = batch.labels(Int(batch.sampleSeries.last ?? 0))
        #expect(last.metricName == "target_info" && last.pairs.count == 3, "\(last)")
    }

    /// One counter point with an exemplar, a histogram with two, at the given times.
    private static let exemplars = #"""
        {"resourceMetrics": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}},
          {"key": "_zone", "value": {"stringValue": "z"}}]},
          "scopeMetrics": [{"metrics": [
          {"name": "hits", "sum": {"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [{"timeUnixNano": "1000000000", "asInt": "7",
            "attributes": [{"key": "_priv", "value": {"stringValue": "p"}}, {"key": "__own", "value": {"stringValue": "o"}}],
            "exemplars": [{"timeUnixNano": "999000000", "asDouble": 2.5, "traceId": "0AF7", "spanId": "b7ad",
              "filteredAttributes": [{"key": "user.id", "value": {"stringValue": "u"}}]}]}]}},
          {"name": "took", "histogram": {"aggregationTemporality": 2, "dataPoints": [{"timeUnixNano": "401000000000", "count": "2", "sum": 5,
            "bucketCounts": ["1", "1"], "explicitBounds": [1],
            "exemplars": [{"timeUnixNano": "1", "asDouble": 1, "traceId": "aa"}, {"timeUnixNano": "1", "asInt": "4", "traceId": "bb",
              "filteredAttributes": [{"key": "long", "value": {"stringValue": "LONG"}}]}]}]}}
        ]}]}]}
        """#

    private static func decode(_ json: String, by translation: OTLPTranslation = .underscoreEscapingWithSuffixes) throws -> SampleWriteBatch {
        var batch = SampleWriteBatch()
        var decoder = OTLPMetricsDecoder(translation: translation)
        #expect(try decoder.decode(try OTLPMetricsJSON.protobuf(Array(json.utf8)), into: &batch).isComplete)
        return batch
    }

    @Test("exemplars come with their trace, and with what the metric dropped as long as it is short; of a histogram each goes to its bucket")
    func exemplars() throws {
        let batch = try Self.decode(Self.exemplars.replacing("LONG", with: String(repeating: "l", count: 120)))
        let lines = batch.exemplars.map { "\(batch.labels(Int($0.series))) \($0.labels) \($0.value) \($0.time)" }
        #expect(
            lines == [
                #"{__name__="hits_total",__own="o",job="shop",key_priv="p"} {span_id="b7ad",trace_id="0af7",user_id="u"} 2.5 999"#,
                #"{__name__="took_bucket",job="shop",le="1"} {trace_id="aa"} 1.0 0"#,
                #"{__name__="took_bucket",job="shop",le="+Inf"} {trace_id="bb"} 4.0 0"#,
            ])
    }

    @Test("target_info has a sample every two and a half minutes from the earliest to the latest point of its resource")
    func targetInfo() throws {
        let batch = try Self.decode(Self.exemplars)
        let target = Labels([(name: "__name__", value: "target_info"), (name: "job", value: "shop"), (name: "key_zone", value: "z")])
        let rows = batch.sampleSeries.indices.filter { batch.labels(Int(batch.sampleSeries[$0])) == target }
        #expect(rows.map { batch.sampleTimes[$0] } == [1000, 151_000, 301_000, 401_000])
        // A point of 1970 beside one of now.
        let wide = try Self.decode(Self.exemplars.replacing("\"401000000000\"", with: "\"1700000000000000000\""))
        #expect(wide.sampleTimes.count < 2000 && wide.sampleTimes.max() == 1_700_000_000_000)
    }

    @Test("without suffixes the underscores of a name stay as they are", arguments: [
        ("a__b", "a__b"), ("_a.b..c_", "_a_b_c_"), ("1a", "_1a"),
    ])
    func underscores(name: String, expected: String) {
        #expect(OTLPMetricName.prometheusName(name, unit: "s", kind: .gauge, by: .underscoreEscapingWithoutSuffixes) == expected)
    }

    @Test("a scale finer than schema 8 is halved until it fits")
    func exponential() throws {
        var decoder = OTLPMetricsDecoder()
        var batch = SampleWriteBatch()
        _ = try decoder.decode(Self.metrics, into: &batch)
        let histogram = try #require(batch.histograms.first?.histogram)
        #expect(histogram.schema == 8)
        #expect(histogram.zeroCount == 1)
        // Buckets -2 … 3 of scale 9 fold into -1, 0, 1 of scale 8, which Prometheus counts from 0.
        #expect(histogram.positiveSpans == [.init(offset: 0, length: 1), .init(offset: 1, length: 1)])
        #expect(histogram.positiveCounts == [3, 6])
    }

    @Test(
        "names follow the compatibility specification",
        arguments: [
            ("http.server.duration", "s", MetricMetadata.Kind.histogram, "http_server_duration_seconds"),
            ("requests_total", "1", .counter, "requests_total"), ("cpu.utilization", "1", .gauge, "cpu_utilization_ratio"),
            ("disk.io", "By/s", .gauge, "disk_io_bytes_per_second"), ("bytes.sent", "By", .counter, "bytes_sent_total"),
            ("2xx", "", .gauge, "_2xx"), ("a..b", "{x}", .gauge, "a_b"),
        ])
    func names(name: String, unit: String, kind: MetricMetadata.Kind, expected: String) {
        #expect(OTLPMetricName.prometheusName(name, unit: unit, kind: kind) == expected)
    }

    static let logs = request([("service.name", "shop"), ("k8s.pod.name", "p"), ("host.name", "h1")]) { writer in
        writer.message(2) { writer in
            writer.fixed64(1, 42)
            writer.varint(2, 9)
            writer.string(3, "INFO")
            writer.message(5) { $0.string(1, "hello") }
            writer.attribute(6, "http.method", "GET")
            writer.bytes(9, [0xab, 0x01])
        }
        writer.message(2) { writer in
            writer.fixed64(11, 43)
            writer.message(5) { writer in
                writer.message(6) { writer in
                    writer.message(1) { writer in
                        writer.string(1, "k")
                        writer.message(2) { $0.message(5) { writer in
                            writer.message(1) { $0.int64(3, 1) }
                            writer.message(1) { $0.bool(2, true) }
                        } }
                    }
                }
            }
        }
        writer.message(2) { $0.message(5) { $0.double(4, 1.5) } }
    }

    @Test("log records become entries with structured metadata")
    func logRecords() throws {
        var decoder = OTLPLogsDecoder()
        var batch = LogWriteBatch()
        let outcome = try decoder.decode(Self.logs, now: 99, into: &batch)
        #expect(outcome.entries == 3)
        #expect(batch.labels(0) == Labels(["service_name": "shop", "k8s_pod_name": "p"]))
        #expect(batch.entryTimes == [42, 43, 99])
        #expect((0..<3).map { String(decoding: batch.lineArena[batch.lineRange($0)], as: UTF8.self) } == ["hello", "{\"k\":[1,true]}", "1.5"])
        #expect(
            Labels(canonical: Array(batch.metadataArena[batch.metadataRange(0)]))
                == Labels([
                    "host_name": "h1", "http_method": "GET", "scope_name": "lib", "scope_version": "1.0", "severity_number": "9", "severity_text": "INFO",
                    "trace_id": "ab01",
                ]))
    }

    @Test("damaged requests never crash and never leave a crooked batch", arguments: [101, FuzzTests.seed])
    func fuzz(seed: UInt64) {
        var random = Xoshiro256(seed: seed)
        var metricsDecoder = OTLPMetricsDecoder()
        var logsDecoder = OTLPLogsDecoder()
        for round in 0..<3000 {
            var body = round % 2 == 0 ? Self.metrics : Self.logs
            for _ in 0...random.next(below: 3) { body[random.next(below: body.count)] = UInt8(truncatingIfNeeded: random.next()) }
            // What of a damaged JSON body is still JSON must be turned into a body that can be decoded, or refused.
            var text = Array(Self.metricsJSON.utf8)
            for _ in 0...random.next(below: 2) { text[random.next(below: text.count)] = UInt8(32 + random.next(below: 95)) }
            if round % 8 == 0, let made = try? OTLPMetricsJSON.protobuf(text) { body = made }
            if round % 2 == 0 {
                var batch = SampleWriteBatch()
                guard (try? metricsDecoder.decode(body, into: &batch)) != nil else { continue }
                #expect(batch.sampleTimes.count == batch.sampleValues.count)
                #expect(batch.startTimes.isEmpty || batch.startTimes.count == batch.sampleTimes.count)
                #expect(batch.sampleSeries.allSatisfy { $0 < batch.series.count })
            } else {
                var batch = LogWriteBatch()
                guard (try? logsDecoder.decode(body, now: 1, into: &batch)) != nil else { continue }
                #expect(batch.lineEnds.count == batch.count)
                #expect(batch.metadataEnds.isEmpty || batch.metadataEnds.count == batch.count)
                #expect(batch.lineEnds.last ?? 0 == batch.lineArena.count)
            }
        }
    }
}

@Suite("Remote read")
struct RemoteReadTests {
    @Test("a request comes back as it was written")
    func request() throws {
        var selection = SampleSelection(
            matchers: [try LabelMatcher("a", .matchesNotExpression, "b.*"), LabelMatcher("__name__", equals: "up")], start: -5, end: 17)
        selection.hints.step = 15
        selection.hints.function = "rate"
        selection.hints.grouping = ["job"]
        selection.hints.isGroupingBy = true
        let back = try RemoteReadRequest(snappy: Snappy.compress(RemoteReadRequest(selections: [selection]).bytes))
        #expect(back.selections.count == 1)
        #expect(back.selections[0].matchers == selection.matchers)
        #expect(back.selections[0].start == -5 && back.selections[0].end == 17)
        #expect(back.selections[0].hints.step == 15)
        #expect(back.selections[0].hints.grouping == ["job"])
    }

    @Test("a client that takes only streamed chunks, or sends a broken expression, is told so")
    func refused() {
        var writer = ProtobufWriter()
        writer.packedVarints(2, [1])
        let unsupported = #expect(throws: WireError.self) { try RemoteReadRequest(writer.bytes) }
        #expect(unsupported?.code == .unsupported)
        var broken = ProtobufWriter()
        broken.message(1) { $0.message(3) {
            $0.varint(1, 2)
            $0.string(2, "a")
            $0.string(3, "(")
        } }
        let error = #expect(throws: WireError.self) { try RemoteReadRequest(broken.bytes) }
        #expect(error?.description == "cannot decode remote-read body: error parsing regexp: missing closing ): `(`")
    }

    @Test("series with floats and histograms come back")
    func response() throws {
        var labels = LabelColumn()
        labels.append(Labels(["__name__": "up", "job": "a"]))
        var batch = SampleBatch()
        batch.timestampColumns = [[0, 1000, 2000, 3000]]
        batch.values = [1, 0, 3]
        let histogram = NativeHistogram(count: 2, sum: 1, positiveSpans: [.init(offset: 0, length: 1)], positiveCounts: [2], isInteger: true)
        batch.histograms = [(index: 1, histogram: histogram)]
        batch.series = [SampleBatch.Series(labels: 0, timestamps: 0, firstTimestamp: 1, values: 0..<3, histograms: 0..<1)]
        var response = RemoteReadResponse()
        response.beginQuery()
        try response.append(batch, labels: labels)
        response.beginQuery()
        let back = try RemoteReadResponse.decode(snappy: Snappy.compress(response.bytes))
        #expect(back.count == 2)
        #expect(back[0].labels(0) == Labels(["__name__": "up", "job": "a"]))
        #expect(back[0].sampleTimes == [1000, 3000])
        #expect(back[0].sampleValues == [1, 3])
        #expect(back[0].histograms.map(\.histogram) == [histogram])
        #expect(back[0].histograms.map(\.time) == [2000])
        #expect(back[1].isEmpty)
    }
}
