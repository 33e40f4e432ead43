import QueryLanguage
import Telemetry

/// Where each step's window begins and ends in one timestamp column; made once for all series that share the column.
struct WindowTable: Sendable {
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
        let steps = timing.grid.count
        low = [Int32](repeating: 0, count: steps)
        high = low
        var first = times.startIndex
        var last = first
        for step in 0..<steps {
            let end = timing.reference(step)
            while last < times.endIndex, times[last] <= end { last += 1 }
            while first < last, times[first] <= end &- range { first += 1 }
            low[step] = Int32(first - times.startIndex)
            high[step] = Int32(last - times.startIndex)
        }
    }

    /// Adds what an extrapolation needs that does not depend on the values.
    ///
    /// - Source: as `Extrapolation`, which says why.
    mutating func prepareExtrapolation(_ timing: SelectorTiming, range: Int64, perSecondOf rangeSeconds: Double?, times: ArraySlice<Int64>) {
        let steps = low.count
        sampled = [Double](repeating: 0, count: steps)
        toStart = sampled
        toEnd = sampled
        scale = sampled
        for step in 0..<steps where high[step] - low[step] >= 2 {
            let first = times[times.startIndex + Int(low[step])]
            let last = times[times.startIndex + Int(high[step]) - 1]
            let end = timing.reference(step)
            sampled[step] = Double(last - first) / 1000
            let average = sampled[step] / Double(high[step] - low[step] - 1)
            toStart[step] = Double(first - (end - range)) / 1000
            toEnd[step] = Double(end - last) / 1000
            if toStart[step] >= average * 1.1 { toStart[step] = average / 2 }
            if toEnd[step] >= average * 1.1 { toEnd[step] = average / 2 }
            scale[step] = 1 / sampled[step] / (rangeSeconds ?? 1)
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

    /// The table for a series' timestamps, if its view still has them as they stand in the batch.
    mutating func table(
        _ series: SampleBatch.Series, in batch: borrowing SampleBatch, make: (ArraySlice<Int64>) -> WindowTable
    ) -> WindowTable? {
        let wanted = Key(column: series.timestamps, first: series.firstTimestamp, count: series.values.count)
        if key != wanted {
            key = wanted
            table = make(batch.timestampColumns[wanted.column][wanted.first..<wanted.first + wanted.count])
        }
        return table
    }
}
