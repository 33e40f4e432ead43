import Benchmark
import Bytes
import Environment
import PromQL
import QueryLanguage
import Telemetry
import TimeSeriesStore
import Wire

// The kernels of the metrics path. Instructions are what is compared between two runs: times drift on a shared machine.
// What a kernel needs is made before `startMeasurement`, which forgets the time until then.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.instructions, .cpuTotal, .throughput], warmupIterations: 1, maxDuration: .seconds(3), maxIterations: 200)

    Benchmark("append: a scrape of 1,200 series") { benchmark in
        var fleet = Fleet(containers: 400)
        let store = try Fleet.store()
        var batch = SampleWriteBatch()
        var scrape = 0
        for _ in benchmark.scaledIterations {
            benchmark.stopMeasurement()
            fleet.scrape(scrape, into: &batch)
            scrape += 1
            benchmark.startMeasurement()
            blackHole(try store.append(batch))
        }
    }

    Benchmark("decode: a remote write request of 1,200 series") { benchmark in
        var fleet = Fleet(containers: 400)
        var batch = SampleWriteBatch()
        fleet.scrape(0, into: &batch)
        let body = RemoteWriteEncoder.encodeCompressed(batch, version: .v1)
        var decoder = RemoteWriteDecoder()
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            batch.removeAll()
            blackHole(try decoder.decode(snappy: body, version: .v1, into: &batch))
        }
    }

    Benchmark("encode: a value column of 100,000 samples") { benchmark in
        let values = counters(100_000)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            var hint = 0
            var output: [UInt8] = []
            DecimalColumn.encode(values, hint: &hint, into: &output)
            blackHole(output)
        }
    }

    Benchmark("decode: a value column of 100,000 samples") { benchmark in
        let values = counters(100_000)
        var hint = 0
        var encoded: [UInt8] = []
        DecimalColumn.encode(values, hint: &hint, into: &encoded)
        var decoded = [Double](repeating: 0, count: values.count)
        var scratch: [Int64] = []
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            var offset = 0
            try DecimalColumn.decode(
                encoded, at: &offset, end: encoded.count, count: values.count, scratch: &scratch, into: &decoded, at: 0)
            blackHole(decoded)
        }
    }

    Benchmark("rate: 400 series over an hour, 5 m windows, 15 s steps") { benchmark in
        var fleet = Fleet(containers: 400)
        let store = try Fleet.store()
        var batch = SampleWriteBatch()
        for scrape in 0..<280 {
            fleet.scrape(scrape, into: &batch)
            _ = try store.append(batch)
        }
        try store.flush()
        let query = try PromQLEvaluator(reader: store, workPool: SerialWorkPool())
            .prepare("sum by (namespace) (rate(container_cpu_usage_seconds_total[5m]))")
        let start = Timestamp(milliseconds: Fleet.start + 40 * Fleet.interval)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            blackHole(
                try query.evaluate(
                    from: start, to: start + .seconds(3600), step: .seconds(15), options: EvaluationOptions(),
                    budget: QueryBudget()))
        }
    }

    Benchmark("postings: two lists of a million and half a million") { benchmark in
        let left = (0..<1_000_000).map { UInt32($0 * 2) }
        let right = (0..<500_000).map { UInt32($0 * 3) }
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(Postings.intersect(left, right)) }
    }

    Benchmark("JSON: a matrix of 100 series of 1,000 points") { benchmark in
        let values = counters(1000)
        let times = (0..<1000).map { Fleet.start + Int64($0) * Fleet.interval }
        let series = (0..<100).map { number in
            MatrixSeries(labels: Labels([(name: "pod", value: "web-\(number)")]), times: times, values: values)
        }
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(try PrometheusResult.bytes(.matrix(series))) }
    }
}

/// A counter in thousandths, as cgroups count CPU.
func counters(_ count: Int) -> [Double] {
    var random = SplitMix64(seed: 7)
    var total: UInt64 = 0
    return (0..<count).map { _ in
        total += random.next() % 15_000
        return Double(total) / 1000
    }
}
