import Bytes
import Telemetry

/// The label sets of an answer, each once, with the symbols of the answer.
struct SeriesUnion: Sendable {
    private(set) var labels = LabelColumn()
    private var table = NumberTable()

    /// Adds series of an index; returns the row of each.
    ///
    /// - Parameter hidden: the name of a label that is left out.
    mutating func add<Index: LabelIndex>(
        _ series: [UInt32], of index: Index, without hidden: String? = nil, _ budget: QueryBudget
    ) throws(StoreError) -> [UInt32] {
        let hiddenName = hidden.flatMap { index.symbol(of: $0) } ?? .max
        var map = SymbolMap(symbolCount: index.symbolCount, expected: series.count)
        let bytes = index.symbolBytes
        var pairs: [UInt32] = []
        var rows: [UInt32] = []
        rows.reserveCapacity(series.count)
        var watch = BudgetWatch(budget)
        for number in series {
            try watch.advance(50)
            pairs.removeAll(keepingCapacity: true)
            var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
            var symbols = index.pairs(Int(number))
            // What is hidden comes before all other labels.
            if hiddenName != .max, symbols.first == hiddenName { symbols = symbols.dropFirst(2) }
            for symbol in symbols {
                let mine = map(symbol) { labels.symbols.insert(bytes.span.extracting(index.symbolRange(symbol))) }
                pairs.append(mine)
                hash = Hash64.mix(hash ^ UInt64(mine), 0xe262_59e4_0f4d_59c5)
            }
            if let row = table.find(hash, where: { labels[$0].elementsEqual(pairs) }) {
                rows.append(UInt32(row))
                continue
            }
            table.insert(hash, labels.count)
            labels.append(symbolPairs: pairs)
            rows.append(UInt32(labels.count - 1))
        }
        return rows
    }
}
