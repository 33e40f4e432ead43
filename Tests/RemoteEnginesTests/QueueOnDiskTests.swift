import Bytes
import Environment
import Synchronization
import Telemetry
import Testing
import Wire

@testable import RemoteEngines

@Suite("Queue on disk")
struct QueueOnDiskTests {
    private static let folder = "/data/queue"

    private static func options(_ files: MemoryFileSystem, capacity: Int = 1 << 20, dropsOldest: Bool = false, memory: Int = 1 << 20) -> ShippingOptions {
        ShippingOptions {
            $0.queueBytes = memory
            $0.disk = .init(directory: folder, files: files, workers: SerialWorkPool(), capacity: capacity, dropsOldest: dropsOldest)
        }
    }

    private static func lines(_ text: String) -> LogWriteBatch {
        var batch = LogWriteBatch()
        batch.addEntry(stream: batch.addStream(Labels([(name: "app", value: "web")])), time: 1, line: Array(text.utf8))
        return batch
    }

    private static func received(_ fetcher: ScriptedFetcher) throws -> [String] {
        try fetcher.requests.map { request in
            var batch = LogWriteBatch()
            try LokiPush.decode(request.body, contentType: "application/x-protobuf", into: &batch)
            return String(decoding: batch.lineArena, as: UTF8.self)
        }
    }

