import Bytes
import Telemetry
import Testing

@testable import Wire

/// Broken bodies of the protocols that servers push and fetch by: each run has a seed of its own, which a failure names.
@Suite("Broken bodies")
struct FuzzTests {
    /// The seed of this run, printed at once: a crash prints nothing later.
    static let seed: UInt64 = {
        let seed = UInt64.random(in: 0...(.max))
        print("fuzzing of wire formats with seed \(seed)")
        return seed
    }()

    private static func sample() -> SampleWriteBatch {
        var batch = SampleWriteBatch()
        let counter = batch.addSeries(Labels([(name: "__name__", value: "a_total"), (name: "job", value: "x"), (name: "päth", value: "/é")]))
        for step in 0..<20 { batch.addSample(series: counter, time: Int64(step) * 1000, value: Double(step)) }
        batch.startTimes = (0..<20).map { $0 % 3 == 0 ? 0 : 1 }
        let latency = batch.addSeries(Labels([(name: "__name__", value: "latency"), (name: "job", value: "x")]))
        var histogram = NativeHistogram(schema: 2, zeroThreshold: 0.01, zeroCount: 1, count: 12, sum: 3)
        histogram.positiveSpans = [.init(offset: -3, length: 2), .init(offset: 4, length: 1)]
        histogram.positiveCounts = [5, 4, 2]
        batch.histograms = [.init(series: latency, time: 5000, histogram: histogram)]
        batch.exemplars = [.init(series: latency, labels: Labels([(name: "trace_id", value: "t")]), time: 5000, value: 0.3)]
        batch.metadata = [MetricMetadata(metric: "a_total", kind: .counter, help: "Help.", unit: "")]
        return batch
    }

    /// Flips, cuts, repeats and lengthens a body.
    private static func broken(_ body: [UInt8], _ random: inout Xoshiro256) -> [UInt8] {
        var body = body
        for _ in 0...random.next(below: 4) {
            guard !body.isEmpty else { break }
            let place = random.next(below: body.count)
            switch random.next(below: 5) {
            case 0: body.removeLast(body.count - place)
            case 1: body.insert(contentsOf: body[place..<min(body.count, place + 9)], at: place)
            case 2: body.insert(contentsOf: [0xff, 0xff, 0xff, 0xff, 0x7f], at: place)
            default: body[place] = UInt8(truncatingIfNeeded: random.next())
            }
        }
        return body
    }

    @Test("remote-write bodies that are broken anywhere are refused or taken in part, and what is taken is whole")
    func remoteWrite() throws {
        let seed = Self.seed
        var random = Xoshiro256(seed: seed)
        let whole = Self.sample()
        for version in [RemoteWrite.Version.v1, .v2] {
            let plain = RemoteWriteEncoder.encode(whole, version: version)
            var decoder = RemoteWriteDecoder()
            for round in 0..<4000 {
                var batch = SampleWriteBatch()
                // Half of them are broken below the compression, half in it.
                let body = round % 2 == 0 ? Snappy.compress(Self.broken(plain, &random)) : Self.broken(Snappy.compress(plain), &random)
                guard let outcome = try? decoder.decode(snappy: body, version: version, into: &batch) else { continue }
                #expect(batch.sampleTimes.count == batch.sampleValues.count && batch.sampleTimes.count == batch.sampleSeries.count, "seed \(seed)")
                #expect(batch.startTimes.isEmpty || batch.startTimes.count == batch.sampleTimes.count, "seed \(seed)")
                #expect(batch.sampleSeries.allSatisfy { $0 < batch.series.count }, "seed \(seed)")
                #expect(outcome.samples == batch.sampleTimes.count, "seed \(seed)")
                for number in batch.series.indices { #expect(batch.labels(number).metricName != nil, "seed \(seed)") }
                for sample in batch.histograms {
                    let histogram = sample.histogram
                    let covered = histogram.positiveSpans.reduce(0) { $0 + Int($1.length) }
                    #expect(covered == histogram.positiveCounts.count, "seed \(seed)")
                }
            }
        }
    }

    @Test("remote-read requests that are broken anywhere are refused")
    func remoteRead() {
        let seed = Self.seed
        var random = Xoshiro256(seed: seed)
        var writer = ProtobufWriter()
        writer.message(1) {
            $0.int64(1, 1000)
            $0.int64(2, 2000)
            $0.message(3) {
                $0.varint(1, 2)
                $0.string(2, "job")
                $0.string(3, "a|b")
            }
        }
        for _ in 0..<4000 {
            guard let request = try? RemoteReadRequest(snappy: Snappy.compress(Self.broken(writer.bytes, &random))) else { continue }
            #expect(request.selections.count < 100, "seed \(seed)")
        }
    }
}
