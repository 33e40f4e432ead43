import Bytes
import Environment
import Telemetry

/// Synthetic samples in the shapes of the compliance suite's demo service: three instances, scraped every five seconds.
///
/// - Invariant: the same seed gives the same samples; no sample lies on a multiple of five seconds, so that open and closed ranges agree.
struct DemoFleet {
    let start: Int64
    let end: Int64
    private var random = Xoshiro256(seed: 42)
    private(set) var batch = SampleWriteBatch()

    /// - Parameters start, end: milliseconds.
    init(start: Int64, end: Int64) {
        self.start = start / 5000 * 5000
        self.end = end
        for port in [10000, 10001, 10002] { addInstance("demo.promlabs.com:\(port)", offset: 1230 + Int64(port % 10) * 700) }
    }

    private mutating func add(_ name: String, _ labels: [(String, String)], _ offset: Int64, _ value: (Int) -> Double?) {
        let series = batch.addSeries(Labels([(name: "__name__", value: name)] + labels.map { (name: $0.0, value: $0.1) }))
        var step = 0
        var time = start + offset
        var wasThere = false
        while time <= end {
            if let value = value(step) {
                batch.addSample(series: series, time: time, value: value)
                wasThere = true
            } else if wasThere {
                batch.addSample(series: series, time: time, value: StalenessMarker.value)
                wasThere = false
            }
            time += 5000
            step += 1
        }
    }

    private mutating func addInstance(_ instance: String, offset: Int64) {
        let base = [("instance", instance), ("job", "demo")]
        let count = Int((end - start) / 5000) + 1
        /// A walk that is made before the columns are, so that the closures need not share the generator.
        func walk(_ first: Double, _ size: Double) -> [Double] {
            var value = first
            return (0..<count).map { _ in
                value += (random.nextUnit() - 0.5) * size
                return (value * 100).rounded() / 100
            }
        }
        func counter(_ size: Double, resets: Int) -> [Double] {
            var value = random.nextUnit() * 100
            return (0..<count).map { step in
                if resets > 0, step % resets == resets - 1 { value = 0 }
                value += random.nextUnit() * size
                return value
            }
        }
        for (type, size) in [("buffers", 1e8), ("cached", 3e8), ("free", 1e9), ("used", 2e9)] {
            let values = walk(size, size / 50)
            add("demo_memory_usage_bytes", base + [("type", type)], offset) { values[$0].rounded() }
        }
        add("demo_num_cpus", base, offset) { _ in 4 }
        for mode in ["idle", "system", "user"] {
            let values = counter(2, resets: mode == "user" ? 37 : 0)
            add("demo_cpu_usage_seconds_total", base + [("mode", mode)], offset) { values[$0] }
        }
        let disk = walk(2e10, 1e7)
        add("demo_disk_usage_bytes", base, offset) { disk[$0] + Double($0) * 1e5 }
        add("demo_disk_total_bytes", base, offset) { _ in 2.56e11 }
        let first = Double(start / 1000)
        add("demo_batch_last_success_timestamp_seconds", base, offset) { first + Double($0 / 12 * 60) - 30 }
        add("demo_intermittent_metric", base, offset) { $0 / 15 % 2 == 0 ? Double($0) : nil }
        for method in ["GET", "POST"] {
            for status in ["200", "500"] {
                let labels = base + [("method", method), ("path", "/api/foo"), ("status", status)]
                var total = [Double](repeating: 0, count: count)
                for bound in ["0.0001", "0.001", "0.01", "0.1", "1", "+Inf"] {
                    let more = counter(3, resets: 0)
                    for index in total.indices { total[index] = (total[index] + more[index]).rounded() }
                    let values = total
                    add("demo_api_request_duration_seconds_bucket", labels + [("le", bound)], offset) { values[$0] }
                }
                let (count, sum) = (total, counter(1, resets: 0))
                add("demo_api_request_duration_seconds_count", labels, offset) { count[$0] }
                add("demo_api_request_duration_seconds_sum", labels, offset) { sum[$0] }
            }
        }
    }
}
