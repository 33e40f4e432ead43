import Bytes
import QueryLanguage
import Telemetry

/// The increase of a counter, or the difference of a gauge, extrapolated to the edges of the range.
///
/// Resets are listed once per series; a window adds up the few that lie in it, so a step costs the same however long its range is.
/// - Units: milliseconds in; per second out for a rate.
/// - Source: Prometheus `extrapolatedRate`: extrapolate to the edge when it is within 1.1 average intervals, else half an interval; never
///   below the zero of a counter; a start time inside the range replaces the extrapolation to the left.
struct RateKernel {
    let call: RangeCall
    let isCounter: Bool
    let isRate: Bool

    func evaluate(_ view: SampleView, into values: inout [Double], _ notes: inout Annotations, _ name: () -> String) {
        var resets: [Int] = []
        if isCounter {
            var overlaps = false
            if !view.traits.neverFalls {
                let values = view.values.span.extracting(view.firstValue..<view.firstValue &+ view.count)
                var index = 1
                while index < values.count {
                    if values[index] < values[index &- 1] { resets.append(index) }
                    index &+= 1
                }
            }
            if !view.startTimes.isEmpty {
                resets = (1..<max(1, view.count)).filter { view.value($0) < view.value($0 - 1) || StartTimes.isReset(view, at: $0) }
                call.forEachWindow(view) { _, low, high in
                    if !overlaps, (low + 1..<max(low + 1, high)).contains(where: { StartTimes.overlaps(view, at: $0) }) { overlaps = true }
                }
                if overlaps {
                    notes.warn(
                        "sample has start time that overlaps with previous sample timestamp for metric \(Literals.quote(name()))", at: call.place)
                }
            }
        }
        if let windows = view.windows, view.startTimes.isEmpty {
            return evaluate(view, windows, resets, into: &values)
        }
        var firstReset = 0
        call.forEachWindow(view) { step, low, high in
            var increase = view.value(high - 1) - view.value(low)
            while firstReset < resets.count, resets[firstReset] <= low { firstReset += 1 }
            var reset = firstReset
            while reset < resets.count, resets[reset] < high {
                increase += view.value(resets[reset] - 1)
                reset += 1
            }
            let start = view.startTimes.isEmpty ? 0 : view.startTimes[low]
            let extrapolation = Extrapolation(
                end: call.timing.reference(step), range: call.range, first: view.time(low), last: view.time(high - 1), count: high - low,
                isCounter: isCounter, start: start)
            if extrapolation.usesStart { increase += view.value(low) }
            if let factor = extrapolation.factor(increase: increase, first: view.value(low)) {
                values[step] = increase * (isRate ? factor / call.rangeSeconds : factor)
            }
        }
    }
}

extension RateKernel {
    /// The same where the windows and their extrapolation are known: a few operations a step.
    private func evaluate(_ view: SampleView, _ windows: WindowTable, _ resets: [Int], into values: inout [Double]) {
        let base = view.firstValue
        let samples = view.values.span
        let (lows, highs) = (windows.low.span, windows.high.span)
        let (sampled, toStart, toEnd, scale) = (windows.sampled.span, windows.toStart.span, windows.toEnd.span, windows.scale.span)
        var results = values.mutableSpan
        let firstStep = windows.steps.lowerBound
        var firstReset = 0
        var place = 0
        while place < lows.count {
            let low = Int(lows[place])
            let high = Int(highs[place])
            if high &- low >= 2 {
                let first = samples[base &+ low]
                var increase = samples[base &+ high &- 1] - first
                if !resets.isEmpty {
                    while firstReset < resets.count, resets[firstReset] <= low { firstReset &+= 1 }
                    var reset = firstReset
                    while reset < resets.count, resets[reset] < high {
                        increase += samples[base &+ resets[reset] &- 1]
                        reset &+= 1
                    }
                }
                var covered = toStart[place]
                if isCounter, increase > 0, first >= 0, sampled[place] * first < covered * increase {
                    covered = sampled[place] * (first / increase)
                }
                results[firstStep &+ place] = increase * ((sampled[place] + covered + toEnd[place]) * scale[place])
            }
            place &+= 1
        }
    }
}

/// How far an increase between the first and the last sample of a window reaches to its edges.
struct Extrapolation {
    let rangeStart: Int64
    let rangeEnd: Int64
    let first: Int64
    let last: Int64
    let count: Int
    let isCounter: Bool
    let start: Int64

    /// - Parameters:
    ///   - end: where the range of `range` milliseconds ends.
    ///   - start: the first sample's start time, 0 when it has none.
    init(end: Int64, range: Int64, first: Int64, last: Int64, count: Int, isCounter: Bool, start: Int64) {
        rangeEnd = end
        rangeStart = end &- range
        self.first = first
        self.last = last
        self.count = count
        self.isCounter = isCounter
        self.start = start
    }

    /// Whether the first sample's start time lies in the range, so that the counter was zero there.
    var usesStart: Bool { isCounter && start != 0 && start > rangeStart && start < first }

    /// What the increase is to be multiplied with; nil when there are too few samples.
    func factor(increase: Double, first value: Double) -> Double? {
        if count < 2, !usesStart { return nil }
        var toStart = Double(first &- rangeStart) / 1000
        var toEnd = Double(rangeEnd &- last) / 1000
        var sampled = Double(last &- first) / 1000
        let average = count > 1 ? sampled / Double(count - 1) : 0
        let threshold = average * 1.1
        if usesStart {
            toStart = 0
            sampled = Double(last &- start) / 1000
        } else {
            if toStart >= threshold { toStart = average / 2 }
            if isCounter, increase > 0, value >= 0 {
                let toZero = sampled * (value / increase)
                if toZero < toStart { toStart = toZero }
            }
        }
        if toEnd >= threshold { toEnd = average / 2 }
        return sampled == 0 ? 1 : (sampled + toStart + toEnd) / sampled
    }
}
