import QueryLanguage
import Telemetry

/// Where each step's window begins and ends in one timestamp column; made once for all series that share the column.
///
/// - Shape: the columns have one element for each of `steps`.
struct WindowTable: Sendable {
    /// Outside of these no window holds a sample: a series that lived for a while is looked at only there.
    let steps: Range<Int>
    /// Positions of the first sample in the window and behind the last, per step.
    private(set) var low: [Int32]
    private(set) var high: [Int32]
    /// For extrapolated rates, per step: the time between first and last sample, and from there to the edges as far as is extrapolated.
    private(set) var sampled: [Double] = []
    private(set) var toStart: [Double] = []
    private(set) var toEnd: [Double] = []
    /// What an increase is multiplied with for each second it covers.
    private(set) var scale: [Double] = []

    /// - Parameter range: milliseconds; windows are open on the left.
    init(_ timing: SelectorTiming, range: Int64, times: ArraySlice<Int64>) {
        let samples = times.span
        let count = samples.count
        steps = count == 0 ? 0..<0 : timing.steps(from: samples[0], through: samples[count &- 1], range: range)
        low = [Int32](repeating: 0, count: steps.count)
        high = low
        if !steps.isEmpty {
            let stride = timing.fixed == nil ? timing.grid.step : 0
            Self.place(samples, end: timing.reference(steps.lowerBound), stride: stride, range: range, &low, &high)
        }
    }

    private static func place(
        _ times: Span<Int64>, end: Int64, stride: Int64, range: Int64, _ low: inout [Int32], _ high: inout [Int32]
    ) {
        var lows = low.mutableSpan
        var highs = high.mutableSpan
        let count = times.count
        var end = end
        var first = 0
        var last = 0
        var place = 0
        while place < lows.count {
            while last < count, times[last] <= end { last &+= 1 }
            while first < last, times[first] <= end &- range { first &+= 1 }
            lows[place] = Int32(truncatingIfNeeded: first)
            highs[place] = Int32(truncatingIfNeeded: last)
            end &+= stride
            place &+= 1
        }
    }

    /// Adds what an extrapolation needs that does not depend on the values.
    ///
    /// - Source: as `Extrapolation`, which says why.
    mutating func prepareExtrapolation(_ timing: SelectorTiming, range: Int64, perSecondOf rangeSeconds: Double?, times: ArraySlice<Int64>) {
        var sampled = [Double](repeating: 0, count: steps.count)
        var toStart = sampled
        var toEnd = sampled
        var scale = sampled
        if !steps.isEmpty {
            Self.extrapolate(
                times.span, low.span, high.span, end: timing.reference(steps.lowerBound), stride: timing.fixed == nil ? timing.grid.step : 0,
                range: range, rangeSeconds: rangeSeconds ?? 1, &sampled, &toStart, &toEnd, &scale)
        }
        (self.sampled, self.toStart, self.toEnd, self.scale) = (sampled, toStart, toEnd, scale)
    }

    private static func extrapolate(
        _ times: Span<Int64>, _ lows: Span<Int32>, _ highs: Span<Int32>, end: Int64, stride: Int64, range: Int64, rangeSeconds: Double,
        _ sampled: inout [Double], _ toStart: inout [Double], _ toEnd: inout [Double], _ scale: inout [Double]
    ) {
        var sampleds = sampled.mutableSpan
        var toStarts = toStart.mutableSpan
        var toEnds = toEnd.mutableSpan
        var scales = scale.mutableSpan
        var end = end
        var place = 0
        while place < lows.count {
            let (low, high) = (Int(lows[place]), Int(highs[place]))
            if high &- low >= 2 {
                let (first, last) = (times[low], times[high &- 1])
                let covered = Double(last &- first) / 1000
                let average = covered / Double(high &- low &- 1)
                let threshold = average * 1.1
                let before = Double(first &- (end &- range)) / 1000
                let behind = Double(end &- last) / 1000
                sampleds[place] = covered
                toStarts[place] = before >= threshold ? average / 2 : before
                toEnds[place] = behind >= threshold ? average / 2 : behind
                scales[place] = 1 / covered / rangeSeconds
            }
            end &+= stride
            place &+= 1
        }
    }
}

/// Keeps the last window table: series of one scrape stand together, so that it mostly fits the next one too.
struct WindowTableCache {
    private struct Key: Equatable {
        var column: Int
        var first: Int
        var count: Int
    }

    private var key: Key?
    private var table: WindowTable?

    /// The table for the first `count` timestamps of a series, as they stand in the batch.
    mutating func table(
        _ series: SampleBatch.Series, count: Int, in batch: borrowing SampleBatch, make: (ArraySlice<Int64>) -> WindowTable
    ) -> WindowTable? {
        let wanted = Key(column: series.timestamps, first: series.firstTimestamp, count: count)
        if key != wanted {
            key = wanted
            table = make(batch.timestampColumns[wanted.column][wanted.first..<wanted.first + wanted.count])
        }
        return table
    }
}
