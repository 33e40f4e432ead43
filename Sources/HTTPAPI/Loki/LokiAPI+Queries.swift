import Bytes
import Environment
import QueryLanguage
import Telemetry
import Wire

extension LokiAPI {
    func addQueryRoutes(to router: inout Router) {
        router.on(.get, .post, path: "/loki/api/v1/query") { request, _ in await query(request) }
        router.on(.get, .post, path: "/loki/api/v1/query_range") { request, _ in await queryRange(request) }
        router.on(.get, .post, path: "/loki/api/v1/format_query") { request, _ in format(request) }
    }

    private func query(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let prepared = try prepare(parameters)
            let time = try parameters["time"].flatMap { $0.isEmpty ? nil : $0 }.map(LokiParameters.time) ?? clock.now()
            let options = try options(of: request)
            return try await respond(options) { budget in try prepared.evaluate(at: time, options: options, budget: budget) }
        }
    }

    private func queryRange(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let prepared = try prepare(parameters)
            let (start, end) = try LokiParameters.window(parameters, now: clock.now())
            let options = try options(of: request)
            let step = try LokiParameters.step(parameters, start: start, end: end)
            guard (end - start) / step <= 11_000 else {
                throw LokiParameters.Invalid(
                    message: "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter")
            }
            let interval = try LokiParameters.interval(parameters)
            guard interval > .zero else {
                return try await respond(options) { budget in
                    try prepared.evaluate(from: start, to: end, step: step, options: options, budget: budget)
                }
            }
            // Thinned out over all streams, so the limit holds for what is left.
            var all = options
            all.limit = 0
            let unlimited = all
            return try await respond(options) { budget in
                var evaluation = try prepared.evaluate(from: start, to: end, step: step, options: unlimited, budget: budget)
                if case .streams(let streams) = evaluation.value {
                    evaluation.value = .streams(
                        EntrySampling.thinned(streams, interval: interval, direction: options.direction, limit: options.limit))
                }
                return evaluation
            }
        }
    }

    func prepare(_ parameters: QueryParameters) throws(LokiParameters.Invalid) -> any PreparedQuery { try prepare(query: parameters["query"] ?? "") }

    func prepare(query: String) throws(LokiParameters.Invalid) -> any PreparedQuery {
        do throws(QueryError) {
            return try evaluator.prepare(query)
        } catch {
            throw LokiParameters.Invalid(message: error.message)
        }
    }

    func options(of request: HTTPRequest) throws(LokiParameters.Invalid) -> EvaluationOptions {
        let parameters = request.parameters
        var options = EvaluationOptions()
        options.limit = try LokiParameters.limit(parameters)
        options.direction = try LokiParameters.direction(parameters)
        options.categorizesLabels = Self.categorizesLabels(request)
        return options
    }

    /// Whether the client asked for its entries' labels by category.
    static func categorizesLabels(_ request: HTTPRequest) -> Bool {
        request.headers.values("x-loki-response-encoding-flags").contains { header in
            header.split(separator: ",").contains { $0.filter { !$0.isWhitespace } == "categorize-labels" }
        }
    }

    private func respond(
        _ options: EvaluationOptions, _ work: @escaping @Sendable (QueryBudget) throws -> Evaluation
    ) async throws -> HTTPResponse {
        let begin = clock.now()
        let evaluation = try await gate.run { budget in try work(budget) }
        let took = clock.now() - begin
        return .json(LokiResult.encode(evaluation, took: took, encodesMetadata: options.categorizesLabels))
    }

    private func format(_ request: HTTPRequest) -> HTTPResponse {
        var writer = JSONWriter()
        var status = 200
        writer.beginObject()
        do throws(QueryError) {
            let text = try language.format(request.parameters["query"] ?? "")
            writer.member("status", "success")
            writer.member("data", text)
        } catch {
            status = 400
            writer.member("status", "invalid-query")
            writer.member("error", error.message)
        }
        writer.endObject()
        return .json(status, writer.bytes)
    }
}

/// Takes entries no nearer to each other than an interval, in the direction of the query.
enum EntrySampling {
    static func thinned(_ streams: [EntryStream], interval: Duration, direction: LogScan.Direction, limit: Int) -> [EntryStream] {
        let isForward = direction == .forward
        var places: [(time: Int64, stream: Int, entry: Int)] = []
        for (stream, found) in streams.enumerated() {
            for (entry, one) in found.entries.enumerated() { places.append((one.time, stream, entry)) }
        }
        places.sort { ($0.time, $0.stream, $0.entry) < ($1.time, $1.stream, $1.entry) }
        if !isForward { places.reverse() }
        let distance = Timestamp(nanoseconds: 0) + interval
        var kept = [[Int]](repeating: [], count: streams.count)
        var last: Int64?
        var count = 0
        for place in places where count < limit {
            if let last, isForward ? place.time < last &+ distance.nanoseconds : place.time > last &- distance.nanoseconds { continue }
            last = place.time
            kept[place.stream].append(place.entry)
            count += 1
        }
        return zip(streams, kept).compactMap { stream, entries in
            entries.isEmpty ? nil : EntryStream(labels: stream.labels, entries: entries.map { stream.entries[$0] })
        }
    }
}
