import Environment
import LogQL
import PromQL
import QueryLanguage
import Telemetry

/// The two languages over the two stores.
struct QueryEngines {
    let promQL: PromQLEvaluator
    let logQL: LogQLEvaluator

    init(_ stores: TelemetryStores, pool: any WorkPool) {
        promQL = PromQLEvaluator(reader: stores.metrics, workPool: pool)
        logQL = LogQLEvaluator(reader: stores.logs, workPool: pool)
    }
}
