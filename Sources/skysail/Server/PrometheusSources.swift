import Bytes
import HTTPAPI
import PromQL
import QueryLanguage
import Telemetry
import TimeSeriesStore

/// What the Prometheus routes ask of the language and the metrics store.
enum PrometheusSources {
    static func add(_ stores: TelemetryStores, _ queries: QueryGate, to sources: inout PrometheusAPI.Sources) {
        let metrics = stores.metrics
        sources.language = PrometheusAPI.Language(
            format: { text throws(QueryError) in try PromQLSyntax.format(text) }, line: { text throws(QueryError) in try PromQLSyntax.line(text) },
            syntaxTree: { text throws(QueryError) in try PromQLSyntax.syntaxTree(text) },
            selectors: { text throws(QueryError) in try PromQLSyntax.selectors(text) }, functions: Function.names,
            operators: BinaryOperator.allCases.map(\.rawValue) + AggregationOperator.allCases.map(\.rawValue))
        sources.exemplars = { selection in
            metrics.exemplars(selection).map { .init(series: $0.series, labels: $0.labels, time: $0.time, value: $0.value) }
        }
        sources.notifications = {
            let status = metrics.status(limit: 0)
            let readOnly = status.readOnlyReason.map { ["The metrics store takes no samples: \($0)"] } ?? []
            return (readOnly + status.damage.map { "A part of the metrics store is damaged: \($0)" }).map { .init(text: $0) }
        }
        sources.blocks = { blocks(metrics.blockSummaries()) }
        sources.selfMetrics = { SelfMetrics.exposition(stores, queries) }
        sources.processorCount = ProcessVariables.processorCount
    }

    /// The blocks in the shape of Prometheus: the end of a block is exclusive there, and identifiers have 26 digits.
    private static func blocks(_ summaries: [TimeSeriesStore.BlockSummary]) -> [UInt8] {
        let list = summaries.map { block -> JSONValue in
            let digits = String(block.number)
            let identifier = JSONValue.string(String(repeating: "0", count: max(0, 26 - digits.count)) + digits)
            return [
                "ulid": identifier, "minTime": .number(block.earliest), "maxTime": .number(block.latest + 1),
                "stats": [
                    "numSamples": .number(block.sampleCount), "numSeries": .number(block.seriesCount), "numBytes": .number(block.byteCount),
                ],
                "compaction": ["level": .number(block.generationCount > 1 ? 2 : 1), "sources": [identifier]], "version": 1,
            ]
        }
        return (["blocks": .array(list)] as JSONValue).bytes
    }
}
