import QueryLanguage
import Telemetry

/// An instant selector at every step: the newest sample within the lookback.
struct InstantCall: Sendable {
    var timing: SelectorTiming
    /// Milliseconds; the window is open on the left.
    var lookback: Int64
    var value: SelectedValue
    var isSmoothed: Bool
    var place: Range<Int>
    /// Looked at while a long column is filled; once it is over the column is never seen.
    var budget: QueryBudget

    /// The column of one series; nil when it has no sample at any step.
    func column(_ view: SampleView, labels: Labels, _ notes: inout Annotations) -> StepSeries? {
        var result = StepSeries(labels: labels, steps: timing.grid.count)
        result.newestInput = view.count > 0 ? view.time(view.count - 1) : .min
        result.dropsName = value != .sample
        if isSmoothed, value == .sample {
            smoothed(view, into: &result, &notes)
        } else if view.isFloatOnly, value == .sample {
            floats(view, into: &result.values)
        } else {
            samples(view, into: &result)
        }
        return result.hasAnySample ? result : nil
    }

    func windowTable(_ times: ArraySlice<Int64>) -> WindowTable { WindowTable(timing, range: lookback, times: times) }

    /// Writes the newest value at each step that has one into a column where no step has a value; staleness ends a series at once because the
    /// marker is dropped together with what it hides.
    func floats(_ view: SampleView, into values: inout [Double]) {
        if let windows = view.windows {
            let samples = view.values.span
            let (lows, highs) = (windows.low.span, windows.high.span)
            let base = view.firstValue
            var results = values.mutableSpan
            let first = windows.steps.lowerBound
            var place = 0
            while place < lows.count {
                let high = Int(highs[place])
                if Int(lows[place]) < high { results[first &+ place] = samples[base &+ high &- 1] }
                place &+= 1
            }
            return
        }
        var step = 0
        var next = 0
        let count = view.count
        while step < values.count {
            if step & LongColumn.runMask == LongColumn.runMask, budget.isOver { return }
            let reference = timing.reference(step)
            while next < count, view.times[view.firstTime &+ next] <= reference { next &+= 1 }
            if next > 0, view.times[view.firstTime &+ next &- 1] > reference &- lookback {
                values[step] = view.values[view.firstValue &+ next &- 1]
            }
            step &+= 1
        }
    }

    private func samples(_ view: SampleView, into result: inout StepSeries) {
        let parts = SeriesParts(view)
        var next = 0
        for step in 0..<timing.grid.count {
            let reference = timing.reference(step)
            while next < view.count, view.time(next) <= reference { next += 1 }
            guard next > 0, view.time(next - 1) > reference - lookback else { continue }
            let element = parts.element(next - 1)
            if case .float(let value) = element, StalenessMarker.isStale(value) { continue }
            if case .histogram(let histogram) = element, StalenessMarker.isStale(histogram.sum) { continue }
            switch value {
            case .sample: result.set(step, element)
            case .time: result.values[step] = Double(view.time(next - 1)) / 1000
            case .startTime: result.values[step] = view.startTimes.isEmpty ? 0 : Double(view.startTimes[next - 1]) / 1000
            }
        }
    }

    /// Interpolates between the samples on both sides; where none follows, the one before stands.
    private func smoothed(_ view: SampleView, into result: inout StepSeries, _ notes: inout Annotations) {
        let parts = SeriesParts(view)
        let labels = result.labels
        let range = HistogramRange(place: place) { labels.metricName ?? "" }
        var after = 0
        for step in 0..<timing.grid.count {
            let reference = timing.reference(step)
            while after < view.count, view.time(after) <= reference { after += 1 }
            let before = after - 1
            guard before >= 0, view.time(before) > reference - lookback else { continue }
            guard view.time(before) < reference, after < view.count, view.time(after) <= reference + lookback else {
                result.set(step, parts.element(before))
                continue
            }
            switch (parts.element(before), parts.element(after)) {
            case (.float(let left), .float(let right)):
                let share = Double(reference - view.time(before)) / Double(view.time(after) - view.time(before))
                result.values[step] = left + (right - left) * share
            case (.histogram(let left), .histogram(let right)):
                let value = range.interpolated(
                    HistogramPoint(time: view.time(before), histogram: left), HistogramPoint(time: view.time(after), histogram: right),
                    at: reference, isCounter: right.resetHint != .gauge, &notes)
                if let value { result.set(step, histogram: value) }
            default: notes.warn(RangeNotes.mixedTypes(labels.metricName ?? ""), at: place)
            }
        }
    }
}
