import Environment
import ObjectStore
import Posix
import Synchronization
import Testing

enum EngineKind: String, CaseIterable, CustomTestStringConvertible {
    case memory, sqlite

    var testDescription: String { rawValue }
}

/// A folder of its own for each test.
final class Scratch: Sendable {
    let path = "/tmp/skysail-objects-\(UInt64.random(in: 0..<(.max)))"

    init() throws { try PosixFileSystem().createDirectory(path) }

    deinit { _ = try? PosixProgramRunner.runBlocking("rm", ["-rf", path], environment: ["PATH": "/bin:/usr/bin"]) }

    func engine(_ kind: EngineKind) throws -> any ObjectEngine {
        switch kind {
        case .memory: MemoryEngine()
        case .sqlite: try SQLiteEngine(path: path + "/objects.db")
        }
    }
}

@Suite("Object engines")
struct ObjectEngineTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func put(_ key: String, _ value: String, if compare: CommitBatch.Compare...) -> CommitBatch {
        CommitBatch(compares: compare, writes: [.put(key: key, value: Array(value.utf8))])
    }

    @Test("a commit gets the next revision, and a record keeps that of its creation", arguments: EngineKind.allCases)
    func revisions(kind: EngineKind) async throws {
        let engine = try scratch.engine(kind)
        #expect(try await engine.commit(put("a", "1")) == .committed(revision: 1))
        #expect(try await engine.commit(put("b", "1")) == .committed(revision: 2))
        #expect(try await engine.commit(put("a", "2")) == .committed(revision: 3))
        let record = try #require(engine.index.record("a"))
        #expect((record.createRevision, record.modRevision) == (1, 3))
        #expect(record.value == Array("2".utf8))
    }

    @Test("of many writers that compare with the same revision exactly one wins", arguments: EngineKind.allCases)
    func compareAndSwap(kind: EngineKind) async throws {
        let engine = try scratch.engine(kind)
        _ = try await engine.commit(put("a", "0"))
        let outcomes = try await withThrowingTaskGroup(of: CommitOutcome.self) { group in
            for writer in 0..<50 {
                group.addTask { try await engine.commit(put("a", "\(writer)", if: .revision(key: "a", 1))) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == .conflict(key: "a") }.count == 49)
        #expect(engine.index.revision == 2)
    }

    @Test("a batch whose compare fails writes nothing of itself", arguments: EngineKind.allCases)
    func allOrNothing(kind: EngineKind) async throws {
        let engine = try scratch.engine(kind)
        _ = try await engine.commit(put("a", "1"))
        let batch = CommitBatch(
            compares: [.absent(key: "b"), .absent(key: "a")], writes: [.put(key: "b", value: [1]), .delete(key: "a")])
        #expect(try await engine.commit(batch) == .conflict(key: "a"))
        #expect(engine.index.record("b") == nil)
        #expect(engine.index.record("a") != nil)
    }

    @Test("changes are told in the order of the revisions, with what was there before", arguments: EngineKind.allCases)
    func changes(kind: EngineKind) async throws {
        let engine = try scratch.engine(kind)
        let seen = Mutex<[UInt64]>([])
        engine.observe { changes in seen.withLock { $0 += changes.map(\.revision) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 { group.addTask { _ = try await engine.commit(put("k\(number % 7)", "\(number)")) } }
            try await group.waitForAll()
        }
        #expect(seen.withLock { $0 } == Array(1...100))
        guard case .changes(let later) = engine.changes(after: 90) else { return #expect(Bool(false), "revision 90 is kept") }
        #expect(later.map(\.revision) == Array(91...100))
        #expect(later.allSatisfy { $0.previous != nil })
    }

    @Test("a prefix is listed in key order, page by page")
    func pages() async throws {
        let engine = MemoryEngine()
        for number in (0..<1000).shuffled() { _ = engine.commitNow(put("p/\(1000 + number)", "x")) }
        _ = engine.commitNow(put("o/1", "x"))
        _ = engine.commitNow(put("q/1", "x"))
        var keys: [String] = []
        while true {
            let page = engine.index.records(prefix: "p/", after: keys.last, limit: 77)
            if page.isEmpty { break }
            keys += page.map(\.key)
        }
        #expect(keys == (1000..<2000).map { "p/\($0)" })
    }

    @Test("a snapshot stays what it was while commits go on")
    func snapshot() async throws {
        let engine = MemoryEngine()
        for number in 0..<500 { _ = engine.commitNow(put("k\(number)", "old")) }
        let snapshot = engine.index
        for number in 0..<500 { _ = engine.commitNow(CommitBatch(writes: [.delete(key: "k\(number)")])) }
        #expect(snapshot.count == 500)
        #expect(engine.index.count == 0)
    }

    @Test("what was committed is there after the process was gone, and revisions go on", arguments: [false, true])
    func restart(isClosed: Bool) async throws {
        do {
            let engine = try SQLiteEngine(path: scratch.path + "/objects.db")
            for number in 0..<20 { _ = try await engine.commit(put("k\(number)", "\(number)")) }
            _ = try await engine.commit(CommitBatch(writes: [.delete(key: "k0")]))
            if isClosed { engine.close() }
        }
        let engine = try SQLiteEngine(path: scratch.path + "/objects.db")
        #expect(engine.index.revision == 21)
        #expect(engine.index.count == 19)
        #expect(try await engine.commit(put("k0", "new")) == .committed(revision: 22))
        #expect(engine.changes(after: 3) == .tooOld)
    }

    @Test("a second instance on the same folder is refused in one line")
    func secondInstance() throws {
        let first = try SQLiteEngine(path: scratch.path + "/objects.db")
        defer { first.close() }
        let error = #expect(throws: ObjectStoreError.self) { try SQLiteEngine(path: scratch.path + "/objects.db") }
        #expect(error?.code == .locked)
        #expect(error?.description.contains("another skysail uses this data directory") == true)
    }

    @Test("a file that is no database, and a folder that is not there, are refused in one line")
    func badFiles() throws {
        try PosixFileSystem().replaceContents(scratch.path + "/junk.db", with: Array(repeating: 7, count: 8192))
        #expect(#expect(throws: ObjectStoreError.self) { try SQLiteEngine(path: scratch.path + "/junk.db") }?.code == .corrupt)
        #expect(#expect(throws: ObjectStoreError.self) { try SQLiteEngine(path: "/nonexistent/objects.db") }?.code == .denied)
    }

    @Test("an index equals a plain dictionary after random writes", arguments: 0..<5 as Range<UInt64>)
    func model(seed: UInt64) {
        var generator = Seeded(state: seed)
        var index = ObjectIndex()
        var model: [String: [UInt8]] = [:]
        for _ in 0..<3000 {
            let key = "k\(Int.random(in: 0..<800, using: &generator))"
            if Bool.random(using: &generator) {
                let value = [UInt8.random(in: 0...255, using: &generator)]
                _ = index.apply([.put(key: key, value: value)])
                model[key] = value
            } else {
                _ = index.apply([.delete(key: key)])
                model[key] = nil
            }
        }
        #expect(index.records(prefix: "").map(\.key) == model.keys.sorted())
        #expect(index.count == model.count)
        #expect(model.allSatisfy { index.record($0.key)?.value == $0.value })
    }
}

/// SplitMix64, so that a failing seed can be run again.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
