import Bytes
import Telemetry

/// One series in the columns of a tier.
///
/// A bucket holds the samples behind its start up to and including its end, as the ranges of PromQL do. Aggregates stand at a bucket's end;
/// points keep their own times.
struct TierAggregation {
    var points = SeriesColumn()
    /// Ends of buckets that have an ordinary sample.
    private(set) var ends: [Int64] = []
    private(set) var minima: [Double] = []
    private(set) var maxima: [Double] = []
    private(set) var sums: [Double] = []
    private(set) var counts: [Double] = []

    /// - Parameter isCounter: whether a falling value is a reset, around which both samples are kept.
    init(_ column: SeriesColumn, resolution: Int64, isCounter: Bool) {
        var histograms: [Int: NativeHistogram] = [:]
        for entry in column.histograms { histograms[entry.index] = entry.histogram }
        var kept: Set<Int> = []
        var start = 0
        while start < column.count {
            let end = Self.bucketEnd(column.times[start], resolution)
            var next = start
            while next < column.count && column.times[next] <= end { next += 1 }
            let ordinary = (start..<next).filter { histograms[$0] != nil || !StalenessMarker.isStale(column.values[$0]) }
            if let first = ordinary.first, let last = ordinary.last {
                kept.insert(first)
                kept.insert(last)
                if isCounter || histograms[first] != nil { Self.keepResets(ordinary, column, histograms, &kept) }
                aggregate(ordinary.filter { histograms[$0] == nil }, column, end)
            }
            // The end of a series is told by its stale marker.
            if ordinary.last != next - 1 { kept.insert(next - 1) }
            start = next
        }
        for index in kept.sorted() {
            points.append(
                time: column.times[index], value: column.values[index], startTime: column.startTimes.isEmpty ? 0 : column.startTimes[index],
                histogram: histograms[index])
        }
    }

    static func bucketEnd(_ time: Int64, _ resolution: Int64) -> Int64 {
        let start = Timestamp.floor(time, to: resolution)
        return start == time ? time : start + resolution
    }

    private static func keepResets(
        _ ordinary: [Int], _ column: SeriesColumn, _ histograms: [Int: NativeHistogram], _ kept: inout Set<Int>
    ) {
        for (before, after) in zip(ordinary, ordinary.dropFirst()) {
            let isReset: Bool =
                if let left = histograms[before], let right = histograms[after] {
                    right.count < left.count || right.schema != left.schema
                } else if histograms[before] == nil && histograms[after] == nil {
                    column.values[after] < column.values[before]
                } else {
                    true
                }
            if isReset {
                kept.insert(before)
                kept.insert(after)
            }
        }
    }

    private mutating func aggregate(_ ordinary: [Int], _ column: SeriesColumn, _ end: Int64) {
        guard let first = ordinary.first else { return }
        var (least, most, sum) = (column.values[first], column.values[first], 0.0)
        for index in ordinary {
            let value = column.values[index]
            // A NaN gives way to any number, as in `min_over_time`.
            if value < least || least.isNaN { least = value }
            if value > most || most.isNaN { most = value }
            sum += value
        }
        ends.append(end)
        minima.append(least)
        maxima.append(most)
        sums.append(sum)
        counts.append(Double(ordinary.count))
    }
}
