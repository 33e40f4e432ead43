import Telemetry

/// A place where samples of a selection may be: a generation of the head, or a block.
enum Source: Sendable {
    case head(HeadGeneration)
    case block(Block)

    /// Deletions up to this number do not concern it.
    var tombstoneFloor: UInt64 {
        switch self {
        case .head(let generation): generation.tombstoneFloor
        case .block(let block): block.meta.tombstoneFloor
        }
    }

    /// Series numbers that match, rising.
    func matching(_ matchers: [LabelMatcher], budget: QueryBudget) throws(StoreError) -> [UInt32] {
        switch self {
        case .head(let generation):
            try generation.withState { (state) throws(StoreError) in try Matching.series(matchers, in: state.index, budget: budget) }
        case .block(let block): try Matching.series(matchers, in: try block.index(), budget: budget)
        }
    }

    /// Adds the label sets of some series to an answer and returns their rows.
    ///
    /// - Parameter hidden: the name of a label that is left out.
    func addRows(
        _ series: [UInt32], without hidden: String?, to union: inout SeriesUnion, _ budget: QueryBudget
    ) throws(StoreError) -> [UInt32] {
        switch self {
        case .head(let generation):
            try generation.withState { (state) throws(StoreError) in try union.add(series, of: state.index, without: hidden, budget) }
        case .block(let block): try union.add(series, of: try block.index(), without: hidden, budget)
        }
    }

    /// Reads series in a closed window; `columns` is parallel to `series`.
    func read(
        _ series: [UInt32], start: Int64, end: Int64, timesOnly: Bool = false, into columns: inout [SeriesColumn],
        _ budget: QueryBudget = .unlimited
    ) throws(StoreError) {
        switch self {
        case .head(let generation):
            generation.withState { state in
                for (position, number) in series.enumerated() {
                    state.slabs.read(Int(number), start: start, end: end, into: &columns[position])
                }
            }
        case .block(let block): try block.read(series, start: start, end: end, timesOnly: timesOnly, into: &columns, budget)
        }
    }

    func hasSamples(_ series: UInt32, start: Int64, end: Int64) throws(StoreError) -> Bool {
        switch self {
        case .head(let generation): generation.withState { $0.slabs.hasSamples(Int(series), start: start, end: end) }
        case .block(let block): try block.hasSamples(series, start: start, end: end)
        }
    }

    /// Hands the label set of each series that has samples about a closed window to a body.
    ///
    /// - Parameter body: must not call the store; a head is locked meanwhile.
    func visitLabels(_ start: Int64, _ end: Int64, _ body: (Labels) -> Void) throws(StoreError) {
        switch self {
        case .head(let generation):
            generation.withState { state in
                for (series, chain) in state.slabs.chains.enumerated() where chain.earliest <= end && chain.latest >= start {
                    body(state.labels(series))
                }
            }
        case .block(let block):
            let index = try block.index()
            for series in 0..<index.seriesCount {
                let isInside = index.chunkRange(series).contains { place in
                    let times = index.times[Int(index.chunks[Int(index.seriesChunks[place])].times)]
                    return times.earliest <= end && times.latest >= start
                }
                if isInside { body(index.labels(series)) }
            }
        }
    }

    /// Names that some series with a sample in a closed window carries.
    func labelNames(_ start: Int64, _ end: Int64, budget: QueryBudget) throws(StoreError) -> [String] {
        let isWhole = isInside(start, end)
        switch self {
        case .head(let generation):
            return try generation.withState { (state) throws(StoreError) in
                try Self.names(of: state.index, budget) { series in isWhole || state.slabs.hasSamples(Int(series), start: start, end: end) }
            }
        case .block(let block):
            return try Self.names(of: try block.index(), budget) { (series) throws(StoreError) in
                if isWhole { return true }
                return try block.hasSamples(series, start: start, end: end)
            }
        }
    }

    /// Values that some series with a sample in a closed window carries, in rising byte order.
    func labelValues(_ name: String, _ start: Int64, _ end: Int64, budget: QueryBudget) throws(StoreError) -> [String] {
        let isWhole = isInside(start, end)
        switch self {
        case .head(let generation):
            let values = try generation.withState { (state) throws(StoreError) in
                try Self.values(of: name, in: state.index, budget) { series in
                    isWhole || state.slabs.hasSamples(Int(series), start: start, end: end)
                }
            }
            return try values.map { ByteExact($0) }.sorted(budget, by: <).map(\.string)
        // The entries of a block are sorted by symbol, and symbols by their bytes.
        case .block(let block):
            return try Self.values(of: name, in: try block.index(), budget) { (series) throws(StoreError) in
                if isWhole { return true }
                return try block.hasSamples(series, start: start, end: end)
            }
        }
    }

    /// Whether all samples lie in a closed window, so that no series needs a look.
    fileprivate func isInside(_ start: Int64, _ end: Int64) -> Bool {
        switch self {
        case .head(let generation): generation.times.map { $0.lowerBound >= start && $0.upperBound <= end } ?? true
        case .block(let block): block.meta.earliest >= start && block.meta.latest <= end
        }
    }

