import Bytes
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("Index and postings")
struct IndexTests {
    @Test("intersection, difference and union agree with sets")
    func operations() throws {
        var random = SplitMix64(seed: 21)
        for round in 0..<200 {
            let limit = UInt32([10, 300, 5000].randomElement(using: &random)!)
            func list() -> [UInt32] {
                Set((0..<Int.random(in: 0...200, using: &random)).map { _ in UInt32.random(in: 0..<limit, using: &random) }).sorted()
            }
            let (a, b, c) = (list(), list(), Array(list().prefix(4)))
            #expect(Postings.intersect(a, b) == Set(a).intersection(b).sorted(), "round \(round)")
            #expect(Postings.intersect(a, c) == Set(a).intersection(c).sorted(), "round \(round)")
            #expect(Postings.subtract(a, b) == Set(a).subtracting(b).sorted(), "round \(round)")
            #expect(try Postings.unite([a, b, c], seriesCount: Int(limit)) == Set(a + b + c).sorted(), "round \(round)")
        }
    }

    @Test("symbols and number tables find what was put in, and nothing else")
    func tables() {
        var register = SymbolRegister()
        let texts = (0..<3000).map { "value-\($0 * 7 % 2000)" }
        let numbers = texts.map { text in
            let bytes = Array(text.utf8)
            return register.insert(bytes, range: 0..<bytes.count)
        }
        #expect(register.count == Set(texts).count)
        #expect(zip(texts, numbers).allSatisfy { register.string($1) == $0 && register.find($0) == $1 })
        #expect(register.find("value-x") == nil)
        let (order, rank) = register.sorted()
        #expect(order.map { register.string(Int($0)) } == Set(texts).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(order.enumerated().allSatisfy { rank[Int($1)] == UInt32($0) })
    }

    @Test("the cache stays below its limit and keeps what was used last")
    func cache() {
        let cache = BlockCache(byteLimit: 100_000)
        for number in 0..<50 { cache.insert(.init(block: 1, times: number), .times([Int64](repeating: 1, count: 1000))) }
        #expect(cache.byteCount <= 100_000)
        #expect(cache.find(.init(block: 1, times: 49)) != nil)
        #expect(cache.find(.init(block: 1, times: 0)) == nil)
        cache.remove(block: 1)
        #expect(cache.byteCount == 0)
    }

    @Test("time windows cover what they are given, aligned, and are few however wide that is")
    func windows() {
        let day: Int64 = 86_400_000
        #expect(TimeWindows.covering(day - 1...day, span: day) == [0...day - 1, day...2 * day - 1])
        for last in [0, day * 63, day * 64, day * 3650, Int64.max / 1_000_000] {
            let windows = TimeWindows.covering(0...last, span: day)
            #expect(windows.count <= TimeWindows.countLimit)
            #expect(windows.first!.lowerBound == 0 && windows.last!.upperBound >= last)
            #expect(zip(windows, windows.dropFirst()).allSatisfy { $0.upperBound + 1 == $1.lowerBound })
        }
    }

    @Test("samples strewn over three centuries rest in few blocks and come back")
    func strewn() throws {
        let harness = try Harness()
        let labels = Labels(["__name__": "old"])
        var random = SplitMix64(seed: 22)
        var model = Model()
        for _ in 0..<3 {
            let samples = (0..<200).map { (Int64.random(in: 0...Int64.max / 1_000_000, using: &random), Double($0)) }
            try harness.append(labels, samples)
            model.add(labels, samples)
            try harness.store.flush()
        }
        #expect(harness.store.status().blockCount <= 3 * Int(TimeWindows.countLimit))
        #expect(try harness.select().contents == model.contents)
    }

    @Test("status names the metrics and labels that cost most")
    func status() throws {
        let harness = try Harness()
        for number in 0..<20 { try harness.append(Labels(["__name__": number < 15 ? "big" : "small", "n": "\(number)"]), [(1000, 1)]) }
        for _ in 0..<2 {
            let status = harness.store.status(limit: 2)
            #expect(status.seriesCount == 20)
            #expect(status.topMetrics == [.init(name: "big", value: 15), .init(name: "small", value: 5)])
            #expect(status.topLabelsByValues.first == .init(name: "n", value: 20))
            #expect(status.earliest == 1000 && status.latest == 1000)
            try harness.store.flush()
        }
    }
}
