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
        var numbers = [UInt32](repeating: 0, count: count)
        var plane = 0
        while plane < width {
            let from = start &+ plane &* count
            let shift = UInt32(truncatingIfNeeded: plane &* 8)
            var index = 0
            while index < count {
                numbers[index] |= UInt32(bytes[from &+ index]) &<< shift
                index &+= 1
            }
            plane &+= 1
        }
        return numbers
    }
}
