/// Base-128 variable-length integers, least significant group first, as protobuf encodes them.
package enum Varint {
    /// The most bytes that a 64-bit value takes.
    package static let maximumLength = 10

    @inline(__always)
    package static func encodedLength(_ value: UInt64) -> Int {
        // Every started group of seven significant bits takes a byte: (64 - clz) / 7 rounded up, by multiplication.
        (640 &- (value | 1).leadingZeroBitCount &* 9) >> 6
    }

    /// Maps small negative numbers to small unsigned ones: 0, -1, 1, -2 … → 0, 1, 2, 3 …
    @inline(__always)
    package static func zigzag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value &<< 1) ^ (value &>> 63))
    }

    @inline(__always)
    package static func unzigzag(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value &>> 1) ^ -Int64(bitPattern: value & 1)
    }

    package static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a column of values: room is made for many at once.
    @inline(__always)
    package static func append(count: Int, to bytes: inout [UInt8], value: (_ index: Int) -> UInt64) {
        var next = 0
        while next < count {
            let first = next
            let end = min(count, first &+ 256)
            unsafe bytes.append(capacity: (end &- first) &* maximumLength) { room in
                var place = 0
                for index in first..<end {
                    var rest = value(index)
                    while rest >= 0x80 {
                        unsafe room[place] = UInt8(truncatingIfNeeded: rest) | 0x80
                        place &+= 1
                        rest &>>= 7
                    }
                    unsafe room[place] = UInt8(truncatingIfNeeded: rest)
                    place &+= 1
                }
                return place
            }
            next = end
        }
    }

    /// Decodes the varint at `offset` and moves past it; nil when it runs over `end` or past 64 bits.
    @inline(__always)
    package static func decode(_ bytes: Span<UInt8>, at offset: inout Int, end: Int) -> UInt64? {
        if offset < end {
            let first = bytes[offset]
            if first < 0x80 {
                offset &+= 1
                return UInt64(first)
            }
        }
        return decodeLong(bytes, at: &offset, end: end)
    }

    private static func decodeLong(_ bytes: Span<UInt8>, at offset: inout Int, end: Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var next = offset
        while next < end {
            let byte = bytes[next]
            next &+= 1
            if shift == 63 && byte > 1 { return nil }
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 {
                offset = next
                return value
            }
            shift &+= 7
        }
        return nil
    }
}
