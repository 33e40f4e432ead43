import Bytes
package import QueryLanguage
package import Telemetry
import Wire

/// What the language says of a text without evaluating it, and the exemplars behind a query.
extension PrometheusAPI {
    /// One measured event that a client marked, with the series it belongs to.
    package struct Exemplar: Hashable, Sendable {
        package var series: Labels
        package var labels: Labels
        /// Milliseconds.
        package var time: Int64
        package var value: Double

        package init(series: Labels, labels: Labels, time: Int64, value: Double) {
            self.series = series
            self.labels = labels
            self.time = time
            self.value = value
        }
    }

    /// The query language as routes need it beyond evaluation.
    package struct Language: Sendable {
        /// What is wrong with a text. The compiler counts this as a use of the import, unlike what the closures throw.
        package typealias Failure = QueryError

        /// The text in canonical form.
        package var format: @Sendable (String) throws(QueryError) -> String
        /// The same in one line.
        package var line: @Sendable (String) throws(QueryError) -> String
        /// The expression as the JSON tree of Prometheus' `parse_query`.
        package var syntaxTree: @Sendable (String) throws(QueryError) -> [UInt8]
        /// The matchers of every selector of an expression.
        package var selectors: @Sendable (String) throws(QueryError) -> [[LabelMatcher]]
        package var functions: [String]
        package var operators: [String]

        package init(
            format: @escaping @Sendable (String) throws(QueryError) -> String, line: @escaping @Sendable (String) throws(QueryError) -> String,
            syntaxTree: @escaping @Sendable (String) throws(QueryError) -> [UInt8],
            selectors: @escaping @Sendable (String) throws(QueryError) -> [[LabelMatcher]], functions: [String], operators: [String]
        ) {
            self.format = format
            self.line = line
            self.syntaxTree = syntaxTree
            self.selectors = selectors
            self.functions = functions
            self.operators = operators
        }
    }

    func addLanguageRoutes(to router: inout Router) {
        guard let language = sources.language else { return }
        router.on(.get, .post, path: "/api/v1/format_query") { request, _ in
            await answer {
                let text = try await gate.run { _ in
                    try Self.parsed(request.parameters) { text throws(QueryError) in try language.format(text) }
                }
                return Self.success(JSONValue.string(text).bytes)
            }
        }
        router.on(.get, .post, path: "/api/v1/parse_query") { request, _ in
            await answer {
                Self.success(
                    try await gate.run { _ in
                        try Self.parsed(request.parameters) { text throws(QueryError) in try language.syntaxTree(text) }
                    })
            }
        }
        router.on(.get, .post, path: "/api/v1/query_exemplars") { request, _ in
            await answer { try await exemplars(request.parameters, language) }
        }
    }

    private static func parsed<Value>(
        _ parameters: QueryParameters, _ parse: (String) throws(QueryError) -> Value
    ) throws(PrometheusParameters.Invalid) -> Value {
        let text = try PrometheusParameters.text(parameters, "query")
        do {
            return try parse(text)
        } catch {
            throw PrometheusParameters.Invalid(message: "invalid parameter \"query\": \(error.message)")
        }
    }

    /// Exemplars of every series that a selector of the query names, by series.
    private func exemplars(_ parameters: QueryParameters, _ language: Language) async throws -> HTTPResponse {
        let start = try PrometheusParameters.time(parameters, "start", default: PrometheusParameters.earliest).milliseconds
        let end = try PrometheusParameters.time(parameters, "end", default: PrometheusParameters.latest).milliseconds
        guard start <= end else {
            throw PrometheusParameters.Invalid(message: "invalid parameter \"end\": end timestamp must not be before start timestamp")
        }
        let selections = try await gate.run { _ in
            try Self.parsed(parameters) { text throws(QueryError) in try language.selectors(text) }
        }
        var series: [Labels: Set<Exemplar>] = [:]
        for matchers in selections {
            for exemplar in sources.exemplars(SampleSelection(matchers: matchers, start: start, end: end)) {
                series[exemplar.series, default: []].insert(exemplar)
            }
        }
        var writer = JSONWriter(capacity: 1024)
        PrometheusResult.success(into: &writer) { writer in
            writer.beginArray()
            for labels in series.keys.sorted() {
                writer.beginObject()
                writer.key("seriesLabels")
                PrometheusResult.write(labels, into: &writer)
                writer.key("exemplars")
                writer.beginArray()
                for exemplar in (series[labels] ?? []).sorted(by: { ($0.time, $0.labels) < ($1.time, $1.labels) }) {
                    writer.beginObject()
                    writer.key("labels")
                    PrometheusResult.write(exemplar.labels, into: &writer)
                    writer.key("value")
                    PrometheusResult.writeValue(exemplar.value, into: &writer)
                    writer.key("timestamp")
                    PrometheusResult.writeTime(exemplar.time, into: &writer)
                    writer.endObject()
                }
                writer.endArray()
                writer.endObject()
            }
            writer.endArray()
        }
        return .json(writer.bytes)
    }
}
