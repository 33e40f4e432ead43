package import Telemetry

/// Adds up many native histograms with error compensation in every bucket, or averages them without overflow.
package struct HistogramAccumulator: Sendable {
    /// The running sum (or mean), and the rounding errors in a histogram of the same layout.
    private var total: NativeHistogram?
    private var errors: NativeHistogram?
    private var isIncremental = false
    package private(set) var count = 0.0
    package private(set) var reconciliation = HistogramReconciliation()
    private let averages: Bool
    private var sawReset = false
    private var sawNoReset = false

    package init(averages: Bool = false) { self.averages = averages }

    package var isEmpty: Bool { total == nil }

    package mutating func add(_ histogram: NativeHistogram) throws(IncompatibleHistograms) {
        if histogram.resetHint == .reset { sawReset = true }
        if histogram.resetHint == .noReset { sawNoReset = true }
        count += 1
        guard var total, var errors else {
            total = histogram
            total?.isInteger = false
            var zero = histogram
            zero.scale(by: 0)
            zero.clearCounts()
            errors = zero
            return
        }
        if averages, !isIncremental {
            var next = total
            var nextErrors = errors
            try Self.add(histogram, to: &next, errors: &nextErrors, &reconciliation)
            if !next.hasOverflow {
                self.total = next
                self.errors = nextErrors
                return
            }
            isIncremental = true
            total.divide(by: count - 1)
            errors.divide(by: count - 1)
        }
        var term = histogram
        if averages {
            let weight = (count - 1) / count
            total.scale(by: weight)
            errors.scale(by: weight)
            term.divide(by: count)
        }
        try Self.add(term, to: &total, errors: &errors, &reconciliation)
        self.total = total
        self.errors = errors
    }

    /// Whether one of the added histograms said "reset" and another "no reset".
    package var resetHintsCollide: Bool { sawReset && sawNoReset }

    package var result: NativeHistogram? {
        guard var total, let errors else { return nil }
        if averages, !isIncremental {
            total.divide(by: count)
            var scaled = errors
            scaled.divide(by: count)
            total.addCounts(of: scaled)
        } else {
            total.addCounts(of: errors)
        }
        return total.compacted
    }

    private static func add(
        _ term: NativeHistogram, to total: inout NativeHistogram, errors: inout NativeHistogram, _ reconciliation: inout HistogramReconciliation
    ) throws(IncompatibleHistograms) {
        var step = HistogramReconciliation()
        let aligned = try total.align(with: term, &step)
        reconciliation.unite(step)
        var ignored = HistogramReconciliation()
        // The errors follow the layout of the total; their reset hint means nothing.
        errors.resetHint = .unknown
        _ = try errors.align(with: total.emptied, &ignored)
        func compensated(_ sum: inout Double, _ error: inout Double, _ term: Double) {
            var kahan = KahanSum(sum: sum, compensation: error)
            kahan.add(term)
            sum = kahan.sum
            error = kahan.compensation
        }
        compensated(&total.count, &errors.count, term.count)
        compensated(&total.sum, &errors.sum, term.sum)
        compensated(&total.zeroCount, &errors.zeroCount, aligned.zeroCount)
        func side(_ sums: HistogramBuckets, _ errors: HistogramBuckets, _ terms: HistogramBuckets) -> (HistogramBuckets, HistogramBuckets) {
            var sums = sums.combined(with: terms) { mine, _ in mine }
            let terms = sums.combined(with: terms) { _, theirs in theirs }
            var errors = sums.combined(with: errors) { _, theirs in theirs }
            for position in 0..<sums.count { compensated(&sums.counts[position], &errors.counts[position], terms.counts[position]) }
            return (sums, errors)
        }
        let (positive, positiveErrors) = side(total.positive, errors.positive, aligned.positive)
        total.positive = positive
        errors.positive = positiveErrors
        let (negative, negativeErrors) = side(total.negative, errors.negative, aligned.negative)
        total.negative = negative
        errors.negative = negativeErrors
    }
}

extension NativeHistogram {
    /// The same layout with nothing in it.
    var emptied: NativeHistogram {
        var result = self
        result.clearCounts()
        return result
    }

    mutating func clearCounts() {
        (count, sum, zeroCount) = (0, 0, 0)
        (positiveSpans, positiveCounts, negativeSpans, negativeCounts) = ([], [], [], [])
        isInteger = false
    }

    /// Adds the counts of a histogram of the same layout.
    mutating func addCounts(of other: NativeHistogram) {
        count += other.count
        sum += other.sum
        zeroCount += other.zeroCount
        positive = positive.combined(with: other.positive, +)
        negative = negative.combined(with: other.negative, +)
    }
}
