import Bytes
import Environment
import Telemetry
import Testing

@testable import LogStore

@Suite("Log store")
struct LogStoreTests {
    private let web = Labels(["app": "web", "pod": "web-1"])
    private let noon = StoreWorld.noon.nanoseconds

    @Test("what was appended is read back, from the head, from a part and after a restart")
    func readsBack() throws {
        var world = try StoreWorld()
        try world.append([
            PlainLog.Entry(web, noon, "one"), PlainLog.Entry(web, noon + 5, "two"), PlainLog.Entry(web, noon + 2, "late"),
        ])
        #expect(try world.read().entries.sorted() == world.model.read())
        try world.store.flushHead(olderThan: nil, fullOnly: false)
        #expect(try world.read().entries.sorted() == world.model.read())
        try world.restart()
        #expect(try world.read().entries.sorted() == world.model.read())
    }

    @Test("an entry equal in stream, time and line is kept once, wherever the two lie")
    func dropsRepeats() throws {
        var world = try StoreWorld()
        let entry = PlainLog.Entry(web, noon, "the same")
        try world.append([entry, entry])
        try world.store.flushHead(olderThan: nil, fullOnly: false)
        try world.append([entry])
        #expect(try world.read().entries == [entry])
        try world.store.flushHead(olderThan: nil, fullOnly: false)
        try world.append([entry, PlainLog.Entry(web, noon, "another")])
        #expect(try world.read().entries.count == 2)
    }

    @Test("any bytes are a line: empty, NUL, CRLF, ill-formed UTF-8, ten megabytes")
    func oddLines() throws {
        var world = try StoreWorld()
        let lines: [[UInt8]] = [
            [], [0], Array("a\r\n".utf8), [0xff, 0xfe, 0xc3], Array("two\nlines".utf8), 
            Array(repeating: UInt8(ascii: "x"), count: 10 << 20),
        ]
        try world.append(lines.enumerated().map { PlainLog.Entry(web, noon + Int64($0.offset), $0.element) })
        try world.store.flushHead(olderThan: nil, fullOnly: false)
        try world.restart()
        #expect(try world.read().entries.sorted() == world.model.read())
    }

    @Test("structured metadata comes back with its entry")
    func metadata() throws {
        var world = try StoreWorld()
        let trace = Labels(["trace_id": "4bf92f35"])
        try world.append([
            PlainLog.Entry(web, noon, Array("plain".utf8)), PlainLog.Entry(web, noon + 1, Array("traced".utf8), metadata: trace),
            PlainLog.Entry(web, noon + 2, Array("plain again".utf8)),
        ])
        for _ in 0..<2 {
            let found = try world.read(order: .ordered(.forward)).entries
            #expect(found.map(\.metadata) == [.empty, trace, .empty])
            try world.store.flushHead(olderThan: nil, fullOnly: false)
        }
    }

    @Test("random appends, restarts and searches answer as the plain model does", arguments: 0..<12 as Range<UInt64>)
    func oracle(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        var world = try StoreWorld { $0.headBytes = 40_000 }
        for step in 0..<14 {
            var entries: [PlainLog.Entry] = []
            for _ in 0..<Int.random(in: 1..<120, using: &source.generator) {
                let time = noon + Int64.random(in: 0..<400, using: &source.generator) * 1_000_000_000
                entries.append(PlainLog.Entry(source.stream(), time, source.line()))
            }
            try world.append(entries)
            if step % 5 == 3 { try world.restart() }
            if step % 4 == 2 { try world.store.flushHead(olderThan: nil, fullOnly: false) }
            if step % 6 == 5 { try world.store.flush() }
            try compare(world, &source)
        }
    }

    private func compare(_ world: StoreWorld, _ source: inout LineSource) throws {
        for _ in 0..<3 {
            let filters = try (0..<Int.random(in: 0..<3, using: &source.generator)).map { _ in try source.filter() }
            let start = noon + Int64.random(in: -10..<400, using: &source.generator) * 1_000_000_000
            let end = start + Int64.random(in: 0..<500, using: &source.generator) * 1_000_000_000
            let matchers = Bool.random(using: &source.generator) ? [LabelMatcher("app", equals: "app1")] : []
            let wanted = world.model.read(matchers, start: start, end: end, filters: filters)
            #expect(try world.read(matchers, start: start, end: end, filters: filters).entries.sorted() == wanted)
            let forward = try world.read(matchers, start: start, end: end, filters: filters, order: .ordered(.forward), limit: 5).entries
            #expect(forward.sorted() == wanted)
        }
    }
}
