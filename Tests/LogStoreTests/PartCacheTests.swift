import Bytes
import Environment
import Telemetry
import Testing

@testable import LogStore

@Suite("What searches keep of parts")
struct PartCacheTests {
    private let noon = StoreWorld.noon.nanoseconds

    @Test("a cache holds no more than its room, and keeps what is asked again")
    func bounded() {
        let cache = BlockCache<Int>(limitBytes: 20_000)
        for block in 0..<1000 {
            cache.insert(block, part: 1, block: block, bytes: 936)
            // Asked all the time, so it outlives the others.
            #expect(cache.value(part: 1, block: 0) == 0)
        }
        let held = (0..<1000).filter { cache.value(part: 1, block: $0) != nil }
        #expect(held.count <= 20 && held.contains(999) && held.contains(0))
        cache.insert(7, part: 2, block: 0, bytes: 1 << 20)
        #expect(cache.value(part: 2, block: 0) == nil)
        cache.insert(8, part: 3, block: 5, bytes: 10)
        cache.forget(part: 1)
        #expect((0..<1000).allSatisfy { cache.value(part: 1, block: $0) == nil } && cache.value(part: 3, block: 5) == 8)
    }

    @Test("of blocks that are asked in turn, and are more than there is room for, most are kept")
    func turns() {
        let cache = BlockCache<Int>(limitBytes: 100_000)
        var found = 0
        for turn in 0..<10 {
            for block in 0..<110 {
                if cache.value(part: 1, block: block) != nil {
                    found += turn > 0 ? 1 : 0
                } else {
                    cache.insert(block, part: 1, block: block, bytes: 936)
                }
            }
        }
        #expect(found > 9 * 70, "\(found) of \(9 * 110)")
    }

    @Test("a second search reads nothing of blocks that do not have the word, and answers the same after a merge")
    func warm() throws {
        var world = try StoreWorld()
        for hour in 0..<3 as Range<Int64> {
            try world.append((0..<40).map { PlainLog.Entry(Labels(["pod": "\($0 % 4)"]), noon + hour * 1000 + Int64($0), "user \(hour)a\($0)b7d9e2f00 came") })
            try world.store.flush()
        }
        for needle in ["1a7b7d9e2f00", "f1e2d3c4b5a6", " came"] {
            let filters = [LineFilter(.contains(Array(needle.utf8)))]
            let first = try world.read(filters: filters)
            let before = world.files.operationCount
            let second = try world.read(filters: filters)
            #expect(first.entries.sorted() == world.model.read(filters: filters) && second.entries.sorted() == first.entries.sorted())
            if needle.hasPrefix("f") {
                #expect(first.entries == [] && second.summary.blocksRead == 0)
                #expect(world.files.operationCount == before)
            }
            try world.append([PlainLog.Entry(Labels(["pod": "0"]), noon + 50_000, "late \(needle)")])
            try world.store.flush()
            #expect(try world.read(filters: filters).entries.sorted() == world.model.read(filters: filters))
        }
    }

    @Test("a block full of longer runs is not read for an identifier of 32 digits that it does not have")
    func longRuns() throws {
        var random = SplitMix64(seed: 5)
        var entries = EntryColumns()
        for number in 0..<4000 {
            let digits = (0..<3).map { _ in String(UInt64.random(in: 1 << 60 ... .max, using: &random), radix: 16) }.joined().prefix(40)
            let line = Array("commit \(digits) of branch main was built by the runner in time, and its artifacts were put into the store".utf8)
            entries.append(time: Int64(number), arena: line, line: 0..<line.count, metadata: 0..<0, of: [])
        }
        let filter = try #require(try BlockFixture(entries).part.words(0))
        let absent = (0..<200).map { _ in
            (0..<2).map { _ in String(UInt64.random(in: 1 << 60 ... .max, using: &random), radix: 16) }.joined()
        }
        let asked = absent.filter { LineTest(.contains(Array($0.utf8))).mayPass(filter) }
        #expect(asked.count < 10, "\(asked.count) of 200")
        // What is there is never denied, wherever in a run it stands.
        for entry in stride(from: 0, to: 4000, by: 97) {
            let line = Array(entries.lineArena[entries.lineRange(entry)])
            for start in [7, 9, 15] { #expect(LineTest(.contains(Array(line[start..<start + 32]))).mayPass(filter)) }
        }
    }
}
