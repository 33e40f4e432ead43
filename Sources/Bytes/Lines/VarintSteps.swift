/// Columns of rising numbers that rest as varint steps, decoded whole.
package enum VarintSteps {
    /// `first`, then `first` plus the running sum of the steps times `scale`; `count` numbers in all.
    package static func decode(
        _ bytes: [UInt8], from start: Int, first: Int64, scale: Int64, count: Int
    ) throws(CorruptBytes) -> [Int64] {
        guard count > 0, bytes.count - start >= count - 1 else {
            throw CorruptBytes("steps", offset: start, expected: "\(count - 1) steps")
        }
        var numbers: [Int64] = []
        numbers.reserveCapacity(count)
        numbers.append(first)
        var offset = start
        var value = first
        while numbers.count < count {
            guard let step = next(bytes, &offset) else { throw CorruptBytes("steps", offset: offset, expected: "a varint") }
            value &+= Int64(bitPattern: step) &* scale
            numbers.append(value)
        }
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
        guard bytes.count - start >= count else { throw CorruptBytes("lengths", offset: start, expected: "\(count) lengths") }
        var ends: [Int] = []
        ends.reserveCapacity(count)
        var offset = start
        var end = 0
        while ends.count < count {
            guard let length = next(bytes, &offset), length <= 1 << 40 else {
                throw CorruptBytes("lengths", offset: offset, expected: "a length")
            }
            end &+= Int(length)
            ends.append(end)
        }
        used = offset
        return ends
    }

    @inline(__always)
    private static func next(_ bytes: [UInt8], _ offset: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
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
