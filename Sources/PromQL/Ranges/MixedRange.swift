import QueryLanguage
import Telemetry

/// A function over the ranges of a series that has native histograms, alone or among floats.
struct MixedRange {
    let call: RangeCall
    let name: () -> String

    private var histograms: HistogramRange { HistogramRange(place: call.place, name: name) }

    func evaluate(_ view: SampleView, into result: inout StepSeries, _ notes: inout Annotations) {
        let parts = SeriesParts(view)
        call.evaluateFloats(parts.floats, into: &result.values, &notes, name: name)
        call.forEachWindow(view) { step, low, high in
            let points = parts.histograms(in: low, high)
            if points.isEmpty { return }
            let floatCount = high - low - points.count
            let value = evaluate(parts, points, floatCount, low, high, step, float: result.values[step], &notes)
            result.remove(step)
            if let value { result.set(step, value) }
        }
    }

    /// The value of a window with at least one histogram; `float` is what the function gives of its floats alone.
    private func evaluate(
        _ parts: SeriesParts, _ points: [HistogramPoint], _ floatCount: Int, _ low: Int, _ high: Int, _ step: Int, float: Double,
        _ notes: inout Annotations
    ) -> StepValue? {
        func histogram(_ value: NativeHistogram?) -> StepValue? { value.map { .histogram($0) } }
        switch call.function {
        case "rate", "increase", "delta", "sum_over_time", "avg_over_time":
            if floatCount > 0 {
                notes.warn(RangeNotes.mixedTypes(name()), at: call.place)
                return nil
            }
            if call.function.hasSuffix("_over_time") {
                return histogram(histograms.total(points, averages: call.function == "avg_over_time", &notes))
            }
            return histogram(histograms.extrapolated(points, call, step: step, &notes))
        case "irate", "idelta":
            guard high - low >= 2 else { return nil }
            switch (parts.element(high - 2), parts.element(high - 1)) {
            case (.histogram, .histogram):
                return histogram(
                    histograms.instantChange(points[points.count - 2], points[points.count - 1], isRate: call.function == "irate", &notes))
            case (.float, .float):
                return StepSeries.isAbsent(float) ? nil : .float(float)
            default:
                notes.warn(RangeNotes.mixedTypes(name()), at: call.place)
                return nil
            }
        case "count_over_time": return .float(Double(high - low))
        case "present_over_time": return .float(1)
        case "last_over_time": return parts.element(high - 1)
        case "first_over_time": return parts.element(low)
        case "ts_of_last_over_time": return .float(Double(parts.view.time(high - 1)) / 1000)
        case "ts_of_first_over_time": return .float(Double(parts.view.time(low)) / 1000)
        case "changes", "resets": return .float(parts.count(call.function, from: low, to: high))
        default:
            if floatCount > 0 { notes.inform(RangeNotes.ignoredHistograms(name()), at: call.place) }
            return StepSeries.isAbsent(float) ? nil : .float(float)
        }
    }
}

/// A series' floats apart from its histograms.
struct SeriesParts {
    let view: SampleView
    let floats: SampleView
    /// Where the next histogram at or after a position stands in the list; one more element than positions.
    private let rank: [Int]

    init(_ view: SampleView) {
        self.view = view
        var times: [Int64] = []
        var values: [Double] = []
        var starts: [Int64] = []
        var rank: [Int] = []
        var next = 0
        for index in 0..<view.count {
            rank.append(next)
            if next < view.histograms.count, view.histograms[next].index == index {
                next += 1
                continue
            }
            times.append(view.time(index))
            values.append(view.value(index))
            if !view.startTimes.isEmpty { starts.append(view.startTimes[index]) }
        }
        rank.append(next)
        self.rank = rank
        var floats = SampleView(times: times, values: values)
        floats.startTimes = starts
        self.floats = floats
    }

    func element(_ index: Int) -> StepValue {
        rank[index + 1] > rank[index] ? .histogram(view.histograms[rank[index]].histogram) : .float(view.value(index))
    }

    func histograms(in low: Int, _ high: Int) -> [HistogramPoint] {
        view.histograms[rank[low]..<rank[high]].map {
            HistogramPoint(
                time: view.time($0.index), histogram: $0.histogram, start: view.startTimes.isEmpty ? 0 : view.startTimes[$0.index])
        }
    }

    /// Changes or resets between neighbours; a change of type is both.
    func count(_ function: String, from low: Int, to high: Int) -> Double {
        var count = 0.0
        for index in low + 1..<max(low + 1, high) {
            let happened: Bool
            switch (element(index - 1), element(index)) {
            case (.float(let before), .float(let now)):
                happened = function == "changes" ? now != before && !(now.isNaN && before.isNaN) : now < before || StartTimes.isReset(view, at: index)
            case (.histogram(let before), .histogram(let now)):
                happened = function == "changes"
                    ? !now.isEquivalent(to: before) : StartTimes.isReset(view, at: index) || now.detectsReset(since: before)
            default: happened = true
            }
            if happened { count += 1 }
        }
        return count
    }
}
