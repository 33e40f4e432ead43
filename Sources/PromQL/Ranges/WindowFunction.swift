import Bytes
import QueryLanguage
import Telemetry

/// Functions that look at all floats of a window anew at each step; nil means no sample at that step.
enum WindowFunction {
    struct Window {
        let view: SampleView
        let low: Int
        let high: Int
        let step: Int
        let call: RangeCall

        var count: Int { high - low }
        func parameter(_ index: Int) -> Double { call.parameters[index][step] }

        /// Seconds since the window's first sample.
        func seconds(_ index: Int, since origin: Int64) -> Double { Double(view.time(index) - origin) / 1000 }
    }

    static func named(_ name: String) -> (Window) -> Double? {
        switch name {
        case "count_over_time": { Double($0.count) }
        case "present_over_time": { _ in 1 }
        case "last_over_time": { $0.view.value($0.high - 1) }
        case "first_over_time": { $0.view.value($0.low) }
        case "ts_of_last_over_time": { Double($0.view.time($0.high - 1)) / 1000 }
        case "ts_of_first_over_time": { Double($0.view.time($0.low)) / 1000 }
        case "ts_of_min_over_time": { timeOfExtreme($0) { $0 <= $1 } }
        case "ts_of_max_over_time": { timeOfExtreme($0) { $0 >= $1 } }
        case "stdvar_over_time": { variance($0) }
        case "stddev_over_time": { variance($0).squareRoot() }
        case "quantile_over_time": quantile
        case "mad_over_time": medianDeviation
        case "irate": { instantChange($0, isRate: true) }
        case "idelta": { instantChange($0, isRate: false) }
        case "deriv": { $0.count < 2 ? nil : regression($0, origin: $0.view.time($0.low)).slope }
        case "predict_linear": predict
        case "double_exponential_smoothing": smoothing
        default: { _ in nil }
        }
    }

    private static func timeOfExtreme(_ window: Window, _ isAtLeast: (Double, Double) -> Bool) -> Double? {
        var best = window.view.value(window.low)
        var time = window.view.time(window.low)
        for index in window.low..<window.high where isAtLeast(window.view.value(index), best) || best.isNaN {
            best = window.view.value(index)
            time = window.view.time(index)
        }
        return Double(time) / 1000
    }

    private static func variance(_ window: Window) -> Double {
        var count = 0.0
        var mean = KahanSum()
        var squares = KahanSum()
        for index in window.low..<window.high {
            count += 1
            let value = window.view.value(index)
            let delta = value - mean.value
            mean.add(delta / count)
            squares.add(delta * (value - mean.value))
        }
        return squares.value / count
    }

    private static func quantile(_ window: Window) -> Double? {
        var values = (window.low..<window.high).map(window.view.value)
        return Quantile.of(&values, window.parameter(0))
    }

    private static func medianDeviation(_ window: Window) -> Double? {
        var values = (window.low..<window.high).map(window.view.value)
        let median = Quantile.of(&values, 0.5)
        var deviations = values.map { abs($0 - median) }
        return Quantile.of(&deviations, 0.5)
    }

    private static func instantChange(_ window: Window, isRate: Bool) -> Double? {
        guard window.count >= 2 else { return nil }
        let last = window.high - 1
        let (before, now) = (window.view.value(last - 1), window.view.value(last))
        let interval = window.view.time(last) - window.view.time(last - 1)
        guard interval > 0 else { return nil }
        let isReset = isRate && (now < before || StartTimes.isReset(window.view, at: last))
        let change = isReset ? now : now - before
        return isRate ? change / (Double(interval) / 1000) : change
    }

    /// Least squares; a constant series has slope 0 exactly.
    static func regression(_ window: Window, origin: Int64) -> (slope: Double, intercept: Double) {
        let view = window.view
        let values = view.values.span
        let times = view.times.span
        let (timeBase, valueBase) = (view.firstTime, view.firstValue)
        let first = values[valueBase &+ window.low]
        // Both coordinates are taken from the middle of the window and from its first value, so that plain sums keep their digits.
        let center = times[timeBase &+ (window.low &+ window.high) / 2]
        let sums = RegressionSums(
            times.extracting(timeBase &+ window.low..<timeBase &+ window.high), values.extracting(valueBase &+ window.low..<valueBase &+ window.high),
            center: center, first: first)
        let (sumX, sumY, sumXY, sumXX) = (sums.x, sums.y, sums.xy, sums.xx)
        if !sumY.isFinite { return (.nan, .nan) }
        if sums.isConstant { return (0, first) }
        let count = Double(window.count)
        let slope = (sumXY - sumX * sumY / count) / (sumXX - sumX * sumX / count) * 1000
        let mean = first + sumY / count
        let meanTime = (sumX / count + Double(center &- origin)) / 1000
        return (slope, mean - slope * meanTime)
    }

    private static func predict(_ window: Window) -> Double? {
        guard window.count >= 2 else { return nil }
        // The line is laid through the evaluation time itself, before any offset.
        let (slope, intercept) = regression(window, origin: window.call.timing.grid.time(window.step))
        return slope * window.parameter(0) + intercept
    }

    /// Holt's double exponential smoothing.
    private static func smoothing(_ window: Window) -> Double? {
        guard window.count >= 2 else { return nil }
        let (level, trend) = (window.parameter(0), window.parameter(1))
        var previous = 0.0
        var smoothed = window.view.value(window.low)
        var slope = window.view.value(window.low + 1) - smoothed
        for index in 1..<window.count {
            let weighted = level * window.view.value(window.low + index)
            if index > 1 { slope = trend * (smoothed - previous) + (1 - trend) * slope }
            let rest = (1 - level) * (smoothed + slope)
            previous = smoothed
            smoothed = weighted + rest
        }
        return smoothed
    }
}
