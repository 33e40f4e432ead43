import QueryLanguage
import Telemetry

/// `anchored` and `smoothed` ranges: the values at the edges are the last real sample before them, or interpolated between neighbours.
///
/// - Source: Prometheus proposal PROM-52 and its `extendedRate`.
struct ExtendedRange {
    let call: RangeCall
    let name: () -> String

    private var isSmoothed: Bool { call.edges == .smoothed }
    private var isCounter: Bool { call.function != "delta" }

    func evaluate(_ view: SampleView, into result: inout StepSeries, _ notes: inout Annotations) {
        let parts = SeriesParts(view)
        for step in 0..<call.steps {
            let end = call.timing.reference(step)
            let start = end - call.range
            var low = 0
            while low < view.count, view.time(low) <= start - call.lookback { low += 1 }
            var high = view.count
            while high > low, view.time(high - 1) > (isSmoothed ? end + call.lookback : end) { high -= 1 }
            if low == high { continue }
            if call.function == "changes" || call.function == "resets" {
                guard view.time(high - 1) > start else { continue }
                while low + 1 < high, view.time(low + 1) <= start { low += 1 }
                result.values[step] = parts.count(call.function, from: low, to: high)
                continue
            }
            let points = parts.histograms(in: low, high)
            if !points.isEmpty, points.count < high - low {
                notes.warn(RangeNotes.mixedTypes(name()), at: call.place)
            } else if points.isEmpty {
                if let value = floatChange(view, low, high, start, end) { result.values[step] = value }
            } else if let histogram = histogramChange(points, start, end, &notes) {
                result.set(step, histogram: histogram)
            }
        }
    }

    /// The samples that stand for the edges: the last at or before the start, and the first at or after the end when smoothed.
    private func edges(_ time: (Int) -> Int64, count: Int, _ start: Int64, _ end: Int64) -> (first: Int, last: Int)? {
        var first = 0
        while first + 1 < count, time(first + 1) <= start { first += 1 }
        var last = count - 1
        if isSmoothed {
            last = 0
            while last < count - 1, time(last) < end { last += 1 }
        }
        if time(last) <= start || (isSmoothed && time(first) > end) { return nil }
        // The sample at the start stands for it only if a later one is left to compare with.
        return (min(first, max(0, count - 1)), last)
    }

    private func floatChange(_ view: SampleView, _ low: Int, _ high: Int, _ start: Int64, _ end: Int64) -> Double? {
        guard let (first, last) = edges({ view.time(low + $0) }, count: high - low, start, end) else { return nil }
        func interpolated(_ index: Int, _ time: Int64) -> Double {
            let (t1, t2) = (view.time(low + index), view.time(low + index + 1))
            var v1 = view.value(low + index)
            let v2 = view.value(low + index + 1)
            if isCounter, v2 < v1 { v1 = 0 }
            return v1 + (v2 - v1) * Double(time - t1) / Double(t2 - t1)
        }
        let left = isSmoothed && view.time(low + first) < start ? interpolated(first, start) : view.value(low + first)
        let right = isSmoothed && last > 0 && view.time(low + last) > end ? interpolated(last - 1, end) : view.value(low + last)
        var change = right - left
        if isCounter {
            var previous = left
            for index in first...last {
                let time = view.time(low + index)
                if (index == first && time <= start) || (index == last && time >= end) { continue }
                let value = view.value(low + index)
                if value < previous { change += previous }
                previous = value
            }
            if right < previous { change += previous }
        }
        return call.function == "rate" ? change / call.rangeSeconds : change
    }

    private func histogramChange(_ points: [HistogramPoint], _ start: Int64, _ end: Int64, _ notes: inout Annotations) -> NativeHistogram? {
        guard let (first, last) = edges({ points[$0].time }, count: points.count, start, end) else { return nil }
        let range = HistogramRange(place: call.place, name: name)
        for point in points[first...max(first, last)] {
            if point.histogram.usesCustomBuckets != points[first].histogram.usesCustomBuckets {
                notes.warn(RangeNotes.mixedSchemas(name()), at: call.place)
                return nil
            }
            if isCounter, point.histogram.resetHint == .gauge { notes.warn(RangeNotes.notCounter(name()), at: call.place) }
        }
        var left = points[first].histogram
        if isSmoothed, points[first].time < start {
            guard let value = range.interpolated(points[first], points[first + 1], at: start, isCounter: isCounter, &notes) else { return nil }
            left = value
        }
        var right = points[last].histogram
        if isSmoothed, last > 0, points[last].time > end {
            guard let value = range.interpolated(points[last - 1], points[last], at: end, isCounter: isCounter, &notes) else { return nil }
            right = value
        }
        if !isCounter, left.resetHint != .gauge || right.resetHint != .gauge { notes.warn(RangeNotes.notGauge(name()), at: call.place) }
        var result = right
        guard range.combine(&result, with: left, subtracts: true, &notes) else { return nil }
        if isCounter {
            var next = first + 1
            var previous = left
            if isSmoothed, points[first].time < start, points[first + 1].histogram.detectsReset(since: points[first].histogram) {
                // The interpolation on the left has crossed this reset already.
                previous = points[first + 1].histogram
                next += 1
            }
            if next <= last {
                for point in points[next..<last] {
                    if point.histogram.detectsReset(since: previous), !range.combine(&result, with: previous, subtracts: false, &notes) {
                        return nil
                    }
                    previous = point.histogram
                }
                if right.detectsReset(since: previous), !range.combine(&result, with: previous, subtracts: false, &notes) { return nil }
            }
        }
        if call.function == "rate" { result.divide(by: call.rangeSeconds) }
        result.resetHint = .gauge
        return result.compacted
    }
}

extension HistogramRange {
    /// The histogram between two others at a time; a counter that was reset between them grows from zero.
    func interpolated(
        _ before: HistogramPoint, _ after: HistogramPoint, at time: Int64, isCounter: Bool, _ notes: inout Annotations
    ) -> NativeHistogram? {
        if time == before.time { return before.histogram }
        if time == after.time { return after.histogram }
        let fraction = Double(time - before.time) / Double(after.time - before.time)
        var result = after.histogram
        let hint = result.resetHint
        if isCounter, after.histogram.detectsReset(since: before.histogram) {
            result.scale(by: fraction)
            return result
        }
        guard combine(&result, with: before.histogram, subtracts: true, &notes) else { return nil }
        result.scale(by: fraction)
        guard combine(&result, with: before.histogram, subtracts: false, &notes) else { return nil }
        result.resetHint = hint == .gauge ? .gauge : result.resetHint
        return result
    }
}
