import Bytes

/// Byte strings numbered in the order in which they first came.
struct SymbolRegister: Sendable {
    private(set) var blob: [UInt8] = []
    private var ends: [Int] = []
    private var table = NumberTable()

    var count: Int { ends.count }
    var byteCount: Int { blob.count + ends.count * 8 + table.byteCount }

    func range(_ symbol: Int) -> Range<Int> { (symbol == 0 ? 0 : ends[symbol - 1])..<ends[symbol] }

    func bytes(_ symbol: Int) -> ArraySlice<UInt8> { blob[range(symbol)] }

    func string(_ symbol: Int) -> String { String(decoding: blob[range(symbol)], as: UTF8.self) }

    func find(_ bytes: [UInt8], range: Range<Int>) -> Int? {
        table.find(Hash64.hash(bytes, range: range)) { isEqual($0, bytes, range) }
    }

    func find(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        return find(bytes, range: 0..<bytes.count)
    }

    mutating func insert(_ bytes: [UInt8], range: Range<Int>) -> Int {
        let hash = Hash64.hash(bytes, range: range)
        if let known = table.find(hash, where: { isEqual($0, bytes, range) }) { return known }
        blob.append(contentsOf: bytes[range])
        ends.append(blob.count)
        table.insert(hash, ends.count - 1)
        return ends.count - 1
    }

    @inline(__always)
    private func isEqual(_ symbol: Int, _ bytes: [UInt8], _ other: Range<Int>) -> Bool {
        let mine = range(symbol)
        if mine.count != other.count { return false }
        var index = 0
        while index < mine.count {
            if blob[mine.lowerBound &+ index] != bytes[other.lowerBound &+ index] { return false }
            index &+= 1
        }
        return true
    }

    /// The symbols in byte order, and the place of each in that order.
    func sorted() -> (order: [UInt32], rank: [UInt32]) {
        var order = (0..<UInt32(count)).map { $0 }
        order.sort { bytes(Int($0)).lexicographicallyPrecedes(bytes(Int($1))) }
        var rank = [UInt32](repeating: 0, count: count)
        for (place, symbol) in order.enumerated() { rank[Int(symbol)] = UInt32(place) }
        return (order, rank)
    }
}
