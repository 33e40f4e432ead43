/// Columns of small numbers as planes of bytes: all lowest bytes, then all second bytes, and so on, as wide as the greatest number needs.
///
/// A plane of like bytes compresses well, and is read without a branch per number.
package enum NumberPlanes {
    /// Appends the width and the planes.
    package static func append(_ numbers: [UInt32], to bytes: inout [UInt8]) {
        let greatest = numbers.max() ?? 0
        let width = (39 - greatest.leadingZeroBitCount) / 8
        bytes.append(UInt8(width))
        for plane in 0..<UInt32(width) {
            for number in numbers { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * plane))) }
        }
    }

    /// Reads `count` numbers from `offset` on, and moves it behind them.
    package static func read(_ bytes: [UInt8], _ offset: inout Int, count: Int) throws(CorruptBytes) -> [UInt32] {
        guard offset < bytes.count else { throw CorruptBytes("planes", offset: offset, expected: "their width") }
        let width = Int(bytes[offset])
        let start = offset + 1
        guard width <= 4, count >= 0, bytes.count - start >= width * count else {
            throw CorruptBytes("planes", offset: offset, expected: "\(width) planes of \(count) bytes")
        }
        offset = start + width * count
        if width == 0 { return [UInt32](repeating: 0, count: count) }
        return unsafe [UInt32](unsafeUninitializedCapacity: count) { numbers, written in
            unsafe bytes.withUnsafeBytes { buffer in
                guard count > 0, let base = buffer.baseAddress else { return }
                // One plain loop a width, so that the compiler makes vectors of it.
                let low = unsafe RawBytes(base + start)
                var index = 0
                switch width {
                case 1:
                    while index < count {
                        unsafe numbers[index] = UInt32(low[index])
                        index &+= 1
                    }
                case 2:
                    while index < count {
                        unsafe numbers[index] = UInt32(low[index]) | UInt32(low[count &+ index]) &<< 8
                        index &+= 1
                    }
                default:
                    while index < count {
                        var number: UInt32 = 0
                        var plane = 0
                        while plane < width {
                            number |= UInt32(low[plane &* count &+ index]) &<< UInt32(truncatingIfNeeded: plane &* 8)
                            plane &+= 1
                        }
                        unsafe numbers[index] = number
                        index &+= 1
                    }
                }
            }
            written = count
        }
    }
}
