import Bytes
import Environment
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("Block readers against any bytes")
struct BlockFuzzTests {
    private func block(seed: UInt64) throws -> (bytes: [UInt8], number: UInt64) {
        let harness = try Harness()
        var traffic = Traffic(seed: seed, series: 30)
        for step in 0..<6 {
            for (labels, samples) in traffic.batch(around: Harness.now + Int64(step) * 60_000, span: 60_000) { try harness.append(labels, samples) }
        }
        try harness.store.flush()
        let name = try #require(harness.files.list("/data/metrics/blocks").first)
        return (try harness.files.contents("/data/metrics/blocks/" + name), try #require(UInt64(name.dropLast(6))))
    }

    /// Opens a block and reads everything in it; whatever is wrong must be thrown, never trapped.
    private func readAll(_ bytes: [UInt8], _ number: UInt64) throws {
        let files = MemoryFileSystem()
        try files.createDirectory("/b")
        try files.replaceContents("/b/x.block", with: bytes)
        let block = try Block.open("/b/x.block", number: number, fileSystem: files, cache: BlockCache(byteLimit: 1 << 20), now: 0)
        let index = try block.index()
        _ = try Matching.series([try LabelMatcher("pod", .matchesExpression, "web-.*")], in: index, budget: .unlimited)
        let all = (0..<UInt32(index.seriesCount)).map { $0 }
        for _ in 0..<8 {
            var columns = [SeriesColumn](repeating: SeriesColumn(), count: all.count)
            // A bad chunk is set aside and the next reading goes on without it.
            if (try? block.read(all, start: .min, end: .max, into: &columns)) != nil { break }
        }
    }

    @Test("damaged files are refused or read without the damaged part", arguments: [1, 2, OwnSeed.value])
    func damagedFiles(seed: UInt64) throws {
        let (bytes, number) = try block(seed: seed)
        var random = SplitMix64(seed: seed)
        try readAll(bytes, number)
        for _ in 0..<300 {
            var changed = bytes
            for _ in 0..<1 + random.next() % 3 {
                let place = Int(random.next() % UInt64(changed.count))
                switch random.next() % 3 {
                case 0: changed[place] ^= UInt8(truncatingIfNeeded: 1 + random.next() % 255)
                case 1: changed.removeSubrange(place..<min(changed.count, place + Int(random.next() % 100)))
                default: changed = Array(changed[..<max(1, place)])
                }
                if changed.isEmpty { changed = [0] }
            }
            _ = try? readAll(changed, number)
        }
    }

    @Test("index sections of any bytes are refused or decoded within their bounds", arguments: [1, 2, OwnSeed.value])
    func anySection(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for round in 0..<4000 {
            let count = Int(random.next() % 80)
            let bytes = (0..<count).map { _ in
                round % 3 == 0 ? UInt8(truncatingIfNeeded: random.next()) : UInt8(truncatingIfNeeded: random.next() % 6)
            }
            if let symbols = try? IndexCoding.decodeSymbols(bytes) { #expect(symbols.ends.last ?? 0 <= bytes.count) }
            if let series = try? IndexCoding.decodeSeries(bytes, symbolCount: 5) { #expect(series.flat.allSatisfy { $0 < 5 }) }
            if let postings = try? IndexCoding.decodePostings(bytes, symbolCount: 5) {
                #expect(postings.entryOffsets.allSatisfy { $0 <= postings.bytes.count })
            }
            if let chunks = try? IndexCoding.decodeChunks(bytes, timesCount: 3, seriesCount: 4) {
                #expect(chunks.seriesChunks.allSatisfy { $0 < UInt32(chunks.chunks.count) })
            }
            if let marked = try? IndexCoding.decodeMarked(bytes, chunkCount: 7) { #expect(marked.count == 7) }
            _ = try? IndexCoding.decodeTimes(bytes)
            _ = try? Manifest(bytes)
            _ = try? Sidecar.decode(bytes)
            var reader = ByteReader(bytes)
            _ = try? BlockMeta(&reader)
            var histogram = ByteReader(bytes)
            _ = try? HistogramCoding.decode(&histogram)
        }
    }
}
