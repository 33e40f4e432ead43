import Bytes
import Environment
import Testing

@Suite("The file system that fails on command")
struct MemoryFileSystemTests {
    let files = MemoryFileSystem()

    init() throws { try files.createDirectory("/data") }

    private func write(_ text: String, to path: String, sync: Bool) throws {
        let file = try files.open(path, .readWrite)
        try file.write(Array(text.utf8).span, at: 0)
        if sync {
            try file.sync()
            try files.syncDirectory("/data")
        }
    }

    @Test("what was synced survives a power loss for every seed", arguments: 0..<20 as Range<UInt64>)
    func syncedSurvives(seed: UInt64) throws {
        try files.syncDirectory("/")
        try write("kept", to: "/data/a", sync: true)
        let file = try files.open("/data/a", .readWrite)
        try file.write(Array("lost?".utf8).span, at: 4)
        files.crash(seed: seed)
        let left = String(decoding: try files.contents("/data/a"), as: UTF8.self)
        #expect("keptlost?".hasPrefix(left) && left.hasPrefix("kept"))
    }

    @Test("a file opened before a crash is dead")
    func dead() throws {
        let file = try files.open("/data/a", .readWrite)
        files.crash(seed: 1)
        #expect(throws: FileError.self) { try file.sync() }
    }

    @Test("a full disk takes a prefix and says so")
    func full() throws {
        files.setCapacity(3)
        let error = #expect(throws: FileError.self) { try write("abcdef", to: "/data/a", sync: false) }
        #expect(error?.cause == .full)
        #expect(try files.contents("/data/a") == Array("abc".utf8))
    }

    @Test("the n-th operation can be made to fail")
    func plan() throws {
        files.setPlan { operation, _, _ in operation == "sync" ? .io : nil }
        let error = #expect(throws: FileError.self) { try write("a", to: "/data/a", sync: true) }
        #expect(error?.description == "cannot sync /data/a: input/output error")
    }

    @Test("a locked file is refused to a second opener until the first lets go")
    func lock() throws {
        var first: (any OpenFile)? = try files.open("/data/lock", .lock)
        #expect(throws: FileError.self) { try files.open("/data/lock", .lock) }
        withExtendedLifetime(first) {}
        first = nil
        _ = try files.open("/data/lock", .lock)
    }

    @Test("a published file is the old one or the new one after a crash", arguments: 0..<20 as Range<UInt64>)
    func publish(seed: UInt64) throws {
        try files.syncDirectory("/")
        try files.replaceContents("/data/a", with: Array("old".utf8))
        files.setPlan { operation, path, _ in operation == "sync directory" ? .io : nil }
        try? files.replaceContents("/data/a", with: Array("new".utf8))
        files.setPlan(nil)
        files.crash(seed: seed)
        let left = String(decoding: try files.contents("/data/a"), as: UTF8.self)
        #expect(left == "old" || left == "new")
    }
}

@Suite("The clock that moves when told to")
struct ManualClockTests {
    @Test("sleepers wake when their time has come, and a jump of civil time wakes nobody")
    func sleep() async throws {
        let clock = ManualClock(now: Timestamp(seconds: 100))
        async let slept: Void = clock.sleep(for: .seconds(5))
        clock.jump(to: Timestamp(seconds: 5000))
        #expect(clock.monotonicNanoseconds() == 0)
        while clock.monotonicNanoseconds() < 5_000_000_000 {
            clock.advance(by: .seconds(1))
            await Task.yield()
        }
        clock.advance(by: .seconds(5))
        try await slept
        #expect(clock.now() == Timestamp(seconds: 5010))
    }
}
