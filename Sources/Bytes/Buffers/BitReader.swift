/// Reads what `BitWriter` wrote.
package struct BitReader: Sendable {
    private let bytes: [UInt8]
    private let endBit: Int
    /// The next bit, counted from the start of the bytes.
    package private(set) var bitOffset: Int

    package init(_ bytes: [UInt8], range: Range<Int>? = nil) {
        let range = range ?? 0..<bytes.count
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a reader's range lies inside its bytes")
        self.bytes = bytes
        bitOffset = range.lowerBound * 8
        endBit = range.upperBound * 8
    }

    package var remainingBits: Int { endBit - bitOffset }

    /// The next `count` bits, 0...64, at the low end.
    @inline(__always)
    package mutating func read(_ count: Int) throws(CorruptBytes) -> UInt64 {
        precondition(count >= 0 && count <= 64, "a read has at most 64 bits")
        guard count <= endBit &- bitOffset else {
            throw CorruptBytes("bit stream", offset: bitOffset / 8, expected: "\(count) bits, but only \(remainingBits) are left")
        }
        if count > 56 { return readShort(count &- 32) &<< 32 | readShort(32) }
        return readShort(count)
    }

    @inline(__always)
    package mutating func readBit() throws(CorruptBytes) -> Bool {
        try read(1) == 1
    }

    /// Up to 56 bits, which lie in eight bytes whatever the first one's place.
    @inline(__always)
    private mutating func readShort(_ count: Int) -> UInt64 {
        guard count > 0 else { return 0 }
        let first = bitOffset &>> 3
        let word: UInt64
        if first &+ 8 <= bytes.count {
            word = unsafe bytes.withUnsafeBytes {
                UInt64(bigEndian: unsafe $0.loadUnaligned(fromByteOffset: first, as: UInt64.self))
            }
        } else {
            var tail: UInt64 = 0
            for index in first..<bytes.count { tail = tail | UInt64(bytes[index]) &<< UInt64(56 &- (index &- first) &* 8) }
            word = tail
        }
        let shift = UInt64(bitOffset & 7)
        bitOffset &+= count
        return (word &<< shift) &>> UInt64(64 &- count)
    }
}
