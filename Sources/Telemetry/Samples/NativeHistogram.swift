/// A native histogram sample: a count, a sum, and buckets laid out by a schema.
///
/// Buckets are sparse: `spans` say which bucket indices are present, and the counts follow in that order. Counts are absolute (not
/// deltas) and floating point; an integer histogram has whole counts below 2^53.
/// - Source: Prometheus' native histogram specification; schemas -4…8 are exponential (base 2^(2^-schema)), -53 has custom bounds.
package struct NativeHistogram: Hashable, Sendable {
    package struct Span: Hashable, Sendable {
        /// Gap to the previous span, or the first bucket's index for the first span.
        package var offset: Int32
        package var length: UInt32

        package init(offset: Int32, length: UInt32) {
            self.offset = offset
            self.length = length
        }
    }

    /// What is known about a counter reset between this sample and the one before.
    package enum ResetHint: UInt8, Sendable {
        case unknown = 0, reset, noReset, gauge
    }

    package static let customBucketsSchema: Int32 = -53

    package var schema: Int32
    package var zeroThreshold: Double
    package var zeroCount: Double
    package var count: Double
    package var sum: Double
    package var positiveSpans: [Span]
    package var positiveCounts: [Double]
    package var negativeSpans: [Span]
    package var negativeCounts: [Double]
    /// Upper bounds of the custom buckets, rising, without +Inf; empty for exponential schemas.
    package var customBounds: [Double]
    package var resetHint: ResetHint
    /// Whether it came as an integer histogram; kept so that it leaves as one.
    package var isInteger: Bool

    package init(
        schema: Int32 = 0, zeroThreshold: Double = 0, zeroCount: Double = 0, count: Double = 0, sum: Double = 0,
        positiveSpans: [Span] = [], positiveCounts: [Double] = [], negativeSpans: [Span] = [], negativeCounts: [Double] = [],
        customBounds: [Double] = [], resetHint: ResetHint = .unknown, isInteger: Bool = false
    ) {
        self.schema = schema
        self.zeroThreshold = zeroThreshold
        self.zeroCount = zeroCount
        self.count = count
        self.sum = sum
        self.positiveSpans = positiveSpans
        self.positiveCounts = positiveCounts
        self.negativeSpans = negativeSpans
        self.negativeCounts = negativeCounts
        self.customBounds = customBounds
        self.resetHint = resetHint
        self.isInteger = isInteger
    }

    package var usesCustomBuckets: Bool { schema == Self.customBucketsSchema }
}
