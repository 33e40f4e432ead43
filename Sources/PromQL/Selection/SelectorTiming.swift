import QueryLanguage
import Telemetry

/// When a selector looks, for each step of the query: `@` and `offset` resolved.
struct SelectorTiming {
    /// Instant that stands for the evaluation time, if `@` fixes it.
    var fixed: Int64?
    var offset: Int64
    var grid: StepGrid

    /// The instant at which the selector looks at a step.
    @inline(__always)
    func reference(_ step: Int) -> Int64 { (fixed ?? grid.time(step)) &- offset }

    var first: Int64 { reference(0) }
    var last: Int64 { reference(grid.count - 1) }

    /// The steps whose window, open on the left and `range` milliseconds long, reaches into a closed span of times.
    func steps(from first: Int64, through last: Int64, range: Int64) -> Range<Int> {
        let origin = reference(0)
        let (toFirst, firstOverflows) = first.subtractingReportingOverflow(origin)
        let (behind, rangeOverflows) = last.addingReportingOverflow(range)
        let (toLast, lastOverflows) = behind.subtractingReportingOverflow(origin)
        // Nothing is left out where the distances are no numbers.
        if firstOverflows || rangeOverflows || lastOverflows { return 0..<grid.count }
        if fixed != nil || grid.count == 1 { return toFirst <= 0 && toLast > 0 ? 0..<grid.count : 0..<0 }
        let lower = toFirst <= 0 ? 0 : Int(clamping: (toFirst - 1) / grid.step + 1)
        let upper = toLast <= 0 ? 0 : Int(clamping: (toLast - 1) / grid.step + 1)
        return min(lower, grid.count)..<max(min(lower, grid.count), min(upper, grid.count))
    }
}
