import Bytes
import Environment
import QueryLanguage
import Telemetry
import Wire

/// What other servers fetch and push: remote read, federation and OTLP.
extension PrometheusAPI {
    func addExchangeRoutes(to router: inout Router) {
        router.on(.post, path: "/api/v1/read") { request, _ in await remoteRead(request) }
        router.on(.get, path: "/federate") { request, _ in await federate(request) }
        router.on(.post, path: "/api/v1/otlp/v1/metrics") { request, _ in await writeOpenTelemetry(request) }
    }

    /// Remote read: whole series per query, as samples.
    private func remoteRead(_ request: HTTPRequest) async -> HTTPResponse {
        await answer {
            let asked = try RemoteReadRequest(snappy: request.body)
            let body = try await gate.run { [reader] budget in
                var response = RemoteReadResponse()
                var batch = SampleBatch()
                for var selection in asked.selections {
                    // What the client does with the samples is its own matter: it gets them as they are.
                    selection.hints = SampleSelection.Hints()
                    response.beginQuery()
                    let set = try reader.select(selection, budget: budget)
                    for index in set.batches.indices {
                        try set.readBatch(index, into: &batch, budget: budget)
                        let before = response.count
                        try response.append(batch, labels: set.labels, budget: budget)
                        try budget.useBytes(response.count - before)
                    }
                }
                return try response.compressed(budget)
            }
            var response = HTTPResponse(contentType: "application/x-protobuf", body: body)
            response.fields["content-encoding"] = "snappy"
            return response
        }
    }

    /// The newest sample of every series that a `match[]` selects, as exposition text.
    ///
    /// Native histograms have no form in that text and are left out, as Prometheus does.
    /// Every series has an `instance`, an empty one where it had none, so that the scraping server adds none of its own. What goes wrong is plain
    /// text, for who scrapes reads no JSON.
    private func federate(_ request: HTTPRequest) async -> HTTPResponse {
        let now = clock.now()
        let format = ExpositionFormat(accept: request.headers["accept"] ?? "")
        do {
            var queries: [any PreparedQuery] = []
            for text in request.parameters.values("match[]") {
                _ = try selectors(text)
                queries.append(try evaluator.prepare(text))
            }
            let prepared = queries
            let body = try await gate.run { budget in
                var elements: [Labels: VectorElement] = [:]
                var watch = BudgetWatch(budget)
                for query in prepared {
                    guard case .vector(let vector) = try query.evaluate(at: now, options: EvaluationOptions(), budget: budget).value else { continue }
                    for element in vector where element.histogram == nil {
                        try watch.advance(40)
                        elements[element.labels] = element
                    }
                }
                var writer = ExpositionWriter(format)
                var family: String?
                let sorted = try elements.values.sorted(budget, pieces: 30) { ($0.labels.metricName ?? "", $0.labels) < ($1.labels.metricName ?? "", $1.labels) }
                for element in sorted {
                    try watch.advance(100)
                    let name = element.labels.metricName ?? ""
                    if family != name { writer.family(name, .unknown) }
                    family = name
                    writer.sample(
                        element.labels, alsoEmpty: "instance", element.value,
                        time: element.newestInput == .min ? element.time : element.newestInput)
                }
                writer.finish()
                return writer.bytes
            }
            return HTTPResponse(contentType: format.contentType, body: body)
        } catch let error as QueryError where error.code == .bad {
            return .text(400, "\(error.message)\n")
        } catch let error as QueryError {
            return .text(503, "\(error.message)\n")
        } catch {
            return .text(500, "\(error)\n")
        }
    }

    private func writeOpenTelemetry(_ request: HTTPRequest) async -> HTTPResponse {
        await answer {
            let isJSON = OpenTelemetryBody.isJSON(request)
            let (appender, translation) = (appender, sources.otlpTranslation)
            let (outcome, ticket) = try await gate.work {
                let body =
                    isJSON
                    ? try OTLPMetricsJSON.protobuf(try ContentEncoding.decode(request)) : try OpenTelemetryBody.protobuf(request)
                var batch = SampleWriteBatch()
                var decoder = OTLPMetricsDecoder(translation: translation)
                let outcome = try decoder.decode(body, into: &batch)
                return (outcome, try appender.append(batch))
            }
            return isJSON ? OpenTelemetryBody.jsonResponse(outcome, ticket) : OpenTelemetryBody.response(outcome, ticket)
        }
    }
}

/// The forms that OTLP over HTTP shares between its signals.
///
/// - Source: OpenTelemetry protocol 1.x, "OTLP/HTTP": 200 with a partial success when some of it was refused.
enum OpenTelemetryBody {
    static func isJSON(_ request: HTTPRequest) -> Bool {
        request.headers["content-type"]?.lowercased().hasPrefix("application/json") ?? false
    }

    static func protobuf(_ request: HTTPRequest, limits: WireLimits = WireLimits()) throws(WireError) -> [UInt8] {
        let type = request.headers["content-type"] ?? ""
        guard type.lowercased().hasPrefix("application/x-protobuf") else {
            throw WireError(.unsupported, "cannot take OTLP of type \"\(type)\": send application/x-protobuf or application/json")
        }
        return try ContentEncoding.decode(request, limits: limits)
    }

    /// How much was refused and why; nil when all was kept.
    private static func refusal(_ outcome: WireOutcome, _ ticket: AppendTicket) -> (count: Int, reasons: String)? {
        let refused = outcome.refusedItems + ticket.refused.reduce(0) { $0 + $1.count }
        if refused == 0 && outcome.isComplete { return nil }
        let reasons = outcome.reasons + ticket.refused.map { "\($0.reason.rawValue): \($0.example)" }
        return (refused, reasons.joined(separator: "; "))
    }

    static func response(_ outcome: WireOutcome, _ ticket: AppendTicket) -> HTTPResponse {
        var writer = ProtobufWriter()
        if let refusal = refusal(outcome, ticket) {
            writer.message(1) {
                $0.int64(1, Int64(refusal.count))
                $0.string(2, refusal.reasons)
            }
        }
        return HTTPResponse(contentType: "application/x-protobuf", body: writer.bytes)
    }

    /// The same for metrics in JSON, where 64-bit numbers are texts.
    static func jsonResponse(_ outcome: WireOutcome, _ ticket: AppendTicket) -> HTTPResponse {
        guard let refusal = refusal(outcome, ticket) else { return .json(Array("{}".utf8)) }
        let document: JSONValue = ["partialSuccess": ["rejectedDataPoints": .string("\(refusal.count)"), "errorMessage": .string(refusal.reasons)]]
        return .json(document.bytes)
    }
}
