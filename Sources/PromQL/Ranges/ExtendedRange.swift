import QueryLanguage
import Telemetry

/// `anchored` and `smoothed` ranges: what a series was at the very edges of a range, rather than an extrapolation to them.
///
/// A window is laid out as a path: the value at its start, the samples inside, the value at its end. An anchored edge is the last sample at
/// or before it, a smoothed one lies on the line between its neighbours; a neighbour may lie up to a lookback outside. The change is the
/// difference of the path's ends, and for counters what each fall on the way took away.
/// - Source: Prometheus proposal PROM-52 and its documentation of the two modifiers.
struct ExtendedRange {
    let call: RangeCall
    let name: () -> String

    private var isSmoothed: Bool { call.edges == .smoothed }
    private var isCounter: Bool { call.function != "delta" }

    func evaluate(_ view: SampleView, into result: inout StepSeries, _ notes: inout Annotations) {
        let parts = SeriesParts(view)
        var cursor = EdgeCursor()
        for step in 0..<call.steps {
            if step & 15 == 0, call.budget.isOver { return }
            let end = call.timing.reference(step)
            let start = end - call.range
            guard let window = cursor.window(view, start, end, reach: call.lookback, looksAhead: isSmoothed) else { continue }
            if call.function == "changes" || call.function == "resets" {
                // The sample at the start is what the first one inside is compared with.
                if view.time(window.right) > start {
                    result.values[step] = parts.count(call.function, from: window.left, to: window.right + 1)
                }
                continue
            }
            let points = parts.histograms(in: window.low, window.right + 1)
            if !points.isEmpty, points.count < window.right + 1 - window.low {
                notes.warn(RangeNotes.mixedTypes(name()), at: call.place)
            } else if view.time(window.right) <= start || view.time(window.left) > end {
                continue
            } else if points.isEmpty {
                result.values[step] = change(FloatPath(view, window, start, end, isCounter: isCounter, isSmoothed: isSmoothed))
            } else if let histogram = histogramChange(points, window, start, end, &notes) {
                result.set(step, histogram: histogram)
            }
        }
    }

    // MARK: - Floats

    private func change(_ path: FloatPath) -> Double {
        var change = path.last - path.first
        if isCounter {
            var previous = path.first
            path.forEachInside { value in
                if value < previous { change += previous }
                previous = value
            }
            if path.last < previous { change += previous }
        }
        return call.function == "rate" ? change / call.rangeSeconds : change
    }

    // MARK: - Histograms

    private func histogramChange(
        _ points: [HistogramPoint], _ window: EdgeCursor.Window, _ start: Int64, _ end: Int64, _ notes: inout Annotations
    ) -> NativeHistogram? {
        let left = window.left - window.low
        let right = window.right - window.low
        let range = HistogramRange(place: call.place, name: name)
        for point in points[left...right] {
            if point.histogram.usesCustomBuckets != points[left].histogram.usesCustomBuckets {
                notes.warn(RangeNotes.mixedSchemas(name()), at: call.place)
                return nil
            }
            if isCounter, point.histogram.resetHint == .gauge { notes.warn(RangeNotes.notCounter(name()), at: call.place) }
        }
        var first = points[left].histogram
        var last = points[right].histogram
        let crossesStart = isSmoothed && points[left].time < start
        let crossesEnd = isSmoothed && points[right].time > end && right > 0
        if crossesStart {
            guard let value = range.interpolated(points[left], points[left + 1], at: start, isCounter: isCounter, &notes) else { return nil }
            first = value
        }
        if crossesEnd {
            guard let value = range.interpolated(points[right - 1], points[right], at: end, isCounter: isCounter, &notes) else { return nil }
            last = value
        }
        if !isCounter, first.resetHint != .gauge || last.resetHint != .gauge { notes.warn(RangeNotes.notGauge(name()), at: call.place) }
        var change = last
        guard range.combine(&change, with: first, subtracts: true, &notes) else { return nil }
        if isCounter {
            var path = points[min(left + 1, right)..<right].map(\.histogram) + [last]
            var previous = first
            if crossesStart, points[left + 1].histogram.detectsReset(since: points[left].histogram) {
                // The line to the start has grown from this very reset: it is behind us.
                previous = path.removeFirst()
            }
            for histogram in path where left < right {
                if histogram.detectsReset(since: previous), !range.combine(&change, with: previous, subtracts: false, &notes) { return nil }
                previous = histogram
            }
        }
        if call.function == "rate" { change.divide(by: call.rangeSeconds) }
        change.resetHint = .gauge
        return change.compacted
    }
}

