package import Telemetry

/// One bucket with its bounds; the lower bound is exclusive on the positive side.
package struct HistogramBucket: Hashable, Sendable {
    package var lower: Double
    package var upper: Double
    package var count: Double

    package var holdsZero: Bool { lower <= 0 && upper >= 0 }
}

/// What is estimated from the buckets: quantile, fraction, variance.
///
/// - Source: Prometheus' documentation of histogram_quantile and histogram_fraction: linear interpolation in custom buckets and the zero
///   bucket, exponential interpolation elsewhere.
extension NativeHistogram {
    /// All buckets from the lowest to the highest, the zero bucket between the two sides.
    package var allBuckets: [HistogramBucket] {
        var buckets: [HistogramBucket] = []
        let positive = positive
        let negative = negative
        buckets.reserveCapacity(positive.count + negative.count + 1)
        for position in stride(from: negative.count - 1, through: 0, by: -1) {
            let index = negative.indices[position]
            var upper = -upperBound(of: index - 1)
            if zeroThreshold > 0, upper > -zeroThreshold { upper = -zeroThreshold }
            buckets.append(HistogramBucket(lower: -upperBound(of: index), upper: upper, count: negative.counts[position]))
        }
        if !usesCustomBuckets, zeroCount > 0 {
            buckets.append(HistogramBucket(lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount))
        }
        for position in 0..<positive.count {
            let index = positive.indices[position]
            var lower = upperBound(of: index - 1)
            if !usesCustomBuckets, lower < zeroThreshold { lower = zeroThreshold }
            buckets.append(HistogramBucket(lower: lower, upper: upperBound(of: index), count: positive.counts[position]))
        }
        return buckets
    }

    /// The zero bucket lies on one side when the histogram has buckets on that side only.
    func narrowed(_ bucket: HistogramBucket) -> HistogramBucket {
        var bucket = bucket
        if negativeCounts.isEmpty, !positiveCounts.isEmpty { bucket.lower = 0 }
        if positiveCounts.isEmpty, !negativeCounts.isEmpty { bucket.upper = 0 }
        return bucket
    }

    package enum QuantileNote: Sendable { case none, resultIsNaN, resultIsSkewed }

    /// The value below which the fraction `quantile` of the observations lies.
    package func quantile(_ quantile: Double) -> (value: Double, note: QuantileNote) {
        if quantile < 0 { return (-.infinity, .none) }
        if quantile > 1 { return (.infinity, .none) }
        if count == 0 || quantile.isNaN { return (.nan, .none) }
        // NaN observations count but are in no bucket, so that only counting from below gives a meaningful rank.
        let isForward = sum.isNaN || quantile < 0.5
        var rank = (isForward ? quantile : 1 - quantile) * count
        var cumulated = 0.0
        var bucket = HistogramBucket(lower: 0, upper: 0, count: 0)
        let buckets = allBuckets
        for candidate in isForward ? buckets : buckets.reversed() where candidate.count != 0 {
            bucket = candidate
            cumulated += bucket.count
            if cumulated >= rank { break }
        }
        if usesCustomBuckets {
            if bucket.lower == -.infinity {
                if bucket.upper <= 0 { return (bucket.upper, .none) }
                bucket.lower = 0
            } else if bucket.upper == .infinity {
                return (bucket.lower, .none)
            }
        } else if bucket.lower < 0, bucket.upper > 0 {
            bucket = narrowed(bucket)
        }
        cumulated = min(cumulated, count)
        if cumulated < rank {
            return sum.isNaN ? (.nan, .resultIsNaN) : (bucket.upper, .none)
        }
        rank = isForward ? rank - (cumulated - bucket.count) : cumulated - rank
        let fraction = rank / bucket.count
        let note: QuantileNote = sum.isNaN ? .resultIsSkewed : .none
        if usesCustomBuckets || bucket.holdsZero { return (bucket.lower + (bucket.upper - bucket.lower) * fraction, note) }
        let logLower = Mathematics.logarithm2(abs(bucket.lower))
        let logUpper = Mathematics.logarithm2(abs(bucket.upper))
        if bucket.lower > 0 { return (Mathematics.exponential2(logLower + (logUpper - logLower) * fraction), note) }
        return (-Mathematics.exponential2(logUpper + (logLower - logUpper) * (1 - fraction)), note)
    }

    /// Observations below a value within one bucket.
    func countBelow(_ value: Double, in bucket: HistogramBucket, isZeroBucket: Bool) -> Double {
        if usesCustomBuckets || isZeroBucket {
            if bucket.lower == -.infinity { return bucket.count }
            if bucket.upper == .infinity { return 0 }
            return bucket.count * (value - bucket.lower) / (bucket.upper - bucket.lower)
        }
        let logLower = Mathematics.logarithm2(abs(bucket.lower))
        let logUpper = Mathematics.logarithm2(abs(bucket.upper))
        let logValue = Mathematics.logarithm2(abs(value))
        let fraction = value > 0 ? (logValue - logLower) / (logUpper - logLower) : 1 - (logValue - logUpper) / (logLower - logUpper)
        return bucket.count * fraction
    }

    /// The fraction of all observations that lies between two values.
    package func fraction(from lower: Double, to upper: Double) -> Double {
        if count == 0 || lower.isNaN || upper.isNaN { return .nan }
        if lower >= upper { return 0 }
        var rank = 0.0
        var lowerRank: Double?
        var upperRank: Double?
        for var bucket in allBuckets {
            let isZeroBucket = bucket.holdsZero
            if isZeroBucket { bucket = narrowed(bucket) }
            func rankOf(_ value: Double) -> Double? {
                if bucket.lower >= value { return rank }
                if bucket.upper > value { return rank + countBelow(value, in: bucket, isZeroBucket: isZeroBucket) }
                return nil
            }
            if lowerRank == nil { lowerRank = rankOf(lower) }
            if upperRank == nil { upperRank = rankOf(upper) }
            if lowerRank != nil, upperRank != nil { break }
            rank += bucket.count
        }
        return (min(upperRank ?? count, count) - min(lowerRank ?? count, count)) / count
    }

    /// The estimated variance of the observations: each counts as the middle of its bucket.
    package var variance: Double {
        let mean = sum / count
        var total = KahanSum()
        for bucket in allBuckets where bucket.count != 0 {
            let delta = middle(of: bucket) - mean
            total.add(bucket.count * delta * delta)
        }
        return total.value / count
    }

    private func middle(of bucket: HistogramBucket) -> Double {
        if usesCustomBuckets { return (bucket.upper + bucket.lower) / 2 }
        if bucket.holdsZero { return 0 }
        let middle = (bucket.upper * bucket.lower).squareRoot()
        return bucket.upper < 0 ? -middle : middle
    }
}
