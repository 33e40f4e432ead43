import Bytes
import Environment
import HTTPAPI
import LogQL
import LogStore
import Telemetry
import Wire

/// Joins the Loki routes to the log store and to LogQL.
enum LogRoutes {
    static func language(_ store: LogStore) -> LokiLanguage {
        LokiLanguage(
            selectors: LogQLEvaluator.matchers, format: LogQLEvaluator.format, deletion: LogQLEvaluator.deletion,
            fields: { streams, limit in FieldDetection.fields(of: streams, limit: limit) },
            patterns: { matchers, start, end, step, limit, budget throws(StoreError) in
                try PatternCounting.series(store, matchers, start: start, end: end, step: step, limit: limit, budget: budget)
            })
    }

    static func deletes(_ store: LogStore) -> LogDeletes {
        LogDeletes(
            create: { query, matchers, filters, start, end throws(StoreError) in
                let request = try store.delete(matchers, start: start, end: end, filters: filters)
                return .init(id: request.id, query: query, start: request.start, end: request.end, createdAt: request.createdAt)
            },
            pending: {
                store.pendingDeletes.map { request in
                    .init(id: request.id, query: text(of: request), start: request.start, end: request.end, createdAt: request.createdAt)
                }
            },
            cancel: { id throws(StoreError) in try store.cancelDelete(id) })
    }

    /// A request of an earlier process: its query as far as the store keeps it.
    private static func text(of request: DeleteRequest) -> String {
        let selector = "{" + request.matchers.map { "\($0.name)\($0.operation.rawValue)\(JSONValue.string($0.value))" }.joined(separator: ", ") + "}"
        return request.filters.isEmpty ? selector : selector + " (\(request.filters.count) line filters)"
    }
}
