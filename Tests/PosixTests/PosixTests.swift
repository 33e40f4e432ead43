import Bytes
import Environment
@testable import Posix
import Synchronization
import Testing

@Suite("Threads for heavy work")
struct ThreadWorkPoolTests {
    @Test("every index is worked on exactly once")
    func eachIndex() throws {
        let pool = ThreadWorkPool(threads: 3)
        let seen = Mutex([Int](repeating: 0, count: 1000))
        try pool.forEach(1000) { worker, index in
            #expect(worker < pool.width)
            seen.withLock { $0[index] += 1 }
        }
        #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
    }

    @Test("calls nested deeper than there are threads do not wait for each other in a circle")
    func nested() async throws {
        let pool = ThreadWorkPool(threads: 2)
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await pool.run {
                        let sum = Mutex(0)
                        try pool.forEach(10) { _, _ in try pool.forEach(10) { _, inner in sum.withLock { $0 += inner } } }
                        return sum.withLock { $0 }
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(total == 8 * 10 * 45)
    }

    @Test("what a piece of work held is let go when it is done, though more work waits")
    func lettingGo() {
        let queue = WorkQueue()
        let isGone = Mutex(false)
        Self.add(Body { isGone.withLock { $0 = true } }, to: queue)
        for _ in 0..<3 { _ = queue.add {} }
        #expect(!isGone.withLock { $0 })
        Self.workOnce(queue)
        #expect(isGone.withLock { $0 })
    }

    private final class Body: Sendable {
        private let whenGone: @Sendable () -> Void
        init(whenGone: @escaping @Sendable () -> Void) { self.whenGone = whenGone }
        deinit { whenGone() }
    }

    private static func add(_ body: Body, to queue: WorkQueue) { _ = queue.add { _ = body } }

    private static func workOnce(_ queue: WorkQueue) { queue.next()?() }

    @Test("the first error is thrown and stops the handing out")
    func failure() {
        struct Broken: Error {}
        let pool = ThreadWorkPool(threads: 2)
        #expect(throws: Broken.self) { try pool.forEach(100) { _, index in if index == 3 { throw Broken() } } }
    }
}

@Suite("The host's file system")
struct PosixFileSystemTests {
    @Test("what is written is read back, listed, locked once, and removed")
    func roundTrip() throws {
        let files = PosixFileSystem()
        let folder = "/tmp/skysail-posix-\(UInt64.random(in: 0..<(.max)))"
        try files.createDirectory("\(folder)/a/b")
        defer {
            try? files.removeDirectory("\(folder)/a/b")
            try? files.removeDirectory("\(folder)/a")
            try? files.removeDirectory(folder)
        }
        try files.replaceContents("\(folder)/f", with: Array("hello".utf8))
        #expect(try files.list(folder) == ["a", "f"])
        #expect(try files.contents("\(folder)/f") == Array("hello".utf8))
        let lock = try files.open("\(folder)/f", .lock)
        let error = #expect(throws: FileError.self) { try files.open("\(folder)/f", .lock) }
        #expect(error?.cause == .isLocked)
        try lock.close()
        try files.removeFile("\(folder)/f")
        #expect(try files.attributes("\(folder)/f") == nil)
    }
}

@Suite("Programs of the host")
struct PosixProgramRunnerTests {
    @Test("input goes in, both outputs and the exit code come out")
    func run() async throws {
        let outcome = try await PosixProgramRunner().run(
            "sh", ["-c", "cat; echo err >&2; exit 3"], environment: ["PATH": "/usr/bin:/bin"], input: Array("in".utf8), timeout: .seconds(10))
        #expect(outcome == ProgramOutcome(code: 3, output: Array("in".utf8), errors: Array("err\n".utf8)))
    }

    @Test("a program that does not exist is an error, one that dies by a signal has 128 plus its number")
    func failures() async throws {
        await #expect(throws: FileError.self) {
            try await PosixProgramRunner().run("/nonexistent", [], environment: [:], input: [], timeout: .seconds(1))
        }
        let outcome = try await PosixProgramRunner().run("sh", ["-c", "kill -9 $$"], environment: [:], input: [], timeout: .seconds(10))
        #expect(outcome.code == 137)
    }
}
