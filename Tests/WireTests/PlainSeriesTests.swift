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
}
