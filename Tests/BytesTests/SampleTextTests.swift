import Bytes
import Testing

@Suite("Sample text")
struct SampleTextTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let value: Double
        let text: String

        init(_ value: Double, _ text: String) {
            self.value = value
            self.text = text
        }

        var testDescription: String { text }
    }

    // Source: Go's strconv.FormatFloat with 'f' and 'e', as Prometheus' jsonutil chooses between them.
    static let cases = [
        Case(0, "0"), Case(-0.0, "-0"), Case(1, "1"), Case(-42, "-42"), Case(1e15, "1000000000000000"),
        Case(1.2345678901234568e20, "123456789012345680000"), Case(1e21, "1e+21"), Case(-2.5e-7, "-2.5e-07"), Case(.leastNonzeroMagnitude, "5e-324"),
        Case(1.7976931348623157e308, "1.7976931348623157e+308"), Case(0.000001, "0.000001"), Case(0.1, "0.1"), Case(12.34, "12.34"),
        Case(0.1 + 0.2, "0.30000000000000004"), Case(1.0 / 3, "0.3333333333333333"), Case(1234.000001, "1234.000001"),
        Case(999999999.999, "999999999.999"), Case(0.0012, "0.0012"), Case(9007199254740992, "9007199254740992"),
        Case(.infinity, "+Inf"), Case(-.infinity, "-Inf"), Case(.nan, "NaN"), Case(-.nan, "NaN"),
    ]

    @Test("a value has the shortest digits in Prometheus' layout", arguments: cases)
    func values(one: Case) {
        var bytes: [UInt8] = []
        SampleText.appendValue(one.value, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == one.text)
    }

    @Test("what is written reads back as the same bits, and no shorter text does", arguments: [7, 8] as [UInt64])
    func readsBack(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for round in 0..<20_000 {
            let value: Double =
                switch round % 4 {
                case 0: Double(bitPattern: random.next())
                case 1: Double(random.next() % 1_000_000_000) / 1000
                case 2: Double(random.next() >> 11) * 0x1p-53
                default: Double(Int64(bitPattern: random.next()))
                }
            guard value.isFinite else { continue }
            var bytes: [UInt8] = []
            SampleText.appendValue(value, to: &bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(Double(text)?.bitPattern == value.bitPattern, "\(text)")
            let significant = text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" }
            let shortest = value.magnitude.description.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" }
            func trimmed(_ digits: Substring) -> Substring { digits.last == "0" ? trimmed(digits.dropLast()) : digits }
            #expect(trimmed(significant[...]).count <= trimmed(shortest[...]).count, "\(text)")
        }
    }

    @Test("points are seconds and quoted values, as many as there are")
    func points() {
        let times: [Int64] = [0, 1, 10, 100, -1, -1500, 1_790_000_000_000, 1_790_000_000_015, .max]
        var bytes: [UInt8] = []
        SampleText.appendPoints(times, [1, 0.5, 2, 3, 4, 5, 6, 7, 8], 0..<9, to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"[0,"1"],[0.001,"0.5"],[0.010,"2"],[0.100,"3"],[-0.001,"4"],[-1.500,"5"],[1790000000,"6"],[1790000000.015,"7"],[9223372036854775.807,"8"]"#)
        var many: [UInt8] = []
        SampleText.appendPoints([Int64](repeating: 5000, count: 1000), [Double](repeating: -1e-300, count: 1000), 0..<1000, to: &many)
        #expect(String(decoding: many, as: UTF8.self) == [String](repeating: #"[5,"-1e-300"]"#, count: 1000).joined(separator: ","))
    }
}
