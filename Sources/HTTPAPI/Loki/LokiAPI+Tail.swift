import Bytes
import Environment
import QueryLanguage
import Telemetry
import Wire

extension LokiAPI {
    /// Entries of one frame at most.
    private static let frameLimit = 1000
    /// Entries that may wait for a slow peer; what is older is left out and named in the next frame.
    private static let backlogLimit = 10_000
    /// How far behind the newest entry late ones are still looked for.
    private static let overlap = Duration.seconds(10)
    /// The longest `delay_for`, as Loki has it.
    private static let longestDelay = Duration.seconds(5)

    private struct TailRequest: Sendable {
        var prepared: any PreparedQuery
        var start: Timestamp
        /// Whether the peer named a start: then nothing of it is left out; else the newest entries open the tail.
        var isStartNamed: Bool
        var limit: Int
        var delay: Duration
        var categorizesLabels: Bool
    }

    private func tailRequest(_ request: HTTPRequest) throws(LokiParameters.Invalid) -> TailRequest {
        let parameters = request.query
        let prepared = try prepare(parameters)
        guard !prepared.freshness().isEmpty, evaluatesLines(prepared) else {
            throw LokiParameters.Invalid(message: "only log queries can be tailed: a stream selector with its pipeline")
        }
        let named = try parameters["start"].flatMap { $0.isEmpty ? nil : $0 }.map(LokiParameters.time)
        let delay = Duration.seconds(try parameters["delay_for"].flatMap { $0.isEmpty ? nil : $0 }.map { text throws(LokiParameters.Invalid) in
            guard let seconds = Int(text), seconds >= 0, seconds < 1_000_000 else { throw LokiParameters.Invalid(message: "delay_for must be a number of seconds") }
            return seconds
        } ?? 0)
        guard delay <= Self.longestDelay else { throw LokiParameters.Invalid(message: "delay_for can't be greater than 5") }
        return TailRequest(
            prepared: prepared, start: named ?? clock.now() - .seconds(3600), isStartNamed: named != nil, limit: try LokiParameters.limit(parameters),
            delay: delay, categorizesLabels: Self.categorizesLabels(request))
    }

    private func evaluatesLines(_ query: any PreparedQuery) -> Bool {
        // An empty window costs nothing and shows what kind of answer the query gives.
        let time = Timestamp(nanoseconds: 0)
        let answer = try? query.evaluate(from: time, to: time, step: .seconds(1), options: EvaluationOptions(), budget: QueryBudget())
        if case .streams? = answer?.value { return true }
        return false
    }

