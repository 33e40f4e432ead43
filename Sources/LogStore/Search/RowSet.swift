/// A set of rows below a fixed count, one bit each.
struct RowSet: Sendable, Equatable {
    private(set) var words: [UInt64]
    let capacity: Int

    init(none capacity: Int) {
        self.capacity = capacity
        words = [UInt64](repeating: 0, count: (capacity + 63) / 64)
    }

    init(all capacity: Int) {
        self.capacity = capacity
        words = [UInt64](repeating: .max, count: (capacity + 63) / 64)
        clearTail()
    }

    init(_ range: Range<Int>, capacity: Int) {
        self.init(none: capacity)
        var row = range.lowerBound
        while row < range.upperBound {
            if row & 63 == 0, row + 64 <= range.upperBound {
                words[row >> 6] = .max
                row += 64
            } else {
                insert(row)
                row += 1
            }
        }
    }

    private mutating func clearTail() {
        if capacity & 63 != 0 { words[words.count - 1] &= (1 << UInt64(capacity & 63)) - 1 }
    }

    mutating func insert(_ row: Int) { words[row >> 6] |= 1 << UInt64(row & 63) }

    func contains(_ row: Int) -> Bool { words[row >> 6] & 1 << UInt64(row & 63) != 0 }

    var count: Int { words.reduce(0) { $0 &+ $1.nonzeroBitCount } }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    mutating func formUnion(_ other: RowSet) {
        precondition(capacity == other.capacity, "sets of the same rows")
        for index in words.indices { words[index] |= other.words[index] }
    }

    mutating func formIntersection(_ other: RowSet) {
        precondition(capacity == other.capacity, "sets of the same rows")
        for index in words.indices { words[index] &= other.words[index] }
    }

    mutating func formComplement() {
        for index in words.indices { words[index] = ~words[index] }
        clearTail()
    }

    /// Visits the rows in rising order.
    @inline(__always)
    func forEach<Failure: Error>(_ body: (Int) throws(Failure) -> Void) throws(Failure) {
        var index = 0
        while index < words.count {
            var word = words[index]
            while word != 0 {
                try body(index &* 64 &+ word.trailingZeroBitCount)
                word &= word &- 1
            }
            index &+= 1
        }
    }
}
