import Bytes
import Environment
import Posix
import Synchronization
import Telemetry
import Testing

@testable import LogStore

@Suite("Shapes of a log scan")
struct ScanShapeTests {
    private let noon = StoreWorld.noon.nanoseconds

    /// What a scan that takes all times as one adds up to.
    private func sums(_ world: StoreWorld, _ filters: [LineFilter], projection: LogScan.Projection, start: Int64, end: Int64) throws
        -> (count: Int, bytes: Int, summed: Int)
    {
        let total = Mutex((count: 0, bytes: 0, summed: 0))
        var scan = LogScan(matchers: [], start: start, end: end, projection: projection, filters: filters)
        scan.isAlike = { _, _ in true }
        _ = try world.store.scan(scan, budget: .unlimited) { _, chunk throws(StoreError) in
            total.withLock { total in
                total.count += chunk.count
                total.bytes += chunk.sum?.bytes ?? chunk.lengths.reduce(0, +)
                total.summed += chunk.sum == nil ? 0 : 1
            }
            return .proceed
        }
        return total.withLock { $0 }
    }

    @Test("entries that are alike to the caller come as sums, and add up to what reading them one by one gives", arguments: 0..<8 as Range<UInt64>)
    func alike(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        var world = try StoreWorld()
        for _ in 0..<6 {
            try world.append((0..<150).map { _ in
                PlainLog.Entry(source.stream(), noon + Int64.random(in: 0..<400, using: &source.generator) * 1_000_000_000, source.line())
            })
        }
        try world.store.flush()
        for round in 0..<12 {
            let filters = try (0..<round % 3).map { _ in try source.filter() }
            let isAll = round % 2 == 0
            let (start, end) = isAll ? (Int64.min, Int64.max) : (noon + 50_000_000_000, noon + 300_000_000_000)
            let wanted = world.model.read(start: start, end: end, filters: filters)
            let counted = try sums(world, filters, projection: [.times], start: start, end: end)
            #expect(counted.count == wanted.count)
            if isAll, filters.isEmpty { #expect(counted.summed > 0) }
            let measured = try sums(world, filters, projection: [.times, .lengths], start: start, end: end)
            #expect(measured.count == wanted.count)
            #expect(measured.bytes == wanted.reduce(0) { $0 + $1.line.count })
        }
    }

    @Test("overlapping pieces of one stream are read in bounded units that tear no repeats apart", arguments: 0..<6 as Range<UInt64>)
    func bounded(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        let labels = Labels(["app": "web"])
        var pieces: [ScanUnit.Piece] = []
        var all: Set<PlainLog.Entry> = []
        for _ in 0..<12 {
            var columns = EntryColumns()
            let from = Int64.random(in: 0..<500, using: &source.generator)
            for _ in 0..<40 {
                let entry = PlainLog.Entry(labels, from + Int64.random(in: 0..<120, using: &source.generator), source.line())
                all.insert(entry)
                columns.append(time: entry.time, arena: entry.line, line: 0..<entry.line.count, metadata: 0..<0, of: [])
            }
            pieces.append(ScanUnit.Piece(source: .chunks([columns]), minTime: columns.times.min()!, maxTime: columns.times.max()!))
        }
        let units = ScanUnit.units(labels, pieces, start: .min, end: .max, deletes: [], limitBytes: 3000)
        #expect(units.count > 3)
        var found: [PlainLog.Entry] = []
        for unit in units {
            var summary = ScanSummary()
            var plans = TemplatePlans([])
            guard var reader = try UnitReader(unit, plans: &plans, needsTimes: true, needsLines: true, budget: .unlimited, summary: &summary)
            else { continue }
            let chunk = try reader.chunk(reader.rows, projection: [.times, .lines])
            for entry in 0..<chunk.count {
                found.append(PlainLog.Entry(labels, chunk.times[entry], Array(chunk.lineArena[chunk.lineRange(entry)])))
            }
        }
        #expect(found.count == all.count)
        #expect(Set(found) == all)
    }

    @Test("an ordered search on all cores delivers what one by one would, in the same order", arguments: 0..<4 as Range<UInt64>)
    func parallel(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        var world = try StoreWorld { $0.headBytes = 6000 }
        for step in 0..<40 as Range<Int64> {
            try world.append((0..<30).map { PlainLog.Entry(source.stream(), noon + step * 1000 + Int64($0), source.line()) })
        }
        let threads = try { () throws -> LogStore in
            world.files.killProcess()
            return try LogStore.open(world.configuration, fileSystem: world.files, workPool: ThreadWorkPool(threads: 4), clock: world.clock)
        }()
        for _ in 0..<20 {
            let filters = [try source.filter()]
            for direction in [LogScan.Direction.forward, .backward] {
                let found = Collector()
                let bounds = Mutex<[(Int64, [Int64])]>([])
                let scan = LogScan(matchers: [], start: .min, end: .max, filters: filters, order: .ordered(direction), limit: 7)
                _ = try threads.scan(scan, budget: .unlimited) { _, chunk throws(StoreError) in
                    found.add(chunk)
                    bounds.withLock { $0.append((chunk.bound, chunk.times)) }
                    return .proceed
                }
                #expect(found.entries.sorted() == world.model.read(filters: filters))
                let seen = bounds.withLock { $0 }
                for (earlier, later) in zip(seen, seen.dropFirst()) {
                    #expect(later.1.allSatisfy { direction == .forward ? $0 >= earlier.0 : $0 <= earlier.0 })
                }
            }
        }
    }

    @Test("whatever is cancelled while it runs stops before it would have ended, and says so")
    func cancelled() throws {
        var source = LineSource(seed: 1)
        var world = try StoreWorld()
        try world.append((0..<4000).map { PlainLog.Entry(source.stream(), noon + Int64($0), source.line()) })
        let budget = QueryBudget.unlimited
        let chunks = Mutex(0)
        let scan = LogScan(matchers: [], start: .min, end: .max, filters: [LineFilter(.matches(try RegularExpression("[a-z]+ .*[0-9]")))])
        var failure: StoreError?
        do {
            _ = try world.store.scan(scan, budget: budget) { _, _ throws(StoreError) in
                chunks.withLock { $0 += 1 }
                budget.cancel("nobody waits any more")
                return .proceed
            }
        } catch { failure = error }
        #expect(failure?.code == .cancelled)
        #expect(chunks.withLock { $0 } == 1)
    }

    @Test("the log is durable on time however long maintenance takes")
    func syncsApart() throws {
        var world = try StoreWorld()
        let ticket = try world.append([PlainLog.Entry(Labels(["a": "b"]), noon, "x")])
        let now = world.clock.now()
        let due = try world.store.maintenance.withLock { _ in try world.store.syncIfDue(now: now) }
        #expect(due == now + .seconds(1))
        #expect(world.store.durability.position >= ticket.position)
        #expect(try world.store.syncIfDue(now: now + .milliseconds(400)) == now + .seconds(1))
    }
}
