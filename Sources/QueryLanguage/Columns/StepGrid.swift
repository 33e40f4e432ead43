/// The instants at which a query is evaluated: `start`, `start + step`, … `count` of them.
///
/// - Units: milliseconds. An instant query is a grid of one.
package struct StepGrid: Hashable, Sendable {
    package var start: Int64
    package var step: Int64
    package var count: Int

    package init(start: Int64, step: Int64, count: Int) {
        precondition(count >= 1 && (step > 0 || count == 1), "a grid has instants, and a step between them")
        self.start = start
        self.step = step
        self.count = count
    }

    /// From `start` up to and including `end`.
    package init(start: Int64, end: Int64, step: Int64) {
        self.init(start: start, step: step, count: step > 0 && end >= start ? Int((end - start) / step) + 1 : 1)
    }

    package init(instant: Int64) { self.init(start: instant, step: 0, count: 1) }

    package var end: Int64 { start + Int64(count - 1) * step }

    package func time(_ index: Int) -> Int64 { start &+ Int64(index) &* step }
}
