import Bytes
import Environment
import Posix
import Synchronization
import Telemetry
import Testing

@testable import LogStore

@Suite("Log store under concurrency")
struct ConcurrencyTests {
    private let noon = StoreWorld.noon.nanoseconds

    @Test("appends, scans, flushes, merges and deletes at once lose nothing and never show an entry twice")
    func together() throws {
        var configuration = LogStoreConfiguration(directory: "/data/logs")
        configuration.retention = .zero
        configuration.reserveBytes = 0
        configuration.headBytes = 30_000
        configuration.mergeFanIn = 3
        let clock = ManualClock(now: StoreWorld.noon)
        let files = MemoryFileSystem()
        let pool = ThreadWorkPool(threads: 4)
        let store = try LogStore.open(configuration, fileSystem: files, workPool: pool, clock: clock)
        let appended = Mutex<Set<PlainLog.Entry>>([])
        let doomed = Labels(["app": "doomed"])
        _ = try store.append(PlainLog.batch((0..<50).map { PlainLog.Entry(doomed, noon + $0, "gone") }))
        try pool.forEach(6) { _, job in
            var source = LineSource(seed: UInt64(job))
            switch job {
            case 0..<3:
                for _ in 0..<25 {
                    let batch = (0..<30).map { _ in
                        PlainLog.Entry(source.stream(), noon + Int64.random(in: 0..<1_000_000, using: &source.generator), source.line())
                    }
                    _ = try store.append(PlainLog.batch(batch))
                    appended.withLock { $0.formUnion(batch) }
                }
            case 3:
                for _ in 0..<20 {
                    let before = appended.withLock { $0 }
                    let found = Collector()
                    let scan = LogScan(matchers: [], start: .min, end: .max, order: .ordered(.backward))
                    _ = try store.scan(scan, budget: .unlimited) { _, chunk throws(StoreError) in
                        found.add(chunk)
                        return .proceed
                    }
                    let entries = found.entries
                    #expect(Set(entries).count == entries.count)
                    #expect(before.isSubset(of: entries))
                }
            case 4: for _ in 0..<20 { _ = store.maintain(now: clock.now()) }
            default:
                try store.flush()
                _ = try store.delete([LabelMatcher("app", equals: "doomed")], start: 0, end: .max)
                try store.flush()
            }
        }
        let found = Collector()
        _ = try store.scan(LogScan(matchers: [], start: .min, end: .max), budget: .unlimited) { _, chunk throws(StoreError) in
            found.add(chunk)
            return .proceed
        }
        #expect(found.entries.sorted() == appended.withLock { $0.sorted() })
        #expect(store.status.incidents == [])
        #expect(try store.verify().problems == [])
    }

    @Test("thousands of streams are found by their labels, in the head and at rest")
    func manyStreams() throws {
        var world = try StoreWorld()
        try world.append((0..<3000).map { PlainLog.Entry(Labels(["app": "app\($0 % 10)", "pod": "pod-\($0)"]), noon, "line \($0)") })
        for _ in 0..<2 {
            #expect(try world.read([LabelMatcher("pod", equals: "pod-1234")]).entries.map(\.line) == [Array("line 1234".utf8)])
            #expect(try world.read([LabelMatcher("app", .matchesExpression, "app(1|2)")]).entries.count == 600)
            #expect(try world.read([LabelMatcher("pod", .matchesExpression, "pod-12.."), LabelMatcher("app", .notEqual, "app0")]).entries.count == 90)
            try world.store.flush()
        }
        #expect(world.store.status.streams == 3000)
    }

    @Test("a cancelled scan stops, a stopped one delivers nothing more, an ordered one never goes back")
    func stops() throws {
        var world = try StoreWorld { $0.headBytes = 5000 }
        for hour in 0..<6 as Range<Int64> {
            try world.append((0..<40).map { PlainLog.Entry(Labels(["pod": "\($0 % 4)"]), noon + hour * 1000 + Int64($0), "line \(hour) \($0)") })
        }
        for direction in [LogScan.Direction.forward, .backward] {
            let bounds = Mutex<[(bound: Int64, times: [Int64])]>([])
            let scan = LogScan(matchers: [], start: .min, end: .max, order: .ordered(direction), limit: 3)
            _ = try world.store.scan(scan, budget: .unlimited) { _, chunk throws(StoreError) in
                bounds.withLock { $0.append((chunk.bound, chunk.times)) }
                return .proceed
            }
            let seen = bounds.withLock { $0 }
            #expect(seen.reduce(0) { $0 + $1.times.count } == 240)
            for (earlier, later) in zip(seen, seen.dropFirst()) {
                #expect(later.times.allSatisfy { direction == .forward ? $0 >= earlier.bound : $0 <= earlier.bound })
            }
        }
        let budget = QueryBudget.unlimited
        budget.cancel()
        #expect(throws: StoreError.self) {
            _ = try world.store.scan(LogScan(matchers: [], start: .min, end: .max), budget: budget) { _, _ in .proceed }
        }
        let chunks = Mutex(0)
        _ = try world.store.scan(LogScan(matchers: [], start: .min, end: .max), budget: .unlimited) { _, _ in
            chunks.withLock { $0 += 1 }
            return .stop
        }
        #expect(chunks.withLock { $0 } == 1)
    }
}
