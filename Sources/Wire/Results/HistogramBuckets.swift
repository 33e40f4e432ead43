import Telemetry

/// The buckets of a native histogram from the lowest to the highest, as result JSON shows them.
///
/// - Source: Prometheus' HTTP API, "Native histograms".
struct HistogramBuckets {
    struct Bucket {
        /// 0: open below, closed above; 1: closed below, open above; 3: closed at both ends.
        var rule: Int
        var lower: Double
        var upper: Double
        var count: Double
    }

    let buckets: [Bucket]

    init(_ histogram: NativeHistogram) {
        var buckets: [Bucket] = []
        if histogram.usesCustomBuckets {
            Self.forEach(histogram.positiveSpans, histogram.positiveCounts) { index, count in
                let bounds = histogram.customBounds
                let lower = index > 0 && Int(index) <= bounds.count ? bounds[Int(index) - 1] : -Double.infinity
                let upper = index >= 0 && Int(index) < bounds.count ? bounds[Int(index)] : Double.infinity
                // The lowest bucket reaches down to minus infinity and holds it.
                buckets.append(Bucket(rule: index <= 0 ? 3 : 0, lower: lower, upper: upper, count: count))
            }
        } else {
            Self.forEach(histogram.negativeSpans, histogram.negativeCounts) { index, count in
                buckets.append(
                    Bucket(
                        rule: 1, lower: -Self.bound(index, histogram.schema), upper: -Self.bound(index - 1, histogram.schema),
                        count: count))
            }
            buckets.reverse()
            if histogram.zeroCount != 0 {
                buckets.append(
                    Bucket(
                        rule: 3, lower: -histogram.zeroThreshold, upper: histogram.zeroThreshold, count: histogram.zeroCount))
            }
            Self.forEach(histogram.positiveSpans, histogram.positiveCounts) { index, count in
                buckets.append(
                    Bucket(
                        rule: 0, lower: Self.bound(index - 1, histogram.schema), upper: Self.bound(index, histogram.schema),
                        count: count))
            }
        }
        self.buckets = buckets.filter { $0.count != 0 }
    }

    private static func forEach(_ spans: [NativeHistogram.Span], _ counts: [Double], _ body: (Int32, Double) -> Void) {
        var index: Int32 = 0
        var next = 0
        for span in spans {
            index &+= span.offset
            for _ in 0..<span.length where next < counts.count {
                body(index, counts[next])
                index &+= 1
                next += 1
            }
        }
    }

    /// The upper bound of a bucket: 2 to the power index × 2^-schema.
    static func bound(_ index: Int32, _ schema: Int32) -> Double {
        if schema <= 0 {
            let power = Int(index) << Int(-schema)
            // Beyond the doubles the last bucket ends at the greatest finite one.
            if power > 1024 { return .infinity }
            return power == 1024 ? Double.greatestFiniteMagnitude : Double(sign: .plus, exponent: power, significand: 1)
        }
        // The fraction's bits choose among 2^(1/2), 2^(1/4), 2^(1/8) …, each the square root of the one before.
        var fraction = Int(index) & ((1 << Int(schema)) - 1)
        let whole = Int(index) >> Int(schema)
        var root = 2.0
        var significand = 1.0
        var bit = 1 << (Int(schema) - 1)
        while bit > 0 {
            root = root.squareRoot()
            if fraction & bit != 0 {
                significand *= root
                fraction &= ~bit
            }
            bit >>= 1
        }
        if whole == 1024 && significand == 1 { return .greatestFiniteMagnitude }
        return Double(sign: .plus, exponent: whole, significand: significand)
    }
}
