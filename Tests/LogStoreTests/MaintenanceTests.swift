import Bytes
import Environment
import Telemetry
import Testing

@testable import LogStore

@Suite("Log store maintenance")
struct MaintenanceTests {
    private let web = Labels(["app": "web"])
    private let noon = StoreWorld.noon.nanoseconds
    private let day = LogStore.dayNanoseconds

    private func lines(_ count: Int, from start: Int64, seed: UInt64 = 7, labels: Labels? = nil) -> [PlainLog.Entry] {
        var source = LineSource(seed: seed)
        return (0..<count).map { PlainLog.Entry(labels ?? web, start + Int64($0) * 1_000_000, source.line()) }
    }

    @Test("flush brings everything into one resting part a day, and answers stay the same")
    func flushes() throws {
        var world = try StoreWorld()
        for round in 0..<4 {
            try world.append(lines(80, from: noon + Int64(round) * 50_000_000, seed: UInt64(round)))
            try world.append(lines(20, from: noon - day, seed: UInt64(round)))
            try world.store.flushHead(olderThan: nil, fullOnly: false)
        }
        #expect(world.store.status.parts == 8)
        try world.store.flush()
        #expect(world.store.status.parts == 2)
        #expect(try world.read().entries.sorted() == world.model.read())
        try world.restart()
        #expect(world.store.status.parts == 2)
        #expect(try world.read().entries.sorted() == world.model.read())
        #expect(try world.store.verify().problems == [])
    }

    @Test("maintenance merges fresh parts once there are enough of them")
    func merges() throws {
        var world = try StoreWorld { $0.mergeFanIn = 3 }
        for round in 0..<3 {
            try world.append(lines(30, from: noon + Int64(round) * 60_000_000_000, seed: UInt64(round)))
            try world.store.flushHead(olderThan: nil, fullOnly: false)
        }
        _ = world.store.maintain(now: world.clock.now())
        #expect(world.store.status.parts == 1)
        #expect(try world.read().entries.sorted() == world.model.read())
    }

    @Test("a few fresh parts are merged too once the first has waited ten minutes")
    func mergesWaiting() throws {
        var world = try StoreWorld()
        for round in 0..<4 {
            try world.append(lines(30, from: noon + Int64(round) * 60_000_000_000, seed: UInt64(round)))
            try world.store.flushHead(olderThan: nil, fullOnly: false)
            world.clock.advance(by: .seconds(100))
        }
        _ = world.store.maintain(now: world.clock.now())
        #expect(world.store.status.parts == 4)
        world.clock.advance(by: .seconds(200))
        _ = world.store.maintain(now: world.clock.now())
        #expect(world.store.status.parts == 1)
        #expect(try world.read().entries.sorted() == world.model.read())
    }

    @Test("a full head and an old head are written to a part")
    func flushesByAge() throws {
        var world = try StoreWorld { $0.headBytes = 2000 }
        try world.append(lines(200, from: noon))
        #expect(world.store.status.headEntries == 0)
        try world.append(lines(1, from: noon + day))
        _ = world.store.maintain(now: world.clock.now())
        #expect(world.store.status.headEntries == 1)
        world.clock.advance(by: .seconds(3600))
        _ = world.store.maintain(now: world.clock.now())
        #expect(world.store.status.headEntries == 0)
    }

    @Test("what is older than retention is refused, not read, and dropped")
    func retention() throws {
        var world = try StoreWorld { $0.retention = .seconds(3 * 86_400) }
        let ticket = try world.append(lines(10, from: noon - 10 * day))
        #expect(ticket.accepted == 0)
        #expect(ticket.refused.map(\.reason) == [.tooOld])
        #expect(ticket.refused.map(\.count) == [10])
        let future = try world.append(lines(2, from: noon + 30 * day))
        #expect(future.refused.map(\.reason) == [.tooFarInFuture])
        try world.append(lines(50, from: noon))
        try world.store.flush()
        #expect(try world.read().entries.count == 50)
        world.clock.advance(by: .seconds(4 * 86_400))
        #expect(try world.read().entries.isEmpty)
        _ = world.store.maintain(now: world.clock.now())
        #expect(world.store.status.parts == 0)
        #expect(world.store.status.streams == 0)
    }

