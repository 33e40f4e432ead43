/// Comparison of byte runs a word at a time.
enum ByteComparison {
    /// Whether a range of one span has the same bytes as as many of another from an offset on.
    @inline(__always)
    static func areEqual(_ left: Span<UInt8>, _ range: Range<Int>, _ right: Span<UInt8>, at offset: Int) -> Bool {
        let count = range.count
        precondition(range.lowerBound >= 0 && range.upperBound <= left.count, "the range lies inside its bytes")
        precondition(offset >= 0 && count <= right.count &- offset, "the range lies inside its bytes")
        return unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                var index = 0
                while index &+ 8 <= count {
                    let a = unsafe left.loadUnaligned(fromByteOffset: range.lowerBound &+ index, as: UInt64.self)
                    let b = unsafe right.loadUnaligned(fromByteOffset: offset &+ index, as: UInt64.self)
                    if a != b { return false }
                    index &+= 8
                }
                while index < count {
                    if unsafe left[range.lowerBound &+ index] != right[offset &+ index] { return false }
                    index &+= 1
                }
                return true
            }
        }
    }
}

extension [Int64] {
    /// Whether both are one array in memory, so that they are equal without a look; false says nothing.
    package func sharesMemory(with other: [Int64]) -> Bool {
        unsafe withUnsafeBufferPointer { mine in
            unsafe other.withUnsafeBufferPointer { unsafe mine.baseAddress == $0.baseAddress && mine.count == $0.count }
        }
    }
}
