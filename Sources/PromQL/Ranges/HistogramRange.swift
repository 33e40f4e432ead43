import QueryLanguage
import Telemetry

/// A native histogram with its time and start time.
struct HistogramPoint {
    var time: Int64
    var histogram: NativeHistogram
    var start: Int64 = 0
}

/// Rates and sums of native histograms within one window, with the annotations they give rise to.
struct HistogramRange {
    let place: Range<Int>
    let name: () -> String

    /// Adds or subtracts and notes what had to be reconciled; false when the layouts cannot meet.
    func combine(
        _ histogram: inout NativeHistogram, with other: NativeHistogram, subtracts: Bool, _ notes: inout Annotations
    ) -> Bool {
        do {
            let reconciliation = try subtracts ? histogram.subtract(other) : histogram.add(other)
            if reconciliation.customBoundsDiffer {
                notes.inform(RangeNotes.boundsReconciled(subtracts ? "subtraction" : "addition"), at: place)
            }
            return true
        } catch {
            notes.warn(RangeNotes.mixedSchemas(name()), at: place)
            return false
        }
    }

    /// The increase between the first and the last histogram; a counter's resets are made up for. Needs at least two.
    func increase(_ points: [HistogramPoint], isCounter: Bool, _ notes: inout Annotations) -> NativeHistogram? {
        var previous = points[0].histogram
        let last = points[points.count - 1].histogram
        var usesCustomBuckets = previous.usesCustomBuckets
        if isCounter, previous.resetHint == .gauge || last.resetHint == .gauge { notes.warn(RangeNotes.notCounter(name()), at: place) }
        func isReset(_ index: Int, since previous: NativeHistogram) -> Bool {
            StartTimes.isReset(points[index - 1].start, points[index - 1].time, points[index].start, points[index].time)
                || points[index].histogram.detectsReset(since: previous)
        }
        if isCounter, isReset(1, since: previous) {
            // What was before a reset does not matter, nor does its layout.
            let second = points[1].histogram
            previous = NativeHistogram(schema: second.schema, customBounds: second.customBounds)
            usesCustomBuckets = second.usesCustomBuckets
        }
        guard last.usesCustomBuckets == usesCustomBuckets else {
            notes.warn(RangeNotes.mixedSchemas(name()), at: place)
            return nil
        }
        var schema = min(last.schema, previous.schema)
        if isCounter {
            for point in points[1..<points.count - 1] {
                if point.histogram.resetHint == .gauge { notes.warn(RangeNotes.notCounter(name()), at: place) }
                schema = min(schema, point.histogram.schema)
                guard point.histogram.usesCustomBuckets == usesCustomBuckets else {
                    notes.warn(RangeNotes.mixedSchemas(name()), at: place)
                    return nil
                }
            }
        }
        var result = last.copied(toSchema: schema)
        guard combine(&result, with: previous, subtracts: true, &notes) else { return nil }
        if isCounter {
            var overlaps = false
            for index in points.indices.dropFirst() {
                let (before, now) = (points[index - 1], points[index])
                if now.start != 0, now.start < before.time, now.start != before.start { overlaps = true }
                if isReset(index, since: previous), !combine(&result, with: previous, subtracts: false, &notes) { return nil }
                previous = now.histogram
            }
            if overlaps {
                notes.warn(
                    "sample has start time that overlaps with previous sample timestamp for metric \(Literals.quote(name()))", at: place)
            }
        } else if points[0].histogram.resetHint != .gauge || last.resetHint != .gauge {
            notes.warn(RangeNotes.notGauge(name()), at: place)
        }
        result.resetHint = .gauge
        return result.compacted
    }

    /// `rate`, `increase` or `delta` of a window of histograms.
    func extrapolated(_ points: [HistogramPoint], _ call: RangeCall, step: Int, _ notes: inout Annotations) -> NativeHistogram? {
        let isCounter = call.function != "delta"
        let extrapolation = Extrapolation(
            end: call.timing.reference(step), range: call.range, first: points[0].time, last: points[points.count - 1].time, count: points.count,
            isCounter: isCounter, start: points[0].start)
        var result: NativeHistogram
        if points.count > 1 {
            guard let increase = increase(points, isCounter: isCounter, &notes) else { return nil }
            result = increase
            if extrapolation.usesStart, !combine(&result, with: points[0].histogram, subtracts: false, &notes) { return nil }
        } else {
            guard extrapolation.usesStart else { return nil }
            result = points[0].histogram
        }
        guard let factor = extrapolation.factor(increase: result.count, first: points[0].histogram.count) else { return nil }
        result.scale(by: call.function == "rate" ? factor / call.rangeSeconds : factor)
        result.resetHint = .gauge
        return result
    }

    /// `irate` or `idelta` of the last two histograms.
    func instantChange(_ before: HistogramPoint, _ now: HistogramPoint, isRate: Bool, _ notes: inout Annotations) -> NativeHistogram? {
        guard now.time > before.time else { return nil }
        var result = now.histogram
        let isGauge = before.histogram.resetHint == .gauge && now.histogram.resetHint == .gauge
        if isRate, before.histogram.resetHint == .gauge || now.histogram.resetHint == .gauge {
            notes.warn(RangeNotes.notCounter(name()), at: place)
        }
        if !isRate, !isGauge { notes.warn(RangeNotes.notGauge(name()), at: place) }
        let isReset = isRate
            && (StartTimes.isReset(before.start, before.time, now.start, now.time) || now.histogram.detectsReset(since: before.histogram))
        if !isReset, !combine(&result, with: before.histogram, subtracts: true, &notes) { return nil }
        if isRate { result.divide(by: Double(now.time - before.time) / 1000) }
        result.resetHint = .gauge
        return result.compacted
    }

    /// `sum_over_time` or `avg_over_time` of a window of histograms.
    func total(_ points: [HistogramPoint], averages: Bool, _ notes: inout Annotations) -> NativeHistogram? {
        var accumulator = HistogramAccumulator(averages: averages)
        do {
            for point in points { try accumulator.add(point.histogram) }
        } catch {
            notes.warn(RangeNotes.mixedSchemas(name()), at: place)
            return nil
        }
        if accumulator.resetHintsCollide { notes.warn(RangeNotes.resetsCollide("aggregation"), at: place) }
        if accumulator.reconciliation.customBoundsDiffer { notes.inform(RangeNotes.boundsReconciled("aggregation"), at: place) }
        return accumulator.result
    }
}
