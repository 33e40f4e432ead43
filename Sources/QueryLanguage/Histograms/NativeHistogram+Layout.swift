package import Telemetry

/// Zero buckets that grow, custom bounds that differ, and counter resets: what comparing two layouts needs.
extension NativeHistogram {
    /// The count of a wider zero bucket, and its threshold, moved out to the end of a populated bucket that the wish would split.
    func zeroCount(upTo wanted: Double) -> (count: Double, threshold: Double) {
        var threshold = wanted
        if wanted == zeroThreshold { return (zeroCount, threshold) }
        while true {
            var total = zeroCount
            for (index, count) in zip(positive.indices, positive.counts) {
                if Self.exponentialUpperBound(of: index - 1, schema: schema) >= threshold { break }
                total += count
                let upper = Self.exponentialUpperBound(of: index, schema: schema)
                if upper > threshold {
                    if count != 0 { threshold = upper }
                    break
                }
            }
            var needsAnotherRound = false
            for (index, count) in zip(negative.indices, negative.counts) {
                if Self.exponentialUpperBound(of: index - 1, schema: schema) >= threshold { break }
                total += count
                let outer = Self.exponentialUpperBound(of: index, schema: schema)
                if outer > threshold {
                    if count != 0 {
                        threshold = outer
                        needsAnotherRound = true
                    }
                    break
                }
            }
            if !needsAnotherRound { return (total, threshold) }
        }
    }

    mutating func widenZeroBucket(to wanted: Double) {
        let (count, threshold) = zeroCount(upTo: wanted)
        zeroCount = count
        zeroThreshold = threshold
        positive = Self.dropping(positive, below: threshold, schema: schema)
        negative = Self.dropping(negative, below: threshold, schema: schema)
    }

    /// Without the buckets that begin below the threshold: they are in the zero bucket.
    static func dropping(_ buckets: HistogramBuckets, below threshold: Double, schema: Int32) -> HistogramBuckets {
        var result = HistogramBuckets()
        for (index, count) in zip(buckets.indices, buckets.counts)
        where exponentialUpperBound(of: index - 1, schema: schema) >= threshold { result.append(index, count) }
        return result
    }

    /// The bounds that both lists have.
    static func intersection(_ left: [Double], _ right: [Double]) -> [Double] {
        var common: [Double] = []
        var theirs = 0
        for bound in left {
            while theirs < right.count, right[theirs] < bound { theirs += 1 }
            if theirs < right.count, right[theirs] == bound { common.append(bound) }
        }
        return common
    }

    /// Counts of custom buckets in fewer, wider buckets; every bound of `target` is one of `bounds`.
    static func regroup(_ buckets: HistogramBuckets, from bounds: [Double], to target: [Double]) -> HistogramBuckets {
        var result = HistogramBuckets()
        var wide = 0
        for (index, count) in zip(buckets.indices, buckets.counts) {
            let upper = customUpperBound(of: index, bounds)
            while wide < target.count, target[wide] < upper { wide += 1 }
            if result.indices.last == Int32(wide) {
                result.counts[result.count - 1] += count
            } else {
                result.append(Int32(wide), count)
            }
        }
        return result
    }

    /// Whether the counter was reset between the previous histogram and this one.
    ///
    /// - Source: Prometheus native histogram specification, "counter resets": any count that fell, a finer schema, a narrower zero bucket,
    ///   a zero threshold inside a populated bucket, or a change between exponential and custom buckets.
    package func detectsReset(since previous: NativeHistogram) -> Bool {
        if resetHint == .reset { return true }
        if resetHint == .noReset { return false }
        if count < previous.count { return true }
        if usesCustomBuckets {
            guard previous.usesCustomBuckets else { return true }
            if customBounds == previous.customBounds { return Self.fell(positive, since: previous.positive) }
            let common = Self.intersection(customBounds, previous.customBounds)
            return Self.fell(
                Self.regroup(positive, from: customBounds, to: common),
                since: Self.regroup(previous.positive, from: previous.customBounds, to: common))
        }
        if schema > previous.schema || zeroThreshold < previous.zeroThreshold { return true }
        let (previousZero, threshold) = previous.zeroCount(upTo: zeroThreshold)
        if threshold != zeroThreshold || zeroCount < previousZero { return true }
        func aligned(_ buckets: HistogramBuckets) -> HistogramBuckets {
            let outside =
                zeroThreshold == previous.zeroThreshold
                ? buckets : Self.dropping(buckets, below: zeroThreshold, schema: previous.schema)
            return outside.reduced(by: previous.schema - schema)
        }
        return Self.fell(positive, since: aligned(previous.positive)) || Self.fell(negative, since: aligned(previous.negative))
    }

    private static func fell(_ current: HistogramBuckets, since previous: HistogramBuckets) -> Bool {
        var mine = 0
        for (index, count) in zip(previous.indices, previous.counts) {
            while mine < current.count, current.indices[mine] < index {
                if current.counts[mine] < 0 { return true }
                mine += 1
            }
            let now = mine < current.count && current.indices[mine] == index ? current.counts[mine] : 0
            if now < count { return true }
        }
        return false
    }
}
