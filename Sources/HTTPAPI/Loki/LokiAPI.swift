import Bytes
package import Environment
package import QueryLanguage
package import Telemetry
import Wire

/// The Loki HTTP API over our store and language.
package struct LokiAPI: Sendable {
    let reader: any EntryReader
    let appender: any EntryAppender
    let evaluator: any Evaluator
    let selectors: @Sendable (String) throws(QueryError) -> [LabelMatcher]
    let gate: QueryGate
    let clock: any WallClock
    let version: String
    let deleteEntries: (@Sendable (_ query: String, _ start: Int64, _ end: Int64) async throws(StoreError) -> Void)?

    /// - Parameter selectors: parses a stream selector of LogQL, for `match[]` and the index routes.
    package init(
        reader: any EntryReader, appender: any EntryAppender, evaluator: any Evaluator,
        selectors: @escaping @Sendable (String) throws(QueryError) -> [LabelMatcher], gate: QueryGate, clock: any WallClock, version: String,
        deleteEntries: (@Sendable (_ query: String, _ start: Int64, _ end: Int64) async throws(StoreError) -> Void)? = nil
    ) {
        self.reader = reader
        self.appender = appender
        self.evaluator = evaluator
        self.selectors = selectors
        self.gate = gate
        self.clock = clock
        self.version = version
        self.deleteEntries = deleteEntries
    }

    package func addRoutes(to router: inout Router) {
        router.on(.post, path: "/loki/api/v1/push") { request, _ in await push(request) }
        router.on(.get, .post, path: "/loki/api/v1/query") { request, _ in await query(request) }
        router.on(.get, .post, path: "/loki/api/v1/query_range") { request, _ in await queryRange(request) }
        router.on(.get, .post, path: "/loki/api/v1/labels") { request, _ in await labelNames(request) }
        router.on(.get, .post, path: "/loki/api/v1/label") { request, _ in await labelNames(request) }
        router.on(.get, .post, path: "/loki/api/v1/label/:name/values") { request, match in
            await labelValues(request, name: match["name"])
        }
        router.on(.get, .post, path: "/loki/api/v1/series") { request, _ in await series(request) }
        router.on(.get, .post, path: "/loki/api/v1/index/stats") { request, _ in await indexStatistics(request) }
        router.on(.get, path: "/loki/api/v1/status/buildinfo") { _, _ in
            .json(JSONValue.object(JSONObject([("version", "3.8.0"), ("revision", .string("skysail-\(version)")), ("branch", "HEAD")])).bytes)
        }
        addOpenTelemetryRoutes(to: &router)
        router.upgrade(path: "/loki/api/v1/tail") { request, _ in tail(request) }
        router.on(.get, path: "/loki/api/v1/tail") { _, _ in .text(400, "tail needs a WebSocket upgrade\n") }
    }

    // MARK: Queries

    private func query(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let prepared = try prepare(parameters)
            let time = try parameters["time"].flatMap { $0.isEmpty ? nil : $0 }.map(LokiParameters.time) ?? clock.now()
            var options = EvaluationOptions()
            options.limit = try LokiParameters.limit(parameters)
            options.direction = try LokiParameters.direction(parameters)
            let fixed = options
            let evaluation = try await gate.run { budget in try prepared.evaluate(at: time, options: fixed, budget: budget) }
            if case .streams = evaluation.value {
                throw LokiParameters.Invalid(message: "log queries are not supported as an instant query type, please change your query to a range query type")
            }
            return Self.response(evaluation, direction: fixed.direction)
        }
    }

    private func queryRange(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let prepared = try prepare(parameters)
            let (start, end) = try LokiParameters.window(parameters, now: clock.now())
            var options = EvaluationOptions()
            options.limit = try LokiParameters.limit(parameters)
            options.direction = try LokiParameters.direction(parameters)
            let step = try LokiParameters.step(parameters, start: start, end: end)
            guard (end - start) / step <= 11_000 else {
                throw LokiParameters.Invalid(
                    message: "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter")
            }
            let fixed = options
            let evaluation = try await gate.run { budget in
                try prepared.evaluate(from: start, to: end, step: step, options: fixed, budget: budget)
            }
            return Self.response(evaluation, direction: fixed.direction)
        }
    }

    func prepare(_ parameters: QueryParameters) throws -> any PreparedQuery {
        do throws(QueryError) {
            return try evaluator.prepare(parameters["query"] ?? "")
        } catch {
            throw LokiParameters.Invalid(message: error.message)
        }
    }

    private static func response(_ evaluation: Evaluation, direction: LogScan.Direction) -> HTTPResponse {
        .json(LokiResult.encode(evaluation, direction: direction))
    }

    // MARK: Writing

    /// A line may be as long as a dump that a program prints at its end.
    static let limits = WireLimits(lineBytes: 16 << 20)

    private func push(_ request: HTTPRequest) async -> HTTPResponse {
        await answer {
            var batch = LogWriteBatch()
            let type = request.headers["content-type"] ?? "application/x-protobuf"
            let body = try ContentEncoding.decode(request, leavesSnappy: !type.lowercased().hasPrefix("application/json"), limits: Self.limits)
            let outcome = try LokiPush.decode(body, contentType: type, limits: Self.limits, into: &batch)
            guard !batch.isEmpty || !outcome.isComplete else { return HTTPResponse(status: 204) }
            let (appender, filled) = (appender, batch)
            let ticket = try await gate.append { () throws(StoreError) in try appender.append(filled) }
            guard outcome.isComplete else {
                throw LokiParameters.Invalid(
                    message: "\(outcome.refusedItems) entries refused, \(ticket.accepted) accepted: \(outcome.reasons.joined(separator: "; "))")
            }
            guard let refusal = ticket.refused.first else { return HTTPResponse(status: 204) }
            let total = ticket.refused.reduce(0) { $0 + $1.count }
            throw LokiParameters.Invalid(message: "\(total) entries refused, \(ticket.accepted) accepted: \(refusal.reason.rawValue): \(refusal.example)")
        }
    }

    // MARK: Streams and labels

    private func selections(_ parameters: QueryParameters, names: [String]) throws -> [[LabelMatcher]] {
        try names.flatMap(parameters.values).filter { !$0.isEmpty && $0 != "{}" }.map { text in
            do throws(QueryError) { return try selectors(text) } catch { throw LokiParameters.Invalid(message: error.message) }
        }
    }

    private func labelNames(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let (start, end) = try LokiParameters.window(parameters, now: clock.now(), default: .seconds(6 * 3600))
            let selections = try selections(parameters, names: ["query"])
            let names = try await gate.run { [reader] budget in
                try reader.labelNames(selections, start: start.nanoseconds, end: end.nanoseconds, budget: budget)
            }
            return Self.list(names) { $1.string($0) }
        }
    }

    private func labelValues(_ request: HTTPRequest, name: String) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let (start, end) = try LokiParameters.window(parameters, now: clock.now(), default: .seconds(6 * 3600))
            let selections = try selections(parameters, names: ["query"])
            let values = try await gate.run { [reader] budget in
                try reader.labelValues(name, selections, start: start.nanoseconds, end: end.nanoseconds, budget: budget)
            }
            return Self.list(values) { $1.string($0) }
        }
    }

    private func series(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let (start, end) = try LokiParameters.window(parameters, now: clock.now())
            let selections = try selections(parameters, names: ["match[]", "match"])
            let (labels, _) = try await gate.run { [reader] budget in
                try reader.streams(selections, start: start.nanoseconds, end: end.nanoseconds, limit: 0, budget: budget)
            }
            return Self.list(labels) { PrometheusResult.write($0, into: &$1) }
        }
    }

    private func indexStatistics(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let (start, end) = try LokiParameters.window(parameters, now: clock.now())
            let matchers = try selections(parameters, names: ["query"]).first ?? []
            let volumes = try await gate.run { [reader] budget in
                try reader.volumes(matchers, start: start.nanoseconds, end: end.nanoseconds, budget: budget)
            }
            return .json(
                JSONValue.object(
                    JSONObject([
                        ("streams", .number(volumes.count)), ("chunks", .number(volumes.reduce(0) { $0 + $1.chunks })),
                        ("bytes", .number(volumes.reduce(0) { $0 + $1.bytes })), ("entries", .number(volumes.reduce(0) { $0 + $1.entries })),
                    ])
                ).bytes)
        }
    }

    private static func list<Element>(_ elements: [Element], _ write: (Element, inout JSONWriter) -> Void) -> HTTPResponse {
        var writer = JSONWriter(capacity: elements.count * 32 + 64)
        writer.beginObject()
        writer.member("status", "success")
        writer.key("data")
        writer.beginArray()
        for element in elements { write(element, &writer) }
        writer.endArray()
        writer.endObject()
        return .json(writer.bytes)
    }

    // MARK: Errors

    /// Loki answers errors as plain text.
    func answer(_ body: () async throws -> HTTPResponse) async -> HTTPResponse {
        do {
            return try await body()
        } catch let error as LokiParameters.Invalid {
            return .text(400, error.message + "\n")
        } catch let error as WireError {
            return HTTPResponse(error)
        } catch let error as QueryError {
            return Self.failure(error)
        } catch let error as StoreError {
            switch error.code {
            case .readOnly: return .text(503, error.description + "\n")
            default: return Self.failure(QueryError(error))
            }
        } catch is CancellationError {
            return .text(499, "The request was cancelled by the client.\n")
        } catch {
            return .text(500, "\(error)\n")
        }
    }

    private static func failure(_ error: QueryError) -> HTTPResponse {
        switch error.code {
        case .bad, .execution, .limit: .text(400, error.message + "\n")
        case .cancelled: .text(499, "The request was cancelled by the client.\n")
        case .timeout: .text(504, "Request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed.\n")
        case .internal: .text(500, error.message + "\n")
        }
    }
}
