private import CPosix

/// What a line of least squares is made of: sums over points whose coordinates are taken from `center` and `first`.
package struct RegressionSums: Sendable {
    /// Sums of x, y, x·y and x².
    package let x: Double
    package let y: Double
    package let xy: Double
    package let xx: Double
    /// Whether all values are equal to the first.
    package let isConstant: Bool

    /// - Parameters:
    ///   - times: as many as values, less than 2^51 from `center`.
    ///   - first: what is taken from each value.
    package init(_ times: Span<Int64>, _ values: Span<Double>, center: Int64, first: Double) {
        precondition(times.count == values.count, "every value has its time")
        var sums = (0.0, 0.0, 0.0, 0.0)
        let differs = unsafe times.withUnsafeBufferPointer { times in
            unsafe values.withUnsafeBufferPointer { values in
                unsafe withUnsafeMutableBytes(of: &sums) { sums in
                    guard let time = times.baseAddress, let value = values.baseAddress else { return UInt32(0) }
                    return unsafe csystem_regression_sums(
                        time, value, times.count, center, first, sums.baseAddress!.assumingMemoryBound(to: Double.self))
                }
            }
        }
        (x, y, xy, xx) = sums
        isConstant = differs == 0
    }
}
