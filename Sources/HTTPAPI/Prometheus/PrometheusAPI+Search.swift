import Bytes
import Environment
import QueryLanguage
import Telemetry

/// `/api/v1/search/*`: names as lines of JSON, a batch a line and a status at the end.
extension PrometheusAPI {
    private enum Subject: String {
        case metricNames = "metric_names"
        case labelNames = "label_names"
        case labelValues = "label_values"
    }

    private struct SearchRequest: Sendable {
        var label = Labels.metricName
        /// Milliseconds.
        var start: Int64
        var end: Int64
        var limit = 100
        var batchSize = 100
        var sortsByScore = false
        var isDescending = false
        var includesScore = false
        var includesMetadata = false
    }

    func addSearchRoutes(to router: inout Router) {
        router.on(.get, .post, path: "/api/v1/search/metric_names") { request, _ in await search(.metricNames, request.parameters) }
        router.on(.get, .post, path: "/api/v1/search/label_names") { request, _ in await search(.labelNames, request.parameters) }
        router.on(.get, .post, path: "/api/v1/search/label_values") { request, _ in await search(.labelValues, request.parameters) }
    }

    private func search(_ subject: Subject, _ parameters: QueryParameters) async -> HTTPResponse {
        await answer {
            let request = try request(subject, parameters)
            let query = try SearchQuery(parameters)
            let window = try window(parameters, from: request.start, to: request.end, namesParameter: false)
            let names = try await gate.run { [reader] budget in
                subject == .labelNames
                    ? try reader.labelNames(window.selections, start: window.start, end: window.end, limit: 0, budget: budget).names
                    : try reader.labelValues(
                        request.label, window.selections, start: window.start, end: window.end, limit: 0, budget: budget
                    ).values
            }
            var found = names.compactMap { name in query.score(name).map { (name: name, score: $0) } }
            if request.sortsByScore {
                found.sort { $0.score == $1.score ? $0.name < $1.name : $0.score > $1.score }
            } else if request.isDescending {
                found.reverse()
            }
            let hasMore = found.count > request.limit
            if hasMore { found.removeLast(found.count - request.limit) }
            var lines: [UInt8] = []
            // One batch at least: a client learns from an empty one that nothing was found.
            for start in stride(from: 0, to: max(found.count, 1), by: request.batchSize) {
                let batch = found[start..<min(found.count, start + request.batchSize)]
                let results = batch.map { hit in
                    var object = JSONObject([("name", .string(hit.name))])
                    if request.includesScore { object["score"] = .number(hit.score) }
                    if request.includesMetadata, let metadata = reader.metadata(metric: hit.name, limit: 1).first {
                        object["type"] = .string(metadata.kind.rawValue)
                        if !metadata.help.isEmpty { object["help"] = .string(metadata.help) }
                        if !metadata.unit.isEmpty { object["unit"] = .string(metadata.unit) }
                    }
                    return JSONValue.object(object)
                }
                lines += (["results": .array(results)] as JSONValue).bytes + [0x0a]
            }
            lines += (["status": "success", "has_more": .bool(hasMore)] as JSONValue).bytes + [0x0a]
            return HTTPResponse(contentType: "application/x-ndjson; charset=utf-8", body: lines)
        }
    }

    /// - Source: Prometheus `web/api/v1/search.go`: what is checked, and in which words.
    private func request(_ subject: Subject, _ parameters: QueryParameters) throws -> SearchRequest {
        func refusal(_ message: String) -> PrometheusParameters.Invalid { .init(message: message) }
        if let escape = parameters.brokenEscape { throw refusal("error parsing form values: invalid URL escape \"\(escape)\"") }
        let now = clock.now()
        var request = SearchRequest(
            start: try PrometheusParameters.plainTime(parameters, "start", default: now - .seconds(3600)).milliseconds,
            end: try PrometheusParameters.plainTime(parameters, "end", default: now).milliseconds)
        guard request.start <= request.end else { throw refusal("end timestamp must not be before start timestamp") }
        request.includesScore = try SearchQuery.flag(parameters, "include_score", default: false)
        let sortsBy = parameters["sort_by"] ?? ""
        let direction = parameters["sort_dir"] ?? ""
        if !direction.isEmpty, sortsBy.isEmpty { throw refusal("sort_dir is only valid when sort_by is set") }
        if !direction.isEmpty, sortsBy == "score" { throw refusal("sort_dir is not supported for sort_by=score") }
        guard ["", "asc", "dsc"].contains(direction) else {
            throw refusal("invalid sort_dir \(Literals.quote(direction)): must be \"asc\" or \"dsc\"")
        }
        if sortsBy == "score", parameters.values("search[]").isEmpty { throw refusal("sort_by=score requires search[] to be set") }
        func count(_ name: String) throws -> Int? {
            guard let text = parameters[name], !text.isEmpty else { return nil }
            guard let value = Int(text), value >= 0 else {
                throw refusal("invalid \(name) \(Literals.quote(text)): must be non-negative integer")
            }
            // Zero leaves it to the server.
            return value > 0 ? value : nil
        }
        if let limit = try count("limit") { request.limit = limit }
        if let size = try count("batch_size") { request.batchSize = min(size, 10_000) }
        if subject == .labelValues {
            guard let label = parameters["label"], !label.isEmpty else { throw refusal("missing required parameter \"label\"") }
            request.label = LabelNameEscaping.unescape(label)
        }
        guard ["", "alpha", "score"].contains(sortsBy) else {
            throw refusal("invalid sort_by \(Literals.quote(sortsBy)) for \(subject.rawValue): must be \"alpha\" or \"score\"")
        }
        request.sortsByScore = sortsBy == "score"
        request.isDescending = direction == "dsc"
        request.includesMetadata = try SearchQuery.flag(parameters, "include_metadata", default: false) && subject == .metricNames
        return request
    }
}
