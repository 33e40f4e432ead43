import Bytes
import QueryLanguage
import Telemetry

/// The samples of one series within a batch: borrowed columns and where the series stands in them.
///
/// - Invariant: times rise strictly. A position that holds a histogram is listed in `histograms`, in order.
struct SampleView {
    var times: [Int64]
    var firstTime: Int
    var values: [Double]
    var firstValue: Int
    var count: Int
    /// Positions within the series and histograms; empty for most series.
    var histograms: [(index: Int, histogram: NativeHistogram)] = []
    /// Start times in milliseconds, 0 where unknown; empty when none is known.
    var startTimes: [Int64] = []
    /// What the reader knows of the values.
    var traits = DecimalColumn.Traits(holdsNumbers: false, neverFalls: false)
    /// The steps' windows, when they are known for the timestamp column.
    var windows: WindowTable?
    /// Whether staleness markers have been taken out, so that the positions are not those of the batch any more.
    private(set) var isCompacted = false

    var isFloatOnly: Bool { histograms.isEmpty }

    func time(_ index: Int) -> Int64 { times[firstTime + index] }
    func value(_ index: Int) -> Double { values[firstValue + index] }

    /// The series at a place of a decoded batch.
    ///
    /// - Parameter keepsStale: whether staleness markers stay: an instant selector must see them, a range must not.
    init(_ series: SampleBatch.Series, in batch: SampleBatch, detectsResets: Bool, keepsStale: Bool) {
        times = batch.timestampColumns[series.timestamps]
        firstTime = series.firstTimestamp
        values = batch.values
        firstValue = series.values.lowerBound
        count = series.values.count
        traits = series.traits
        if !series.histograms.isEmpty { histograms = Array(batch.histograms[series.histograms]) }
        if !series.startTimes.isEmpty { startTimes = Array(batch.startTimes[series.startTimes]) }
        if !keepsStale { dropStaleSamples() }
        if detectsResets { setResetHints() }
    }

    init(times: [Int64], values: [Double], histograms: [(index: Int, histogram: NativeHistogram)] = []) {
        self.times = times
        self.values = values
        self.histograms = histograms
        firstTime = 0
        firstValue = 0
        count = times.count
    }

    private static func hasNaN(_ column: Span<Double>) -> Bool {
        var found: UInt64 = 0
        var index = 0
        while index < column.count {
            let value = column[index]
            found |= value == value ? 0 : 1
            index &+= 1
        }
        return found != 0
    }

    /// Takes out staleness markers. Those at the end, where a series ended, only make it shorter.
    private mutating func dropStaleSamples() {
        if histograms.isEmpty {
            if traits.holdsNumbers { return }
            while count > 0, StalenessMarker.isStale(values[firstValue &+ count &- 1]) { count &-= 1 }
            // A stale marker is a NaN; most series have none and are done with one pass that branches nowhere.
            if !Self.hasNaN(values.span.extracting(firstValue..<firstValue &+ count)) { return }
        }
        var index = 0
        while index < count, !StalenessMarker.isStale(values[firstValue &+ index]) { index &+= 1 }
        let hasStaleHistogram = histograms.contains { StalenessMarker.isStale($0.histogram.sum) }
        if index == count, !hasStaleHistogram { return }
        var keptTimes: [Int64] = []
        var keptValues: [Double] = []
        var keptStarts: [Int64] = []
        var keptHistograms: [(index: Int, histogram: NativeHistogram)] = []
        var next = 0
        for index in 0..<count {
            var histogram: NativeHistogram?
            if next < histograms.count, histograms[next].index == index {
                histogram = histograms[next].histogram
                next += 1
            }
            if StalenessMarker.isStale(histogram?.sum ?? value(index)) { continue }
            if let histogram { keptHistograms.append((keptTimes.count, histogram)) }
            keptTimes.append(time(index))
            keptValues.append(value(index))
            if !startTimes.isEmpty { keptStarts.append(startTimes[index]) }
        }
        isCompacted = true
        (times, firstTime, values, firstValue, count) = (keptTimes, 0, keptValues, 0, keptTimes.count)
        histograms = keptHistograms
        startTimes = keptStarts
    }

    /// Finds counter resets between neighbours and says so in their hints: what `histogram_count(sum(x))` needs to warn of collisions.
    private mutating func setResetHints() {
        for index in histograms.indices.dropFirst().reversed() where histograms[index].histogram.resetHint == .unknown {
            let isReset = histograms[index].histogram.detectsReset(since: histograms[index - 1].histogram)
            histograms[index].histogram.resetHint = isReset ? .reset : .noReset
        }
    }
}

/// Finds, step by step, the samples with `start < time <= end` in a series.
struct WindowCursor {
    private(set) var low = 0
    private(set) var high = 0

    /// Advances to a window that begins and ends no earlier than the one before.
    @inline(__always)
    mutating func advance(_ view: borrowing SampleView, after start: Int64, through end: Int64) {
        let count = view.count
        let base = view.firstTime
        while high < count, view.times[base &+ high] <= end { high &+= 1 }
        while low < high, view.times[base &+ low] <= start { low &+= 1 }
    }
}
