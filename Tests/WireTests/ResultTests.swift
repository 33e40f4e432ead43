import Bytes
import Synchronization
import Telemetry
import Testing

@testable import Wire

@Suite("Result JSON")
struct ResultTests {
    static let labels = Labels(["__name__": "up", "job": "a\"b"])

    static func prometheus(_ value: QueryValue) throws -> String {
        String(decoding: try PrometheusResult.bytes(value), as: UTF8.self)
    }

    @Test("Prometheus' forms of every kind of value")
    func prometheus() throws {
        #expect(
            try Self.prometheus(.vector([VectorElement(labels: Self.labels, time: 1_435_781_451_781, value: 1)]))
                == #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a\"b"},"value":[1435781451.781,"1"]}]}}"#)
        #expect(
            try Self.prometheus(.matrix([MatrixSeries(labels: .empty, times: [0, 1_010, -500], values: [0.5, .nan, -.infinity])]))
                == #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[0,"0.5"],[1.010,"NaN"],[-0.500,"-Inf"]]}]}}"#)
        #expect(
            try Self.prometheus(.scalar(ScalarPoint(time: 1000, value: 1e-7)))
                == #"{"status":"success","data":{"resultType":"scalar","result":[1,"1e-07"]}}"#)
        #expect(
            try Self.prometheus(.string(time: 2000, "x\n")) == #"{"status":"success","data":{"resultType":"string","result":[2,"x\n"]}}"#)
    }

    @Test("ten annotations of a kind are shown, and how many are left out", arguments: [(10, 10, nil), (12, 10, 2)] as [(Int, Int, Int?)])
    func annotations(count: Int, shown: Int, omitted: Int?) throws {
        let texts = (0..<count).map { "note \($0)" }
        let json = try JSONValue.parse(PrometheusResult.bytes(.scalar(ScalarPoint(time: 0, value: 1)), warnings: texts, infos: texts))
        func expected(_ kind: String) -> JSONValue {
            .array((texts.prefix(shown) + (omitted.map { ["\($0) more \(kind) annotations omitted"] } ?? [])).map { .string($0) })
        }
        #expect(json["warnings"] == expected("warning") && json["infos"] == expected("info"))
    }

