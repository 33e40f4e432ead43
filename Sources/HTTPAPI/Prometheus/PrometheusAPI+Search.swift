import Bytes
import Telemetry

/// `/api/v1/search/*`: names as lines of JSON, a batch a line and a status at the end.
extension PrometheusAPI {
    private enum Subject {
        case metricNames, labelNames, labelValues

        /// The member that holds what was found.
        var member: String { self == .labelValues ? "value" : "name" }
    }

    private struct SearchRequest: Sendable {
        var label = Labels.metricName
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
            let query = try SearchQuery(parameters)
            let request = try Self.request(subject, parameters)
            let window = try window(parameters, requiresMatch: false)
            let names = try await gate.run { [reader] budget in
                subject == .labelNames
                    ? try reader.labelNames(window.selections, start: window.start, end: window.end, limit: 0, budget: budget).names
                    : try reader.labelValues(
                        request.label, window.selections, start: window.start, end: window.end, limit: 0, budget: budget
                    ).values
            }
            var found = names.compactMap { name in query.score(name).map { (name: name, score: $0) } }
            if request.sortsByScore {
                found.sort { $0.score == $1.score ? $0.name < $1.name : request.isDescending ? $0.score > $1.score : $0.score < $1.score }
            } else if request.isDescending {
                found.reverse()
            }
            let hasMore = request.limit > 0 && found.count > request.limit
            if hasMore { found.removeLast(found.count - request.limit) }
            var lines: [UInt8] = []
            for start in stride(from: 0, to: found.count, by: request.batchSize) {
                let batch = found[start..<min(found.count, start + request.batchSize)]
                let results = batch.map { hit in
                    var object = JSONObject([(subject.member, .string(hit.name))])
                    if request.includesScore { object["score"] = .number(hit.score) }
                    if request.includesMetadata, let metadata = reader.metadata(metric: hit.name, limit: 1).first {
                        object["type"] = .string(metadata.kind.rawValue)
                        object["help"] = .string(metadata.help)
                        object["unit"] = .string(metadata.unit)
                    }
                    return JSONValue.object(object)
                }
                lines += (["results": .array(results)] as JSONValue).bytes + [0x0a]
            }
            lines += (["status": "success", "has_more": .bool(hasMore)] as JSONValue).bytes + [0x0a]
            return HTTPResponse(contentType: "application/x-ndjson", body: lines)
        }
    }

    private static func request(_ subject: Subject, _ parameters: QueryParameters) throws -> SearchRequest {
        var request = SearchRequest()
        if subject == .labelValues {
            guard let label = parameters["label"], !label.isEmpty else {
                throw PrometheusParameters.Invalid(message: "invalid parameter \"label\": the name of a label is needed")
            }
            request.label = LabelNameEscaping.unescape(label)
        }
        if parameters["limit"] != nil { request.limit = try PrometheusParameters.limit(parameters) }
        let size = try PrometheusParameters.limit(parameters, "batch_size")
        if size > 0 { request.batchSize = min(size, 10_000) }
        switch parameters["sort_by"] ?? "" {
        case "", "alpha": break
        case "score": request.sortsByScore = true
        case let other: throw PrometheusParameters.Invalid(message: "invalid parameter \"sort_by\": \"\(other)\" is neither alpha nor score")
        }
        switch parameters["sort_dir"] ?? "" {
        case "": request.isDescending = request.sortsByScore
        case "asc": break
        case "dsc", "desc": request.isDescending = true
        case let other: throw PrometheusParameters.Invalid(message: "invalid parameter \"sort_dir\": \"\(other)\" is neither asc nor dsc")
        }
        request.includesScore = try SearchQuery.flag(parameters, "include_score", default: false)
        request.includesMetadata = try SearchQuery.flag(parameters, "include_metadata", default: false) && subject == .metricNames
        return request
    }
}
