import Bytes
import Environment
import Telemetry
import TimeSeriesStore

/// A fleet in little: containers with the same metrics, scraped every 15 s.
struct Fleet {
    static let start: Int64 = 1_790_000_000_000
    static let interval: Int64 = 15_000

    let labels: [Labels]
    private var random = SplitMix64(seed: 7)
    private var totals: [Double]

    init(containers: Int) {
        let metrics = ["container_cpu_usage_seconds_total", "container_memory_working_set_bytes", "container_processes"]
        labels = metrics.flatMap { metric in
            (0..<containers).map { number in
                Labels([
                    (name: Labels.metricName, value: metric), (name: "namespace", value: "team-\(number % 7)"),
                    (name: "pod", value: "web-\(number)"), (name: "container", value: "main"),
                    (name: "node", value: "node-\(number % 11)"),
                ])
            }
        }
        totals = [Double](repeating: 0, count: labels.count)
    }

    /// What one scrape of all containers brings.
    mutating func scrape(_ number: Int, into batch: inout SampleWriteBatch) {
        batch.removeAll()
        let time = Self.start + Int64(number) * Self.interval
        for (index, labels) in labels.enumerated() {
            totals[index] += Double(random.next() % 15_000) / 1000
            batch.addSample(series: batch.addSeries(labels), time: time, value: (totals[index] * 1000).rounded() / 1000)
        }
    }

    static func store(_ files: MemoryFileSystem = MemoryFileSystem()) throws -> TimeSeriesStore {
        var configuration = TimeSeriesStore.Configuration(directory: "/metrics", retention: .zero)
        configuration.reserveBytes = 0
        return try TimeSeriesStore.open(
            configuration, fileSystem: files, workPool: SerialWorkPool(),
            clock: ManualClock(now: Timestamp(milliseconds: start)))
    }
}
