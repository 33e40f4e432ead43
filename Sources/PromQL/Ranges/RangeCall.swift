import QueryLanguage
import Telemetry

/// One function applied to a range of samples at every step: what all its series share.
struct RangeCall: Sendable {
    var function: String
    var timing: SelectorTiming
    /// Milliseconds.
    var range: Int64
    var edges: EdgeMode
    /// Milliseconds that `anchored` and `smoothed` look beyond the range.
    var lookback: Int64
    /// Scalar arguments, one value per step each.
    var parameters: [[Double]]
    /// Where the range stands in the text, for annotations.
    var place: Range<Int>
    /// Where the first scalar argument stands.
    var parameterPlace: Range<Int>
    /// Looked at between windows, so that a cancelled query does not finish a long series first; its result is never seen.
    var budget: QueryBudget

    var steps: Int { timing.grid.count }
    var rangeSeconds: Double { Double(range) / 1000 }

    /// Functions that give the input series itself, with its name.
    static let keepingName: Set<String> = ["last_over_time", "first_over_time"]

    static let isCounterFunction: Set<String> = ["rate", "increase", "irate"]

    /// The column of one series; nil when it has no sample at any step.
    func column(_ view: SampleView, labels: Labels, _ notes: inout Annotations) -> StepSeries? {
        var result = StepSeries(labels: labels, steps: steps, dropsName: !Self.keepingName.contains(function))
        result.newestInput = newestInput(view)
        if edges != .plain {
            ExtendedRange(call: self, name: { labels.metricName ?? "" }).evaluate(view, into: &result, &notes)
        } else if view.isFloatOnly {
            evaluateFloats(view, into: &result.values, &notes) { labels.metricName ?? "" }
        } else {
            MixedRange(call: self, name: { labels.metricName ?? "" }).evaluate(view, into: &result, &notes)
        }
        guard result.hasAnySample else { return nil }
        if mayInform, let name = result.labels.metricName, result.values.contains(where: { !StepSeries.isAbsent($0) }) {
            informOfNonCounter(name, type: result.labels["__type__"], &notes)
        }
        return result
    }

    /// The windows of all series that share a timestamp column.
    func windowTable(_ times: ArraySlice<Int64>) -> WindowTable {
        var table = WindowTable(timing, range: range, times: times)
        if function == "rate" || function == "increase" || function == "delta" {
            table.prepareExtrapolation(timing, range: range, perSecondOf: function == "rate" ? rangeSeconds : nil, times: times)
        }
        return table
    }

    /// Time of the newest sample that any step saw.
    func newestInput(_ view: SampleView) -> Int64 {
        var index = view.count - 1
        while index >= 0, view.time(index) > timing.last { index -= 1 }
        return index >= 0 ? view.time(index) : .min
    }

    /// Whether the function is only meant for counters, which names and types tell.
    var mayInform: Bool { function == "rate" || function == "increase" }

    /// Notes a metric whose name or type says that it is no counter.
    func informOfNonCounter(_ name: String, type: String?, _ notes: inout Annotations) {
        if let type {
            if type != "counter", type != "histogram" {
                notes.inform(
                    "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got \(Literals.quote(type)): "
                        + Literals.quote(name), at: place)
            }
            return
        }
        if !["_total", "_sum", "_count", "_bucket"].contains(where: name.hasSuffix) {
            notes.inform(
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \(Literals.quote(name))", at: place)
        }
    }

    /// Writes the column of a series without histograms.
    func evaluateFloats(_ view: SampleView, into values: inout [Double], _ notes: inout Annotations, name: () -> String) {
        switch function {
        case "rate": RateKernel(call: self, isCounter: true, isRate: true).evaluate(view, into: &values, &notes, name)
        case "increase": RateKernel(call: self, isCounter: true, isRate: false).evaluate(view, into: &values, &notes, name)
        case "delta": RateKernel(call: self, isCounter: false, isRate: false).evaluate(view, into: &values, &notes, name)
        case "sum_over_time", "avg_over_time": SumKernel(isAverage: function == "avg_over_time").evaluate(self, view, into: &values)
        case "min_over_time": ExtremeKernel.evaluate(self, view, into: &values) { $0 < $1 }
        case "max_over_time": ExtremeKernel.evaluate(self, view, into: &values) { $0 > $1 }
        case "changes":
            CountingKernel.evaluate(self, view, into: &values) { view, index in
                let (before, now) = (view.value(index - 1), view.value(index))
                return now != before && !(now.isNaN && before.isNaN)
            }
        case "resets":
            CountingKernel.evaluate(self, view, into: &values) { view, index in
                view.value(index) < view.value(index - 1) || StartTimes.isReset(view, at: index)
            }
        default:
            let scan = WindowFunction.named(function)
            forEachWindow(view) { step, low, high in
                if let value = scan(WindowFunction.Window(view: view, low: low, high: high, step: step, call: self)) { values[step] = value }
            }
        }
    }

    /// Visits every step whose window holds a sample, as positions `low..<high`.
    @inline(__always)
    func forEachWindow(_ view: SampleView, _ body: (_ step: Int, _ low: Int, _ high: Int) -> Void) {
        if let windows = view.windows {
            let (lows, highs) = (windows.low.span, windows.high.span)
            var place = 0
            while place < lows.count {
                if place & 15 == 0, budget.isOver { return }
                let (low, high) = (Int(lows[place]), Int(highs[place]))
                if low < high { body(windows.steps.lowerBound &+ place, low, high) }
                place &+= 1
            }
            return
        }
        var step = 0
        var cursor = WindowCursor()
        while step < steps {
            if step & 15 == 0, budget.isOver { return }
            let end = timing.reference(step)
            cursor.advance(view, after: end &- range, through: end)
            if cursor.low < cursor.high { body(step, cursor.low, cursor.high) }
            step &+= 1
        }
    }
}

/// Counter resets that are told by start times rather than by a falling value.
enum StartTimes {
    static func isReset(_ view: SampleView, at index: Int) -> Bool {
        guard !view.startTimes.isEmpty else { return false }
        return isReset(view.startTimes[index - 1], view.time(index - 1), view.startTimes[index], view.time(index))
    }

    /// Whether the counter was started anew between two samples.
    ///
    /// A start at the very time of the sample before is a delta series, unless that sample's own start is unknown (0, or its own time,
    /// as OpenTelemetry marks it) or invalid (after it).
    static func isReset(_ previousStart: Int64, _ previousTime: Int64, _ start: Int64, _ time: Int64) -> Bool {
        if start == 0 || start >= time || start < previousTime { return false }
        if start > previousTime { return true }
        return previousStart != 0 && previousStart < previousTime
    }

    /// Whether a sample claims to have started before the one before it was taken, though not with it.
    static func overlaps(_ view: SampleView, at index: Int) -> Bool {
        guard !view.startTimes.isEmpty else { return false }
        let start = view.startTimes[index]
        return start != 0 && start < view.time(index - 1) && start != view.startTimes[index - 1]
    }
}
