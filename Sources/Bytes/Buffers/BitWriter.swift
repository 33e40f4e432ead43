/// Appends bits, the most significant first, to bytes.
package struct BitWriter: Sendable {
    private var bytes: [UInt8] = []
    /// Bits not yet in `bytes`, at the low end.
    private var pending: UInt64 = 0
    private var pendingCount = 0

    package init(capacity: Int = 0) {
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    /// Bits written so far.
    package var bitCount: Int { bytes.count * 8 + pendingCount }

    /// Appends the low `count` bits of `bits`, 0...64 of them.
    @inline(__always)
    package mutating func write(_ bits: UInt64, count: Int) {
        precondition(count >= 0 && count <= 64, "a write has at most 64 bits")
        if count > 56 {
            writeShort(bits &>> 32, count: count &- 32)
            writeShort(bits, count: 32)
        } else {
            writeShort(bits, count: count)
        }
    }

    @inline(__always)
    private mutating func writeShort(_ bits: UInt64, count: Int) {
        let mask: UInt64 = (1 &<< UInt64(count)) &- 1
        pending = pending &<< UInt64(count) | (bits & mask)
        pendingCount &+= count
        while pendingCount >= 8 {
            pendingCount &-= 8
            bytes.append(UInt8(truncatingIfNeeded: pending &>> UInt64(pendingCount)))
        }
    }

    @inline(__always)
    package mutating func write(bit: Bool) {
        writeShort(bit ? 1 : 0, count: 1)
    }

    /// The bytes so far, the last one filled up with zeros.
    package func finished() -> [UInt8] {
        var result = bytes
        if pendingCount > 0 { result.append(UInt8(truncatingIfNeeded: pending &<< UInt64(8 - pendingCount))) }
        return result
    }
}
