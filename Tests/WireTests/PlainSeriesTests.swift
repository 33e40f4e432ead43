import Bytes
import Telemetry
import Testing

@testable import Wire

@Suite("Remote write in the plain form")
struct PlainSeriesTests {
    /// A field that no version knows; a series with it goes the general way.
    private static let unknown: [UInt8] = [0x78, 0x01]

    private static func body(_ series: [UInt8]) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.bytes(1, series)
        return writer.bytes
    }

    private static func decode(_ body: [UInt8]) -> (batch: SampleWriteBatch, outcome: WireOutcome)? {
        var decoder = RemoteWriteDecoder()
        var batch = SampleWriteBatch()
        guard let outcome = try? decoder.decode(body, version: .v1, into: &batch) else { return nil }
        return (batch, outcome)
    }

    /// A series as a sender might write it: mostly plain, now and then with something that is not.
    private static func series(_ random: inout SplitMix64) -> [UInt8] {
        var names = ["__name__", "container", "id", "image", "namespace", "namespaces", "node", "pod"].filter { _ in random.next() % 8 > 0 }
        if random.next() % 16 == 0 { names.swapAt(0, names.count / 2) }
        if random.next() % 16 == 0, let name = names.last { names.append(name) }
        if random.next() % 16 == 0 { names.append("\u{e4}ther") }
        if random.next() % 16 == 0 { names.append(String(repeating: "z", count: Int(random.next() % 300))) }
        var writer = ProtobufWriter()
        for name in names {
            writer.message(1) { writer in
                writer.string(1, name)
                let count = [0, 1, 3, 7, 8, 9, 15, 16, 127, 128, 200][Int(random.next() % 11)]
                let text = random.next() % 32 == 0 ? "\u{20ac}" : "v"
                if count > 0 || random.next() % 4 == 0 { writer.string(2, String(repeating: text, count: count)) }
            }
        }
        for _ in 0..<random.next() % 4 {
            let value = [0, 1.5, -3, StalenessMarker.value, .infinity][Int(random.next() % 5)]
            let time: Int64 = [0, 1, 127, 128, 1_790_000_000_000, -7, .max][Int(random.next() % 7)]
            writer.message(2) { writer in
                if value.bitPattern != 0 || random.next() % 2 == 0 { writer.double(1, value) }
                if time != 0 || random.next() % 2 == 0 { writer.int64(2, time) }
            }
        }
        return writer.bytes
    }

    @Test("decodes as the general way does, whatever the sender writes", arguments: [1, 2, FuzzTests.seed])
    func agrees(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var kept = 0
        for _ in 0..<3000 {
            let series = Self.series(&random)
            let quick = Self.decode(Self.body(series))
            let general = Self.decode(Self.body(series + Self.unknown))
            #expect(quick?.batch.labelArena == general?.batch.labelArena)
            #expect(quick?.batch.series == general?.batch.series)
            #expect(quick?.batch.sampleTimes == general?.batch.sampleTimes)
            #expect(quick?.batch.sampleSeries == general?.batch.sampleSeries)
            #expect(quick?.batch.sampleValues.map(\.bitPattern) == general?.batch.sampleValues.map(\.bitPattern))
            #expect(quick?.outcome.samples == general?.outcome.samples)
            #expect(quick?.outcome.refusedSeries == general?.outcome.refusedSeries)
            kept += quick?.outcome.samples ?? 0
        }
        #expect(kept > 1000, "most series are good")
    }

    @Test("a message that is cut or changed anywhere is decoded or refused as the general way does")
    func damaged() {
        let whole = RemoteWriteTests.series1([("__name__", "up"), ("pod", String(repeating: "p", count: 130))], [(1_790_000_000_000, 2)])
        let series = Array(whole.dropFirst(3))
        for place in series.indices {
            for change in [UInt8(0x01), 0x08, 0x80, 0xff] {
                var changed = series
                changed[place] ^= change
                let quick = Self.decode(Self.body(changed))
                let general = Self.decode(Self.body(changed + Self.unknown))
                #expect(quick?.batch.labelArena == general?.batch.labelArena, "byte \(place) ^ \(change)")
                #expect(quick?.batch.sampleTimes == general?.batch.sampleTimes, "byte \(place) ^ \(change)")
            }
            let cut = Array(series[..<place])
            let quick = Self.decode(Self.body(cut))
            let general = Self.decode(Self.body(cut + Self.unknown))
            #expect(quick == nil || quick?.batch.labelArena == general?.batch.labelArena || general == nil, "cut at \(place)")
        }
    }

    // MARK: Known series

    /// A store that knows these label sets.
    private static func known(_ sets: [Labels]) -> KnownSeries {
        final class Owner: Sendable {}
        var list = PairSetList()
        for set in sets { list.append(canonical: set.encoded) }
        let numbers = Dictionary(sets.enumerated().map { ($1.encoded, $0) }, uniquingKeysWith: { first, _ in first })
        return KnownSeries(sets: list, owner: Owner()) { _, bytes, range in numbers[Array(bytes[range])] }
    }

    /// Decodes a body with and without the known series and holds the one to the other; returns how many series were named by number.
    @discardableResult
    private static func compare(_ body: [UInt8], _ known: KnownSeries, _ comment: Comment? = nil) -> Int {
        var decoder = RemoteWriteDecoder()
        var guided = SampleWriteBatch()
        guard let outcome = try? decoder.decode(body, version: .v1, known: known, into: &guided) else {
            #expect(Self.decode(body) == nil, comment)
            return 0
        }
        guard let alone = Self.decode(body) else {
            Issue.record("decoded with known series only")
            return 0
        }
        #expect(guided.series.indices.map { guided.labels($0) } == alone.batch.series.indices.map { alone.batch.labels($0) }, comment)
        #expect(guided.sampleTimes == alone.batch.sampleTimes, comment)
        #expect(guided.sampleSeries == alone.batch.sampleSeries, comment)
        #expect(guided.sampleValues.map(\.bitPattern) == alone.batch.sampleValues.map(\.bitPattern), comment)
        #expect(outcome.samples == alone.outcome.samples && outcome.refusedSeries == alone.outcome.refusedSeries, comment)
        #expect(outcome.reasons == alone.outcome.reasons, comment)
        return guided.series.count { $0.known != nil }
    }

    @Test("with known series a body says what it says without them, in any order, with new and broken ones between", arguments: [3, FuzzTests.seed])
    func knownSeries(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bodies: [[[UInt8]]] = [(0..<160).map { _ in Self.series(&random) }]
        var sets: [Labels] = []
        for series in bodies[0] {
            if let one = Self.decode(Self.body(series)), let labels = one.batch.series.indices.first.map({ one.batch.labels($0) }) {
                if random.next() % 8 > 0 { sets.append(labels) }
            }
        }
        // Sets that this decoder refuses or that have no plain form may be in a store too.
        for extra: KeyValuePairs in [["a": "b"], ["__name__": "m", "q": "\u{e4}"], ["__name__": String(repeating: "x", count: 20_000)]] {
            sets.insert(Labels(extra), at: Int(random.next() % UInt64(sets.count)))
        }
        let known = Self.known(sets)
        for _ in 0..<60 {
            var next = bodies[0]
            for _ in 0..<random.next() % 4 { next.insert(Self.series(&random), at: Int(random.next() % UInt64(next.count))) }
            for _ in 0..<random.next() % 4 { next.remove(at: Int(random.next() % UInt64(next.count))) }
            if random.next() % 4 == 0 { next.swapAt(0, next.count - 1) }
            if random.next() % 4 == 0 {
                let place = Int(random.next() % UInt64(next.count))
                if let byte = next[place].indices.randomElement() { next[place][byte] ^= UInt8(1 << (random.next() % 8)) }
            }
            bodies.append(next)
        }
        let named = bodies.map { Self.compare($0.flatMap(Self.body), known) }
        #expect(named.reduce(0, +) > 60, "what is plain and known is named by number")
    }

    @Test("a known series that is cut or changed anywhere is decoded or refused as it is without")
    func damagedKnown() {
        let pairs = [("__name__", "up"), ("pod", String(repeating: "p", count: 130))]
        let whole = RemoteWriteTests.series1(pairs, [(1_790_000_000_000, 2), (1_790_000_000_001, 3)])
        let known = Self.known([Labels(["__name__": "first"]), Labels(["__name__": "up", "pod": String(repeating: "p", count: 130)])])
        let first = RemoteWriteTests.series1([("__name__", "first")], [(1, 1)])
        #expect(Self.compare(first + whole, known) == 2)
        for place in whole.indices {
            for change in [UInt8(0x01), 0x08, 0x80, 0xff] {
                var changed = whole
                changed[place] ^= change
                Self.compare(first + changed, known, "byte \(place) ^ \(change)")
            }
            Self.compare(first + whole[..<place], known, "cut at \(place)")
        }
    }

    @Test("a decoder with narrower limits refuses what a store may know")
    func narrowLimits() {
        let body = RemoteWriteTests.series1([("__name__", "up"), ("pod", "abcdef")], [(1, 1)])
        var decoder = RemoteWriteDecoder(limits: WireLimits(labelValueBytes: 4))
        var batch = SampleWriteBatch()
        let known = Self.known([Labels(["__name__": "up", "pod": "abcdef"])])
        let outcome = try? decoder.decode(body, version: .v1, known: known, into: &batch)
        #expect(outcome?.refusedSeries == 1)
    }
}
