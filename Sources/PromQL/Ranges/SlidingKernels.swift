import QueryLanguage
import Telemetry

/// Sums and averages over a sliding window.
///
/// When windows overlap much, running sums with their rounding errors are kept for the whole series and a window is the difference of two;
/// otherwise, or when a value is not finite, each window is added up.
struct SumKernel {
    let isAverage: Bool

    func evaluate(_ call: RangeCall, _ view: SampleView, into values: inout [Double]) {
        let overlap = call.timing.grid.step > 0 ? call.range / call.timing.grid.step : 1
        if overlap > 3, call.steps > 3, call.timing.fixed == nil, let prefix = PrefixSums(view) {
            call.forEachWindow(view) { step, low, high in
                let sum = prefix.sum(low, high)
                values[step] = isAverage ? sum / Double(high - low) : sum
            }
            return
        }
        call.forEachWindow(view) { step, low, high in
            if isAverage {
                var mean = KahanMean()
                for index in low..<high { mean.add(view.value(index)) }
                values[step] = mean.value
            } else {
                var sum = KahanSum()
                for index in low..<high { sum.add(view.value(index)) }
                values[step] = sum.value
            }
        }
    }

    /// Running sums in two parts each, so that their differences are as good as a compensated sum.
    private struct PrefixSums {
        private var high: [Double]
        private var low: [Double]

        init?(_ view: SampleView) {
            high = [Double](repeating: 0, count: view.count + 1)
            low = high
            var sum = 0.0
            var error = 0.0
            var index = 0
            while index < view.count {
                let value = view.values[view.firstValue &+ index]
                let total = sum + value
                if !total.isFinite { return nil }
                // Knuth's two-sum: the exact rounding error of the addition.
                let virtual = total - sum
                error += (sum - (total - virtual)) + (value - virtual)
                sum = total
                index &+= 1
                high[index] = sum
                low[index] = error
            }
        }

        func sum(_ from: Int, _ to: Int) -> Double { (high[to] - high[from]) + (low[to] - low[from]) }
    }
}

/// Minimum and maximum over a sliding window: each sample enters and leaves a queue of candidates once.
enum ExtremeKernel {
    @inline(__always)
    static func evaluate(_ call: RangeCall, _ view: SampleView, into values: inout [Double], _ isBetter: (Double, Double) -> Bool) {
        if call.steps == 1 { return scan(call, view, into: &values, isBetter) }
        if let windows = view.windows, let segments = Segments(windows) {
            return evaluate(view, windows, segments, call.budget, into: &values, isBetter)
        }
        var candidates = Candidates(room: view.count)
        var entered = 0
        call.forEachWindow(view) { step, low, high in
            if entered < low {
                // Windows with a gap between them: nothing of the last one matters.
                entered = low
                candidates.removeAll()
            }
            while entered < high {
                let value = view.values[view.firstValue &+ entered]
                if value == value { candidates.enter(value, entered, isBetter) }
                entered &+= 1
            }
            values[step] = candidates.best(from: low)
        }
    }

    /// A queue of values, each better than all that entered after it; they never outnumber what enters.
    private struct Candidates {
        private var numbers: [Int32]
        private var kept: [Double]
        private var head = 0
        private var tail = 0

        init(room: Int) {
            numbers = [Int32](repeating: 0, count: room)
            kept = [Double](repeating: 0, count: room)
        }

        @inline(__always)
        mutating func removeAll() { (head, tail) = (0, 0) }

        /// - Parameter number: greater than those of all before.
        @inline(__always)
        mutating func enter(_ value: Double, _ number: Int, _ isBetter: (Double, Double) -> Bool) {
            while tail > head, !isBetter(kept[tail &- 1], value) { tail &-= 1 }
            if head == tail { removeAll() }
            numbers[tail] = Int32(truncatingIfNeeded: number)
            kept[tail] = value
            tail &+= 1
        }

        /// Lets go of all numbers below one and returns the best of the rest; NaN when none is left.
        @inline(__always)
        mutating func best(from number: Int) -> Double {
            while head < tail, Int(numbers[head]) < number { head &+= 1 }
            return head < tail ? kept[head] : .nan
        }
    }

    /// The stretches of samples that no window begins or ends in: each window is made of whole ones.
    private struct Segments {
        /// Where they begin and end, rising: segment `s` is `bounds[s]..<bounds[s + 1]`.
        private(set) var bounds: [Int32] = []

        /// Nil when they are so short that going through them saves nothing.
        init?(_ windows: WindowTable) {
            guard let first = windows.low.first, let last = windows.high.last, last > first else { return nil }
            if Int(last - first) < windows.low.count * 8 { return nil }
            bounds.reserveCapacity(windows.low.count * 2)
            var (low, high) = (0, 0)
            while high < windows.high.count {
                let next: Int32
                if low < windows.low.count, windows.low[low] <= windows.high[high] {
                    next = windows.low[low]
                    low += 1
                } else {
                    next = windows.high[high]
                    high += 1
                }
                if bounds.last != next { bounds.append(next) }
            }
        }
    }

    /// The best of each segment in one pass over its samples, then a queue of segments instead of samples.
    @inline(__always)
    private static func evaluate(
        _ view: SampleView, _ windows: WindowTable, _ segments: Segments, _ budget: QueryBudget, into values: inout [Double],
        _ isBetter: (Double, Double) -> Bool
    ) {
        let samples = view.values.span.extracting(view.firstValue..<view.firstValue &+ view.count)
        let bounds = segments.bounds.span
        var candidates = Candidates(room: bounds.count)
        var (entered, first) = (0, 0)
        for (place, step) in windows.steps.enumerated() {
            if budget.isOver { return }
            let (low, high) = (windows.low[place], windows.high[place])
            if low == high { continue }
            while bounds[first] < low { first &+= 1 }
            if entered < first {
                // Windows with a gap between them: nothing of the last one matters.
                entered = first
                candidates.removeAll()
            }
            while bounds[entered] < high {
                var best = Double.nan
                for index in Int(bounds[entered])..<Int(bounds[entered &+ 1]) {
                    let value = samples[index]
                    if value == value, !isBetter(best, value) { best = value }
                }
                if best == best { candidates.enter(best, entered, isBetter) }
                entered &+= 1
            }
            values[step] = candidates.best(from: first)
        }
    }

    /// One window: the best of its samples.
    @inline(__always)
    private static func scan(_ call: RangeCall, _ view: SampleView, into values: inout [Double], _ isBetter: (Double, Double) -> Bool) {
        call.forEachWindow(view) { step, low, high in
            var best = Double.nan
            for position in view.firstValue &+ low..<view.firstValue &+ high {
                let value = view.values[position]
                if value == value, best != best || isBetter(value, best) { best = value }
            }
            values[step] = best
        }
    }
}

/// How often something happened between neighbours: a running count for the series, a window is the difference of two.
enum CountingKernel {
    static func evaluate(_ call: RangeCall, _ view: SampleView, into values: inout [Double], _ happened: (SampleView, Int) -> Bool) {
        var counts = [Int32](repeating: 0, count: max(1, view.count))
        for index in 1..<max(1, view.count) { counts[index] = counts[index - 1] &+ (happened(view, index) ? 1 : 0) }
        call.forEachWindow(view) { step, low, high in values[step] = Double(counts[high - 1] - counts[low]) }
    }
}
