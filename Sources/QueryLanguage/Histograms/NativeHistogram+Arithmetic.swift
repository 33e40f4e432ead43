package import Telemetry

/// Two histograms with exponential and custom buckets cannot meet in one operation.
package struct IncompatibleHistograms: Error, Equatable, Sendable {
    package init() {}
}

/// What adding or subtracting two histograms had to reconcile.
package struct HistogramReconciliation: Equatable, Sendable {
    /// One said "reset", the other "no reset".
    package var resetHintsCollide = false
    /// The custom bounds differed and were cut down to the common ones.
    package var customBoundsDiffer = false

    package init() {}

    package mutating func unite(_ other: HistogramReconciliation) {
        resetHintsCollide = resetHintsCollide || other.resetHintsCollide
        customBoundsDiffer = customBoundsDiffer || other.customBoundsDiffer
    }
}

extension NativeHistogram {
    /// Adds another histogram; the result has the coarser schema and the wider zero bucket of the two.
    ///
    /// - Source: Prometheus native histogram specification, "arithmetic".
    package mutating func add(_ other: NativeHistogram) throws(IncompatibleHistograms) -> HistogramReconciliation {
        try combine(other) { $0 + $1 }
    }

    /// Subtracts another histogram; the result is a gauge.
    package mutating func subtract(_ other: NativeHistogram) throws(IncompatibleHistograms) -> HistogramReconciliation {
        let reconciliation = try combine(other) { $0 - $1 }
        resetHint = .gauge
        return reconciliation
    }

    package mutating func combine(
        _ other: NativeHistogram, _ operation: (Double, Double) -> Double
    ) throws(IncompatibleHistograms) -> HistogramReconciliation {
        var reconciliation = HistogramReconciliation()
        let aligned = try align(with: other, &reconciliation)
        count = operation(count, other.count)
        sum = operation(sum, other.sum)
        zeroCount = operation(zeroCount, aligned.zeroCount)
        positive = positive.combined(with: aligned.positive, operation)
        negative = negative.combined(with: aligned.negative, operation)
        isInteger = false
        return reconciliation
    }

    /// The other histogram's buckets in the layout this one has been brought to.
    struct Aligned {
        var zeroCount: Double
        var positive: HistogramBuckets
        var negative: HistogramBuckets
    }

    /// Brings this histogram to a layout that both share, and gives the other's buckets in it.
    mutating func align(with other: NativeHistogram, _ reconciliation: inout HistogramReconciliation) throws(IncompatibleHistograms) -> Aligned {
        guard usesCustomBuckets == other.usesCustomBuckets else { throw IncompatibleHistograms() }
        reconciliation.resetHintsCollide = adoptResetHint(of: other)
        if usesCustomBuckets {
            guard customBounds != other.customBounds else {
                return Aligned(zeroCount: other.zeroCount, positive: other.positive, negative: other.negative)
            }
            reconciliation.customBoundsDiffer = true
            let common = Self.intersection(customBounds, other.customBounds)
            let theirs = Self.regroup(other.positive, from: other.customBounds, to: common)
            positive = Self.regroup(positive, from: customBounds, to: common)
            customBounds = common
            return Aligned(zeroCount: other.zeroCount, positive: theirs, negative: HistogramBuckets())
        }
        var otherZero = other.zeroCount
        var otherThreshold = other.zeroThreshold
        while otherThreshold != zeroThreshold {
            if zeroThreshold > otherThreshold {
                (otherZero, otherThreshold) = other.zeroCount(upTo: zeroThreshold)
            }
            if otherThreshold > zeroThreshold { widenZeroBucket(to: otherThreshold) }
        }
        var theirPositive = other.positive
        var theirNegative = other.negative
        if otherThreshold != other.zeroThreshold {
            theirPositive = Self.dropping(theirPositive, below: otherThreshold, schema: other.schema)
            theirNegative = Self.dropping(theirNegative, below: otherThreshold, schema: other.schema)
        }
        if other.schema < schema { self = copied(toSchema: other.schema) }
        return Aligned(
            zeroCount: otherZero, positive: theirPositive.reduced(by: other.schema - schema),
            negative: theirNegative.reduced(by: other.schema - schema))
    }

    /// - Returns: whether one hint says "reset" and the other "no reset".
    private mutating func adoptResetHint(of other: NativeHistogram) -> Bool {
        if resetHint == other.resetHint || resetHint == .gauge { return false }
        if other.resetHint == .gauge {
            resetHint = .gauge
            return false
        }
        let isCollision = resetHint != .unknown && other.resetHint != .unknown
        resetHint = .unknown
        return isCollision
    }

    package mutating func scale(by factor: Double) {
        zeroCount *= factor
        count *= factor
        sum *= factor
        for index in positiveCounts.indices { positiveCounts[index] *= factor }
        for index in negativeCounts.indices { negativeCounts[index] *= factor }
        if factor < 0 { resetHint = .gauge }
        isInteger = false
    }

    /// Divides everything; a zero divisor leaves no buckets.
    package mutating func divide(by divisor: Double) {
        zeroCount /= divisor
        count /= divisor
        sum /= divisor
        if divisor == 0 {
            positive = HistogramBuckets()
            negative = HistogramBuckets()
        }
        for index in positiveCounts.indices { positiveCounts[index] /= divisor }
        for index in negativeCounts.indices { negativeCounts[index] /= divisor }
        if divisor < 0 { resetHint = .gauge }
        isInteger = false
    }

    /// The same observations in a coarser schema; a finer or custom one changes nothing.
    package func copied(toSchema target: Int32) -> NativeHistogram {
        guard !usesCustomBuckets, target < schema else { return self }
        var result = self
        result.positive = positive.reduced(by: schema - target)
        result.negative = negative.reduced(by: schema - target)
        result.schema = target
        return result
    }

    /// Whether two histograms hold the same: layout, counts, sum; the reset hint does not count.
    package func isEquivalent(to other: NativeHistogram) -> Bool {
        guard schema == other.schema, count == other.count || (count.isNaN && other.count.isNaN) else { return false }
        guard sum.bitPattern == other.sum.bitPattern || sum == other.sum else { return false }
        if usesCustomBuckets {
            guard customBounds == other.customBounds else { return false }
        } else {
            guard zeroThreshold == other.zeroThreshold, zeroCount == other.zeroCount else { return false }
            guard negative.compacted == other.negative.compacted else { return false }
        }
        return positive.compacted == other.positive.compacted
    }

    /// Whether anything has grown beyond the largest double.
    package var hasOverflow: Bool {
        zeroCount.isInfinite || count.isInfinite || sum.isInfinite || positiveCounts.contains(where: \.isInfinite)
            || negativeCounts.contains(where: \.isInfinite)
    }
}