/// Finds the samples that stand for the edges of windows that move forward: each sample is passed once.
struct EdgeCursor {
    /// Positions in the series.
    struct Window {
        /// The oldest sample within reach of the start.
        var low: Int
        /// Stands for the start: the last sample at or before it, else the first behind it.
        var left: Int
        /// Stands for the end: the last sample at or before it, or the first at or after it where one looks ahead and there is one.
        var right: Int
    }

    private var low = 0
    private var left = 0
    private var behind = 0

    mutating func window(_ view: SampleView, _ start: Int64, _ end: Int64, reach: Int64, looksAhead: Bool) -> Window? {
        while low < view.count, view.time(low) <= start - reach { low += 1 }
        left = max(left, low)
        while left + 1 < view.count, view.time(left + 1) <= start { left += 1 }
        behind = max(behind, low)
        while behind < view.count, view.time(behind) <= end { behind += 1 }
        var right = behind - 1
        if looksAhead, right < low || view.time(right) < end, behind < view.count, view.time(behind) <= end + reach { right = behind }
        return right < low ? nil : Window(low: low, left: min(left, right), right: right)
    }
}

/// The way of a series of floats through a window.
private struct FloatPath {
    let first: Double
    let last: Double
    private let view: SampleView
    private let inside: Range<Int>

    init(_ view: SampleView, _ window: EdgeCursor.Window, _ start: Int64, _ end: Int64, isCounter: Bool, isSmoothed: Bool) {
        self.view = view
        let (left, right) = (window.left, window.right)
        let crossesStart = isSmoothed && left < right && view.time(left) < start
        let crossesEnd = isSmoothed && right > window.low && view.time(right) > end
        first = crossesStart ? Self.between(view, left, start, isCounter) : view.value(left)
        last = crossesEnd ? Self.between(view, right - 1, end, isCounter) : view.value(right)
        inside = left + 1..<max(left + 1, right)
    }

    func forEachInside(_ body: (Double) -> Void) {
        for index in inside { body(view.value(index)) }
    }

    /// The value on the line from a sample to the next; a counter that fell in between has grown from zero.
    private static func between(_ view: SampleView, _ index: Int, _ time: Int64, _ isCounter: Bool) -> Double {
        let after = view.value(index + 1)
        let before = isCounter && after < view.value(index) ? 0 : view.value(index)
        return before + (after - before) * Double(time - view.time(index)) / Double(view.time(index + 1) - view.time(index))
    }
}

extension HistogramRange {
    /// The histogram on the line between two others; a counter that was reset between them grows from zero.
    func interpolated(
        _ before: HistogramPoint, _ after: HistogramPoint, at time: Int64, isCounter: Bool, _ notes: inout Annotations
    ) -> NativeHistogram? {
        if time == before.time { return before.histogram }
        if time == after.time { return after.histogram }
        let share = Double(time - before.time) / Double(after.time - before.time)
        var result = after.histogram
        let isReset = isCounter && result.detectsReset(since: before.histogram)
        let isGauge = result.resetHint == .gauge
        if !isReset, !combine(&result, with: before.histogram, subtracts: true, &notes) { return nil }
        result.scale(by: share)
        if !isReset, !combine(&result, with: before.histogram, subtracts: false, &notes) { return nil }
        if !isReset, isGauge { result.resetHint = .gauge }
        return result
    }
}
