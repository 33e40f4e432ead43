/// A table from 64-bit hashes to numbers with open addressing; what a number stands for is compared by the caller.
///
/// - Complexity: constant on average; at most half full, so probes stay short.
struct HashedNumbers: Sendable {
    private static let vacant = UInt32.max
    private static let erased = UInt32.max - 1

    private var hashes: [UInt64] = []
    private var numbers: [UInt32] = []
    /// Slots that are not vacant, erased ones included.
    private var used = 0

    func find(_ hash: UInt64, isEqual: (UInt32) -> Bool) -> UInt32? {
        guard !numbers.isEmpty else { return nil }
        let mask = numbers.count &- 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while numbers[slot] != Self.vacant {
            if hashes[slot] == hash, numbers[slot] != Self.erased, isEqual(numbers[slot]) { return numbers[slot] }
            slot = (slot &+ 1) & mask
        }
        return nil
    }

    mutating func insert(_ hash: UInt64, _ number: UInt32) {
        if used * 2 >= numbers.count { grow() }
        place(hash, number)
        used += 1
    }

    mutating func remove(_ hash: UInt64, _ number: UInt32) {
        guard !numbers.isEmpty else { return }
        let mask = numbers.count &- 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while numbers[slot] != Self.vacant {
            if hashes[slot] == hash, numbers[slot] == number {
                numbers[slot] = Self.erased
                return
            }
            slot = (slot &+ 1) & mask
        }
    }

    private mutating func place(_ hash: UInt64, _ number: UInt32) {
        let mask = numbers.count &- 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while numbers[slot] != Self.vacant { slot = (slot &+ 1) & mask }
        hashes[slot] = hash
        numbers[slot] = number
    }

    private mutating func grow() {
        let (oldHashes, oldNumbers) = (hashes, numbers)
        let live = oldNumbers.reduce(0) { $0 + ($1 < Self.erased ? 1 : 0) }
        var size = 64
        while size < live * 4 { size *= 2 }
        hashes = [UInt64](repeating: 0, count: size)
        numbers = [UInt32](repeating: Self.vacant, count: size)
        used = live
        for slot in oldNumbers.indices where oldNumbers[slot] < Self.erased { place(oldHashes[slot], oldNumbers[slot]) }
    }
}
