import Bytes
import Telemetry

/// The index over the series of a head: it only grows, and series numbers rise, so every posting list stays sorted.
struct HeadIndex: LabelIndex, Sendable {
    private(set) var symbols = SymbolRegister()
    private var flatPairs: [UInt32] = []
    private var pairEnds: [Int] = []
    private var entryTable = NumberTable()
    private var entryKeys: [(name: UInt32, value: UInt32)] = []
    private var entryPostings: [[UInt32]] = []
    private var entriesOfName: [UInt32: [Int]] = [:]
    private(set) var names: [UInt32] = []
    private var postingsTotal = 0

    var seriesCount: Int { pairEnds.count }
    var symbolCount: Int { symbols.count }
    var symbolBytes: [UInt8] { symbols.blob }

    /// Bytes of memory, nearly.
    var byteCount: Int {
        symbols.byteCount + flatPairs.count * 4 + pairEnds.count * 8 + entryTable.byteCount + entryKeys.count * 64 + postingsTotal * 4
    }

    /// Adds the next series and returns the symbol of its metric name.
    mutating func append(_ labels: Labels) -> UInt32? {
        let series = UInt32(pairEnds.count)
        var metric: UInt32?
        let bytes = labels.encoded
        labels.forEachRange { nameRange, valueRange in
            let name = UInt32(symbols.insert(bytes, range: nameRange))
            let value = UInt32(symbols.insert(bytes, range: valueRange))
            flatPairs.append(name)
            flatPairs.append(value)
            add(series, name: name, value: value)
            if nameRange.count == 8, bytes[nameRange].elementsEqual(Labels.metricName.utf8) { metric = value }
            return true
        }
        pairEnds.append(flatPairs.count)
        return metric
    }

    private mutating func add(_ series: UInt32, name: UInt32, value: UInt32) {
        postingsTotal += 1
        let hash = Self.hash(name, value)
        if let entry = entryTable.find(hash, where: { entryKeys[$0] == (name, value) }) {
            entryPostings[entry].append(series)
            return
        }
        let entry = entryKeys.count
        entryTable.insert(hash, entry)
        entryKeys.append((name, value))
        entryPostings.append([series])
        if entriesOfName[name] == nil { names.append(name) }
        entriesOfName[name, default: []].append(entry)
    }

    private static func hash(_ name: UInt32, _ value: UInt32) -> UInt64 {
        Hash64.mix(UInt64(name) << 32 | UInt64(value) | 1 << 63, 0x9e37_79b9_7f4a_7c15)
    }

    func symbol(of text: String) -> UInt32? { symbols.find(text).map { UInt32($0) } }
    func symbolRange(_ symbol: UInt32) -> Range<Int> { symbols.range(Int(symbol)) }
    func entries(of name: UInt32) -> [Int] { entriesOfName[name] ?? [] }
    func entries(of name: UInt32, withPrefix prefix: [UInt8]) -> [Int] {
        let bytes = symbolBytes
        return entries(of: name).filter { bytes[symbolRange(entryKeys[$0].value)].starts(with: prefix) }
    }
    func entry(name: UInt32, value: UInt32) -> Int? {
        entryTable.find(Self.hash(name, value)) { entryKeys[$0] == (name, value) }
    }
    func value(entry: Int) -> UInt32 { entryKeys[entry].value }
    func postings(entry: Int) -> [UInt32] { entryPostings[entry] }
    func postingsCount(entry: Int) -> Int { entryPostings[entry].count }
    func firstSeries(entry: Int) -> UInt32? { entryPostings[entry].first }
    func pairs(_ series: Int) -> ArraySlice<UInt32> { flatPairs[(series == 0 ? 0 : pairEnds[series - 1])..<pairEnds[series]] }
}
