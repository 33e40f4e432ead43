/// An amount of a resource, exact: `250m`, `64Mi`, `1.5`, `1e3`.
///
/// Kept as whole billionths, which is the finest step Kubernetes has; finer amounts are rounded away from zero. Comparison and equality look at the
/// amount only, the form decides how it is written.
/// - Source: Kubernetes `resource.Quantity`.
package struct Quantity: Sendable {
    /// How the amount is written.
    package enum Form: Hashable, Sendable {
        /// Powers of 1024: Ki, Mi, Gi, Ti, Pi, Ei.
        case binary
        /// Powers of 1000: n, u, m, k, M, G, T, P, E.
        case decimal
        /// An exponent of ten that is a multiple of three.
        case exponent
    }

    /// Billionths.
    package private(set) var nanos: Int128
    package var form: Form

    /// Kubernetes keeps amounts within ±(2⁶³−1).
    private static let limit = Int128(Int64.max) * 1_000_000_000

    package init(nanos: Int128, form: Form = .decimal) {
        self.nanos = min(max(nanos, -Self.limit), Self.limit)
        self.form = form
    }

    package init(_ value: Int64, form: Form = .decimal) { self.init(nanos: Int128(value) * 1_000_000_000, form: form) }
    package init(_ value: Int, form: Form = .decimal) { self.init(Int64(value), form: form) }
    package init(milli value: Int64) { self.init(nanos: Int128(value) * 1_000_000) }
    /// Whole bytes, written with binary suffixes.
    package init(bytes value: Int64) { self.init(value, form: .binary) }

    package static let zero = Quantity(nanos: 0)

    // MARK: Values

    package var isZero: Bool { nanos == 0 }

    /// -1, 0 or 1.
    package var sign: Int { nanos == 0 ? 0 : (nanos < 0 ? -1 : 1) }

    /// The whole amount, rounded up (away from zero).
    package var value: Int64 { scaled(to: 1_000_000_000) }

    /// Thousandths, rounded up (away from zero) and saturating.
    package var milliValue: Int64 { scaled(to: 1_000_000) }

    package var double: Double { Double(nanos) / 1e9 }

    private func scaled(to unit: Int128) -> Int64 {
        let (quotient, remainder) = nanos.quotientAndRemainder(dividingBy: unit)
        let rounded = remainder == 0 ? quotient : quotient + (nanos < 0 ? -1 : 1)
        return Int64(clamping: rounded)
    }

    // MARK: Arithmetic

    /// A sum takes the form of its left side, unless that is zero.
    package static func + (left: Quantity, right: Quantity) -> Quantity {
        Quantity(nanos: left.nanos + right.nanos, form: left.isZero ? right.form : left.form)
    }

    package static func - (left: Quantity, right: Quantity) -> Quantity {
        Quantity(nanos: left.nanos - right.nanos, form: left.isZero ? right.form : left.form)
    }

    package static func += (left: inout Quantity, right: Quantity) { left = left + right }
    package static func -= (left: inout Quantity, right: Quantity) { left = left - right }
    package static prefix func - (value: Quantity) -> Quantity { Quantity(nanos: -value.nanos, form: value.form) }
}

extension Quantity: Hashable, Comparable {
    package static func == (left: Quantity, right: Quantity) -> Bool { left.nanos == right.nanos }
    package static func < (left: Quantity, right: Quantity) -> Bool { left.nanos < right.nanos }
    package func hash(into hasher: inout Hasher) { hasher.combine(nanos) }
}
