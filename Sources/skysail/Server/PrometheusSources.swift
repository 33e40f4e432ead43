import Bytes
import HTTPAPI
import PromQL
import QueryLanguage
import Telemetry
import TimeSeriesStore

/// What the Prometheus routes ask of the language and the metrics store.
enum PrometheusSources {
    static func add(_ stores: TelemetryStores, to sources: inout PrometheusAPI.Sources) {
        let metrics = stores.metrics
        sources.language = PrometheusAPI.Language(
            format: { text throws(QueryError) in try PromQLSyntax.format(text) },
            syntaxTree: { text throws(QueryError) in try PromQLSyntax.syntaxTree(text) },
            selectors: { text throws(QueryError) in try PromQLSyntax.selectors(text) }, functions: Function.names,
            operators: BinaryOperator.allCases.map(\.rawValue) + AggregationOperator.allCases.map(\.rawValue))
        sources.exemplars = { selection in
            metrics.exemplars(selection).map { .init(series: $0.series, labels: $0.labels, time: $0.time, value: $0.value) }
        }
        sources.notifications = {
            let status = metrics.status(limit: 1)
            let readOnly = status.readOnlyReason.map { ["The metrics store takes no samples: \($0)"] } ?? []
            return (readOnly + status.damage.map { "A part of the metrics store is damaged: \($0)" }).map { .init(text: $0) }
        }
        sources.selfMetrics = { SelfMetrics.exposition(stores) }
        sources.processorCount = ProcessVariables.processorCount
    }
}
