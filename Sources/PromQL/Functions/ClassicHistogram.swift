/// Cumulative `le` buckets of a classic histogram at one instant.
struct ClassicHistogram {
    struct Bucket {
        var upperBound: Double
        var count: Double
    }

    /// Sorted by bound, each bound once.
    private(set) var buckets: [Bucket] = []

    /// - Parameter sorted: buckets in the order of their bounds; those of one bound are united.
    init(sorted: [Bucket]) {
        buckets.reserveCapacity(sorted.count)
        for bucket in sorted { append(bucket) }
    }

    /// Adds the next bucket in the order of the bounds; one of the same bound is united with it.
    mutating func append(_ bucket: Bucket) {
        if let last = buckets.last, last.upperBound == bucket.upperBound {
            buckets[buckets.count - 1].count += bucket.count
        } else {
            buckets.append(bucket)
        }
    }

    /// Empties it for the next instant and keeps its memory.
    mutating func removeAll() { buckets.removeAll(keepingCapacity: true) }

    private var reachesInfinity: Bool { buckets.last?.upperBound == .infinity }

    /// Bounds of the buckets whose counts had to be levelled, and the largest fall among them.
    struct Levelled: Equatable {
        var lowestBound: Double
        var highestBound: Double
        var largestFall: Double
    }

    /// - Returns: the quantile by linear interpolation, and what had to be levelled because counts fell.
    /// - Source: Prometheus `BucketQuantile`; differences below 1e-12 are rounding errors and levelled silently.
    mutating func quantile(_ quantile: Double) -> (value: Double, levelled: Levelled?) {
        if quantile.isNaN { return (.nan, nil) }
        if quantile < 0 { return (-.infinity, nil) }
        if quantile > 1 { return (.infinity, nil) }
        guard reachesInfinity else { return (.nan, nil) }
        let levelled = levelCounts()
        guard buckets.count >= 2, let total = buckets.last?.count, total != 0 else { return (.nan, levelled) }
        var rank = quantile * total
        let index = buckets.dropLast().firstIndex { $0.count >= rank } ?? buckets.count - 1
        if index == buckets.count - 1 { return (buckets[index - 1].upperBound, levelled) }
        if index == 0, buckets[0].upperBound <= 0 { return (buckets[0].upperBound, levelled) }
        var start = 0.0
        var count = buckets[index].count
        if index > 0 {
            start = buckets[index - 1].upperBound
            count -= buckets[index - 1].count
            rank -= buckets[index - 1].count
        }
        return (start + (buckets[index].upperBound - start) * (rank / count), levelled)
    }

    private mutating func levelCounts() -> Levelled? {
        var levelled: Levelled?
        guard var previous = buckets.first?.count else { return nil }
        for index in buckets.indices.dropFirst() {
            let (bound, current) = (buckets[index].upperBound, buckets[index].count)
            if current == previous { continue }
            if abs(current - previous) / min(abs(current) + abs(previous), .greatestFiniteMagnitude) < 1e-12 {
                buckets[index].count = previous
            } else if current < previous {
                buckets[index].count = previous
                levelled = Levelled(
                    lowestBound: levelled?.lowestBound ?? bound, highestBound: bound,
                    largestFall: max(levelled?.largestFall ?? 0, previous - current))
            } else {
                previous = current
            }
        }
        return levelled
    }

    /// The share of observations between two values.
    func fraction(from lower: Double, to upper: Double) -> Double {
        guard reachesInfinity, let total = buckets.last?.count, total != 0, !lower.isNaN, !upper.isNaN else { return .nan }
        if lower >= upper { return 0 }
        var rank = 0.0
        var lowerRank: Double?
        var upperRank: Double?
        for (index, bucket) in buckets.enumerated() {
            let start = index > 0 ? buckets[index - 1].upperBound : bucket.upperBound > 0 ? 0 : -Double.infinity
            func rankOf(_ value: Double) -> Double? {
                if start >= value { return rank }
                guard bucket.upperBound > value else { return nil }
                if start == -.infinity { return bucket.count }
                if bucket.upperBound == .infinity { return rank }
                return rank + (bucket.count - rank) * (value - start) / (bucket.upperBound - start)
            }
            if lowerRank == nil { lowerRank = rankOf(lower) }
            if upperRank == nil { upperRank = rankOf(upper) }
            rank = bucket.count
        }
        return (min(upperRank ?? total, total) - min(lowerRank ?? total, total)) / total
    }
}
