import Bytes
import Telemetry

/// What matching needs of an index over label sets; the head's grows, a block's is read from a file.
///
/// Names and values are symbols, numbers of byte strings. An *entry* is one value of one name with the series that carry it.
protocol LabelIndex {
    var seriesCount: Int { get }
    var symbolCount: Int { get }
    func symbol(of text: String) -> UInt32?
    /// The byte string of a symbol: where it stands in `symbolBytes`.
    func symbolRange(_ symbol: UInt32) -> Range<Int>
    var symbolBytes: [UInt8] { get }
    /// Names in use, as symbols.
    var names: [UInt32] { get }
    /// The entries of a name.
    func entries(of name: UInt32) -> [Int]
    /// The entries of a name whose values begin with some bytes.
    func entries(of name: UInt32, withPrefix prefix: [UInt8]) -> [Int]
    func entry(name: UInt32, value: UInt32) -> Int?
    func value(entry: Int) -> UInt32
    /// Series numbers of an entry, rising.
    func postings(entry: Int) -> [UInt32]
    func postingsCount(entry: Int) -> Int
    /// The lowest series number of an entry, without its whole list.
    func firstSeries(entry: Int) -> UInt32?
    /// The label set of a series: name, value, name, value …, in the byte order of the names.
    func pairs(_ series: Int) -> ArraySlice<UInt32>
}

extension LabelIndex {
    func string(_ symbol: UInt32) -> String { String(decoding: symbolBytes[symbolRange(symbol)], as: UTF8.self) }

    /// The value of a label of a series; nil when the series does not have the label.
    func value(of name: UInt32, series: Int) -> UInt32? {
        let pairs = pairs(series)
        var index = pairs.startIndex
        while index < pairs.endIndex {
            if pairs[index] == name { return pairs[index &+ 1] }
            index &+= 2
        }
        return nil
    }

    /// The canonical label set of a series.
    func labels(_ series: Int) -> Labels {
        let pairs = pairs(series)
        var writer = ByteWriter(capacity: pairs.count * 12)
        let bytes = symbolBytes
        for symbol in pairs { writer.appendLengthPrefixed(bytes[symbolRange(symbol)]) }
        return Labels(canonical: writer.bytes)
    }
}

/// What a symbol of one index is called in another set of symbols; filled in as symbols are met.
struct SymbolMap {
    private var dense: [UInt32] = []
    private var sparse: [UInt32: UInt32] = [:]

    /// - Parameter expected: series whose symbols will be asked for; for few of many a dictionary is cheaper than clearing an array.
    init(symbolCount: Int, expected: Int) {
        if expected * 64 >= symbolCount { dense = [UInt32](repeating: .max, count: symbolCount) }
    }

    @inline(__always)
    mutating func callAsFunction(_ symbol: UInt32, make: () -> UInt32) -> UInt32 {
        if dense.isEmpty {
            if let known = sparse[symbol] { return known }
            let made = make()
            sparse[symbol] = made
            return made
        }
        let known = dense[Int(symbol)]
        if known != .max { return known }
        let made = make()
        dense[Int(symbol)] = made
        return made
    }
}