    @Test("a list of label sets reads as its sets one by one")
    func labelSets() throws {
        var column = LabelColumn()
        let sets = [Self.labels, .empty, Labels(["__name__": "up", "\"quoted\"": "\n\u{2028}"]), Labels(["__name__": "down", "job": "a\"b"])]
        for labels in sets { column.append(labels) }
        var (writer, expected) = (JSONWriter(), JSONWriter())
        try PrometheusResult.write(LabelSetList(column, budget: .unlimited), budget: .unlimited, into: &writer)
        expected.beginArray()
        for labels in sets.sorted() { PrometheusResult.write(labels, into: &expected) }
        expected.endArray()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == String(decoding: expected.bytes, as: UTF8.self))
    }

    @Test("warnings, infos and errors stand beside the data")
    func envelope() throws {
        let bytes = try PrometheusResult.bytes(.vector([]), warnings: ["w"], infos: ["i"])
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["w"],"infos":["i"]}"#)
        var writer = JSONWriter()
        PrometheusResult.error(type: "bad_data", message: "no", into: &writer)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"status":"error","errorType":"bad_data","error":"no"}"#)
    }

    @Test("a native histogram shows its filled buckets from low to high")
    func histogram() throws {
        let histogram = NativeHistogram(
            schema: 0, zeroThreshold: 0.001, zeroCount: 2, count: 9, sum: 5.5,
            positiveSpans: [.init(offset: 0, length: 2), .init(offset: 1, length: 1)], positiveCounts: [1, 0, 2], negativeSpans: [.init(offset: 1, length: 2)], negativeCounts: [3, 1])
        #expect(
            try Self.prometheus(.vector([VectorElement(labels: .empty, time: 0, value: 0, histogram: histogram)]))
                == #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[0,{"count":"9","sum":"5.5","buckets":[[1,"-4","-2","1"],[1,"-2","-1","3"],[3,"-0.001","0.001","2"],[0,"0.5","1","1"],[0,"4","8","2"]]}]}]}}"#)
        #expect(HistogramBuckets.bound(1, 1) == 2.0.squareRoot())
        #expect(HistogramBuckets.bound(-2, 2) == 0.5.squareRoot())
        #expect(HistogramBuckets.bound(3, -2) == 4096)
        #expect(HistogramBuckets.bound(1024, 0) == .greatestFiniteMagnitude)
    }

    @Test("custom buckets end at their bounds")
    func customBuckets() {
        let histogram = NativeHistogram(
            schema: -53, count: 6, sum: 1, positiveSpans: [.init(offset: 0, length: 3)], positiveCounts: [1, 2, 3], customBounds: [1, 5])
        let buckets = HistogramBuckets(histogram).buckets
        #expect(buckets.map(\.lower) == [-.infinity, 1, 5])
        #expect(buckets.map(\.upper) == [1, 5, .infinity])
        #expect(buckets.map(\.count) == [1, 2, 3])
    }

    @Test("Loki's streams, with and without structured metadata")
    func streams() throws {
        let stream = EntryStream(
            labels: Labels(["app": "web"]),
            entries: [
                .init(time: 1_700_000_000_000_000_001, line: Array("a\"b".utf8), metadata: Labels(["k": "v"])), .init(time: 2, line: [0xff]),
            ])
        let plain = try JSONValue.parse(LokiResult.bytes(.streams([stream])))
        #expect(
            plain["data"]?["result"]
                == [["stream": ["app": "web"], "values": [["1700000000000000001", "a\"b"], ["2", "\u{fffd}"]]]])
        #expect(plain["data"]?["resultType"] == "streams")
        #expect(plain["data"]?["stats"]?["summary"]?["totalLinesProcessed"] == 0)
        let flagged = try JSONValue.parse(LokiResult.bytes(.streams([stream]), encodesMetadata: true))
        #expect(flagged["data"]?["encodingFlags"] == ["categorize-labels"])
        #expect(flagged["data"]?["result"]?[0]?["values"]?[0]?[2] == ["structuredMetadata": ["k": "v"]])
    }

    @Test("Loki's vectors and matrices never have exponents")
    func lokiNumbers() {
        let bytes = LokiResult.bytes(.matrix([MatrixSeries(labels: Labels(["a": "b"]), times: [1000], values: [1e-7])]))
        #expect(
            String(decoding: bytes, as: UTF8.self).hasPrefix(
                #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"0.0000001"]]}],"stats":"#))
    }

    @Test("a large answer looks at the query's budget all along, within a series too, and is given up when that is over")
    func givenUp() throws {
        let values = (0..<50_000).map { Double($0) / 3 }
        let times = values.indices.map { Int64($0) * 1000 }
        let histogram = NativeHistogram(schema: 0, count: 1, sum: 1, positiveSpans: [.init(offset: 0, length: 1)], positiveCounts: [1])
        let answers: [(what: String, value: QueryValue)] = [
            ("one long series", .matrix([MatrixSeries(labels: .empty, times: times, values: values)])),
            ("many series", .matrix((0..<20_000).map { _ in MatrixSeries(labels: .empty, times: [1], values: [1]) })),
            ("a long series of histograms", .matrix([MatrixSeries(labels: .empty, histograms: times.prefix(5000).map { ($0, histogram) })])),
            ("many elements", .vector((0..<20_000).map { _ in VectorElement(labels: .empty, time: 1, value: 1) })),
        ]
        for one in answers {
            let looks = Atomic<Int>(0)
            let whole = try PrometheusResult.bytes(
                one.value, budget: QueryBudget(deadline: .init(at: 1, reason: "late") { looks.add(1, ordering: .relaxed); return 0 }))
            #expect(looks.load(ordering: .relaxed) >= 15, "\(one.what): \(looks.load(ordering: .relaxed)) looks")
            #expect(try PrometheusResult.bytes(one.value) == whole)
            #expect(try JSONValue.parse(whole)["status"] == "success", "\(one.what)")
            let over = QueryBudget()
            over.cancel()
            #expect(throws: StoreError.self, "\(one.what)") { try PrometheusResult.bytes(one.value, budget: over) }
        }
    }
}
