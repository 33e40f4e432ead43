import Bytes
import Environment
import QueryLanguage
import Telemetry
import Wire

extension LokiAPI {
    /// What Grafana's Logs Drilldown asks: which labels and fields there are, and which patterns lines have.
    func addInsightRoutes(to router: inout Router) {
        router.on(.get, .post, path: "/loki/api/v1/detected_labels") { request, _ in await detectedLabels(request) }
        router.on(.get, .post, path: "/loki/api/v1/detected_fields") { request, _ in await detectedFields(request) }
        for path in ["/loki/api/v1/detected_field/:name/values", "/loki/api/v1/detected_fields/:name/values"] {
            router.on(.get, .post, path: path) { request, match in await detectedValues(request, name: match["name"]) }
        }
        router.on(.get, .post, path: "/loki/api/v1/patterns") { request, _ in await patterns(request) }
    }

    private func detectedLabels(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let (start, end) = try LokiParameters.window(parameters, now: clock.now())
            let selections = try selections(parameters, names: ["query"])
            let values = try await gate.run { [reader] budget in
                var values: [String: Set<String>] = [:]
                for labels in try reader.streams(selections, start: start.nanoseconds, end: end.nanoseconds, limit: 0, budget: budget).labels {
                    for (name, value) in labels.pairs where values[name, default: []].insert(value).inserted {
                        try budget.useBytes(value.utf8.count + 48)
                    }
                }
                return values
            }
            // Labels whose values are all numbers or identifiers tell nothing apart that a person would choose.
            let useful = values.filter { !$0.value.allSatisfy(Self.isIdentifier) }
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("detectedLabels")
            writer.beginArray()
            for (name, values) in useful.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                writer.beginObject()
                writer.member("label", name)
                writer.member("cardinality", values.count)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            return .json(writer.bytes)
        }
    }

    /// Whether a value is a number or a UUID.
    private static func isIdentifier(_ value: String) -> Bool {
        if DecimalNumber.parse(value) != nil { return true }
        let groups = value.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }

    // MARK: Fields

    private static let sampleLines = 1000

    /// The fields of the newest lines that the query answers.
    private func fields(_ parameters: QueryParameters, limit: Int) async throws -> [DetectedField] {
        let prepared = try prepare(parameters)
        let (start, end) = try LokiParameters.window(parameters, now: clock.now())
        let lines = try LokiParameters.count(parameters, "line_limit", orElse: Self.sampleLines)
        var options = EvaluationOptions()
        options.limit = lines
        options.categorizesLabels = true
        let fixed = options
        let evaluation = try await gate.run { budget in
            try prepared.evaluate(from: start, to: end, step: .seconds(1), options: fixed, budget: budget)
        }
        guard case .streams(let streams) = evaluation.value else {
            throw LokiParameters.Invalid(message: "only log queries are supported: a stream selector with its pipeline")
        }
        return language.fields(streams, limit)
    }

    private func fieldLimit(_ parameters: QueryParameters) throws(LokiParameters.Invalid) -> Int {
        let old = try LokiParameters.count(parameters, "field_limit", orElse: 1000)
        return try LokiParameters.count(parameters, "limit", orElse: old)
    }

    private func detectedFields(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let limit = try fieldLimit(parameters)
            let fields = try await fields(parameters, limit: limit)
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("fields")
            writer.beginArray()
            for field in fields {
                writer.beginObject()
                writer.member("label", field.name)
                writer.member("type", field.kind.rawValue)
                writer.member("cardinality", field.values.count)
                writer.key("parsers")
                if field.parsers.isEmpty {
                    writer.null()
                } else {
                    writer.beginArray()
                    for parser in field.parsers { writer.string(parser) }
                    writer.endArray()
                }
                writer.endObject()
            }
            writer.endArray()
            writer.member("limit", limit)
            writer.endObject()
            return .json(writer.bytes)
        }
    }

    private func detectedValues(_ request: HTTPRequest, name: String) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let limit = try fieldLimit(parameters)
            let values = try await fields(parameters, limit: .max).first { $0.name == name }?.values ?? []
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("values")
            writer.beginArray()
            for value in values.prefix(limit) { writer.string(value) }
            writer.endArray()
            writer.member("limit", limit)
            writer.endObject()
            return .json(writer.bytes)
        }
    }

    // MARK: Patterns

    private static let patternLimit = 300

    private func patterns(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let (start, end) = try LokiParameters.window(parameters, now: clock.now())
            let step = max(try LokiParameters.step(parameters, start: start, end: end), .seconds(1))
            let limit = try LokiParameters.count(parameters, "limit", orElse: Self.patternLimit)
            guard let matchers = try selections(parameters, names: ["query"]).first else {
                throw LokiParameters.Invalid(message: "query must be a stream selector")
            }
            let language = language
            let found = try await gate.run { budget in
                try language.patterns(
                    matchers, start.nanoseconds, end.nanoseconds, (Timestamp(nanoseconds: 0) + step).nanoseconds, limit, budget)
            }
            let warnings = found.isCut ? ["only the \(found.series.count) most frequent patterns: ask for more with limit, or for a narrower selection"] : []
            return Self.list(found.series, warnings: warnings) { series, writer in
                writer.beginObject()
                writer.member("pattern", series.pattern)
                writer.key("samples")
                writer.beginArray()
                for (time, count) in series.counts {
                    writer.beginArray()
                    writer.number(time.seconds)
                    writer.number(count)
                    writer.endArray()
                }
                writer.endArray()
                writer.endObject()
            }
        }
    }
}
