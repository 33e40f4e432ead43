package import Telemetry

/// The operators `</` and `>/`: a histogram's observations on one side of a bound.
///
/// Each bucket is split at the bound into what lies below and what lies above, as far as its shape tells; a side is then put together from the
/// parts. The sum is estimated anew from a value that stands for each part, unless nothing was cut off.
/// - Source: Prometheus' documentation of the trim operators, and its published test scripts for buckets without an end.
extension NativeHistogram {
    package func trimmed(at bound: Double, keepsLower: Bool) -> NativeHistogram {
        var kept = BucketPart()
        var cutsAnything = false
        func trim(_ bucket: HistogramBucket, isLinear: Bool) -> Double {
            let (below, above) = split(bucket, at: bound, isLinear: isLinear)
            let part = keepsLower ? below : above
            if part.count != bucket.count { cutsAnything = true }
            kept.count += part.count
            if part.count != 0 { kept.value += part.count * part.value }
            return part.count
        }
        func trim(_ side: HistogramBuckets, isNegative: Bool) -> HistogramBuckets {
            var trimmed = HistogramBuckets()
            for (index, count) in zip(side.indices, side.counts) {
                let (inner, outer) = (upperBound(of: index - 1), upperBound(of: index))
                let bucket = isNegative
                    ? HistogramBucket(lower: -outer, upper: -inner, count: count) : HistogramBucket(lower: inner, upper: outer, count: count)
                trimmed.append(index, trim(bucket, isLinear: usesCustomBuckets))
            }
            return trimmed.compacted
        }
        var result = self
        if !usesCustomBuckets {
            result.negative = trim(negative, isNegative: true)
            if zeroCount != 0 {
                result.zeroCount = trim(
                    narrowed(HistogramBucket(lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount)), isLinear: true)
            }
        }
        result.positive = trim(positive, isNegative: false)
        guard cutsAnything else { return self }
        (result.count, result.sum) = (kept.count, kept.value)
        result.isInteger = false
        return result
    }

    /// Some of a bucket's observations, and the value that stands for each.
    private struct BucketPart {
        var count = 0.0
        var value = 0.0
    }

    private func split(_ bucket: HistogramBucket, at bound: Double, isLinear: Bool) -> (below: BucketPart, above: BucketPart) {
        let nothing = BucketPart()
        if bound.isNaN { return (nothing, nothing) }
        let whole = BucketPart(count: bucket.count, value: Self.center(bucket, isLinear: isLinear))
        if bucket.upper <= bound { return (whole, nothing) }
        if bucket.lower >= bound { return (nothing, whole) }
        // Where a bucket has no end, its observations are taken to lie beyond any bound that is within it.
        if bucket.upper == .infinity { return (nothing, BucketPart(count: bucket.count, value: bound)) }
        var bucket = bucket
        if bucket.lower == -.infinity {
            if bucket.upper <= 0 { return (BucketPart(count: bucket.count, value: bound), nothing) }
            // A first bucket that reaches over zero is taken to begin there, as everywhere; a bound below zero misses it altogether.
            if bound < 0 { return (nothing, nothing) }
            if bound == 0 { return (nothing, whole) }
            bucket.lower = 0
        }
        let below = countBelow(bound, in: bucket, isZeroBucket: isLinear)
        return (
            BucketPart(
                count: below, value: Self.center(HistogramBucket(lower: bucket.lower, upper: bound, count: 0), isLinear: isLinear)),
            BucketPart(
                count: bucket.count - below, value: Self.center(HistogramBucket(lower: bound, upper: bucket.upper, count: 0), isLinear: isLinear))
        )
    }

    /// The value that stands for the observations of a bucket: the middle, on the scale on which they are taken to be spread.
    private static func center(_ bucket: HistogramBucket, isLinear: Bool) -> Double {
        switch (bucket.lower == -.infinity, bucket.upper == .infinity) {
        case (true, true): 0
        case (true, false): bucket.upper > 0 ? bucket.upper / 2 : bucket.upper
        case (false, true): bucket.lower
        case (false, false):
            if isLinear {
                (bucket.lower + bucket.upper) / 2
            } else {
                abs(bucket.lower * bucket.upper).squareRoot() * (bucket.upper <= 0 ? -1 : 1)
            }
        }
    }
}
