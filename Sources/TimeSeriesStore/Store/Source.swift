import Telemetry

/// A place where samples of a selection may be: a generation of the head, or a block.
enum Source: Sendable {
    case head(HeadGeneration)

    /// Series numbers that match, rising.
    func matching(_ matchers: [LabelMatcher], budget: QueryBudget) throws(StoreError) -> [UInt32] {
        switch self {
        case .head(let generation):
            try generation.withState { (state) throws(StoreError) in try Matching.series(matchers, in: state.index, budget: budget) }
        }
    }

    /// Adds the label sets of some series to an answer and returns their rows.
    func addRows(_ series: [UInt32], to union: inout SeriesUnion) -> [UInt32] {
        switch self {
        case .head(let generation): generation.withState { state in union.add(series, of: state.index) }
        }
    }

    func read(_ series: UInt32, start: Int64, end: Int64, into column: inout SeriesColumn) throws(StoreError) {
        switch self {
        case .head(let generation): generation.read(Int(series), start: start, end: end, into: &column)
        }
    }

    func labelNames() throws(StoreError) -> [String] {
        switch self {
        case .head(let generation): generation.withState { state in state.index.names.map { state.index.string($0) } }
        }
    }

    func labelValues(_ name: String) throws(StoreError) -> [String] {
        switch self {
        case .head(let generation):
            generation.withState { state in
                guard let symbol = state.index.symbol(of: name) else { return [] }
                return state.index.entries(of: symbol).map { state.index.string(state.index.value(entry: $0)) }
            }
        }
    }
}
