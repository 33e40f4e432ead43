/// Comparison of byte runs a word at a time.
package enum ByteComparison {
    /// Whether a range of one array has the same bytes as a range of another.
    package static func areEqual(_ left: [UInt8], range leftRange: Range<Int>, _ right: [UInt8], range: Range<Int>) -> Bool {
        let count = leftRange.count
        guard range.count == count else { return false }
        precondition(leftRange.lowerBound >= 0 && leftRange.upperBound <= left.count, "the range lies inside its bytes")
        precondition(range.lowerBound >= 0 && range.upperBound <= right.count, "the range lies inside its bytes")
        let start = leftRange.lowerBound
        return unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                var index = 0
                while index &+ 8 <= count {
                    let a = unsafe left.loadUnaligned(fromByteOffset: start &+ index, as: UInt64.self)
                    let b = unsafe right.loadUnaligned(fromByteOffset: range.lowerBound &+ index, as: UInt64.self)
                    if a != b { return false }
                    index &+= 8
                }
                while index < count {
                    if unsafe left[start &+ index] != right[range.lowerBound &+ index] { return false }
                    index &+= 1
                }
                return true
            }
        }
    }
}
