/// Comparison of byte runs a word at a time.
package enum ByteComparison {
    /// Whether all of `left` equals the range of `right`.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8], range: Range<Int>) -> Bool {
        let count = left.count
        guard range.count == count else { return false }
        precondition(range.lowerBound >= 0 && range.upperBound <= right.count, "the range lies inside its bytes")
        return unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                var index = 0
                while index &+ 8 <= count {
                    let a = unsafe left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    let b = unsafe right.loadUnaligned(fromByteOffset: range.lowerBound &+ index, as: UInt64.self)
                    if a != b { return false }
                    index &+= 8
                }
                while index < count {
                    if unsafe left[index] != right[range.lowerBound &+ index] { return false }
                    index &+= 1
                }
                return true
            }
        }
    }
}
