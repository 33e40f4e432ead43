package import Telemetry

/// One side's buckets of a native histogram as parallel columns, sorted by index: the form in which arithmetic is done.
///
/// - Invariant: indices rise strictly; the columns have equal counts.
package struct HistogramBuckets: Hashable, Sendable {
    package var indices: [Int32] = []
    package var counts: [Double] = []

    package init() {}

    package init(spans: [NativeHistogram.Span], counts source: [Double]) {
        indices.reserveCapacity(source.count)
        var index: Int32 = 0
        var taken = 0
        for span in spans {
            index &+= span.offset
            var left = span.length
            while left > 0, taken < source.count {
                indices.append(index)
                index &+= 1
                taken += 1
                left -= 1
            }
        }
        counts = taken == source.count ? source : Array(source[..<taken])
    }

    package var isEmpty: Bool { indices.isEmpty }
    package var count: Int { indices.count }

    /// Without empty buckets.
    package var compacted: HistogramBuckets {
        guard counts.contains(0) else { return self }
        var result = HistogramBuckets()
        for position in 0..<count where counts[position] != 0 { result.append(indices[position], counts[position]) }
        return result
    }

    package mutating func append(_ index: Int32, _ count: Double) {
        indices.append(index)
        counts.append(count)
    }

    /// Spans and counts as they rest in a `NativeHistogram`.
    package var spans: [NativeHistogram.Span] {
        var spans: [NativeHistogram.Span] = []
        var next: Int32 = 0
        for index in indices {
            if !spans.isEmpty, index == next {
                spans[spans.count - 1].length += 1
            } else {
                spans.append(NativeHistogram.Span(offset: index &- next, length: 1))
            }
            next = index &+ 1
        }
        return spans
    }

    /// The same counts in the wider buckets of a lower schema.
    package func reduced(by schemas: Int32) -> HistogramBuckets {
        guard schemas > 0 else { return self }
        var result = HistogramBuckets()
        for position in 0..<count {
            let index = ((indices[position] &- 1) >> schemas) &+ 1
            if result.indices.last == index {
                result.counts[result.count - 1] += counts[position]
            } else {
                result.append(index, counts[position])
            }
        }
        return result
    }

    package func scaled(_ scale: (Double) -> Double) -> HistogramBuckets {
        var result = self
        for position in 0..<count { result.counts[position] = scale(counts[position]) }
        return result
    }

    /// Unites two columns; a bucket that one lacks counts as zero there.
    package func combined(with other: HistogramBuckets, _ combine: (Double, Double) -> Double) -> HistogramBuckets {
        if indices == other.indices {
            var result = self
            for position in 0..<count { result.counts[position] = combine(counts[position], other.counts[position]) }
            return result
        }
        var result = HistogramBuckets()
        result.indices.reserveCapacity(count + other.count)
        result.counts.reserveCapacity(count + other.count)
        var mine = 0
        var theirs = 0
        while mine < count || theirs < other.count {
            if theirs == other.count || (mine < count && indices[mine] < other.indices[theirs]) {
                result.append(indices[mine], combine(counts[mine], 0))
                mine += 1
            } else if mine == count || other.indices[theirs] < indices[mine] {
                result.append(other.indices[theirs], combine(0, other.counts[theirs]))
                theirs += 1
            } else {
                result.append(indices[mine], combine(counts[mine], other.counts[theirs]))
                mine += 1
                theirs += 1
            }
        }
        return result
    }
}

extension NativeHistogram {
    package var positive: HistogramBuckets {
        get { HistogramBuckets(spans: positiveSpans, counts: positiveCounts) }
        set {
            positiveSpans = newValue.spans
            positiveCounts = newValue.counts
        }
    }

    package var negative: HistogramBuckets {
        get { negativeCounts.isEmpty ? HistogramBuckets() : HistogramBuckets(spans: negativeSpans, counts: negativeCounts) }
        set {
            negativeSpans = newValue.spans
            negativeCounts = newValue.counts
        }
    }

    /// Without empty buckets; spans merged.
    package var compacted: NativeHistogram {
        var result = self
        result.positive = positive.compacted
        result.negative = negative.compacted
        return result
    }

    /// The upper bound of a bucket on the positive side; the lower bound is that of the index before.
    package func upperBound(of index: Int32) -> Double {
        usesCustomBuckets ? Self.customUpperBound(of: index, customBounds) : Self.exponentialUpperBound(of: index, schema: schema)
    }

    package static func customUpperBound(of index: Int32, _ bounds: [Double]) -> Double {
        if index < 0 { return -.infinity }
        return Int(index) < bounds.count ? bounds[Int(index)] : .infinity
    }

    /// `2^(index · 2^-schema)`, exact for whole powers of two; the last finite bucket ends at the largest double.
    package static func exponentialUpperBound(of index: Int32, schema: Int32) -> Double {
        if schema <= 0 {
            let exponent = Int(index) << Int(-schema)
            if exponent == 1024 { return .greatestFiniteMagnitude }
            return Double(sign: .plus, exponent: max(-1080, min(1024, exponent)), significand: 1)
        }
        let whole = Int(index) >> Int(schema)
        let part = Int(index) & ((1 << Int(schema)) - 1)
        if whole == 1024, part == 0 { return .greatestFiniteMagnitude }
        let fraction = part == 0 ? 1 : Mathematics.exponential2(Double(part) / Double(1 << Int(schema)))
        return Double(sign: .plus, exponent: max(-1080, min(1024, whole)), significand: fraction)
    }
}
