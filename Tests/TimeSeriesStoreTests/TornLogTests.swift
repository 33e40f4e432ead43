import Bytes
import Environment
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("Torn ends of the log")
struct TornLogTests {
    private static let page = 4096
    private let directory = "/data/metrics/wal"

    private func labels(_ number: Int) -> Labels {
        Labels([(name: "__name__", value: "up"), (name: "pod", value: "web-\(number)-" + String(repeating: "x", count: number * 37 % 200))])
    }

    /// A log of several segments, each over several pages, with the samples that are in it at each length of each segment.
    private func written() throws -> (segments: [(name: String, bytes: [UInt8])], ends: [[Int]]) {
        let harness = try Harness()
        var ends: [[Int]] = []
        var number = 0
        for _ in 0..<3 {
            let name = try #require(harness.files.list(directory).filter { $0.hasSuffix(".wal") }.last)
            var lengths: [Int] = []
            while try harness.files.contents(directory + "/" + name).count < Self.page * 2 + 300 {
                try harness.append(labels(number), [(Int64(number) * 1000, Double(number))])
                lengths.append(try harness.files.contents(directory + "/" + name).count)
                number += 1
            }
            ends.append(lengths)
            // Another process begins another segment.
            try harness.restart()
        }
        let names = try harness.files.list(directory).filter { $0.hasSuffix(".wal") }.prefix(3)
        return (try names.map { ($0, try harness.files.contents(directory + "/" + $0)) }, ends)
    }

    private func opened(_ segments: [(name: String, bytes: [UInt8])]) throws -> Harness {
        let files = MemoryFileSystem()
        try files.createDirectory(directory)
        for segment in segments { try files.replaceContents(directory + "/" + segment.name, with: segment.bytes) }
        return try Harness(files: files)
    }

    private func count(_ harness: Harness) throws -> (samples: Int, warnings: [String]) {
        let found = try harness.select()
        return (found.contents.values.reduce(0) { $0 + $1.count }, found.warnings)
    }

    @Test("a segment cut at every byte, page ends and its own head included, gives back exactly the records before the cut")
    func everyByte() throws {
        let (segments, ends) = try written()
        for (segment, lengths) in zip(segments, ends) {
            for cut in SegmentFile.headerSize...segment.bytes.count {
                var head = HeadState(expecting: HeadSize())
                let outcome = Replay.read(Array(segment.bytes[..<cut]), into: &head)
                #expect(outcome.samples == lengths.filter { $0 <= cut }.count, "cut at \(cut)")
                #expect(outcome.damaged.isEmpty, "cut at \(cut)")
            }
        }
    }

    @Test("a store opens over a newest segment cut about every record's and page's end, and within its head")
    func opensAfterACut() throws {
        let (segments, ends) = try written()
        let before = ends.dropLast().reduce(0) { $0 + $1.count }
        let last = segments[segments.count - 1]
        let places = ends[ends.count - 1] + Array(stride(from: Self.page, to: last.bytes.count, by: Self.page))
        let cuts = Set(places.flatMap { [$0 - 1, $0, $0 + 1] } + Array(0...SegmentFile.headerSize + 1)).filter { $0 <= last.bytes.count }
        for cut in cuts.sorted() {
            let harness = try opened(segments.dropLast() + [(last.name, Array(last.bytes[..<cut]))])
            let found = try count(harness)
            #expect(found.samples == before + ends[ends.count - 1].filter { $0 <= cut }.count, "cut at \(cut)")
            #expect(found.warnings.isEmpty, "cut at \(cut)")
        }
    }

    @Test("pages that never reached the disk read as zeros: the records before them are there", arguments: [0, 0xff] as [UInt8])
    func lostPages(filling: UInt8) throws {
        let (segments, ends) = try written()
        let before = ends.dropLast().reduce(0) { $0 + $1.count }
        let last = segments[segments.count - 1]
        for start in stride(from: 0, to: last.bytes.count, by: 97) {
            let torn = Array(last.bytes[..<start]) + [UInt8](repeating: filling, count: last.bytes.count - start)
            let harness = try opened(segments.dropLast() + [(last.name, torn)])
            let found = try count(harness)
            #expect(found.samples == before + ends[ends.count - 1].filter { $0 <= start }.count, "from \(start)")
            // A head of another kind than a segment's is damage and named; a torn record is not.
            #expect(found.warnings.isEmpty || start < SegmentFile.headerSize, "from \(start)")
        }
    }

    @Test("an older segment cut at every byte loses only what was behind the cut; later segments are whole")
    func olderSegment() throws {
        let (segments, ends) = try written()
        let middle = segments[1]
        for cut in stride(from: 0, to: middle.bytes.count, by: 53) {
            let harness = try opened([segments[0], (middle.name, Array(middle.bytes[..<cut])), segments[2]])
            #expect(try count(harness).samples == ends[0].count + ends[1].filter { $0 <= cut }.count + ends[2].count, "cut at \(cut)")
        }
    }

    @Test("whatever bytes stand in a segment, opening succeeds, serves only what was appended, and names what it lost", arguments: [1, 2, 3, OwnSeed.value])
    func fuzz(seed: UInt64) throws {
        let (segments, _) = try written()
        let whole = try opened(segments).select().contents
        var random = SplitMix64(seed: seed)
        for _ in 0..<60 {
            var changed = segments
            let which = Int(random.next() % UInt64(changed.count))
            for _ in 0..<1 + random.next() % 4 {
                let size = changed[which].bytes.count
                let place = Int(random.next() % UInt64(size))
                switch random.next() % 4 {
                case 0: changed[which].bytes[place] ^= UInt8(truncatingIfNeeded: 1 + random.next() % 255)
                case 1: changed[which].bytes.removeSubrange(place..<min(size, place + Int(random.next() % 300)))
                case 2: changed[which].bytes.insert(contentsOf: (0..<random.next() % 64).map { _ in UInt8(truncatingIfNeeded: random.next()) }, at: place)
                default:
                    let other = Int(random.next() % UInt64(size))
                    let length = min(Int(random.next() % 200), size - max(place, other))
                    let piece = Array(changed[which].bytes[other..<other + length])
                    changed[which].bytes.replaceSubrange(place..<place + length, with: piece)
                }
                if changed[which].bytes.isEmpty { changed[which].bytes = [0] }
            }
            let harness = try opened(changed)
            let found = try harness.select().contents
            for (labels, samples) in found {
                for (time, bits) in samples { #expect(whole[labels]?[time] == bits, "seed \(seed)") }
            }
            try harness.append(labels(9999), [(Harness.now, 1)])
            #expect(try harness.select().contents[labels(9999)]?.count == 1)
        }
    }
}
