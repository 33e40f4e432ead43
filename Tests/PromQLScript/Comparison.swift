import QueryLanguage
import Telemetry

/// Equality as promqltest understands it.
package enum Comparison {
    package static func areEqual(_ left: Double, _ right: Double) -> Bool {
        if StalenessMarker.isStale(left) || StalenessMarker.isStale(right) { return StalenessMarker.isStale(left) && StalenessMarker.isStale(right) }
        if left.isNaN, right.isNaN { return true }
        if left == right { return true }
        let difference = abs(left - right)
        let sum = abs(left) + abs(right)
        if left == 0 || right == 0 || sum < .leastNormalMagnitude { return difference < 1e-6 * .leastNormalMagnitude }
        return difference / min(sum, .greatestFiniteMagnitude) < 1e-6
    }

    package static func matches(_ value: ScriptAnswer.Point, _ item: SeriesNotation.Item) -> Bool {
        switch (value, item) {
        case (_, .missing): false
        case (.float(let found), .float(let expected)): areEqual(found, expected)
        case (.histogram(let found), .histogram(let expected, let namesHint)):
            areEqual(found, expected) && (!namesHint || found.resetHint == expected.resetHint)
        case (.buckets(let found), .histogram(let expected, _)): areEqual(found, BucketList(expected))
        default: false
        }
    }

    package static func areEqual(_ left: ScriptAnswer.Point, _ right: ScriptAnswer.Point) -> Bool {
        switch (left, right) {
        case (.float(let left), .float(let right)): areEqual(left, right)
        case (.histogram(let left), .histogram(let right)): areEqual(left, right)
        case (.buckets(let left), .buckets(let right)): areEqual(left, right)
        default: false
        }
    }

    private static func areEqual(_ left: NativeHistogram, _ right: NativeHistogram) -> Bool {
        func same(_ left: HistogramBuckets, _ right: HistogramBuckets) -> Bool {
            let (left, right) = (left.compacted, right.compacted)
            return left.indices == right.indices && zip(left.counts, right.counts).allSatisfy { areEqual($0, $1) }
        }
        return left.schema == right.schema && left.zeroThreshold == right.zeroThreshold && left.customBounds == right.customBounds
            && areEqual(left.count, right.count) && areEqual(left.sum, right.sum) && areEqual(left.zeroCount, right.zeroCount)
            && same(left.positive, right.positive) && same(left.negative, right.negative)
    }

    private static func areEqual(_ left: BucketList, _ right: BucketList) -> Bool {
        areEqual(left.count, right.count) && areEqual(left.sum, right.sum) && left.buckets.count == right.buckets.count
            && zip(left.buckets, right.buckets).allSatisfy {
                $0.rule == $1.rule && areEqual($0.lower, $1.lower) && areEqual($0.upper, $1.upper) && areEqual($0.count, $1.count)
            }
    }
}
