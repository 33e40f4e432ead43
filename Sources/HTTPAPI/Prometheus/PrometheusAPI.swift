package import Bytes
package import Environment
package import QueryLanguage
package import Telemetry
package import Wire

/// The Prometheus HTTP API over our store and language.
package struct PrometheusAPI: Sendable {
    /// What lives in other rooms and is handed in by the root.
    package struct Sources: Sendable {
        package var rules: @Sendable () async -> [UInt8] = { Array(#"{"groups":[]}"#.utf8) }
        package var alerts: @Sendable () async -> [UInt8] = { Array(#"{"alerts":[]}"#.utf8) }
        package var targets: @Sendable () async -> [UInt8] = { Array(#"{"activeTargets":[],"droppedTargets":[],"droppedTargetCounts":{}}"#.utf8) }
        /// The store's own account of itself, for `status/tsdb`.
        package var storeStatus: @Sendable (_ limit: Int) async -> [UInt8] = { _ in Array("{}".utf8) }
        package var configurationText: @Sendable () async -> String = { "" }
        package var flags: [(name: String, value: String)] = []
        package var startTime = Timestamp.epoch
        package var version = ""
        package var deleteSeries: (@Sendable (_ matchers: [LabelMatcher], _ start: Int64, _ end: Int64) async throws(StoreError) -> Void)?
        package var cleanTombstones: (@Sendable () async throws(StoreError) -> Void)?
        /// Makes a snapshot, with or without what is not in blocks yet, and returns its name.
        package var snapshot: (@Sendable (_ skipsHead: Bool) async throws(StoreError) -> String)?

        package var language: Language?
        /// The exemplars of a selection.
        package var exemplars: @Sendable (SampleSelection) -> [Exemplar] = { _ in [] }
        /// What an operator should look at now.
        package var notifications: @Sendable () async -> [Notification] = { [] }
        /// The blocks of the store, as the JSON of `status/tsdb/blocks`.
        package var blocks: @Sendable () async -> [UInt8] = { Array(#"{"blocks":[]}"#.utf8) }
        /// Exposition text of our own metrics.
        package var selfMetrics: @Sendable () async -> [UInt8] = { [] }
        /// How labels fare in a scrape pool, step by step, as JSON; nil when the pool is not known.
        package var relabelSteps: @Sendable (_ pool: String, _ labels: String) async -> [UInt8]? = { _, _ in nil }
        /// The configuration of a scrape pool as YAML.
        package var poolConfiguration: @Sendable (_ pool: String) async -> String? = { _ in nil }
        package var retention = ""
        /// Which web pages may read answers; nil for those of no other site.
        package var crossOrigin: CrossOriginPolicy?
        /// How names of OpenTelemetry become Prometheus'.
        package var otlpTranslation = OTLPTranslation.underscoreEscapingWithSuffixes
        package var processorCount = 0

        package init() {}
    }

    let reader: any SampleReader
    let appender: any SampleAppender
    let evaluator: any Evaluator
    let selectors: @Sendable (String) throws(QueryError) -> [LabelMatcher]
    let gate: QueryGate
    let clock: any WallClock
    let sources: Sources
    let writeBuffers = WriteBuffers()

    /// - Parameter selectors: parses a series selector of PromQL, for `match[]`.
    package init(
        reader: any SampleReader, appender: any SampleAppender, evaluator: any Evaluator,
        selectors: @escaping @Sendable (String) throws(QueryError) -> [LabelMatcher], gate: QueryGate, clock: any WallClock,
        sources: Sources = Sources()
    ) {
        self.reader = reader
        self.appender = appender
        self.evaluator = evaluator
        self.selectors = selectors
        self.gate = gate
        self.clock = clock
        self.sources = sources
    }

    package func addRoutes(to router: inout Router) {
        router.owning(sources.crossOrigin) { router in
            router.on(.get, .post, path: "/api/v1/query", isLight: true) { request, _ in await query(request) }
            router.on(.get, .post, path: "/api/v1/query_range", isLight: true) { request, _ in await queryRange(request) }
            router.on(.get, .post, path: "/api/v1/series", isLight: true) { request, _ in await series(request) }
            router.on(.get, .post, path: "/api/v1/labels", isLight: true) { request, _ in await labelNames(request) }
            router.on(.get, path: "/api/v1/label/:name/values", isLight: true) { request, match in await labelValues(request, name: match["name"]) }
            router.on(.get, path: "/api/v1/metadata") { request, _ in await answer { try metadata(request.parameters) } }
            addLanguageRoutes(to: &router)
            addTargetRoutes(to: &router)
            addRuleRoutes(to: &router)
            addSearchRoutes(to: &router)
            addNotificationRoutes(to: &router)
            addFeatureRoutes(to: &router)
            addStatusRoutes(to: &router)
        }
        // No page of another site has business with what servers exchange, nor with what changes the store.
        router.owning(nil) { router in
            router.on(.post, path: "/api/v1/write", isLight: true) { request, _ in await write(request) }
            addExchangeRoutes(to: &router)
            addImportRoutes(to: &router)
            addAdministrationRoutes(to: &router)
        }
    }

    // MARK: Queries

    private func query(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let limit = try PrometheusParameters.limit(parameters)
            let time = try PrometheusParameters.time(parameters, "time", default: clock.now())
            let options = try evaluationOptions(parameters)
            return .json(
                try await gate.run(timeout: try PrometheusParameters.duration(parameters, "timeout")) { budget in
                    let begun = clock.now()
                    // Here too: a deep expression is read, walked and freed where the stack is large.
                    let evaluation = try prepare(parameters).evaluate(at: time, options: options, budget: budget)
                    return try Self.answer(evaluation.limited(to: limit), parameters, took: clock.now() - begun, budget)
                })
        }
    }

    private func queryRange(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let limit = try PrometheusParameters.limit(parameters)
            let start = try PrometheusParameters.requiredTime(parameters, "start")
            let end = try PrometheusParameters.requiredTime(parameters, "end")
            guard end >= start else {
                throw PrometheusParameters.Invalid(message: "invalid parameter \"end\": end timestamp must not be before start time")
            }
            let step = try PrometheusParameters.requiredDuration(parameters, "step")
            guard step > .zero else {
                throw PrometheusParameters.Invalid(
                    message: "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer")
            }
            // The bound of Prometheus: enough for 60 s steps over a week.
            guard (end - start) / step <= 11_000 else {
                throw PrometheusParameters.Invalid(
                    message: "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")
            }
            let options = try evaluationOptions(parameters)
            return .json(
                try await gate.run(timeout: try PrometheusParameters.duration(parameters, "timeout")) { budget in
                    let begun = clock.now()
                    // Here too: a deep expression is read, walked and freed where the stack is large.
                    let evaluation = try prepare(parameters).evaluate(from: start, to: end, step: step, options: options, budget: budget)
                    return try Self.answer(evaluation.limited(to: limit), parameters, took: clock.now() - begun, budget)
                })
        }
    }

    private func prepare(_ parameters: QueryParameters) throws -> any PreparedQuery {
        let text = try PrometheusParameters.text(parameters, "query")
        do throws(QueryError) {
            return try evaluator.prepare(text)
        } catch {
            throw PrometheusParameters.Invalid(message: "invalid parameter \"query\": \(error.message)")
        }
    }

    private func evaluationOptions(_ parameters: QueryParameters) throws -> EvaluationOptions {
        var options = EvaluationOptions()
        if let lookback = try PrometheusParameters.lookback(parameters) { options.lookback = lookback }
        options.collectsStatistics = parameters["stats"] == "all"
        return options
    }

    /// The answer as JSON, written where the query ran: a large one is heavy work too, and comes out of its budget.
    private static func answer(_ evaluation: Evaluation, _ parameters: QueryParameters, took duration: Duration, _ budget: QueryBudget) throws -> [UInt8] {
        try budget.useBytes(evaluation.value.pointCount * bytesPerPoint)
        var writer = JSONWriter(capacity: 4096 + evaluation.value.pointCount * bytesPerPoint)
        writer.beginObject()
        writer.member("status", "success")
        writer.key("data")
        var statistics: PrometheusResult.Statistics?
        if !(parameters["stats"] ?? "").isEmpty {
            statistics = PrometheusResult.Statistics(evaluation.statistics)
            let (seconds, attoseconds) = duration.components
            statistics?.evaluationSeconds = Double(seconds) + Double(attoseconds) / 1e18
        }
        try PrometheusResult.write(evaluation.value, statistics: statistics, budget: budget, into: &writer)
        PrometheusResult.writeAnnotations(warnings: evaluation.warnings, infos: evaluation.infos, into: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// A time of ten digits and a value of about as many, with what stands around them.
    private static let bytesPerPoint = 32

    // MARK: Series and labels

    struct Window {
        var start: Int64
        var end: Int64
        var selections: [SampleSelection]
    }

    /// - Parameter namesParameter: whether a selector that cannot be used is told with the parameter's name. Prometheus names it everywhere but
    ///   where labels are listed.
    func window(_ parameters: QueryParameters, requiresMatch: Bool, namesParameter: Bool = false) throws -> Window {
        if let escape = parameters.brokenEscape {
            throw PrometheusParameters.Invalid(message: "error parsing form values: invalid URL escape \"\(escape)\"")
        }
        if requiresMatch && parameters.values("match[]").isEmpty { throw PrometheusParameters.Invalid(message: "no match[] parameter provided") }
        let start = try PrometheusParameters.time(parameters, "start", default: PrometheusParameters.earliest).milliseconds
        let end = try PrometheusParameters.time(parameters, "end", default: PrometheusParameters.latest).milliseconds
        return try window(parameters, from: start, to: end, namesParameter: namesParameter)
    }

    func window(_ parameters: QueryParameters, from start: Int64, to end: Int64, namesParameter: Bool) throws -> Window {
        let selections = try parameters.values("match[]").map { text in
            var selection = SampleSelection(matchers: try selective(text, namesParameter: namesParameter), start: start, end: end)
            selection.hints.labelsOnly = true
            return selection
        }
        return Window(start: start, end: end, selections: selections)
    }

    /// The matchers of a `match[]`, which must leave something out: else it would ask for everything by mistake.
    func selective(_ text: String, namesParameter: Bool) throws -> [LabelMatcher] {
        let name = namesParameter ? "invalid parameter \"match[]\": " : ""
        let matchers: [LabelMatcher]
        do throws(QueryError) {
            matchers = try selectors(text)
        } catch {
            throw PrometheusParameters.Invalid(message: name + error.message)
        }
        if matchers.allSatisfy(\.matchesEmpty) {
            throw PrometheusParameters.Invalid(message: name + "match[] must contain at least one non-empty matcher")
        }
        return matchers
    }

    private func series(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let limit = try PrometheusParameters.limit(parameters)
            let window = try window(parameters, requiresMatch: true, namesParameter: true)
            return try await gate.run { [reader] budget in
                let found = try reader.series(window.selections, limit: limit, budget: budget)
                var writer = JSONWriter(capacity: found.count * 256 + 64)
                try PrometheusResult.success(warnings: found.isCut ? [Self.cutWarning] : [], into: &writer) { (writer) throws(StoreError) in
                    try PrometheusResult.write(found, budget: budget, into: &writer)
                }
                return .json(writer.bytes)
            }
        }
    }

    private func labelNames(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let limit = try PrometheusParameters.limit(parameters)
            let window = try window(parameters, requiresMatch: false)
            return try await gate.run { [reader] budget in
                let (names, isCut) = try reader.labelNames(
                    window.selections, start: window.start, end: window.end, limit: limit, budget: budget)
                return try Self.list(names, isCut: isCut, budget) { $1.string($0) }
            }
        }
    }

    private func labelValues(_ request: HTTPRequest, name: String) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            // The segment before the last one, as it was sent: what is no UTF-8 would be repaired in the routed name.
            let sent = PercentEncoding.bytes(request.path.utf8.split(separator: UInt8(ascii: "/")).dropLast().last ?? [], plusIsSpace: false)
            guard UTF8Validation.isValid(sent.span) else {
                throw PrometheusParameters.Invalid(message: "invalid label name: \(Literals.quote(sent))")
            }
            let name = LabelNameEscaping.unescape(name)
            guard !name.isEmpty else { throw PrometheusParameters.Invalid(message: "invalid label name: \"\"") }
            let limit = try PrometheusParameters.limit(parameters)
            let window = try window(parameters, requiresMatch: false)
            return try await gate.run { [reader] budget in
                let (values, isCut) = try reader.labelValues(
                    name, window.selections, start: window.start, end: window.end, limit: limit, budget: budget)
                return try Self.list(values, isCut: isCut, budget) { $1.string($0) }
            }
        }
    }

    private static let cutWarning = "results truncated due to limit"

    private static func list<Element>(
        _ elements: [Element], isCut: Bool, _ budget: QueryBudget, _ write: (Element, inout JSONWriter) -> Void
    ) throws -> HTTPResponse {
        var writer = JSONWriter(capacity: elements.count * 32 + 64)
        writer.beginObject()
        writer.member("status", "success")
        writer.key("data")
        writer.beginArray()
        var watch = BudgetWatch(budget)
        for element in elements {
            try watch.advance(50)
            write(element, &writer)
        }
        writer.endArray()
        if isCut {
            writer.key("warnings")
            writer.beginArray()
            writer.string(cutWarning)
            writer.endArray()
        }
        writer.endObject()
        return .json(writer.bytes)
    }

    // MARK: Errors

    /// Turns what a route throws into Prometheus' error object.
    func answer(_ body: () async throws -> HTTPResponse) async -> HTTPResponse {
        do {
            return try await body()
        } catch let error as PrometheusParameters.Invalid {
            return Self.failure(400, "bad_data", error.message)
        } catch let error as WireError {
            return HTTPResponse(error)
        } catch let error as QueryError {
            return Self.failure(error)
        } catch let error as StoreError {
            return Self.failure(QueryError(error))
        } catch is CancellationError {
            return Self.failure(503, "canceled", "query was canceled")
        } catch {
            return Self.failure(500, "internal", "\(error)")
        }
    }

    static func failure(_ error: QueryError) -> HTTPResponse {
        switch error.code {
        case .bad: failure(400, "bad_data", error.message)
        case .execution, .limit: failure(422, "execution", error.message)
        case .cancelled: failure(503, "canceled", error.message)
        case .timeout: failure(503, "timeout", error.message)
        case .internal: failure(500, "internal", error.message)
        }
    }

    static func failure(_ status: Int, _ type: String, _ message: String) -> HTTPResponse {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("status", "error")
        writer.member("errorType", type)
        writer.member("error", message)
        writer.endObject()
        return .json(status, writer.bytes)
    }

    static func success(_ data: [UInt8]) -> HTTPResponse {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("status", "success")
        writer.key("data")
        writer.raw(data)
        writer.endObject()
        return .json(writer.bytes)
    }
}

extension QueryValue {
    /// Floats and histograms; of a histogram its buckets.
    var pointCount: Int {
        func weight(_ histogram: NativeHistogram) -> Int { 2 + histogram.positiveCounts.count + histogram.negativeCounts.count }
        return switch self {
        case .scalar, .string, .streams: 1
        case .vector(let elements): elements.reduce(0) { $0 + 2 + ($1.histogram.map(weight) ?? 0) }
        case .matrix(let series):
            series.reduce(0) { sum, line in sum + 2 + line.times.count + line.histograms.reduce(0) { $0 + weight($1.histogram) } }
        }
    }
}

extension Evaluation {
    /// Keeps the first series of a vector or matrix and says so; 0 keeps all.
    func limited(to limit: Int) -> Evaluation {
        guard limit > 0 else { return self }
        var cut = self
        switch value {
        case .vector(let elements) where elements.count > limit: cut.value = .vector(Array(elements.prefix(limit)))
        case .matrix(let series) where series.count > limit: cut.value = .matrix(Array(series.prefix(limit)))
        default: return self
        }
        cut.warnings.append("results truncated due to limit")
        return cut
    }
}