    @Test("a rule keeps the streams it selects for a time of their own")
    func retentionBySelector() throws {
        let debug = Labels(["app": "debug"])
        var world = try StoreWorld {
            $0.retention = .seconds(30 * 86_400)
            $0.retentionRules = [.init(matchers: [LabelMatcher("app", equals: "debug")], retention: .seconds(86_400))]
        }
        try world.append(lines(100, from: noon) + lines(100, from: noon, labels: debug))
        try world.store.flush()
        world.clock.advance(by: .seconds(2 * 86_400))
        #expect(try Set(world.read().entries.map(\.labels)) == [web])
        _ = world.store.maintain(now: world.clock.now())
        #expect(world.store.status.streams == 1)
    }

    @Test("the oldest days go when the parts outgrow the limit")
    func retentionBySize() throws {
        var world = try StoreWorld()
        for back in 0..<3 as Range<Int64> { try world.append(lines(300, from: noon - back * day)) }
        try world.store.flush()
        let size = world.store.status.partBytes
        world.configuration.retentionBytes = size - 1
        try world.restart()
        _ = world.store.maintain(now: world.clock.now())
        #expect(world.store.status.parts == 2)
        #expect(try world.read(end: noon - day).entries.isEmpty)
    }

    @Test("a delete takes effect at once, survives a restart, spares what comes later, and is carried out by merges")
    func deletes() throws {
        var world = try StoreWorld()
        let entries = lines(200, from: noon)
        try world.append(entries)
        let filter = LineFilter(.contains(Array("session".utf8)))
        let request = try world.store.delete(
            [LabelMatcher("app", equals: "web")], start: noon + 50_000_000, end: noon + 150_000_000, filters: [filter])
        let gone = world.model.read(start: request.start, end: request.end, filters: [filter])
        #expect(!gone.isEmpty)
        world.model.entries.subtract(gone)
        #expect(try world.read().entries.sorted() == world.model.read())
        try world.restart()
        #expect(try world.read().entries.sorted() == world.model.read())
        try world.append([gone[0]])
        #expect(try world.read().entries.sorted() == world.model.read())
        #expect(world.store.pendingDeletes.count == 1)
        _ = world.store.maintain(now: world.clock.now())
        #expect(world.store.pendingDeletes.isEmpty)
        try world.store.flush()
        #expect(try world.read().entries.sorted() == world.model.read())
        #expect(throws: StoreError.self) { _ = try world.store.delete([], start: 0, end: 1) }
    }

    @Test("a delete that is taken back deletes nothing more")
    func cancelsDeletes() throws {
        var world = try StoreWorld()
        try world.append(lines(20, from: noon))
        let request = try world.store.delete([LabelMatcher("app", equals: "web")], start: 0, end: .max)
        #expect(try world.read().entries.isEmpty)
        #expect(try world.store.cancelDelete(request.id))
        #expect(try world.read().entries.sorted() == world.model.read())
    }

    @Test("a snapshot opens as a store of its own and does not follow the first")
    func snapshots() throws {
        var world = try StoreWorld()
        try world.append(lines(100, from: noon))
        try world.store.snapshot(into: "/backup/logs")
        let before = world.model.read()
        try world.append(lines(100, from: noon + day, seed: 3))
        try world.store.flush()
        var copy = world
        copy.configuration.directory = "/backup/logs"
        try copy.reopen()
        #expect(try copy.read().entries.sorted() == before)
        #expect(try copy.store.verify().problems == [])
    }

    @Test("streams, label names, values and volumes come from the window asked for")
    func index() throws {
        var world = try StoreWorld()
        try world.append(lines(10, from: noon, labels: Labels(["app": "web", "pod": "a"])))
        try world.append(lines(10, from: noon + day, labels: Labels(["app": "api", "zone": "x"])))
        for _ in 0..<2 {
            let store = world.store
            #expect(try store.streams([], start: noon, end: noon + day, limit: 0, budget: .unlimited).labels.count == 1)
            #expect(try store.streams([], start: .min, end: .max, limit: 1, budget: .unlimited).isCut)
            #expect(try store.labelNames([], start: .min, end: .max, budget: .unlimited) == ["app", "pod", "zone"])
            #expect(try store.labelValues("app", [], start: .min, end: .max, budget: .unlimited) == ["api", "web"])
            #expect(try store.labelValues("app", [], start: noon, end: noon + 1, budget: .unlimited) == ["web"])
            let volumes = try store.volumes([], start: noon, end: noon + 3_000_000, budget: .unlimited)
            #expect(volumes.map(\.entries) == [3])
            try store.flush()
        }
    }

