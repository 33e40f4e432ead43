import Bytes
import Telemetry

/// What a tier keeps of a series: each column is a series of its own in the tier, told apart by a label that comes before all others.
enum TierColumn: String, CaseIterable, Sendable {
    /// Samples as they were: the first and the last of each bucket, those around a counter's resets, and the stale marker at an end.
    case points
    case min, max, sum, count

    /// A name that no scrape can have: it stands before every other one.
    static let label = "\u{0}"

    /// The column that answers a function over a range as the samples themselves would; nil when none does.
    ///
    /// - Parameter range: milliseconds, or 0 for an instant selector.
    init?(answering function: String, range: Int64) {
        if range == 0 {
            self = .points
            return
        }
        switch function {
        case "last_over_time", "rate", "increase", "delta", "present_over_time": self = .points
        case "min_over_time": self = .min
        case "max_over_time": self = .max
        case "sum_over_time": self = .sum
        default: return nil
        }
    }

    var matcher: LabelMatcher {
        // An equality always compiles.
        get throws(StoreError) {
            guard let matcher = try? LabelMatcher(Self.label, .equal, rawValue) else {
                throw StoreError(.invalid, "cannot select the column \(rawValue) of a tier")
            }
            return matcher
        }
    }

    /// The label set of a column of a series; nil for the one set that cannot have it.
    func labels(of series: Labels) -> Labels? {
        if series.valueRange(of: Self.label) != nil { return nil }
        var writer = ByteWriter(capacity: series.encoded.count + 8)
        writer.appendLengthPrefixed(Self.label)
        writer.appendLengthPrefixed(rawValue)
        writer.append(contentsOf: series.encoded)
        return Labels(canonical: writer.bytes)
    }
}
