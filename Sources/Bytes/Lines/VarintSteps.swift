/// Columns of rising numbers that rest as varint steps, decoded whole.
package enum VarintSteps {
    /// `first`, then `first` plus the running sum of the steps times `scale`; `count` numbers in all.
    package static func decode(
        _ bytes: [UInt8], from start: Int, first: Int64, scale: Int64, count: Int
    ) throws(CorruptBytes) -> [Int64] {
        guard count > 0, bytes.count - start >= count - 1 else {
            throw CorruptBytes("steps", offset: start, expected: "\(count - 1) steps")
        }
        var offset = start
        let numbers = unsafe [Int64](unsafeUninitializedCapacity: count) { buffer, written in
            unsafe buffer[0] = first
            written = 1
            var value = first
            while written < count {
                // Most steps are one byte: eight at a time while they are.
                while written &+ 8 <= count, offset &+ 8 <= bytes.count {
                    let word = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }.littleEndian
                    if word & 0x8080_8080_8080_8080 != 0 { break }
                    var shift: UInt64 = 0
                    while shift < 64 {
                        value &+= Int64(truncatingIfNeeded: (word &>> shift) & 0xff) &* scale
                        unsafe buffer[written] = value
                        written &+= 1
                        shift &+= 8
                    }
                    offset &+= 8
                }
                guard written < count else { break }
                guard let step = next(bytes, &offset) else { return }
                value &+= Int64(bitPattern: step) &* scale
                unsafe buffer[written] = value
                written &+= 1
            }
        }
        guard numbers.count == count else { throw CorruptBytes("steps", offset: offset, expected: "a varint") }
        return numbers
    }

    /// The running sums of `count` lengths.
    package static func decodeEnds(_ bytes: [UInt8], from start: Int, count: Int) throws(CorruptBytes) -> [Int] {
        var used = 0
        return try decodeEnds(bytes, from: start, count: count, used: &used)
    }

    /// The same; `used` becomes the offset behind the last length.
    package static func decodeEnds(
        _ bytes: [UInt8], from start: Int, count: Int, used: inout Int
    ) throws(CorruptBytes) -> [Int] {
        guard count >= 0, bytes.count - start >= count else {
            throw CorruptBytes("lengths", offset: start, expected: "\(count) lengths")
        }
        var offset = start
        let ends = unsafe [Int](unsafeUninitializedCapacity: count) { buffer, written in
            var end = 0
            while written < count {
                guard let length = next(bytes, &offset), length <= 1 << 40 else { return }
                end &+= Int(length)
                unsafe buffer[written] = end
                written &+= 1
            }
        }
        guard ends.count == count else { throw CorruptBytes("lengths", offset: offset, expected: "a length") }
        used = offset
        return ends
    }

    @inline(__always)
    private static func next(_ bytes: [UInt8], _ offset: inout Int) -> UInt64? {
        guard offset < bytes.count else { return nil }
        let first = bytes[offset]
        offset &+= 1
        if first < 0x80 { return UInt64(first) }
        var value = UInt64(first & 0x7f)
        var shift: UInt64 = 7
        while offset < bytes.count, shift < 64 {
            let byte = bytes[offset]
            offset &+= 1
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        return nil
    }
}
