import Bytes
import Environment
import QueryLanguage
import Telemetry

extension LokiAPI {
    /// The routes from before version 1 of the API, which old promtails and scripts still ask.
    ///
    /// - Source: Loki's "HTTP API", the deprecated endpoints under `/api/prom`.
    func addOldRoutes(to router: inout Router) {
        router.on(.get, .post, path: "/api/prom/query") { request, _ in await oldQuery(request) }
        for path in ["/api/prom/label", "/api/prom/labels"] { router.on(.get, .post, path: path) { request, _ in await oldLabels(request, name: nil) } }
        router.on(.get, .post, path: "/api/prom/label/:name/values") { request, match in await oldLabels(request, name: match["name"]) }
        router.on(.get, .post, path: "/api/prom/series") { request, _ in await series(request) }
    }

    /// Entries of log queries; a `regexp` is one more filter.
    private func oldQuery(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let filter = parameters["regexp"].flatMap { $0.isEmpty ? nil : " |~ \(Literals.quote($0))" } ?? ""
            let prepared = try prepare(query: (parameters["query"] ?? "") + filter)
            let (start, end) = try LokiParameters.window(parameters, now: clock.now())
            let options = try options(of: request)
            let evaluation = try await gate.run { budget in
                try prepared.evaluate(from: start, to: end, step: .seconds(1), options: options, budget: budget)
            }
            guard case .streams(let streams) = evaluation.value else {
                throw LokiParameters.Invalid(message: "legacy endpoints only support streams result type")
            }
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("streams")
            writer.beginArray()
            for stream in streams {
                writer.beginObject()
                writer.member("labels", stream.labels.description)
                writer.key("entries")
                writer.beginArray()
                for entry in stream.entries {
                    writer.beginObject()
                    writer.member("ts", Timestamp(nanoseconds: entry.time).rfc3339(.nanoseconds))
                    writer.member("line", UTF8Validation.repaired(entry.line[...]))
                    writer.endObject()
                }
                writer.endArray()
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            return .json(writer.bytes)
        }
    }

    private func oldLabels(_ request: HTTPRequest, name: String?) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let (start, end) = try LokiParameters.window(parameters, now: clock.now(), default: Self.labelWindow)
            let found = try await gate.run { [reader] budget in
                if let name { return try reader.labelValues(name, [], start: start.nanoseconds, end: end.nanoseconds, budget: budget) }
                return try reader.labelNames([], start: start.nanoseconds, end: end.nanoseconds, budget: budget)
            }
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("values")
            writer.beginArray()
            for text in found { writer.string(text) }
            writer.endArray()
            writer.endObject()
            return .json(writer.bytes)
        }
    }
}
