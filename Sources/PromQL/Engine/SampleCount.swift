import QueryLanguage

/// How many samples each step of a query looks at, summed over its selectors.
///
/// - Source: Prometheus' `totalQueryableSamplesPerStep`. What a subquery or a pinned part reads is counted at the first step.
struct SampleCount: Sendable {
    /// Empty when nobody asked.
    private(set) var perStep: [Int] = []

    init() {}

    init(steps: Int) { perStep = [Int](repeating: 0, count: steps) }

    var total: Int { perStep.reduce(0, +) }

    mutating func add(_ other: SampleCount) {
        if perStep.count == other.perStep.count {
            for step in perStep.indices { perStep[step] += other.perStep[step] }
        } else {
            addToFirst(other.total)
        }
    }

    mutating func addToFirst(_ count: Int) {
        if !perStep.isEmpty { perStep[0] += count }
    }

    /// Adds what a selector sees of one series.
    ///
    /// - Parameter takesNewest: whether a step looks at the newest sample of its window only.
    mutating func add(_ view: SampleView, takesNewest: Bool, _ windows: (ArraySlice<Int64>) -> WindowTable) {
        guard !perStep.isEmpty else { return }
        let table = view.windows ?? windows(view.times[view.firstTime..<view.firstTime + view.count])
        for (place, step) in table.steps.enumerated() {
            let count = Int(table.high[place] - table.low[place])
            perStep[step] += takesNewest ? min(1, count) : count
        }
    }
}
