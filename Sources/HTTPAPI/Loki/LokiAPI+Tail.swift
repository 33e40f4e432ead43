import Bytes
import Environment
import QueryLanguage
import Telemetry
import Wire

extension LokiAPI {
    /// Entries of one answer that a tail asks for at a time.
    private static let tailLimit = 5000

    /// Live tail over a WebSocket: what matched lately, then whatever arrives, in rising order.
    ///
    /// It waits for the store's freshness signal instead of polling, and reads from where it last stopped, so nothing comes twice.
    func tail(_ request: HTTPRequest) -> WebSocketAgreement? {
        let parameters = request.query
        guard let prepared = try? prepare(parameters), let limit = try? LokiParameters.limit(parameters) else { return nil }
        let start = (try? parameters["start"].map(LokiParameters.time)) ?? nil
        return WebSocketAgreement(subprotocol: nil) { connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { while try await connection.receive() != nil {} }
                group.addTask { try await follow(prepared, from: start, limit: limit, connection) }
                // The peer's close ends the tail.
                try await group.next()
                group.cancelAll()
            }
        }
    }

    private func follow(_ query: any PreparedQuery, from start: Timestamp?, limit: Int, _ connection: any WebSocketConnection) async throws {
        var options = EvaluationOptions()
        options.direction = start == nil ? .backward : .forward
        options.limit = limit
        var from = start ?? clock.now() - .seconds(3600)
        let signals = query.freshness()
        while true {
            // Seen before the read: data that arrives during it wakes the next round.
            let seen = signals.map(\.newest)
            let (window, fixed) = (from, options)
            let until = Timestamp(nanoseconds: clock.now().nanoseconds + 1)
            let evaluation = try await gate.run { budget in
                try query.evaluate(from: window, to: until, step: .seconds(1), options: fixed, budget: budget)
            }
            if case .streams(let streams) = evaluation.value, let newest = streams.flatMap(\.entries).map(\.time).max() {
                try await connection.send(.text(LokiResult.encodeTail(streams)))
                from = Timestamp(nanoseconds: newest + 1)
            } else if options.direction == .backward {
                from = until - .seconds(1)
            }
            options.direction = .forward
            options.limit = Self.tailLimit
            try await Self.waitForAny(signals, after: seen)
        }
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
