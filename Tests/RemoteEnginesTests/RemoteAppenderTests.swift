import Bytes
import Environment
import RemoteEngines
import Synchronization
import Telemetry
import Testing
import Wire

@Suite("Remote appenders")
struct RemoteAppenderTests {
    private static func clock() -> ManualClock { ManualClock(now: Timestamp(seconds: 1_700_000_000)) }

    private static func samples(_ values: [Double]) -> SampleWriteBatch {
        var batch = SampleWriteBatch()
        let series = batch.addSeries(Labels([(name: "__name__", value: "up"), (name: "job", value: "node")]))
        for (index, value) in values.enumerated() { batch.addSample(series: series, time: Int64(index) * 1000, value: value) }
        return batch
    }

    private static func lines(_ texts: [String]) -> LogWriteBatch {
        var batch = LogWriteBatch()
        let stream = batch.addStream(Labels([(name: "app", value: "web")]))
        for (index, text) in texts.enumerated() { batch.addEntry(stream: stream, time: Int64(index), line: Array(text.utf8)) }
        return batch
    }

    /// Runs a sender beside a body; time flies, so that no pause is waited for.
    private static func running<Value: Sendable>(
        _ run: @escaping @Sendable () async -> Void, _ clock: ManualClock, _ body: () async throws -> Value
    ) async throws -> Value {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await run() }
            group.addTask {
                while !Task.isCancelled {
                    clock.advance(by: .seconds(60))
                    await Task.yield()
                }
            }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    @Test("samples arrive as remote write, in order, and are durable once the server says so", arguments: [RemoteWriteDecoder.Version.v1, .v2])
    func samples(_ version: RemoteWriteDecoder.Version) async throws {
        let (fetcher, clock) = (ScriptedFetcher(204, body: ""), Self.clock())
        let appender = RemoteSampleAppender(url: "http://server/api/v1/write", version: version, fetcher: fetcher, clock: clock)
        try await Self.running(appender.run, clock) {
            let first = try appender.append(Self.samples([1, 2]))
            let second = try appender.append(Self.samples([3]))
            #expect(first.accepted == 2 && first.position < second.position)
            try await appender.waitUntilDurable(second.position)
        }
        var values: [Double] = []
        for request in fetcher.requests {
            #expect(request.headers.contains { $0.name == "content-encoding" && $0.value == "snappy" })
            var batch = SampleWriteBatch()
            try RemoteWrite.decode(request.body, version: version, into: &batch)
            values += batch.sampleValues
        }
        #expect(values == [1, 2, 3])
        #expect(appender.counts.sent == 3 && appender.counts.queuedBytes == 0)
    }

    @Test("an outage repeats the same batch until the server is back")
    func outage() async throws {
        let clock = Self.clock()
        let fetcher = ScriptedFetcher { attempt, request in
            switch attempt {
            case 1: throw FetchError(url: request.url, cause: "connection refused")
            case 2: FetchStream(FetchResponse(status: 503, headers: [("Retry-After", "3")]))
            case 3: FetchStream(FetchResponse(status: 429))
            default: FetchStream(FetchResponse(status: 204))
            }
        }
        let lines = Lines()
        let appender = RemoteEntryAppender(
            url: "http://server/loki/api/v1/push", fetcher: fetcher, clock: clock, options: ShippingOptions { $0.report = { lines.add($0) } })
        try await Self.running(appender.run, clock) {
            try await appender.waitUntilDurable(try appender.append(Self.lines(["a", "b"])).position)
        }
        #expect(fetcher.requests.count == 4)
        #expect(Set(fetcher.requests.map(\.body)).count == 1)
        #expect(appender.counts.retries == 3 && appender.counts.sent == 2)
        #expect(
            lines.all == [
                "cannot send to http://server/loki/api/v1/push, will try again: connection refused", "http://server/loki/api/v1/push answers again",
            ])
        var batch = LogWriteBatch()
        try LokiPush.decode(fetcher.requests[0].body, contentType: "application/x-protobuf", into: &batch)
        #expect(batch.count == 2)
    }

    @Test("what the server refuses for good is dropped, counted and named, and holds up nothing behind it")
    func refused() async throws {
        let clock = Self.clock()
        let fetcher = ScriptedFetcher { attempt, _ in
            FetchStream(attempt == 1 ? FetchResponse(status: 400, body: Array("out of bounds\n".utf8)) : FetchResponse(status: 204))
        }
        let appender = RemoteSampleAppender(url: "http://server/api/v1/write", fetcher: fetcher, clock: clock)
        try await Self.running(appender.run, clock) {
            _ = try appender.append(Self.samples([1, 2]))
            try await appender.waitUntilDurable(try appender.append(Self.samples([3])).position)
        }
        #expect(appender.counts.refused == 2 && appender.counts.sent == 1)
        #expect(appender.counts.lastRefusal == "status 400: out of bounds")
    }

    @Test("a full queue refuses samples in the ticket, and lines as a whole so that their tailer keeps them")
    func full() throws {
        let options = ShippingOptions { $0.queueBytes = 100 }
        let samples = RemoteSampleAppender(url: "http://server", fetcher: ScriptedFetcher(), clock: Self.clock(), options: options)
        var refused = 0
        for _ in 0..<10 { refused += try samples.append(Self.samples([1])).refused.reduce(0) { $0 + $1.count } }
        #expect(refused > 0 && samples.counts.overflowed == refused && samples.counts.queuedBytes <= 100)

        let entries = RemoteEntryAppender(url: "http://server", fetcher: ScriptedFetcher(), clock: Self.clock(), options: options)
        let error = #expect(throws: StoreError.self) { for _ in 0..<10 { _ = try entries.append(Self.lines(["a line"])) } }
        #expect(error?.code == .readOnly)
    }

    @Test("when the sender stops, whoever waits is told, and nothing more is taken")
    func stopped() async throws {
        let clock = Self.clock()
        let fetcher = ScriptedFetcher { _, request in throw FetchError(url: request.url, cause: "connection refused") }
        let appender = RemoteSampleAppender(url: "http://server", fetcher: fetcher, clock: clock)
        let position = try appender.append(Self.samples([1])).position
        let error = await withTaskGroup(of: StoreError?.self) { group in
            group.addTask {
                await withTaskGroup(of: Void.self) { inner in
                    inner.addTask { await appender.run() }
                    inner.cancelAll()
                }
                return nil
            }
            group.addTask {
                do throws(StoreError) {
                    try await appender.waitUntilDurable(position)
                    return nil
                } catch {
                    return error
                }
            }
            var errors: [StoreError] = []
            for await error in group { if let error { errors.append(error) } }
            return errors.first
        }
        #expect(error?.code == .closed)
        #expect(throws: StoreError.self) { try appender.append(Self.samples([1])) }
    }
}

private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}
