/// The NaN that says "this series ended here".
///
/// - Source: Prometheus `model/value`: a stale marker is one exact NaN payload, an ordinary NaN another.
package enum StalenessMarker {
    package static let bitPattern: UInt64 = 0x7ff0_0000_0000_0002
    package static let value = Double(bitPattern: bitPattern)
    package static let ordinaryNaN = Double(bitPattern: 0x7ff8_0000_0000_0001)

    @inlinable @inline(__always)
    package static func isStale(_ value: Double) -> Bool { value.bitPattern == 0x7ff0_0000_0000_0002 }
}
