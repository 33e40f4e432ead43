import Benchmark
import Bytes
import Environment
import LogStore
import Telemetry
import Wire

// The stages of the log path: parse, write, tokenise, compress, scan. Instructions are what is compared between two runs.
// What a stage needs is made before `startMeasurement`, which forgets the time until then.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.instructions, .cpuTotal, .throughput], warmupIterations: 1, maxDuration: .seconds(3), maxIterations: 200)
    let megabyte = LineCorpus(bytes: 1 << 20)

    Benchmark("parse: a push of 1 MB of lines, protobuf under snappy") { benchmark in
        let body = LokiPushEncoder.encodeCompressed(megabyte.batch(streams: 20, start: 0))
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            var batch = LogWriteBatch()
            _ = try LokiPush.decode(body, contentType: "application/x-protobuf", into: &batch)
            blackHole(batch.count)
        }
    }

    Benchmark("write: 1 MB of lines in 20 streams, to the log and the head") { benchmark in
        let store = try openStore(MemoryFileSystem())
        var number: Int64 = 0
        for _ in benchmark.scaledIterations {
            benchmark.stopMeasurement()
            let batch = megabyte.batch(streams: 20, start: number * 3_600_000_000_000)
            number += 1
            benchmark.startMeasurement()
            blackHole(try store.append(batch))
        }
    }

    Benchmark("tokenise: 1 MB of lines into templates and columns") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(LineSplitter(lines: megabyte.arena, ends: megabyte.ends).rows.count) }
    }

    Benchmark("words: the listed words of 1 MB of lines") { benchmark in
        let split = LineSplitter(lines: megabyte.arena, ends: megabyte.ends)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(LineWords(split).hashes.count) }
    }

    Benchmark("compress: 1 MB of lines, LZ4 as the log has it") { benchmark in
        for _ in benchmark.scaledIterations {
            var output: [UInt8] = []
            LZ4.compress(megabyte.arena.span, acceleration: 8, into: &output)
            blackHole(output.count)
        }
    }

    Benchmark("compress: 1 MB of columns, zstd-1 as a resting block has them") { benchmark in
        let split = LineSplitter(lines: megabyte.arena, ends: megabyte.ends)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            var output: [UInt8] = []
            ZSTD.compress(split.columnArena.span, level: 1, into: &output)
            blackHole(output.count)
        }
    }

    Benchmark("scan: 1 MB of lines for a literal that is not there") { benchmark in
        let needle = Array("request refused".utf8)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(ByteSearch.firstRange(of: needle, in: megabyte.arena.span)) }
    }

    Benchmark("scan: the same in either case") { benchmark in
        let needle = Array("request refused".utf8)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(ByteSearch.firstRangeIgnoringCase(of: needle, in: megabyte.arena.span)) }
    }

    Benchmark("scan: a store of 16 MB at rest for a word, counted") { benchmark in
        let store = try openStore(MemoryFileSystem())
        for number in 0..<16 as Range<Int64> {
            _ = try store.append(LineCorpus(bytes: 1 << 20, seed: UInt64(number)).batch(streams: 4, start: number * 60_000_000_000))
        }
        try store.flush()
        var scan = LogScan(matchers: [], start: 0, end: .max, projection: [.times], filters: [LineFilter(.contains(Array("Exception".utf8)))])
        scan.isAlike = { _, _ in true }
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            blackHole(try store.scan(scan, budget: .unlimited) { _, chunk throws(StoreError) in
                blackHole(chunk.count)
                return .proceed
            }.blocksRead)
        }
    }
}

private func openStore(_ files: MemoryFileSystem) throws -> LogStore {
    var configuration = LogStoreConfiguration(directory: "/logs")
    configuration.retention = .zero
    configuration.reserveBytes = 0
    return try LogStore.open(configuration, fileSystem: files, workPool: SerialWorkPool(), clock: ManualClock(now: .epoch))
}
