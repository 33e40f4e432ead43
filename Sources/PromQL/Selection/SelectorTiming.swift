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
}
