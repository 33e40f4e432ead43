import Bytes
import Environment
import QueryLanguage
import Telemetry

extension LokiAPI {
    func addDeleteRoutes(to router: inout Router) {
        router.on(.post, .put, path: "/loki/api/v1/delete") { request, _ in await delete(request) }
        router.on(.get, path: "/loki/api/v1/delete") { _, _ in await listDeletes() }
        router.on(.delete, path: "/loki/api/v1/delete") { request, _ in await cancelDelete(request) }
    }

    private func deletes() throws(LokiParameters.Invalid) -> LogDeletes {
        guard let deletes = sources.deletes else { throw LokiParameters.Invalid(message: "this server's store takes no delete requests", status: 404) }
        return deletes
    }

    private func delete(_ request: HTTPRequest) async -> HTTPResponse {
        // Loki's clients put the parameters into the URL whatever the method; forms are read too.
        let parameters = request.parameters
        return await answer {
            let deletes = try deletes()
            guard let query = parameters["query"], !query.isEmpty else { throw LokiParameters.Invalid(message: "query not set") }
            let (matchers, filters) = try deletion(query)
            guard let startText = parameters["start"], !startText.isEmpty else { throw LokiParameters.Invalid(message: "start time not set") }
            let now = clock.now()
            let start = try time(startText, "start")
            let end = try parameters["end"].flatMap { $0.isEmpty ? nil : $0 }.map { try time($0, "end") } ?? now
            guard start < end else { throw LokiParameters.Invalid(message: "start time can't be greater than end time") }
            guard start <= now else { throw LokiParameters.Invalid(message: "deletes in the future are not allowed") }
            try await gate.append { () throws(StoreError) in
                try deletes.add(query, matchers, filters, start.nanoseconds, (end + .nanoseconds(1)).nanoseconds)
            }
            return HTTPResponse(status: 204)
        }
    }

    private func deletion(_ query: String) throws(LokiParameters.Invalid) -> (matchers: [LabelMatcher], filters: [LineFilter]) {
        do throws(QueryError) { return try language.deletion(query) } catch {
            throw LokiParameters.Invalid(message: "invalid query: \(error.message)")
        }
    }

    private func time(_ text: String, _ name: String) throws(LokiParameters.Invalid) -> Timestamp {
        do { return try LokiParameters.time(text) } catch {
            throw LokiParameters.Invalid(message: "invalid \(name) time: require unix seconds or RFC3339 format")
        }
    }

    private func listDeletes() async -> HTTPResponse {
        await answer {
            let records = try deletes().records()
            var writer = JSONWriter()
            writer.beginArray()
            for record in records {
                writer.beginObject()
                writer.member("request_id", String(record.request.id))
                writer.key("start_time")
                writer.number(Double(record.request.start) / 1e9)
                writer.key("end_time")
                writer.number(Double(record.request.end - 1) / 1e9)
                writer.member("query", record.request.query)
                writer.member("status", record.isProcessed ? "processed" : "received")
                writer.key("created_at")
                writer.number(Double(record.request.createdAt.milliseconds) / 1000)
                writer.endObject()
            }
            writer.endArray()
            return .json(writer.bytes)
        }
    }

    private func cancelDelete(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let deletes = try deletes()
            guard let text = parameters["request_id"], !text.isEmpty else { throw LokiParameters.Invalid(message: "request_id not set") }
            let missing = LokiParameters.Invalid(message: "could not find delete request with given id", status: 404)
            guard let id = UInt64(text) else { throw missing }
            switch try await gate.append({ () throws(StoreError) in try deletes.remove(id) }) {
            case .cancelled: return HTTPResponse(status: 204)
            case .processed: throw LokiParameters.Invalid(message: "deletion of request which is in process or already processed is not allowed")
            case .unknown: throw missing
            }
        }
    }
}
