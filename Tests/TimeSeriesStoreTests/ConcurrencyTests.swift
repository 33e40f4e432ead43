import Bytes
import Environment
import Posix
import Synchronization
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("Many threads on real files")
struct ConcurrencyTests {
    @Test("appends, queries, flushes and deletions from many threads leave every acknowledged sample in place")
    func everythingAtOnce() throws {
        let files = PosixFileSystem()
        let directory = "/tmp/skysail-metrics-test-\(UInt64.random(in: 0 ... .max))"
        defer { remove(directory, files) }
        var configuration = TimeSeriesStore.Configuration(directory: directory, retention: .zero)
        configuration.headByteLimit = 64 << 10
        configuration.reserveBytes = 0
        let pool = ThreadWorkPool(threads: 4, niceness: 0)
        let clock = SystemClock()
        let store = try TimeSeriesStore.open(configuration, fileSystem: files, workPool: pool, clock: clock)
        let writers = 4
        let rounds = 60
        try pool.forEach(writers + 2) { _, role in
            if role < writers {
                for round in 0..<rounds {
                    var batch = SampleWriteBatch()
                    for number in 0..<20 {
                        let series = batch.addSeries(Labels(["__name__": "m", "writer": "\(role)", "n": "\(number)"]))
                        for step in 0..<10 { batch.addSample(series: series, time: Int64(round * 10 + step) * 1000, value: Double(step)) }
                    }
                    let ticket = try store.append(batch)
                    #expect(ticket.accepted == 200)
                }
            } else if role == writers {
                for round in 0..<40 {
                    store.maintain(now: clock.now())
                    if round % 10 == 9 { try store.flush() }
                    if round % 15 == 7 { try store.deleteSeries([LabelMatcher("writer", equals: "nobody")], start: 0, end: 1 << 40) }
                }
            } else {
                var batch = SampleBatch()
                for _ in 0..<40 {
                    let set = try store.select(SampleSelection(matchers: [], start: 0, end: 1 << 40), budget: .unlimited)
                    for index in set.batches.indices { try set.readBatch(index, into: &batch, budget: .unlimited) }
                    #expect(set.warnings.isEmpty)
                }
            }
        }
        #expect(store.lastError == nil)
        for _ in 0..<2 {
            let set = try store.select(SampleSelection(matchers: [], start: 0, end: 1 << 40), budget: .unlimited)
            var batch = SampleBatch()
            var count = 0
            for index in set.batches.indices {
                try set.readBatch(index, into: &batch, budget: .unlimited)
                count += batch.series.reduce(0) { $0 + $1.values.count }
            }
            #expect(set.labels.count == writers * 20)
            #expect(count == writers * 20 * rounds * 10)
            try store.flush()
        }
        #expect(try store.verify().problems.isEmpty)
        store.close()
        let error = #expect(throws: StoreError.self) { try store.append(SampleWriteBatch()) }
        #expect(error?.code == .closed)
    }

    private func remove(_ path: String, _ files: PosixFileSystem) {
        guard let names = try? files.list(path) else { return }
        for name in names {
            let child = path + "/" + name
            if (try? files.attributes(child))??.kind == .directory { remove(child, files) } else { try? files.removeFile(child) }
        }
        try? files.removeDirectory(path)
    }
}
