/// An instant of civil time, as nanoseconds since 1970-01-01T00:00:00Z without leap seconds.
///
/// It lives in `Bytes` because the three rooms of layer 1 that speak of time never see each other. Columns of samples carry plain
/// `Int64` milliseconds and columns of log entries plain `Int64` nanoseconds, with the unit in their names.
/// - Units: nanoseconds; the years 1678 to 2262.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Saturates at the ends of the representable years.
    package init(milliseconds: Int64) {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        nanoseconds = overflow ? (milliseconds < 0 ? .min : .max) : product
    }

    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        nanoseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    package static let epoch = Timestamp(nanoseconds: 0)

    /// Milliseconds since the epoch, rounded towards the past.
    package var milliseconds: Int64 { Self.floorDivide(nanoseconds, by: 1_000_000) }

    /// Whole seconds since the epoch, rounded towards the past.
    package var seconds: Int64 { Self.floorDivide(nanoseconds, by: 1_000_000_000) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }

    package static func + (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(nanoseconds: left.nanoseconds.saturatingAdd(right.saturatedNanoseconds))
    }

    package static func - (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(nanoseconds: left.nanoseconds.saturatingAdd(-max(right.saturatedNanoseconds, -.max)))
    }

    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .nanoseconds(left.nanoseconds) - .nanoseconds(right.nanoseconds)
    }

    static func floorDivide(_ value: Int64, by divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}

extension Duration {
    /// The whole length in nanoseconds, at most 292 years.
    package var saturatedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        return product.saturatingAdd(attoseconds / 1_000_000_000)
    }

    /// The whole length in milliseconds, rounded towards zero.
    package var wholeMilliseconds: Int64 { saturatedNanoseconds / 1_000_000 }

    /// The length in seconds as a floating-point number.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

extension Int64 {
    func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
