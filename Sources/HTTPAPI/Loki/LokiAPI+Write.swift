import Bytes
import Environment
import QueryLanguage
import Telemetry
import Wire

extension LokiAPI {
    /// A line may be as long as a dump that a program prints at its end.
    static let limits = WireLimits(lineBytes: 16 << 20)

    func addWriteRoutes(to router: inout Router) {
        for path in ["/loki/api/v1/push", "/api/prom/push"] { router.on(.post, path: path) { request, _ in await push(request) } }
        for path in ["/otlp/v1/logs", "/loki/api/v1/otlp/v1/logs", "/insert/opentelemetry/v1/logs"] {
            router.on(.post, path: path) { request, _ in await writeOpenTelemetry(request) }
        }
        router.on(.post, path: "/insert/jsonline") { request, _ in await writeJSONLines(request) }
    }

    private func push(_ request: HTTPRequest) async -> HTTPResponse {
        await answer {
            let (outcome, ticket) = try await take { buffers in
                let type = request.headers["content-type"] ?? "application/x-protobuf"
                let isJSON = type.lowercased().hasPrefix("application/json")
                let body = try ContentEncoding.decode(request, leavesSnappy: !isJSON, limits: Self.limits)
                return try LokiPush.decode(body, contentType: type, with: &buffers.decoder, into: &buffers.batch)
            }
            return Self.answer(to: outcome, ticket)
        }
    }

    /// Newline-delimited JSON objects, as VictoriaLogs takes them.
    private func writeJSONLines(_ request: HTTPRequest) async -> HTTPResponse {
        await answer {
            let now = clock.now().nanoseconds
            let (outcome, ticket) = try await take { buffers in
                let body = try ContentEncoding.decode(request, limits: Self.limits)
                let fields = JSONLinesFields { name, header in request.query[name] ?? request.headers[header] }
                var decoder = JSONLinesDecoder(limits: Self.limits, fields: fields)
                return try decoder.decode(body, now: now, into: &buffers.batch)
            }
            return Self.answer(to: outcome, ticket)
        }
    }

    /// OTLP logs over HTTP, protobuf or JSON; the answer comes in the same form.
    private func writeOpenTelemetry(_ request: HTTPRequest) async -> HTTPResponse {
        await answer {
            let isJSON = request.headers["content-type"]?.lowercased().hasPrefix("application/json") ?? false
            let now = clock.now().nanoseconds
            let (outcome, ticket) = try await take { buffers in
                let body =
                    isJSON
                    ? try OTLPLogsJSON.protobuf(try ContentEncoding.decode(request, limits: Self.limits))
                    : try OpenTelemetryBody.protobuf(request, limits: Self.limits)
                var decoder = OTLPLogsDecoder(limits: Self.limits)
                return try decoder.decode(body, now: now, into: &buffers.batch)
            }
            return isJSON ? Self.openTelemetryJSON(outcome, ticket) : OpenTelemetryBody.response(outcome, ticket)
        }
    }

    /// Decodes and appends on the low-priority threads: both are heavy.
    private func take(
        _ decode: @escaping @Sendable (inout PushBuffers.Pair) throws -> WireOutcome
    ) async throws -> (outcome: WireOutcome, ticket: AppendTicket) {
        let (appender, additions, pushBuffers) = (appender, sources.additions, pushBuffers)
        return try await gate.work {
            // A decoder that failed is not used again, so nothing it read remains.
            var buffers = pushBuffers.take()
            let outcome = try decode(&buffers)
            var ticket = AppendTicket.nothing
            if !buffers.batch.isEmpty {
                additions.apply(to: &buffers.batch)
                ticket = try appender.append(buffers.batch)
            }
            pushBuffers.giveBack(buffers)
            return (outcome, ticket)
        }
    }

    // MARK: Answers

    /// 204 when all was taken. Else what was not and why, with the status of the first reason; the rest of the body has been kept.
    private static func answer(to outcome: WireOutcome, _ ticket: AppendTicket) -> HTTPResponse {
        let refused = outcome.refusedItems + ticket.refused.reduce(0) { $0 + $1.count }
        guard !outcome.isComplete || refused > 0 else { return HTTPResponse(status: 204) }
        let reasons = outcome.reasons + ticket.refused.map { "\($0.example) \($0.reason.sentence)" }
        let text = "\(refused) entries refused, \(ticket.accepted) accepted: \(reasons.joined(separator: "; "))"
        let isOverLimit = outcome.isComplete && ticket.refused.allSatisfy { $0.reason == .cardinalityLimit }
        return .text(isOverLimit ? 429 : 400, text + "\n")
    }

    private static func openTelemetryJSON(_ outcome: WireOutcome, _ ticket: AppendTicket) -> HTTPResponse {
        let refused = outcome.refusedItems + ticket.refused.reduce(0) { $0 + $1.count }
        var writer = JSONWriter()
        writer.beginObject()
        if refused > 0 || !outcome.isComplete {
            writer.key("partialSuccess")
            writer.beginObject()
            writer.member("rejectedLogRecords", String(refused))
            writer.member("errorMessage", (outcome.reasons + ticket.refused.map { "\($0.example) \($0.reason.sentence)" }).joined(separator: "; "))
            writer.endObject()
        }
        writer.endObject()
        return .json(writer.bytes)
    }
}

extension AppendTicket {
    fileprivate static let nothing = AppendTicket(position: 0, accepted: 0)
}

extension AppendRefusal.Reason {
    /// Why, as Loki's clients know it from its messages.
    fileprivate var sentence: String {
        switch self {
        case .tooOld: "has timestamp too old"
        case .tooFarInFuture: "has timestamp too new"
        case .tooLarge: "is larger than the limit of a line"
        case .cardinalityLimit: "would exceed the maximum of active streams"
        case .invalidLabels: "has invalid labels"
        }
    }
}