    /// Live tail over a WebSocket: what matched lately, then whatever arrives, in rising order.
    ///
    /// It waits for the store's freshness signal instead of polling, and reads from where it last stopped, so nothing comes twice.
    func tail(_ request: HTTPRequest) -> WebSocketAgreement? {
        guard let tail = try? tailRequest(request) else { return nil }
        return WebSocketAgreement(subprotocol: nil) { connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { while try await connection.receive() != nil {} }
                group.addTask { try await follow(tail, connection) }
                // The peer's close ends the tail.
                try await group.next()
                group.cancelAll()
            }
        }
    }

    /// Why a tail was not begun.
    func refuseTail(_ request: HTTPRequest) async -> HTTPResponse {
        await answer {
            _ = try tailRequest(request)
            throw LokiParameters.Invalid(message: "tail needs a WebSocket upgrade")
        }
    }

    private func follow(_ tail: TailRequest, _ connection: any WebSocketConnection) async throws {
        let signals = tail.prepared.freshness()
        var sent = SentEntries(start: tail.start, overlap: Self.overlap)
        if !tail.isStartNamed {
            let newest = try await entries(tail, tail.start, horizon(tail), .backward, limit: tail.limit)
            try await send(sent.fresh(of: newest), [], tail, connection)
            sent.opensNow(clock.now())
        }
        while true {
            // Seen before the read: data that arrives during it wakes the next round.
            let seen = signals.map(\.newest)
            let until = horizon(tail)
            // With a start that was named everything is sent, frame by frame; else a peer that is too slow gets the newest.
            let limit = tail.isStartNamed ? Self.frameLimit : Self.backlogLimit
            let from = sent.from
            var isCut = false
            if until > from {
                var found = try await entries(tail, from, until, .forward, limit: limit + sent.count)
                isCut = found.reduce(0) { $0 + $1.entries.count } == limit + sent.count
                var dropped: [(labels: Labels, time: Int64)] = []
                if isCut, !tail.isStartNamed {
                    dropped = sent.unsent(of: found).compactMap { stream in stream.entries.first.map { (stream.labels, $0.time) } }
                    found = try await entries(tail, from, until, .backward, limit: Self.frameLimit)
                    isCut = false
                }
                try await send(sent.fresh(of: found), dropped, tail, connection)
            }
            if isCut { continue }
            if tail.delay > .zero {
                try await clock.sleep(for: .milliseconds(500))
            } else {
                try await Self.waitForAny(signals, after: seen)
            }
        }
    }

    /// Up to where entries are read: what is younger than the delay may still be joined by older entries.
    private func horizon(_ tail: TailRequest) -> Timestamp { clock.now() - tail.delay + .nanoseconds(1) }

    private func entries(
        _ tail: TailRequest, _ from: Timestamp, _ until: Timestamp, _ direction: LogScan.Direction, limit: Int
    ) async throws -> [EntryStream] {
        var options = EvaluationOptions()
        options.direction = direction
        options.limit = limit
        options.categorizesLabels = tail.categorizesLabels
        let fixed = options
        let evaluation = try await gate.run { budget in
            try tail.prepared.evaluate(from: from, to: until, step: .seconds(1), options: fixed, budget: budget)
        }
        guard case .streams(let streams) = evaluation.value else { return [] }
        return direction == .forward
            ? streams : streams.map { EntryStream(labels: $0.labels, entries: $0.entries.reversed()) }
    }

    /// Sends a frame if there is anything in it.
    private func send(
        _ streams: [EntryStream], _ dropped: [(labels: Labels, time: Int64)], _ tail: TailRequest, _ connection: any WebSocketConnection
    ) async throws {
        if streams.isEmpty, dropped.isEmpty { return }
        try await connection.send(.text(LokiResult.encodeTail(streams, dropped: dropped, encodesMetadata: tail.categorizesLabels)))
    }

    private static func waitForAny(_ signals: [FreshnessSignal], after seen: [Int64]) async throws {
        await withTaskGroup(of: Void.self) { group in
            for (signal, time) in zip(signals, seen) { group.addTask { _ = await signal.wait(after: time) } }
            await group.next()
            group.cancelAll()
        }
        try Task.checkCancellation()
    }
}

/// What a tail has sent of the last moments, so that entries which come late are sent and none is sent twice.
private struct SentEntries {
    private struct Key: Hashable {
        var labels: UInt64
        var time: Int64
        var line: UInt64
    }

    private var keys: Set<Key> = []
    private var newest: Int64
    private var first: Int64
    private let overlap: Duration

    init(start: Timestamp, overlap: Duration) {
        newest = .min
        first = start.nanoseconds
        self.overlap = overlap
    }

    var count: Int { keys.count }

    /// Where the next read begins.
    var from: Timestamp {
        guard newest > .min else { return Timestamp(nanoseconds: first) }
        return Timestamp(nanoseconds: max(first, (Timestamp(nanoseconds: newest) - overlap).nanoseconds))
    }

    /// Entries that are older than what is looked at again belong to the past that the tail did not ask for.
    mutating func opensNow(_ now: Timestamp) { first = max(first, (now - overlap).nanoseconds) }

    private func key(_ stream: EntryStream, _ entry: EntryStream.Entry) -> Key {
        Key(labels: stream.labels.hash, time: entry.time, line: Hash64.hash(entry.line))
    }

    func unsent(of streams: [EntryStream]) -> [EntryStream] {
        streams.compactMap { stream in
            let entries = stream.entries.filter { !keys.contains(key(stream, $0)) }
            return entries.isEmpty ? nil : EntryStream(labels: stream.labels, entries: entries)
        }
    }

    /// Those of the entries that have not been sent; they are noted as sent.
    mutating func fresh(of streams: [EntryStream]) -> [EntryStream] {
        let fresh = unsent(of: streams)
        for stream in fresh {
            for entry in stream.entries {
                keys.insert(key(stream, entry))
                newest = max(newest, entry.time)
            }
        }
        let begin = from.nanoseconds
        keys = keys.filter { $0.time >= begin }
        return fresh
    }
}