    /// Runs a sender beside a body; time flies, so that no pause is waited for.
    private static func running(_ appender: RemoteEntryAppender, _ clock: ManualClock, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await appender.run() }
            group.addTask {
                while !Task.isCancelled {
                    clock.advance(by: .seconds(60))
                    await Task.yield()
                }
            }
            try await body()
            group.cancelAll()
        }
    }

    private static func away() -> ScriptedFetcher {
        ScriptedFetcher { _, request in throw FetchError(url: request.url, cause: "connection refused") }
    }

    @Test("while the server is away lines become durable on disk, outlive the process, and arrive in order when it is back")
    func outage() async throws {
        let (files, clock) = (MemoryFileSystem(), ManualClock(now: .epoch))
        let first = RemoteEntryAppender(url: "http://server", fetcher: Self.away(), clock: clock, options: Self.options(files))
        try await Self.running(first, clock) {
            var position: UInt64 = 0
            for number in 0..<50 { position = try first.append(Self.lines("line \(number)")).position }
            try await first.waitUntilDurable(position)
        }
        #expect(first.counts.queuedBytes == 0 && first.counts.diskBytes > 0 && first.counts.sent == 0)
        files.crash(seed: 7)
        let back = ScriptedFetcher(204, body: "")
        let second = RemoteEntryAppender(url: "http://server", fetcher: back, clock: clock, options: Self.options(files))
        try await Self.running(second, clock) {
            let position = try second.append(Self.lines("line 50")).position
            while second.counts.sent < 51 { await Task.yield() }
            try await second.waitUntilDurable(position)
        }
        #expect(try Self.received(back) == (0...50).map { "line \($0)" })
        #expect(second.counts.diskBytes == 0)
        #expect(try files.list(Self.folder).filter { $0.hasSuffix(".queue") } == [])
    }

    @Test("what was sent before a kill is not sent again, but for what was under way")
    func restart() async throws {
        let (files, clock) = (MemoryFileSystem(), ManualClock(now: .epoch))
        let first = RemoteEntryAppender(url: "http://server", fetcher: Self.away(), clock: clock, options: Self.options(files))
        try await Self.running(first, clock) {
            for number in 0..<10 { _ = try first.append(Self.lines("line \(number)")) }
            try await first.waitUntilDurable(first.append(Self.lines("line 10")).position)
        }
        // It answers four times and is away again.
        let four = ScriptedFetcher { attempt, request in
            if attempt > 4 { throw FetchError(url: request.url, cause: "connection refused") }
            return FetchStream(FetchResponse(status: 204))
        }
        let second = RemoteEntryAppender(url: "http://server", fetcher: four, clock: clock, options: Self.options(files))
        try await Self.running(second, clock) { while second.counts.retries < 2 { await Task.yield() } }
        files.killProcess()
        let back = ScriptedFetcher(204, body: "")
        let third = RemoteEntryAppender(url: "http://server", fetcher: back, clock: clock, options: Self.options(files))
        try await Self.running(third, clock) { while third.counts.sent < 7 { await Task.yield() } }
        #expect(try Self.received(back) == (4...10).map { "line \($0)" })
        // Positions go on: a note of before stands for nothing that comes later.
        let fourth = RemoteEntryAppender(url: "http://server", fetcher: Self.away(), clock: clock, options: Self.options(files))
        try await Self.running(fourth, clock) { try await fourth.waitUntilDurable(fourth.append(Self.lines("later")).position) }
        let last = ScriptedFetcher(204, body: "")
        let fifth = RemoteEntryAppender(url: "http://server", fetcher: last, clock: clock, options: Self.options(files))
        try await Self.running(fifth, clock) { while fifth.counts.sent < 1 { await Task.yield() } }
        #expect(try Self.received(last) == ["later"])
    }

    @Test("a full disk queue takes no more lines, so that their tailer keeps them; samples push out the oldest, counted and said")
    func bounds() async throws {
        let (files, clock) = (MemoryFileSystem(), ManualClock(now: .epoch))
        let entries = RemoteEntryAppender(
            url: "http://server", fetcher: Self.away(), clock: clock, options: Self.options(files, capacity: 2000, memory: 500))
        try await Self.running(entries, clock) {
            _ = try entries.append(Self.lines("begin"))
            while entries.counts.retries == 0 { await Task.yield() }
            #expect(throws: StoreError.self) { for _ in 0..<200 { _ = try entries.append(Self.lines("a line of some length")) } }
        }
        #expect(entries.counts.overflowed == 0 && entries.counts.diskBytes <= 2000 && entries.counts.diskBytes > 1400)

        let said = Mutex<[String]>([])
        let other = MemoryFileSystem()
        var options = Self.options(other, capacity: 6 << 20, dropsOldest: true, memory: 3 << 20)
        options.report = { line in said.withLock { $0.append(line) } }
        let samples = RemoteSampleAppender(url: "http://server", fetcher: Self.away(), clock: clock, options: options)
        var generator = SplitMix64(seed: 3)
        var given = 0
        for sweep in 0..<8 {
            var batch = SampleWriteBatch()
            for number in 0..<40_000 {
                let series = batch.addSeries(Labels([(name: "__name__", value: "m\(generator.next())"), (name: "n", value: "\(number)")]))
                batch.addSample(series: series, time: Int64(sweep), value: 1)
            }
            given += 40_000
            #expect(try samples.append(batch).accepted == 40_000)
        }
        #expect(samples.counts.overflowed > 0 && samples.counts.overflowed < given)
        #expect(samples.counts.diskBytes <= 6 << 20)
        #expect(said.withLock { $0 }.contains { $0.contains("given up") })
    }

    @Test("a torn or damaged batch on disk is set aside and said; what stands before it is sent", arguments: [0, 9, 40, 150])
    func damaged(byte: Int) async throws {
        let (files, clock) = (MemoryFileSystem(), ManualClock(now: .epoch))
        let first = RemoteEntryAppender(url: "http://server", fetcher: Self.away(), clock: clock, options: Self.options(files))
        try await Self.running(first, clock) {
            for number in 0..<6 { _ = try first.append(Self.lines("line \(number)")) }
            try await first.waitUntilDurable(first.append(Self.lines("line 6")).position)
        }
        let name = try #require(try files.list(Self.folder).first { $0.hasSuffix(".queue") })
        files.flipBit(Self.folder + "/" + name, byte: byte, bit: 3)
        let said = Mutex<[String]>([])
        var options = Self.options(files)
        options.report = { line in said.withLock { $0.append(line) } }
        let back = ScriptedFetcher(204, body: "")
        let second = RemoteEntryAppender(url: "http://server", fetcher: back, clock: clock, options: options)
        try await Self.running(second, clock) { try await second.waitUntilDurable(second.append(Self.lines("new")).position) }
        let received = try Self.received(back)
        #expect(received.last == "new")
        #expect(received.dropLast() == (0..<received.count - 1).map { "line \($0)" }[...])
        #expect(said.withLock { $0 }.contains { $0.contains("cannot be read") })
        #expect(try files.list(Self.folder).contains { $0.hasSuffix(".damaged") })
    }
}
