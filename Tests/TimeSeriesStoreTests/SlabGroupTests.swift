import Bytes
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("Reading a head's series together")
struct SlabGroupTests {
    private static func columns(_ slabs: SampleSlabs, _ series: [UInt32], _ start: Int64, _ end: Int64) -> [SeriesColumn] {
        var columns = [SeriesColumn](repeating: SeriesColumn(), count: series.count)
        slabs.read(series, start: start, end: end, into: &columns)
        return columns
    }

    @Test("gives what reading each alone gives, whatever the times and the window", arguments: [1, 2, OwnSeed.value])
    func agrees(seed: UInt64) {
        var random = Xoshiro256(seed: seed)
        for round in 0..<60 {
            var slabs = SampleSlabs(expectedBytes: 0, expectedSeries: 0)
            let count = 1 + random.next(below: 100)
            for _ in 0..<count { slabs.addSeries() }
            // Some times are far apart, so that all become wide.
            let step: Int64 = round % 8 == 0 ? 5_000_000_000 : 15_000
            for scrape in 0..<random.next(below: 60) {
                for series in 0..<count where random.next(below: 200) > 0 {
                    let time = Int64(scrape) * step + (random.next(below: 500) == 0 ? -step * 3 : 0)
                    if random.next(below: 2000) == 0 {
                        slabs.append(series, time: time, value: 1, startTime: 5, histogram: nil)
                    } else {
                        slabs.append(series, time: time, value: Double(random.next(below: 1000)))
                    }
                }
            }
            var series = (0..<UInt32(count)).map { $0 }
            if random.next(below: 2) == 0 { series.shuffle(using: &random) }
            let ends = [Int64.min, -1, 0, step * 7 + 1, step * 8, step * 31, step * 32 - 1, step * 100, .max]
            for start in ends {
                for end in ends where end >= start {
                    let together = Self.columns(slabs, series, start, end)
                    for (position, number) in series.enumerated() {
                        var alone = SeriesColumn()
                        slabs.read(Int(number), start: start, end: end, into: &alone)
                        #expect(together[position].times == alone.times && together[position].startTimes == alone.startTimes)
                        #expect(together[position].values.map(\.bitPattern) == alone.values.map(\.bitPattern))
                    }
                }
            }
        }
    }

    @Test("series of one scrape share their times in memory")
    func sharing() {
        var slabs = SampleSlabs(expectedBytes: 0, expectedSeries: 0)
        for _ in 0..<40 { slabs.addSeries() }
        for scrape in 0..<20 {
            for series in 0..<40 { slabs.append(series, time: Int64(scrape) * 1000, value: 1) }
        }
        let columns = Self.columns(slabs, (0..<40).map { UInt32($0) }, 3000, .max)
        #expect(columns.allSatisfy { $0.count == 17 })
        #expect((1..<32).allSatisfy { columns[$0].times.sharesMemory(with: columns[0].times) })
    }
}