    @Test("a signal is raised for entries of streams that its selector matches, also of new ones")
    func freshness() throws {
        var world = try StoreWorld()
        let signal = world.store.freshness([LabelMatcher("app", equals: "web")])
        try world.append([PlainLog.Entry(Labels(["app": "api"]), noon, "x")])
        #expect(signal.newest == .min)
        try world.append([PlainLog.Entry(Labels(["app": "web", "pod": "1"]), noon + 5, "x")])
        #expect(signal.newest == noon + 5)
        try world.append([PlainLog.Entry(Labels(["app": "web", "pod": "1"]), noon + 2, "y")])
        #expect(signal.newest == noon + 5)
    }

    @Test("streams beyond the limit are refused, known ones go on, and of new ones as many as there is room for")
    func cardinality() throws {
        var world = try StoreWorld { $0.maximumStreams = 2 }
        try world.append([PlainLog.Entry(Labels(["a": "1"]), noon, "x"), PlainLog.Entry(Labels(["a": "2"]), noon, "x")])
        let ticket = try world.store.append(
            PlainLog.batch([PlainLog.Entry(Labels(["a": "1"]), noon, "y"), PlainLog.Entry(Labels(["a": "3"]), noon, "x")]))
        #expect(ticket.accepted == 1)
        #expect(ticket.refused.map(\.reason) == [.cardinalityLimit])

        var roomy = try StoreWorld { $0.maximumStreams = 3 }
        try roomy.append([PlainLog.Entry(Labels(["a": "1"]), noon, "x")])
        let flood = try roomy.store.append(PlainLog.batch((0..<9).map { PlainLog.Entry(Labels(["a": "\($0)"]), noon, "y") }))
        #expect(flood.accepted == 3 && flood.refused.map(\.count) == [6])
    }

    @Test("lines of a part that went stay away though a segment of the log could not be removed", arguments: [false, true])
    func goneAfterFailedRemoval(bySize: Bool) throws {
        var world = try StoreWorld { if bySize { $0.retentionBytes = 1 } }
        try world.append(lines(20, from: noon))
        world.files.setPlan { operation, path, _ in operation == "remove" && path.hasSuffix(".wal") ? .io : nil }
        #expect(throws: StoreError.self) { try world.store.flushHead(olderThan: nil, fullOnly: false) }
        if !bySize { _ = try world.store.delete([LabelMatcher("app", .equal, "web")], start: .min, end: .max) }
        // As long as the segment cannot go, the part stays: it says that the segment is not to be read again.
        #expect(throws: StoreError.self) { try world.store.flush() }
        #expect(world.store.status.parts == 1)
        world.files.setPlan(nil)
        try world.store.flush()
        #expect(world.store.status.parts == 0)
        try world.restart()
        #expect(try world.read().entries == [])
    }

    @Test("a check of the files of a stopped store changes none of them, names damage, and notes what a start mends")
    func inspection() throws {
        var world = try StoreWorld()
        try world.append(lines(50, from: noon))
        try world.store.flush()
        try world.append(lines(7, from: noon + day))
        try world.store.syncLog()
        try world.append(lines(1, from: noon + day, seed: 9))
        #expect(throws: StoreError.self) { try LogInspection.run(directory: "/data/logs", fileSystem: world.files) }
        world.files.killProcess()
        func inspect() throws -> LogStoreVerification {
            let before = world.files.listing().map { "\($0)" }
            let found = try LogInspection.run(directory: "/data/logs", fileSystem: world.files)
            #expect(world.files.listing().map { "\($0)" } == before)
            return found
        }
        let whole = try inspect()
        #expect(whole.problems == [] && whole.notes == [])
        #expect(whole.parts == 1 && whole.entries == world.model.entries.filter { $0.time < noon + day }.count && whole.logEntries == 8)
        // An unfinished record at the log's end, and a part that was being written.
        let (log, logSize) = world.files.listing().first { $0.path.hasSuffix(".wal") }!
        try world.files.open(log, .readWrite).truncate(to: Int64(logSize - 3))
        try world.files.replaceContents("/data/logs/parts/0000000099.part.tmp", with: [1, 2, 3])
        let torn = try inspect()
        #expect(torn.problems == [] && torn.notes.count == 2 && torn.logEntries == 7, "\(torn.notes)")
        let (part, size) = world.files.listing().first { $0.path.hasSuffix(".part") }!
        world.files.flipBit(part, byte: size / 3, bit: 2)
        try world.files.replaceContents("/data/logs/deletes", with: [7])
        let damaged = try inspect()
        #expect(damaged.problems.count >= 2 && damaged.problems.contains { $0.contains(part) } && damaged.problems.contains { $0.contains("/deletes") })
    }
}
