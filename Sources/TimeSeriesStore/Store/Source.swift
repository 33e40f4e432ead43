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
    func addRows(_ series: [UInt32], to union: inout SeriesUnion) throws(StoreError) -> [UInt32] {
        switch self {
        case .head(let generation): generation.withState { state in union.add(series, of: state.index) }
        case .block(let block): union.add(series, of: try block.index())
        }
    }

    /// Reads series in a closed window; `columns` is parallel to `series`.
    func read(_ series: [UInt32], start: Int64, end: Int64, into columns: inout [SeriesColumn]) throws(StoreError) {
        switch self {
        case .head(let generation):
            generation.withState { state in
                for (position, number) in series.enumerated() {
                    state.slabs.read(Int(number), start: start, end: end, into: &columns[position])
                }
            }
        case .block(let block): try block.read(series, start: start, end: end, into: &columns)
        }
    }

    func hasSamples(_ series: UInt32, start: Int64, end: Int64) throws(StoreError) -> Bool {
        switch self {
        case .head(let generation):
            generation.withState { state in
                let chain = state.slabs.chains[Int(series)]
                if chain.count == 0 || chain.earliest > end || chain.latest < start { return false }
                if chain.earliest >= start || chain.latest <= end { return true }
                var column = SeriesColumn()
                state.slabs.read(Int(series), start: start, end: end, into: &column)
                return !column.isEmpty
            }
        case .block(let block): try block.hasSamples(series, start: start, end: end)
        }
    }

    func labelNames() throws(StoreError) -> [String] {
        switch self {
        case .head(let generation): generation.withState { state in Self.names(of: state.index) }
        case .block(let block): Self.names(of: try block.index())
        }
    }

    func labelValues(_ name: String) throws(StoreError) -> [String] {
        switch self {
        case .head(let generation): generation.withState { state in Self.values(of: name, in: state.index) }
        case .block(let block): Self.values(of: name, in: try block.index())
        }
    }

    private static func names(of index: some LabelIndex) -> [String] { index.names.map { index.string($0) } }

    private static func values(of name: String, in index: some LabelIndex) -> [String] {
        guard let symbol = index.symbol(of: name) else { return [] }
        return index.entries(of: symbol).map { index.string(index.value(entry: $0)) }
    }
}

/// A source without what was deleted from it.
struct FilteredSource: Sendable {
    let source: Source
    /// Closed windows of time that were deleted, by series.
    private(set) var deletions: [UInt32: [ClosedRange<Int64>]] = [:]
    /// Held as long as the source is read, so that an index larger than the cache is not read anew for each batch.
    private let index: BlockIndex?

    init(_ source: Source, _ tombstones: [Tombstone]) throws(StoreError) {
        self.source = source
        if case .block(let block) = source { index = try block.index() } else { index = nil }
        for tombstone in tombstones where tombstone.number > source.tombstoneFloor {
            for series in try source.matching(tombstone.matchers, budget: .unlimited) {
                deletions[series, default: []].append(tombstone.start...tombstone.end)
            }
        }
    }

    func read(_ series: [UInt32], start: Int64, end: Int64, into columns: inout [SeriesColumn]) throws(StoreError) {
        try source.read(series, start: start, end: end, into: &columns)
        if deletions.isEmpty { return }
        for (position, number) in series.enumerated() {
            for range in deletions[number] ?? [] { columns[position].remove(range.lowerBound, range.upperBound) }
        }
    }

    func hasSamples(_ series: UInt32, start: Int64, end: Int64) throws(StoreError) -> Bool {
        if deletions[series] == nil { return try source.hasSamples(series, start: start, end: end) }
        var columns = [SeriesColumn()]
        try read([series], start: start, end: end, into: &columns)
        return !columns[0].isEmpty
    }
}
