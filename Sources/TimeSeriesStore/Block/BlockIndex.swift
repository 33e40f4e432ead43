import Bytes
import Telemetry

/// The index of a block in memory: immutable arrays, shared by all readers through the cache.
final class BlockIndex: LabelIndex, Sendable {
    struct Times: Sendable {
        var piece: StoredPiece
        var count: Int
        var earliest: Int64
        var latest: Int64
    }

    struct Chunk: Sendable {
        var piece: StoredPiece
        /// Number of its time column.
        var times: UInt32
    }

    let symbolBytes: [UInt8]
    private let symbolEnds: [Int]
    private let flatPairs: [UInt32]
    private let pairEnds: [Int]
    let names: [UInt32]
    private let entryStarts: [Int]
    private let entryValues: [UInt32]
    private let entryCounts: [UInt32]
    private let entryOffsets: [Int]
    private let postingsBytes: [UInt8]
    let chunks: [Chunk]
    let times: [Times]
    /// Chunks and slots of series s: `seriesChunkEnds[s - 1]..<seriesChunkEnds[s]`, in the order of time.
    private let seriesChunkEnds: [Int]
    let seriesChunks: [UInt32]
    let seriesSlots: [UInt8]
    /// Whether each chunk holds nothing but ordinary numbers: no stale marker, no histogram, no start time.
    private let isOrdinary: [Bool]

    var seriesCount: Int { pairEnds.count }
    var symbolCount: Int { symbolEnds.count }

    var byteCount: Int {
        symbolBytes.count + symbolEnds.count * 8 + flatPairs.count * 4 + pairEnds.count * 8 + entryValues.count * 16 + postingsBytes.count
            + chunks.count * MemoryLayout<Chunk>.stride + times.count * MemoryLayout<Times>.stride + seriesChunkEnds.count * 8
            + seriesChunks.count * 5 + isOrdinary.count
    }

    /// - Parameter sections: the raw bytes of each section.
    init(_ sections: [BlockLayout.Section: [UInt8]]) throws(CorruptBytes) {
        (symbolBytes, symbolEnds) = try IndexCoding.decodeSymbols(sections[.symbols]!)
        (flatPairs, pairEnds) = try IndexCoding.decodeSeries(sections[.series]!, symbolCount: symbolEnds.count)
        let postings = try IndexCoding.decodePostings(sections[.postings]!, symbolCount: symbolEnds.count)
        (names, entryStarts, entryValues) = (postings.names, postings.entryStarts, postings.entryValues)
        (entryCounts, entryOffsets, postingsBytes) = (postings.entryCounts, postings.entryOffsets, postings.bytes)
        times = try IndexCoding.decodeTimes(sections[.times]!)
        let decoded = try IndexCoding.decodeChunks(sections[.chunks]!, timesCount: times.count, seriesCount: pairEnds.count)
        chunks = decoded.chunks
        (seriesChunkEnds, seriesChunks, seriesSlots) = (decoded.seriesChunkEnds, decoded.seriesChunks, decoded.seriesSlots)
        isOrdinary = try sections[.marked].map { bytes throws(CorruptBytes) in
            try IndexCoding.decodeMarked(bytes, chunkCount: decoded.chunks.count).map { !$0 }
        } ?? []
    }

    /// Whether a chunk is known to hold nothing but ordinary numbers, so that whoever only counts samples need not read it.
    @inline(__always)
    func holdsOnlyNumbers(_ chunk: UInt32) -> Bool { Int(chunk) < isOrdinary.count && isOrdinary[Int(chunk)] }

    func symbol(of text: String) -> UInt32? {
        let wanted = Array(text.utf8)
        var low = 0
        var high = symbolEnds.count
        while low < high {
            let middle = (low + high) / 2
            if symbolBytes[symbolRange(UInt32(middle))].lexicographicallyPrecedes(wanted) { low = middle + 1 } else { high = middle }
        }
        guard low < symbolEnds.count, symbolBytes[symbolRange(UInt32(low))].elementsEqual(wanted) else { return nil }
        return UInt32(low)
    }

    func symbolRange(_ symbol: UInt32) -> Range<Int> { (symbol == 0 ? 0 : symbolEnds[Int(symbol) - 1])..<symbolEnds[Int(symbol)] }

    private func entryRange(of name: UInt32) -> Range<Int> {
        var low = 0
        var high = names.count
        while low < high {
            let middle = (low + high) / 2
            if names[middle] < name { low = middle + 1 } else { high = middle }
        }
        guard low < names.count, names[low] == name else { return 0..<0 }
        return entryStarts[low]..<(low + 1 < entryStarts.count ? entryStarts[low + 1] : entryValues.count)
    }

    func entries(of name: UInt32) -> [Int] { Array(entryRange(of: name)) }

    /// Symbols are in byte order, so the values of one prefix stand together.
    func entries(of name: UInt32, withPrefix prefix: [UInt8]) -> [Int] {
        let all = entryRange(of: name)
        var (low, high) = (all.lowerBound, all.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if symbolBytes[symbolRange(entryValues[middle])].lexicographicallyPrecedes(prefix) { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < all.upperBound, symbolBytes[symbolRange(entryValues[end])].starts(with: prefix) { end += 1 }
        return Array(low..<end)
    }

    func entry(name: UInt32, value: UInt32) -> Int? {
        let range = entryRange(of: name)
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if entryValues[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low < range.upperBound && entryValues[low] == value ? low : nil
    }

    func value(entry: Int) -> UInt32 { entryValues[entry] }
    func postingsCount(entry: Int) -> Int { Int(entryCounts[entry]) }

    func firstSeries(entry: Int) -> UInt32? {
        RisingNumbers.decode(postingsBytes, at: entryOffsets[entry], count: min(1, Int(entryCounts[entry]))).first
    }

    func postings(entry: Int) -> [UInt32] {
        RisingNumbers.decode(postingsBytes, at: entryOffsets[entry], count: Int(entryCounts[entry]))
    }

    func pairs(_ series: Int) -> ArraySlice<UInt32> { flatPairs[(series == 0 ? 0 : pairEnds[series - 1])..<pairEnds[series]] }

    /// Positions of a series' chunks in `seriesChunks` and `seriesSlots`.
    @inline(__always)
    func chunkRange(_ series: Int) -> Range<Int> { (series == 0 ? 0 : seriesChunkEnds[series - 1])..<seriesChunkEnds[series] }
}
