import Testing

@testable import Bytes

@Suite("Columns")
struct ColumnTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var next: @Sendable (inout Xoshiro256, Int) -> Int64
    }

    static let shapes: [Shape] = [
        Shape(testDescription: "constant") { _, _ in 42 },
        Shape(testDescription: "counter at a steady rate") { _, index in Int64(index) * 15_000 },
        Shape(testDescription: "counter with noise") { random, index in Int64(index) * 1_000_000 + .random(in: 0...999, using: &random) },
        Shape(testDescription: "pages") { random, _ in .random(in: 0...10_000, using: &random) * 4096 },
        Shape(testDescription: "any bits") { random, _ in .random(in: .min ... .max, using: &random) },
        Shape(testDescription: "extremes") { random, _ in Bool.random(using: &random) ? .min : .max },
    ]

    @Test("integers come back whatever their shape and count", arguments: shapes)
    func integers(shape: Shape) throws {
        var random = Xoshiro256(seed: 11)
        for count in [0, 1, 2, 3, 31, 500] {
            let values = (0..<count).map { shape.next(&random, $0) }
            var bytes: [UInt8] = [9]
            IntegerColumn.encode(values, into: &bytes)
            var offset = 1
            var decoded: [Int64] = [7]
            try IntegerColumn.decode(bytes, at: &offset, end: bytes.count, count: count, into: &decoded)
            #expect(decoded == [7] + values)
            #expect(offset == bytes.count)
        }
    }

    @Test("numbers come back bit by bit, decimals or not")
    func numbers() throws {
        var random = Xoshiro256(seed: 12)
        let kinds: [(inout Xoshiro256) -> Double] = [
            { Double(Int.random(in: 0...1_000_000, using: &$0)) },
            { Double(Int.random(in: 0...1_000_000_000, using: &$0)) / 1e9 },
            { Double(Int.random(in: -1000...1000, using: &$0)) / 100 },
            { Double.random(in: -1...1, using: &$0) },
            { Double(bitPattern: UInt64.random(in: 0 ... .max, using: &$0)) },
            { [0.0, -0.0, .infinity, -.infinity, .nan, 1e300, .leastNonzeroMagnitude, 9_007_199_254_740_994].randomElement(using: &$0)! },
        ]
        for round in 0..<300 {
            let count = Int.random(in: 1...200, using: &random)
            let main = kinds.randomElement(using: &random)!
            let rare = kinds.randomElement(using: &random)!
            let values = (0..<count).map { _ in Int.random(in: 0..<40, using: &random) == 0 ? rare(&random) : main(&random) }
            var bytes: [UInt8] = []
            var hint = round % 14
            DecimalColumn.encode(values, hint: &hint, into: &bytes)
            var offset = 0
            var scratch: [Int64] = []
            var decoded = [Double](repeating: 1, count: count + 3)
            let traits = try DecimalColumn.decode(
                bytes, at: &offset, end: bytes.count, count: count, scratch: &scratch, into: &decoded, at: 2)
            #expect(decoded[2..<count + 2].map(\.bitPattern) == values.map(\.bitPattern), "round \(round)")
            #expect(offset == bytes.count)
            #expect(!traits.holdsNumbers || !values.contains { $0.isNaN }, "round \(round)")
            #expect(!traits.neverFalls || !zip(values, values.dropFirst()).contains { $1 < $0 }, "round \(round)")
        }
    }

    @Test("a long column of decimals comes back whatever its shape, and says that it holds numbers and whether it falls", arguments: shapes)
    func longColumns(shape: Shape) throws {
        var random = Xoshiro256(seed: 14)
        for count in [255, 256, 257, 1_000] {
            for divisor in [1.0, 1e9] {
                let values = (0..<count).map { Double(shape.next(&random, $0) >> 20) / divisor }
                var bytes: [UInt8] = []
                var hint = 0
                DecimalColumn.encode(values, hint: &hint, into: &bytes)
                var offset = 0
                var scratch: [Int64] = []
                var decoded = [Double](repeating: 0, count: count)
                let traits = try DecimalColumn.decode(
                    bytes, at: &offset, end: bytes.count, count: count, scratch: &scratch, into: &decoded, at: 0)
                #expect(decoded == values)
                #expect(traits.holdsNumbers)
                #expect(traits.neverFalls == !zip(values, values.dropFirst()).contains { $1 < $0 })
            }
        }
    }

    @Test("sums of columns are exact to twice the digits, and what is absent is neither added nor counted")
    func sums() {
        let absent = Double(bitPattern: 0x7ff0_0000_0000_0002)
        var random = Xoshiro256(seed: 15)
        var (counts, sums, errors) = ([Double](repeating: 0, count: 70), [Double](repeating: 0, count: 70), [Double](repeating: 0, count: 70))
        var expected = [(count: Double, sum: Double, error: Double)](repeating: (0, 0, 0), count: 70)
        for _ in 0..<200 {
            let part = Int.random(in: 0...30, using: &random)..<Int.random(in: 30...70, using: &random)
            let column = part.map { _ in
                Int.random(in: 0..<4, using: &random) == 0 ? absent : Double.random(in: -1...1, using: &random) * 1e9
            }
            #expect(!ColumnSums.add(column.span, at: part.lowerBound, absent: absent.bitPattern, counts: &counts, sums: &sums, errors: &errors))
            for (value, index) in zip(column, part) where value.bitPattern != absent.bitPattern {
                let total = expected[index].sum + value
                let virtual = total - expected[index].sum
                expected[index].error += (expected[index].sum - (total - virtual)) + (value - virtual)
                expected[index].sum = total
                expected[index].count += 1
            }
        }
        #expect(counts == expected.map(\.count) && sums == expected.map(\.sum) && errors == expected.map(\.error))
        let large = [Double](repeating: 1.7e308, count: 2)
        #expect(!ColumnSums.add(large.span, at: 0, absent: absent.bitPattern, counts: &counts, sums: &sums, errors: &errors))
        #expect(ColumnSums.add(large.span, at: 0, absent: absent.bitPattern, counts: &counts, sums: &sums, errors: &errors))
        #expect(!ColumnSums.add([.infinity].span, at: 5, absent: absent.bitPattern, counts: &counts, sums: &sums, errors: &errors))
        #expect(sums[0] == .infinity && sums[5] == .infinity)
    }

    @Test("nanosecond counters in seconds take as few bytes as the nanoseconds do")
    func nanoseconds() {
        let integers = (0..<480).map { Int64(86_400_000_000_000 + $0 * 1_234_567) }
        var plain: [UInt8] = []
        IntegerColumn.encode(integers, into: &plain)
        var scaled: [UInt8] = []
        var hint = 0
        DecimalColumn.encode(integers.map { Double($0) / 1e9 }, hint: &hint, into: &scaled)
        #expect(hint == 9)
        #expect(scaled.count <= plain.count + 3)
    }

    @Test("sample runs and rising numbers come back")
    func runs() throws {
        var random = Xoshiro256(seed: 13)
        for count in [0, 1, 100] {
            let series = (0..<count).map { _ in UInt32.random(in: 0 ... .max, using: &random) }
            let times = (0..<count).map { _ in Int64.random(in: .min ... .max, using: &random) }
            let values = (0..<count).map { _ in Double.random(in: -1...1, using: &random) }
            var bytes: [UInt8] = []
            SampleRun.encode(series: series, times: times, values: values, into: &bytes)
            var (a, b, c): ([UInt32], [Int64], [Double]) = ([], [], [])
            var offset = 0
            try SampleRun.decode(bytes, at: &offset, end: bytes.count, series: &a, times: &b, values: &c)
            #expect(a == series && b == times && c == values && offset == bytes.count)
            let rising = Set(series).sorted()
            bytes = [1]
            RisingNumbers.encode(rising, into: &bytes)
            #expect(RisingNumbers.decode(bytes, at: 1, count: rising.count) == rising)
        }
    }

    @Test("decoders of columns refuse or take any bytes, and never read outside them")
    func fuzz() {
        var random = Xoshiro256(seed: 14)
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...20, using: &random) }
            let count = Int.random(in: 0...20, using: &random)
            var offset = 0
            var integers: [Int64] = []
            try? IntegerColumn.decode(bytes, at: &offset, end: bytes.count, count: count, into: &integers)
            offset = 0
            var numbers = [Double](repeating: 0, count: count)
            _ = try? DecimalColumn.decode(bytes, at: &offset, end: bytes.count, count: count, scratch: &integers, into: &numbers, at: 0)
            offset = 0
            var series: [UInt32] = []
            try? SampleRun.decode(bytes, at: &offset, end: bytes.count, series: &series, times: &integers, values: &numbers)
        }
    }
}
