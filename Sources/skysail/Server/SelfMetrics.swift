import Bytes
import Environment
import HTTPAPI
import Posix
import Telemetry
import TimeSeriesStore

/// What the process says of itself: a few series of its own in the store, and the same as exposition text at `/metrics`.
struct SelfMetrics {
    let stores: TelemetryStores
    let queries: QueryGate
    let clock: any WallClock
    let interval: Duration

    private struct Metric {
        var name: String
        var kind: MetricMetadata.Kind
        var help: String
        var value: Double
    }

    func run() async {
        while !Task.isCancelled {
            var batch = SampleWriteBatch()
            let time = clock.now().milliseconds
            for metric in Self.measure(stores, queries) {
                let labels = Labels([(name: Labels.metricName, value: metric.name), (name: "job", value: "skysail")])
                batch.addSample(series: batch.addSeries(labels), time: time, value: metric.value)
                batch.metadata.append(MetricMetadata(metric: metric.name, kind: metric.kind, help: metric.help))
            }
            // A read-only store refuses; it reports that itself.
            _ = try? stores.metrics.append(batch)
            do { try await clock.sleep(for: interval) } catch { return }
        }
    }

    static func exposition(_ stores: TelemetryStores, _ queries: QueryGate) -> [UInt8] {
        var text = ""
        for metric in measure(stores, queries) {
            text += "# HELP \(metric.name) \(metric.help)\n# TYPE \(metric.name) \(metric.kind.rawValue)\n\(metric.name) \(metric.value)\n"
        }
        return Array(text.utf8)
    }

    private static func measure(_ stores: TelemetryStores, _ queries: QueryGate) -> [Metric] {
        let process = ProcessUsage.now()
        let status = stores.metrics.status(limit: 0)
        let load = queries.load
        return [
            Metric(name: "process_cpu_seconds_total", kind: .counter, help: "CPU time used by the server process.", value: process.cpuSeconds),
            Metric(name: "process_resident_memory_bytes", kind: .gauge, help: "Resident memory of the server process.", value: process.residentBytes),
            Metric(name: "process_open_fds", kind: .gauge, help: "Open file descriptors.", value: process.openFiles),
            Metric(name: "process_start_time_seconds", kind: .gauge, help: "When the process started.", value: process.startSeconds),
            Metric(name: "skysail_metrics_series", kind: .gauge, help: "Series in the head of the metrics store.", value: Double(status.seriesCount)),
            Metric(name: "skysail_metrics_head_bytes", kind: .gauge, help: "Memory of the metrics store's head.", value: Double(status.headBytes)),
            Metric(name: "skysail_metrics_blocks", kind: .gauge, help: "Blocks of the metrics store.", value: Double(status.blockCount)),
            Metric(name: "skysail_metrics_block_bytes", kind: .gauge, help: "Bytes of the metrics store's blocks.", value: Double(status.blockBytes)),
            Metric(
                name: "skysail_metrics_read_only", kind: .gauge, help: "1 while the metrics store takes no samples.",
                value: status.readOnlyReason == nil ? 0 : 1),
            Metric(name: "skysail_queries_running", kind: .gauge, help: "Queries of both languages that run now.", value: Double(load.running)),
            Metric(name: "skysail_queries_waiting", kind: .gauge, help: "Queries that wait for their turn.", value: Double(load.waiting)),
        ]
    }
}

/// The metrics store's account of itself in the form of Prometheus' `status/tsdb`.
enum StoreStatus {
    static func json(_ status: TimeSeriesStore.Status, _ growth: TimeSeriesStore.Growth?) -> [UInt8] {
        func list(_ counts: [TimeSeriesStore.Status.Count]) -> JSONValue {
            .array(counts.map { ["name": .string($0.name), "value": .number($0.value)] })
        }
        let head: JSONValue = [
            "numSeries": .number(status.seriesCount), "numLabelPairs": .number(status.labelPairCount), "chunkCount": .number(status.samplesInHead),
            "minTime": .number(status.earliest ?? 0), "maxTime": .number(status.latest ?? 0),
        ]
        let document: JSONValue = [
            "headStats": head, "seriesCountByMetricName": list(status.topMetrics), "labelValueCountByLabelName": list(status.topLabelsByValues),
            "memoryInBytesByLabelName": list(status.topLabelsByBytes), "seriesCountByLabelValuePair": list(status.topPairs),
            "refusedSeriesByMetricName": list(status.refusedSeries), "newSeries": .number(growth?.newSeriesCount ?? 0),
            "newSeriesCountByMetricName": list(growth?.seriesByMetric ?? []),
            "newLabelValueCountByLabelName": list(growth?.valuesByLabel ?? []),
        ]
        return document.bytes
    }
}
