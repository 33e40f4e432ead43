import Telemetry
import Testing

@testable import Rules

@Suite("Samples in their short form")
struct SampleNotationTests {
    @Test(
        "a word stands for one or several samples",
        arguments: [
            ("1 2.5 -3", [1, 2.5, -3]), ("0+1x3", [0, 1, 2, 3]), ("10-2.5x2", [10, 7.5, 5]), ("4x2", [4, 4, 4]), ("-1+1e1x1", [-1, 9]), ("1e+2x1", [100, 100]),
            ("+Inf", [.infinity]), ("", []),
        ])
    func floats(text: String, values: [Double]) throws {
        #expect(try SampleNotation.items(text) == values.map { .float($0) })
    }

    @Test("gaps and stale markers have their places")
    func gaps() throws {
        let items = try SampleNotation.items("1 _ _x2 stale")
        #expect(items.count == 5 && items[1...3].allSatisfy { $0 == .missing })
        guard case .float(let value) = items[4] else { return #expect(Bool(false), "\(items)") }
        #expect(StalenessMarker.isStale(value))
    }

    @Test("histograms are added step by step")
    func histograms() throws {
        let items = try SampleNotation.items("{{sum:3 count:2 buckets:[2]}}+{{sum:1.5 count:1 buckets:[1]}}x2")
        let sums = items.compactMap { item -> Double? in if case .histogram(let one) = item { one.sum } else { nil } }
        #expect(sums == [3, 4.5, 6])
        let full = try SampleNotation.items("{{schema:1 sum:-0.3 count:3.1 z_bucket:7.1 z_bucket_w:0.05 buckets:[5.1 10 7] offset:-3 n_buckets:[4.1 5] n_offset:-5}}")
        guard case .histogram(let one)? = full.first else { return #expect(Bool(false), "\(full)") }
        #expect(one.schema == 1 && one.positiveCounts == [5.1, 10, 7] && one.positiveSpans == [.init(offset: -3, length: 3)])
        #expect(one.negativeSpans == [.init(offset: -5, length: 2)] && one.zeroThreshold == 0.05)
    }

    @Test(
        "a series is a name with labels",
        arguments: [
            ("up", ["__name__": "up"]), ("up{}", ["__name__": "up"]), (#"up{job="a b", x='}'}"#, ["__name__": "up", "job": "a b", "x": "}"]),
            (#"{__name__="up",a="b",}"#, ["__name__": "up", "a": "b"]), (#"{"dotted.name", "la.bel"="v"}"#, ["__name__": "dotted.name", "la.bel": "v"]),
            ("job:x:rate5m", ["__name__": "job:x:rate5m"]), ("{}", [:]),
        ] as [(String, [String: String])])
    func series(text: String, labels: [String: String]) throws {
        let expected = labels.map { (name: $0.key, value: $0.value) }
        #expect(try SampleNotation.series(text) == Labels(expected))
    }

    @Test("what is none is refused", arguments: ["up{", #"up{a="b""#, "up{a=b}", "", "up}", #"up{a="b"} x"#, "{a}b"])
    func noSeries(text: String) { #expect(throws: SampleNotation.Malformed.self) { try SampleNotation.series(text) } }

    @Test("what is no sample is refused", arguments: ["x", "1x", "1+x3", "1x99999999999", "{{sum:x}}", "{{nonsense:1}}", "{{sum:1}}y2", "{{", "{{buckets:1}}"])
    func noSample(text: String) { #expect(throws: SampleNotation.Malformed.self) { try SampleNotation.items(text) } }
}
