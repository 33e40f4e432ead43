import Telemetry

/// The samples of one series in columns, sorted by strictly rising time: what flows between head, blocks and answers.
struct SeriesColumn: Sendable {
    var times: [Int64] = []
    /// A histogram's slot holds `StalenessMarker.ordinaryNaN`.
    var values: [Double] = []
    /// Empty when no start time is known, else one per sample with 0 for unknown.
    var startTimes: [Int64] = []
    /// Histograms by their position among the samples, rising.
    var histograms: [(index: Int, histogram: NativeHistogram)] = []

    var count: Int { times.count }
    var isEmpty: Bool { times.isEmpty }
    var isPlain: Bool { startTimes.isEmpty && histograms.isEmpty }
    /// Whether counting the samples needs no look at their values: there is no stale marker among them, and nothing beside.
    var holdsOnlyNumbers: Bool {
        if !isPlain { return false }
        var hasMarker = false
        for value in values { hasMarker = hasMarker || StalenessMarker.isStale(value) }
        return !hasMarker
    }

    mutating func removeAll() {
        times.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        startTimes.removeAll(keepingCapacity: true)
        histograms.removeAll(keepingCapacity: true)
    }

    /// The samples of a range of positions.
    func slice(_ range: Range<Int>) -> SeriesColumn {
        if range == 0..<count { return self }
        var part = SeriesColumn()
        part.times = Array(times[range])
        part.values = Array(values[range])
        if !startTimes.isEmpty { part.startTimes = Array(startTimes[range]) }
        for entry in histograms where range.contains(entry.index) {
            part.histograms.append((entry.index - range.lowerBound, entry.histogram))
        }
        return part
    }

    /// Positions whose time lies in the closed window.
    func range(_ start: Int64, _ end: Int64) -> Range<Int> { times.range(start, end) }

    /// Appends samples whose values do not matter, behind all others.
    mutating func appendNumbers(at later: ArraySlice<Int64>) {
        if !startTimes.isEmpty { startTimes.append(contentsOf: repeatElement(0, count: later.count)) }
        times.append(contentsOf: later)
        values.append(contentsOf: repeatElement(0, count: later.count))
    }

    /// Appends a column whose times all lie behind this one's.
    mutating func append(_ later: SeriesColumn) {
        if later.isEmpty { return }
        if isEmpty {
            // Shares the times with the other series of a chunk.
            self = later
            return
        }
        if !startTimes.isEmpty || !later.startTimes.isEmpty {
            if startTimes.isEmpty { startTimes = [Int64](repeating: 0, count: count) }
            startTimes.append(contentsOf: later.startTimes.isEmpty ? [Int64](repeating: 0, count: later.count) : later.startTimes)
        }
        for entry in later.histograms { histograms.append((entry.index + count, entry.histogram)) }
        times.append(contentsOf: later.times)
        values.append(contentsOf: later.values)
    }

    /// Unites two columns; where both have a sample of one time the later written one wins.
    mutating func merge(written later: SeriesColumn) {
        if later.isEmpty { return }
        guard let last = times.last else {
            self = later
            return
        }
        if later.times[0] > last { return append(later) }
        if later.times[later.count - 1] < times[0] {
            var united = later
            united.append(self)
            self = united
            return
        }
        var united = SeriesColumn()
        united.times.reserveCapacity(count + later.count)
        united.values.reserveCapacity(count + later.count)
        var mine = SampleCursor(self)
        var theirs = SampleCursor(later)
        while true {
            switch (mine.time, theirs.time) {
            case (nil, nil):
                self = united
                return
            case (let left?, let right?) where left == right:
                mine.skip()
                theirs.move(into: &united)
            case (let left?, let right) where right == nil || left < right!: mine.move(into: &united)
            default: theirs.move(into: &united)
            }
        }
    }

    /// Drops the samples of a closed window.
    mutating func remove(_ start: Int64, _ end: Int64) {
        let gone = range(start, end)
        if gone.isEmpty { return }
        var rest = slice(0..<gone.lowerBound)
        rest.append(slice(gone.upperBound..<count))
        self = rest
    }

    /// Appends one sample behind all others.
    mutating func append(time: Int64, value: Double, startTime: Int64, histogram: NativeHistogram?) {
        if startTime != 0 && startTimes.isEmpty { startTimes = [Int64](repeating: 0, count: count) }
        if !startTimes.isEmpty || startTime != 0 { startTimes.append(startTime) }
        if let histogram { histograms.append((count, histogram)) }
        times.append(time)
        values.append(value)
    }
}

/// Walks a column sample by sample, histograms and start times beside.
private struct SampleCursor {
    let column: SeriesColumn
    private var index = 0
    private var nextHistogram = 0

    init(_ column: SeriesColumn) { self.column = column }

    var time: Int64? { index < column.count ? column.times[index] : nil }

    private var histogram: NativeHistogram? {
        nextHistogram < column.histograms.count && column.histograms[nextHistogram].index == index
            ? column.histograms[nextHistogram].histogram : nil
    }

    mutating func skip() {
        if histogram != nil { nextHistogram += 1 }
        index += 1
    }

    mutating func move(into target: inout SeriesColumn) {
        target.append(
            time: column.times[index], value: column.values[index],
            startTime: column.startTimes.isEmpty ? 0 : column.startTimes[index], histogram: histogram)
        skip()
    }
}

extension [Int64] {
    /// Positions in a sorted column whose elements lie in the closed window.
    func range(_ start: Int64, _ end: Int64) -> Range<Int> {
        let lower = firstIndex(notBelow: start)
        return lower..<Swift.max(lower, end == .max ? count : firstIndex(notBelow: end + 1))
    }

    /// The first position in a sorted column whose element is not below the bound.
    func firstIndex(notBelow bound: Int64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low &+ high) &>> 1
            if self[middle] < bound { low = middle &+ 1 } else { high = middle }
        }
        return low
    }
}
