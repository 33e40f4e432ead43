import Bytes
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("Samples of a head")
struct SampleSlabsTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let origin: Int64
        let others: [Int64]
        /// Bytes of the slabs afterwards: eight places of a series.
        let bytes: Int
    }

    /// What can be said in four bytes lies from 2³¹ below the first time to 2³¹ - 1 above it.
    static let cases = [
        Case(testDescription: "near", origin: 1_795_370_400_000, others: [1, -1, 15_000], bytes: 96),
        Case(testDescription: "both edges", origin: 1_795_370_400_000, others: [1 << 31 - 1, -1 << 31], bytes: 96),
        Case(testDescription: "beyond the later edge", origin: 1_795_370_400_000, others: [5, 1 << 31, 7], bytes: 128),
        Case(testDescription: "beyond the earlier edge", origin: 1_795_370_400_000, others: [5, -1 << 31 - 1, 7], bytes: 128),
        Case(testDescription: "the ends of all times", origin: .min, others: [1, .max, -1], bytes: 128),
    ]

    @Test("times near the first and far from it come back as they were", arguments: cases)
    func times(_ item: Case) {
        var slabs = SampleSlabs(expectedBytes: 0, expectedSeries: 0)
        slabs.addSeries()
        let times = [item.origin] + item.others.map { item.origin &+ $0 }
        for (index, time) in times.enumerated() { slabs.append(0, time: time, value: Double(index)) }
        var column = SeriesColumn()
        slabs.read(0, start: .min, end: .max, into: &column)
        let expected = times.indices.sorted { times[$0] < times[$1] }
        #expect(column.times == expected.map { times[$0] })
        #expect(column.values == expected.map { Double($0) })
        #expect(slabs.sampleByteCount == item.bytes)
    }
}
