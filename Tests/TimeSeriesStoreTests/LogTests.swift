import Bytes
import Environment
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("Write-ahead log")
struct LogTests {
    let up = Labels(["__name__": "up", "instance": "a"])
    let down = Labels(["__name__": "down", "instance": "b"])

    private func segment(_ harness: Harness) throws -> String {
        "/data/metrics/wal/" + (try harness.files.list("/data/metrics/wal").filter { $0.hasSuffix(".wal") }.last!)
    }

    @Test("a segment cut at any byte gives back every record before the cut, and takes appends again")
    func cutAnywhere() throws {
        let harness = try Harness()
        var ends: [Int] = []
        let path = try segment(harness)
        for number in 0..<4 {
            try harness.append(number % 2 == 0 ? up : down, [(Int64(number) * 1000, Double(number))])
            ends.append(try harness.files.contents(path).count)
        }
        let whole = try harness.files.contents(path)
        for cut in 0...whole.count {
            let other = try Harness()
            other.files.killProcess()
            try other.files.replaceContents(path, with: Array(whole[..<cut]))
            try other.restart()
            let kept = ends.filter { $0 <= cut }.count
            let found = try other.select()
            #expect(found.contents.values.reduce(0) { $0 + $1.count } == kept, "cut at \(cut)")
            #expect(found.warnings.isEmpty, "a torn tail is normal: cut at \(cut)")
            try other.append(up, [(9000, 9)])
            try other.restart()
            #expect(try other.select().contents[up]?[9000] == 9.0.bitPattern, "cut at \(cut)")
        }
    }

    @Test("damage in the middle is named and set aside, and the records behind it are served")
    func damagedMiddle() throws {
        let harness = try Harness()
        let path = try segment(harness)
        try harness.append(up, [(1000, 1)])
        let start = try harness.files.contents(path).count
        try harness.append(up, [(2000, 2)])
        let end = try harness.files.contents(path).count
        try harness.append(up, [(3000, 3)])
        for byte in start..<end {
            let other = try Harness()
            other.files.killProcess()
            try other.files.replaceContents(path, with: try harness.files.contents(path))
            other.files.flipBit(path, byte: byte, bit: byte % 8)
            try other.restart()
            let found = try other.select()
            #expect(found.contents == [up: [1000: 1.0.bitPattern, 3000: 3.0.bitPattern]], "byte \(byte)")
            #expect(found.warnings.count == 1, "byte \(byte)")
            #expect(try !other.files.list("/data/metrics/quarantine").isEmpty)
        }
    }

    @Test("samples whose series was named in a damaged record are counted")
    func orphans() throws {
        let harness = try Harness()
        let path = try segment(harness)
        try harness.append(up, [(1000, 1)])
        try harness.append(up, [(2000, 2)])
        harness.files.flipBit(path, byte: SegmentFile.headerSize + 20, bit: 3)
        try harness.restart()
        let found = try harness.select()
        #expect(found.contents.isEmpty)
        #expect(found.warnings.first?.contains("1 samples lost their series names") == true)
    }

    @Test("after a failed write the append throws, nothing acknowledged is lost, and later appends survive")
    func failedWrite() throws {
        let harness = try Harness()
        try harness.append(up, [(1000, 1)])
        harness.files.setPlan { operation, _, _ in operation == "write" ? .io : nil }
        #expect(throws: StoreError.self) { try harness.append(down, [(2000, 2)]) }
        harness.files.setPlan(nil)
        try harness.append(down, [(3000, 3)])
        try harness.restart()
        #expect(try harness.select().contents == [up: [1000: 1.0.bitPattern], down: [3000: 3.0.bitPattern]])
    }

    @Test("two stores cannot share a directory")
    func locked() throws {
        let harness = try Harness()
        let error = #expect(throws: StoreError.self) {
            try TimeSeriesStore.open(
                harness.configuration, fileSystem: harness.files, workPool: SerialWorkPool(), clock: harness.clock)
        }
        #expect(error?.description.contains("another process holds it") == true)
    }

    @Test("histograms, start times, exemplars and metadata survive a restart")
    func richContents() throws {
        let harness = try Harness()
        var batch = SampleWriteBatch()
        let series = batch.addSeries(up)
        batch.addSample(series: series, time: 1000, value: 1)
        batch.addSample(series: series, time: 3000, value: 3)
        batch.startTimes = [500, 600]
        let histogram = NativeHistogram(
            schema: 3, zeroThreshold: 0.001, zeroCount: 2, count: 12, sum: 33.5, positiveSpans: [.init(offset: -2, length: 2)],
            positiveCounts: [4, 6], resetHint: .gauge, isInteger: true)
        batch.histograms.append(.init(series: series, time: 2000, startTime: 500, histogram: histogram))
        batch.exemplars.append(.init(series: series, labels: Labels(["trace_id": "abc"]), time: 1500, value: 0.2))
        batch.metadata.append(MetricMetadata(metric: "up", kind: .gauge, help: "Whether it is up.", unit: ""))
        #expect(try harness.store.append(batch).accepted == 3)
        for _ in 0..<2 {
            let column = try #require(try harness.columns([]) [up])
            #expect(column.times == [1000, 2000, 3000])
            #expect(column.startTimes == [500, 500, 600])
            #expect(column.histograms.map(\.index) == [1])
            #expect(column.histograms.first?.histogram == histogram)
            #expect(column.values[1].bitPattern == StalenessMarker.ordinaryNaN.bitPattern)
            #expect(harness.store.metadata(metric: "up", limit: 0).first?.help == "Whether it is up.")
            let all = SampleSelection(matchers: [LabelMatcher("instance", equals: "a")], start: 0, end: 5000)
            #expect(harness.store.exemplars(all).map(\.value) == [0.2])
            try harness.restart()
        }
    }
}
