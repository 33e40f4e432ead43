import Bytes
package import Environment
package import QueryLanguage
package import Telemetry
package import Wire

/// The Loki HTTP API over our store and language.
///
/// - Source: Loki's "HTTP API" reference; where Loki fails on a limit we give the part, marked as cut, with how to get the rest.
package struct LokiAPI: Sendable {
    /// What the root knows and the routes show or call.
    package struct Sources: Sendable {
        package var version = ""
        /// Flags and settings for `/config`.
        package var settings: [(name: String, value: String)] = []
        package var logLevel = "info"
        /// The data object of Prometheus' rules API.
        package var rules: @Sendable () async -> [UInt8] = { Array(#"{"groups":[]}"#.utf8) }
        package var alerts: @Sendable () async -> [UInt8] = { Array(#"{"alerts":[]}"#.utf8) }
        package var deletes: LogDeletes?
        /// Brings the store to its resting form.
        package var flush: @Sendable () async throws -> Void = {}
        /// What is added to streams and entries when they are pushed.
        package var additions = PushAdditions()

        package init() {}
    }

    let reader: any EntryReader
    let appender: any EntryAppender
    let evaluator: any Evaluator
    let language: LokiLanguage
    let gate: QueryGate
    let clock: any WallClock
    let sources: Sources
    let pushBuffers = PushBuffers()

    package init(
        reader: any EntryReader, appender: any EntryAppender, evaluator: any Evaluator, language: LokiLanguage, gate: QueryGate,
        clock: any WallClock, sources: Sources = Sources()
    ) {
        self.reader = reader
        self.appender = appender
        self.evaluator = evaluator
        self.language = language
        self.gate = gate
        self.clock = clock
        self.sources = sources
    }

    package func addRoutes(to router: inout Router) {
        addQueryRoutes(to: &router)
        addWriteRoutes(to: &router)
        addLabelRoutes(to: &router)
        addVolumeRoutes(to: &router)
        addInsightRoutes(to: &router)
        addDeleteRoutes(to: &router)
        addStatusRoutes(to: &router)
        addOldRoutes(to: &router)
        router.upgrade(path: "/loki/api/v1/tail") { request, _ in tail(request) }
        router.on(.get, path: "/loki/api/v1/tail") { request, _ in await refuseTail(request) }
    }

    // MARK: What routes share

    /// The selections of the named parameters; none and `{}` select everything.
    func selections(_ parameters: QueryParameters, names: [String]) throws(LokiParameters.Invalid) -> [[LabelMatcher]] {
        var selections: [[LabelMatcher]] = []
        for text in names.flatMap(parameters.values) where !text.isEmpty && text.filter({ !$0.isWhitespace }) != "{}" {
            do throws(QueryError) { selections.append(try language.selectors(text)) } catch { throw LokiParameters.Invalid(message: error.message) }
        }
        return selections
    }

    static func list<Element>(
        _ elements: [Element], warnings: [String] = [], _ write: (Element, inout JSONWriter) -> Void
    ) -> HTTPResponse {
        var writer = JSONWriter(capacity: elements.count * 32 + 64)
        writer.beginObject()
        writer.member("status", "success")
        writer.key("data")
        writer.beginArray()
        for element in elements { write(element, &writer) }
        writer.endArray()
        if !warnings.isEmpty {
            writer.key("warnings")
            writer.beginArray()
            for warning in warnings { writer.string(warning) }
            writer.endArray()
        }
        writer.endObject()
        return .json(writer.bytes)
    }

    // MARK: Errors

    /// Loki answers errors as plain text.
    func answer(_ body: () async throws -> HTTPResponse) async -> HTTPResponse {
        do {
            return try await body()
        } catch let error as LokiParameters.Invalid {
            return .text(error.status, error.message + "\n")
        } catch let error as WireError {
            return HTTPResponse(error)
        } catch let error as QueryError {
            return Self.failure(error)
        } catch let error as StoreError {
            switch error.code {
            case .readOnly: return .text(503, error.description + "\n")
            default: return Self.failure(QueryError(error))
            }
        } catch is CancellationError {
            return .text(499, "The request was cancelled by the client.\n")
        } catch {
            return .text(500, "\(error)\n")
        }
    }

    private static func failure(_ error: QueryError) -> HTTPResponse {
        switch error.code {
        case .bad, .execution, .limit: .text(400, error.message + "\n")
        case .cancelled: .text(499, "The request was cancelled by the client.\n")
        case .timeout: .text(504, "Request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed.\n")
        case .internal: .text(500, error.message + "\n")
        }
    }
}
