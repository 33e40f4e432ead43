import Bytes
import Telemetry
import Testing

@testable import Wire

@Suite("Remote write")
struct RemoteWriteTests {
    /// A version-1 series by hand.
    static func series1(_ labels: [(String, String)], _ samples: [(Int64, Double)]) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.message(1) { writer in
            for (name, value) in labels {
                writer.message(1) {
                    $0.string(1, name)
                    $0.string(2, value)
                }
            }
            for (time, value) in samples {
                writer.message(2) {
                    $0.double(1, value)
                    $0.int64(2, time)
                }
            }
        }
        return writer.bytes
    }

    @Test("a hand-written version-1 message gives sorted, hashed label sets and flat columns")
    func version1() throws {
        let body =
            Self.series1([("__name__", "up"), ("job", "a")], [(1000, 1), (2000, 0)])
            + Self.series1([("job", "b"), ("__name__", "up"), ("empty", "")], [(-5, StalenessMarker.value)])
        var decoder = RemoteWriteDecoder()
        var batch = SampleWriteBatch()
        let outcome = try decoder.decode(snappy: Snappy.compress(body), version: .v1, into: &batch)
        #expect(outcome.samples == 3)
        #expect(outcome.isComplete)
        #expect(batch.labels(0) == Labels(["__name__": "up", "job": "a"]))
        #expect(batch.labels(1) == Labels(["__name__": "up", "job": "b"]))
        #expect(batch.sampleSeries == [0, 0, 1])
        #expect(batch.sampleTimes == [1000, 2000, -5])
        #expect(batch.sampleValues[..<2] == [1, 0])
        #expect(StalenessMarker.isStale(batch.sampleValues[2]))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let labels: [(String, String)]
        let reason: String

        init(_ labels: [(String, String)], _ reason: String) {
            self.labels = labels
            self.reason = reason
        }

        var testDescription: String { reason }
    }

    @Test(
        "a bad series is refused alone, with its name and the reason",
        arguments: [
            Refusal([("__name__", "x"), ("a", "1"), ("a", "2")], "duplicate label \"a\" in series {__name__=\"x\", a=\"1\", a=\"2\"}"),
            Refusal([("a", "1")], "no metric name in series {a=\"1\"}"),
            Refusal([("__name__", "")], "no metric name in series {__name__=\"\"}"),
            Refusal([("__name__", "x"), ("", "v")], "a label without a name in series {=\"v\", __name__=\"x\"}"),
            Refusal([], "no metric name in series {}"),
            Refusal(
                [("__name__", "x"), ("l", String(repeating: "v", count: 30))],
                "label \"l\" with a value of 30 bytes, at most 20 in series {__name__=\"x\", l=\"\(String(repeating: "v", count: 30))\"}"),
        ])
    func refused(test: Refusal) throws {
        let body =
            Self.series1([("__name__", "good")], [(1, 1)]) + Self.series1(test.labels, [(2, 2)])
            + Self.series1([("__name__", "z")], [(3, 3)])
        var decoder = RemoteWriteDecoder(limits: WireLimits(labelValueBytes: 20))
        var batch = SampleWriteBatch()
        let outcome = try decoder.decode(body, version: .v1, into: &batch)
        #expect(outcome.reasons == [test.reason])
        #expect(outcome.refusedSeries == 1)
        #expect(outcome.refusedItems == 1)
        #expect(batch.sampleValues == [1, 3])
        #expect(batch.sampleSeries == [0, 1])
        #expect(batch.labels(1).metricName == "z")
    }

    @Test("names and values of UTF-8 are taken, broken UTF-8 is refused")
    func unicode() throws {
        var decoder = RemoteWriteDecoder()
        var batch = SampleWriteBatch()
        let long = String(repeating: "é", count: 100)
        let good = Self.series1([("__name__", "a.b c\n"), ("k.é", long)], [(1, 1)])
        #expect(try decoder.decode(good, version: .v1, into: &batch).isComplete)
        #expect(batch.labels(0)["k.é"] == long)
        var broken = Self.series1([("__name__", "x"), ("l", "AB")], [(1, 1)])
        let place = try #require(ByteSearch.firstRange(of: Array("AB".utf8), in: broken))
        broken[place] = 0xff
        let outcome = try decoder.decode(broken, version: .v1, into: &batch)
        #expect(outcome.refusedSeries == 1)
        #expect(outcome.reasons[0].hasPrefix("label \"l\" is not valid UTF-8"))
    }

    static func sample() -> SampleWriteBatch {
        var batch = SampleWriteBatch()
        let requests = batch.addSeries(Labels(["__name__": "requests_total", "code": "200"]))
        let latency = batch.addSeries(Labels(["__name__": "latency", "code": "200"]))
        for step in 0..<5 { batch.addSample(series: requests, time: Int64(step) * 1000, value: Double(step)) }
        batch.startTimes = [Int64](repeating: 0, count: 5)
        batch.startTimes[3] = 77
        batch.histograms = [
            SampleWriteBatch.HistogramSample(
                series: latency, time: 9, startTime: 4,
                histogram: NativeHistogram(
                    schema: 3, zeroThreshold: 0.001, zeroCount: 2, count: 12, sum: 5.5,
                    positiveSpans: [.init(offset: -3, length: 2), .init(offset: 1, length: 1)], positiveCounts: [1, 4, 2],
                    negativeSpans: [.init(offset: 0, length: 1)], negativeCounts: [3], resetHint: .noReset, isInteger: true)),
            SampleWriteBatch.HistogramSample(
                series: latency, time: 10,
                histogram: NativeHistogram(
                    schema: 0, count: 1.5, sum: 2, positiveSpans: [.init(offset: 0, length: 1)], positiveCounts: [1.5])),
            SampleWriteBatch.HistogramSample(
                series: latency, time: 11,
                histogram: NativeHistogram(
                    schema: -53, count: 3, sum: 2, positiveSpans: [.init(offset: 0, length: 2)], positiveCounts: [1, 2],
                    customBounds: [0.5], isInteger: true)),
        ]
        batch.exemplars = [SampleWriteBatch.Exemplar(series: requests, labels: Labels(["trace_id": "abc"]), time: 3, value: 0.25)]
        batch.metadata = [MetricMetadata(metric: "requests_total", kind: .counter, help: "Requests.", unit: "")]
        return batch
    }

    @Test("what the encoder writes, the decoder reads", arguments: [RemoteWriteDecoder.Version.v1, .v2])
    func roundTrip(version: RemoteWriteDecoder.Version) throws {
        let batch = Self.sample()
        var decoder = RemoteWriteDecoder()
        var back = SampleWriteBatch()
        let outcome = try decoder.decode(
            snappy: RemoteWriteEncoder.encodeCompressed(batch, version: version), version: version, into: &back)
        #expect(outcome.isComplete)
        #expect(outcome.samples == 5)
        #expect(outcome.histograms == 3)
        #expect(outcome.exemplars == 1)
        #expect(back.series.map(\.hash) == batch.series.map(\.hash))
        #expect(back.sampleTimes == batch.sampleTimes)
        #expect(back.sampleValues == batch.sampleValues)
        #expect(back.histograms.map(\.histogram) == batch.histograms.map(\.histogram))
        #expect(back.exemplars == batch.exemplars)
        #expect(back.metadata == batch.metadata)
        if version == .v2 {
            #expect(back.startTimes == batch.startTimes)
            #expect(back.histograms.map(\.startTime) == [4, 0, 0])
        }
    }

    @Test("a histogram whose count is not that of its buckets is refused")
    func histogramCount() throws {
        var batch = Self.sample()
        batch.histograms[0].histogram.count = 13
        var decoder = RemoteWriteDecoder()
        var back = SampleWriteBatch()
        let outcome = try decoder.decode(RemoteWriteEncoder.encode(batch, version: .v1), version: .v1, into: &back)
        #expect(outcome.refusedSeries == 1)
        #expect(outcome.reasons == ["histogram with 12 observations in its buckets but a count of 13 in series {__name__=\"latency\",code=\"200\"}"])
        #expect(back.histograms.isEmpty)
        #expect(back.series.count == 1)
    }

    @Test("a version-2 reference beyond the symbols is refused")
    func badReference() throws {
        var writer = ProtobufWriter()
        writer.string(4, "")
        writer.string(4, "__name__")
        writer.message(5) { $0.packedUInt32s(1, [1, 9]) }
        var decoder = RemoteWriteDecoder()
        var batch = SampleWriteBatch()
        let outcome = try decoder.decode(writer.bytes, version: .v2, into: &batch)
        #expect(outcome.reasons == ["parsing labels for series [1 9]: labelRefs 1 (name) = 9 (value) outside of symbols table (size 2)"])
        #expect(batch.series.isEmpty)
    }

    /// A version-2 series by hand, whose symbols are written with it.
    static func series2(_ labels: [(String, String)], _ items: (inout ProtobufWriter) -> Void = { _ in }) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.string(4, "")
        for (name, value) in labels {
            writer.string(4, name)
            writer.string(4, value)
        }
        writer.message(5) { writer in
            writer.packedUInt32s(1, (0..<UInt32(labels.count) * 2).map { $0 + 1 })
            items(&writer)
        }
        return writer.bytes
    }

    @Test(
        "a receiver of version 2 says what is wrong in Prometheus' words",
        arguments: [
            Refusal([("a", "1")], "invalid metric name or labels, got {a=\"1\"}"),
            Refusal([("__name__", "x"), ("", "v")], "invalid metric name or labels, got {=\"v\", __name__=\"x\"}"),
            Refusal(
                [("__name__", "x"), ("a", "1"), ("a", "2")],
                "invalid labels for series, labels {__name__=\"x\", a=\"1\", a=\"2\"}, duplicated label a"),
        ])
    func words(test: Refusal) throws {
        let body = Self.series2(test.labels) { writer in writer.message(2) { $0.int64(2, 1) } }
        var decoder = RemoteWriteDecoder()
        var batch = SampleWriteBatch()
        let outcome = try decoder.decode(body, version: .v2, into: &batch)
        #expect(outcome.reasons == [test.reason])
        #expect(outcome.refusedSeries == 1 && outcome.refusedItems == 1 && batch.series.isEmpty && batch.sampleTimes.isEmpty)
    }

    @Test("a series of version 2 with neither a sample nor a histogram is refused, one with an exemplar alone too")
    func nothingInIt() throws {
        for hasExemplar in [false, true] {
            let body = Self.series2([("__name__", "x"), ("b", "c")]) { writer in if hasExemplar { writer.message(4) { $0.double(2, 1) } } }
            var decoder = RemoteWriteDecoder()
            var batch = SampleWriteBatch()
            let outcome = try decoder.decode(body, version: .v2, into: &batch)
            #expect(outcome.reasons == ["TimeSeries must contain at least one sample or histogram for series {__name__=\"x\", b=\"c\"}"])
            #expect(outcome.refusedSeries == 1 && batch.series.isEmpty && batch.exemplars.isEmpty)
        }
    }

    @Test("a schema finer than 8 is reduced to it as two buckets make one", arguments: [RemoteWriteDecoder.Version.v1, .v2])
    func finerSchema(version: RemoteWriteDecoder.Version) throws {
        var batch = SampleWriteBatch()
        let series = batch.addSeries(Labels(["__name__": "x"]))
        // Buckets -3, -2, 1, 2, 3 and 8 of schema 9.
        let fine = NativeHistogram(
            schema: 9, count: 21, sum: 5, positiveSpans: [.init(offset: -3, length: 2), .init(offset: 2, length: 3), .init(offset: 4, length: 1)],
            positiveCounts: [1, 2, 3, 4, 5, 6], isInteger: true)
        batch.histograms = [.init(series: series, time: 1, histogram: fine)]
        var decoder = RemoteWriteDecoder()
        var back = SampleWriteBatch()
        #expect(try decoder.decode(RemoteWriteEncoder.encode(batch, version: version), version: version, into: &back).isComplete)
        #expect(back.histograms.first?.histogram.schema == 8)
        #expect(back.histograms.first?.histogram.positiveCounts == [3, 7, 5, 6])
        let spans: [NativeHistogram.Span] = [.init(offset: -1, length: 1), .init(offset: 1, length: 2), .init(offset: 1, length: 1)]
        #expect(back.histograms.first?.histogram.positiveSpans == spans)
        batch.histograms[0].histogram.schema = 53
        back = SampleWriteBatch()
        let outcome = try decoder.decode(RemoteWriteEncoder.encode(batch, version: version), version: version, into: &back)
        #expect(outcome.reasons.first?.hasPrefix("histogram with unknown schema 53") == true, "\(outcome.reasons)")
    }

    @Test("custom bounds that are no numbers, or end in the bound that is implied, are refused", arguments: [Double.infinity, .nan])
    func customBounds(last: Double) throws {
        var batch = SampleWriteBatch()
        let series = batch.addSeries(Labels(["__name__": "x"]))
        let histogram = NativeHistogram(
            schema: NativeHistogram.customBucketsSchema, count: 1, sum: 1, positiveSpans: [.init(offset: 0, length: 1)], positiveCounts: [1],
            customBounds: [last], isInteger: true)
        batch.histograms = [.init(series: series, time: 1, histogram: histogram)]
        var decoder = RemoteWriteDecoder()
        var back = SampleWriteBatch()
        let outcome = try decoder.decode(RemoteWriteEncoder.encode(batch, version: .v2), version: .v2, into: &back)
        #expect(outcome.refusedSeries == 1 && back.histograms.isEmpty && outcome.reasons[0].contains("custom bound"), "\(outcome.reasons)")
    }

    @Test("an exemplar with more than 128 characters of labels is dropped, its series is kept", arguments: [RemoteWriteDecoder.Version.v1, .v2])
    func longExemplar(version: RemoteWriteDecoder.Version) throws {
        for (characters, kept) in [(120, 1), (121, 0)] {
            var batch = SampleWriteBatch()
            let series = batch.addSeries(Labels(["__name__": "x"]))
            batch.addSample(series: series, time: 1, value: 1)
            let labels = Labels([(name: "trace_id", value: String(repeating: "é", count: characters))])
            batch.exemplars = [.init(series: series, labels: labels, time: 1, value: 1)]
            var decoder = RemoteWriteDecoder()
            var back = SampleWriteBatch()
            #expect(try decoder.decode(RemoteWriteEncoder.encode(batch, version: version), version: version, into: &back).isComplete)
            #expect(back.exemplars.count == kept && back.sampleTimes == [1])
        }
    }

    @Test("content types name a version by their parameter, which must be a pair", arguments: [
        ("application/x-protobuf", RemoteWrite.Version.v1), ("application/x-protobuf; charset=utf-8", .v1),
        ("application/x-protobuf;proto=io.prometheus.write.v2.Request", .v2), ("application/x-protobuf;yolo", nil),
        ("application/x-protobuf;proto=yolo", nil), ("application/json", nil),
    ])
    func contentTypes(text: String, version: RemoteWrite.Version?) { #expect(RemoteWrite.Version(contentType: text) == version) }

    @Test("damaged bodies give an error with its place, never a crash, and never a crooked batch", arguments: [RemoteWriteDecoder.Version.v1, .v2])
    func fuzz(version: RemoteWriteDecoder.Version) {
        var random = Xoshiro256(seed: FuzzTests.seed)
        let whole = RemoteWriteEncoder.encode(Self.sample(), version: version)
        var decoder = RemoteWriteDecoder()
        for _ in 0..<3000 {
            var body = whole
            for _ in 0...random.next(below: 3) { body[random.next(below: body.count)] = UInt8(truncatingIfNeeded: random.next()) }
            var batch = SampleWriteBatch()
            guard (try? decoder.decode(body, version: version, into: &batch)) != nil else { continue }
            #expect(batch.sampleTimes.count == batch.sampleSeries.count && batch.sampleTimes.count == batch.sampleValues.count)
            #expect(batch.sampleSeries.allSatisfy { $0 < batch.series.count })
            #expect(batch.histograms.allSatisfy { $0.series < batch.series.count })
            #expect(batch.startTimes.isEmpty || batch.startTimes.count == batch.sampleTimes.count)
            for index in batch.series.indices { #expect((try? Labels(validating: batch.labels(index).encoded)) != nil) }
        }
        var batch = SampleWriteBatch()
        #expect(throws: WireError.self) { try decoder.decode(snappy: [0xff, 0xff, 0xff, 0xff, 0x0f, 0], version: version, into: &batch) }
    }

    @Test("a body over the limit is too large before it is decompressed")
    func tooLarge() {
        var decoder = RemoteWriteDecoder(limits: WireLimits(decompressedBytes: 1000))
        var batch = SampleWriteBatch()
        let error = #expect(throws: WireError.self) {
            try decoder.decode(snappy: Snappy.compress([UInt8](repeating: 0, count: 2000)), version: .v1, into: &batch)
        }
        #expect(error?.code == .tooLarge)
    }
}
