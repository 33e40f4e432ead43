private import CPosix

/// Sums of many columns, element by element, with the rounding errors of each addition beside.
package enum ColumnSums {
    /// Adds a column to sums of as many elements: Knuth's two-sum, whose error is exact.
    ///
    /// An element whose bits are `absent` is not added and not counted. Once a sum is not finite its error means nothing.
    /// - Parameter first: the element of the sums to which the first value goes.
    /// - Returns: whether a finite value made a sum infinite.
    package static func add(
        _ values: Span<Double>, at first: Int, absent: UInt64, counts: inout [Double], sums: inout [Double], errors: inout [Double]
    ) -> Bool {
        let end = first + values.count
        precondition(first >= 0 && end <= counts.count && end <= sums.count && end <= errors.count, "a column lies inside its sums")
        if values.isEmpty { return false }
        return unsafe counts.withUnsafeMutableBufferPointer { counts in
            unsafe sums.withUnsafeMutableBufferPointer { sums in
                unsafe errors.withUnsafeMutableBufferPointer { errors in
                    unsafe values.withUnsafeBufferPointer { values in
                        unsafe csystem_add_column(
                            values.baseAddress!, values.count, absent, counts.baseAddress! + first, sums.baseAddress! + first,
                            errors.baseAddress! + first) != 0
                    }
                }
            }
        }
    }
}