    private static func names<Index: LabelIndex>(
        of index: Index, _ budget: QueryBudget, where hasSamples: (UInt32) throws(StoreError) -> Bool
    ) throws(StoreError) -> [String] {
        var found: [String] = []
        for name in index.names {
            for entry in index.entries(of: name) where try isCarried(entry, in: index, budget, hasSamples) {
                found.append(index.string(name))
                break
            }
        }
        return found
    }

    private static func values<Index: LabelIndex>(
        of name: String, in index: Index, _ budget: QueryBudget, where hasSamples: (UInt32) throws(StoreError) -> Bool
    ) throws(StoreError) -> [String] {
        guard let symbol = index.symbol(of: name) else { return [] }
        var found: [String] = []
        for entry in index.entries(of: symbol) where try isCarried(entry, in: index, budget, hasSamples) {
            found.append(index.string(index.value(entry: entry)))
        }
        return found
    }

    private static func isCarried<Index: LabelIndex>(
        _ entry: Int, in index: Index, _ budget: QueryBudget, _ hasSamples: (UInt32) throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        if entry & 255 == 0 { try budget.check() }
        guard let first = index.firstSeries(entry: entry) else { return false }
        if try hasSamples(first) { return true }
        for (place, series) in index.postings(entry: entry).enumerated() {
            if place & 255 == 255 { try budget.check() }
            if try hasSamples(series) { return true }
        }
        return false
    }
}

/// A source without what was deleted from it.
struct FilteredSource: Sendable {
    let source: Source
    /// Closed windows of time that were deleted, by series.
    private(set) var deletions: [UInt32: [ClosedRange<Int64>]] = [:]
    /// The column that is read of a tier.
    private var column: TierColumn?
    /// Times beyond which nothing is read: where samples and tiers meet.
    private var clip: ClosedRange<Int64>?
    /// Held as long as the source is read, so that an index larger than the cache is not read anew for each batch.
    private let index: BlockIndex?

    /// - Parameter expired: series that are left out as a whole.
    init(_ source: Source, _ tombstones: [Tombstone], without expired: [UInt32] = []) throws(StoreError) {
        self.source = source
        if case .block(let block) = source { index = try block.index() } else { index = nil }
        for tombstone in tombstones where tombstone.number > source.tombstoneFloor {
            for series in try source.matching(tombstone.matchers, budget: .unlimited) {
                deletions[series, default: []].append(tombstone.start...tombstone.end)
            }
        }
        for series in expired { deletions[series] = [.min ... .max] }
    }

    /// The same source for some times only; of a tier's, one column.
    func part(_ column: TierColumn?, _ clip: ClosedRange<Int64>) -> FilteredSource {
        var part = self
        part.column = column
        part.clip = clip
        return part
    }

    /// Whether a block's chunks may be served as they are.
    var isWhole: Bool { deletions.isEmpty && clip == nil && column == nil }

    /// Series numbers that match, rising.
    func matching(_ matchers: [LabelMatcher], budget: QueryBudget) throws(StoreError) -> [UInt32] {
        try source.matching(column == nil ? matchers : [column!.matcher] + matchers, budget: budget)
    }

    /// Adds the label sets of some series to an answer and returns their rows.
    func addRows(_ series: [UInt32], to union: inout SeriesUnion, _ budget: QueryBudget) throws(StoreError) -> [UInt32] {
        try source.addRows(series, without: column == nil ? nil : TierColumn.label, to: &union, budget)
    }

    func read(
        _ series: [UInt32], start: Int64, end: Int64, timesOnly: Bool = false, into columns: inout [SeriesColumn],
        _ budget: QueryBudget = .unlimited
    ) throws(StoreError) {
        let (start, end) = clip.map { (max(start, $0.lowerBound), min(end, $0.upperBound)) } ?? (start, end)
        if start > end {
            for position in columns.indices { columns[position].removeAll() }
            return
        }
        try source.read(series, start: start, end: end, timesOnly: timesOnly, into: &columns, budget)
        if deletions.isEmpty { return }
        for (position, number) in series.enumerated() {
            for range in deletions[number] ?? [] { columns[position].remove(range.lowerBound, range.upperBound) }
        }
    }

    /// Whether all samples lie in a closed window and none was deleted, so that each series has some there.
    func isInside(_ start: Int64, _ end: Int64) -> Bool { isWhole && source.isInside(start, end) }

    func hasSamples(_ series: UInt32, start: Int64, end: Int64) throws(StoreError) -> Bool {
        let (start, end) = clip.map { (max(start, $0.lowerBound), min(end, $0.upperBound)) } ?? (start, end)
        if start > end { return false }
        if deletions[series] == nil { return try source.hasSamples(series, start: start, end: end) }
        var columns = [SeriesColumn()]
        try read([series], start: start, end: end, into: &columns)
        return !columns[0].isEmpty
    }
}
