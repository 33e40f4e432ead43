/// How many of something there are on each node: a short list while it is on few nodes, a column over all nodes beyond.
package struct NodeCounts: Sendable {
    /// Above this a list of pairs is slower to search than a column is to keep.
    private static let pairLimit = 16

    private var pairs: [(slot: Int32, count: Int32)] = []
    private var column: [Int32] = []
    package private(set) var total = 0

    package init() {}

    package subscript(slot: Int) -> Int {
        if !column.isEmpty { return slot < column.count ? Int(column[slot]) : 0 }
        for pair in pairs where pair.slot == Int32(slot) { return Int(pair.count) }
        return 0
    }

    package mutating func add(_ difference: Int, at slot: Int) {
        total += difference
        if !column.isEmpty {
            if slot >= column.count { column += Array(repeating: 0, count: slot + 1 - column.count) }
            column[slot] += Int32(difference)
            return
        }
        if let index = pairs.firstIndex(where: { $0.slot == Int32(slot) }) {
            pairs[index].count += Int32(difference)
            if pairs[index].count == 0 { pairs.remove(at: index) }
        } else if pairs.count < Self.pairLimit {
            pairs.append((Int32(slot), Int32(difference)))
        } else {
            column = Array(repeating: 0, count: max(slot, pairs.map { Int($0.slot) }.max()!) + 1)
            for pair in pairs { column[Int(pair.slot)] = pair.count }
            column[slot] += Int32(difference)
            pairs = []
        }
    }
}
