import Bytes

/// Label sets in order, as rows of a column: the answer to "which series are there".
///
/// A set of its own for each series would be made, compared byte by byte and thrown away; names and values recur from series to series, so
/// here they are ranked once and sets are compared as numbers.
package struct LabelSetList: Sendable {
    package let column: LabelColumn
    /// Rows of the column in the order of `Labels`.
    package private(set) var rows: [Int]
    /// Whether a limit left some out.
    package let isCut: Bool

    /// Sorts the sets of a column, each of which stands there once.
    ///
    /// - Parameter limit: how many are kept; 0 means all.
    package init(_ column: LabelColumn, limit: Int = 0, budget: QueryBudget) throws(StoreError) {
        self.column = column
        var watch = BudgetWatch(budget)
        let ranks = try column.symbols.ranks(budget)
        var flat: [UInt32] = []
        var starts: [Int] = [0]
        starts.reserveCapacity(column.count + 1)
        for row in 0..<column.count {
            let pairs = column[row]
            try watch.advance(pairs.count / 4 + 1)
            for symbol in pairs { flat.append(ranks[Int(symbol)]) }
            starts.append(flat.count)
        }
        rows = try (0..<column.count).sorted(budget, pieces: 3) { left, right in
            Self.precedes(flat.span, starts[left]..<starts[left + 1], starts[right]..<starts[right + 1])
        }
        isCut = limit > 0 && rows.count > limit
        if isCut { rows.removeLast(rows.count - limit) }
    }

    /// No set at all.
    package init() {
        (column, rows, isCut) = (LabelColumn(), [], false)
    }

    package var count: Int { rows.count }

    /// The sets one by one, for whoever keeps them.
    package var labels: [Labels] { rows.map(column.labels) }

    /// The first pair that differs decides, its name before its value; a set that another begins with comes first.
    @inline(__always)
    private static func precedes(_ ranks: Span<UInt32>, _ left: Range<Int>, _ right: Range<Int>) -> Bool {
        var (mine, other) = (left.lowerBound, right.lowerBound)
        while mine < left.upperBound {
            guard other < right.upperBound else { return false }
            let (a, b) = (ranks[mine], ranks[other])
            if a != b { return a < b }
            mine &+= 1
            other &+= 1
        }
        return other < right.upperBound
    }
}

extension SymbolTable {
    /// The place of each symbol's string in the byte order of all strings.
    fileprivate func ranks(_ budget: QueryBudget) throws(StoreError) -> [UInt32] {
        let order = try (0..<UInt32(count)).sorted(budget) { left, right in
            ByteSearch.compare(bytes.span.extracting(range(left)), bytes.span.extracting(range(right))) < 0
        }
        var ranks = [UInt32](repeating: 0, count: count)
        for (rank, symbol) in order.enumerated() { ranks[Int(symbol)] = UInt32(rank) }
        return ranks
    }
}
