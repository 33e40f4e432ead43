private import CPosix

/// Sets of name-value pairs under numbers from 0 on, kept in the form in which senders of protobuf write them: a set that comes again is known
/// by one comparison of its bytes, and nothing of it is copied, checked or hashed.
///
/// ```
/// plain set: (0x0a pair{ 0x0a name, 0x12 value })+      as `PlainSeries` reads it
/// any other: 0x00 canonical form
/// ```
/// Bytes are written once, behind all others, and never moved, so that a copy of the list shares them: it is a snapshot for nothing, while the
/// original grows. Memory of 4 MB and more has pages of its own, so that untouched room costs nothing and all goes back to the system.
/// - Ownership: one thread at a time appends, to the one original; copies are read by any thread. A copy cannot be appended to.
/// - Units: canonical form is, for each pair, varint length and bytes of the name, then of the value.
@safe
package struct PairSetList: @unchecked Sendable {
    /// Where the bytes of a set stand.
    @unsafe
    private struct Place {
        let start: UnsafeRawPointer
        let count: Int
    }

    /// Memory that lives as long as a list that reads it.
    @safe
    private final class Room: @unchecked Sendable {
        let start: UnsafeMutableRawPointer

        init(byteCount: Int) { unsafe start = .allocate(byteCount: byteCount, alignment: 16) }

        deinit { unsafe start.deallocate() }
    }

    /// Places in one block of memory.
    private static let blockLength = 4096
    private static let roomBytes = 4 << 20
    private static let unplain: UInt8 = 0
    private static let pairTag: UInt8 = 0x0a

    /// Pointers and not their owners are what a look goes through: it counts no reference.
    private var blocks: [UnsafeMutablePointer<Place>] = unsafe []
    private var owners: [Room] = []
    /// Behind the last set, and how many bytes are left there.
    private var end: UnsafeMutableRawPointer?
    private var left = 0
    package private(set) var count = 0
    /// Bytes of the sets as they are kept.
    package private(set) var byteCount = 0

    package init() {}

    /// The sets of this moment, for other threads.
    package var snapshot: PairSetList {
        var copy = self
        unsafe copy.end = nil
        copy.left = -1
        return copy
    }

    // MARK: Adding

    /// Adds a set in canonical form: names in rising order and no empty value.
    package mutating func append(canonical: [UInt8]) {
        precondition(left >= 0, "a snapshot does not grow")
        var bytes: [UInt8] = []
        if !PlainSeries.appendMessage(canonical: canonical, to: &bytes) {
            bytes = [Self.unplain]
            bytes.append(contentsOf: canonical)
        }
        if count % Self.blockLength == 0 {
            let room = unsafe Room(byteCount: Self.blockLength * MemoryLayout<Place>.stride)
            owners.append(room)
            unsafe blocks.append(room.start.bindMemory(to: Place.self, capacity: Self.blockLength))
        }
        let start = unsafe reserve(bytes.count)
        unsafe bytes.withUnsafeBytes { unsafe start.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        unsafe (blocks[count / Self.blockLength] + count % Self.blockLength).initialize(to: Place(start: start, count: bytes.count))
        byteCount += bytes.count
        count += 1
    }

    private mutating func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
        if byteCount > left {
            let size = max(Self.roomBytes, byteCount)
            let room = Room(byteCount: size)
            owners.append(room)
            unsafe end = room.start
            left = size
        }
        let start = unsafe end!
        unsafe end = start + byteCount
        left -= byteCount
        return unsafe start
    }

    // MARK: Reading

    @inline(__always)
    private func bytes(_ number: Int) -> UnsafeBufferPointer<UInt8> {
        precondition(number >= 0 && number < count, "a set has been added under its number")
        let place = unsafe blocks[number / Self.blockLength][number % Self.blockLength]
        return unsafe UnsafeBufferPointer(start: place.start.assumingMemoryBound(to: UInt8.self), count: place.count)
    }

    /// The canonical form of a set.
    package func canonical(_ number: Int) -> [UInt8] {
        let set = unsafe bytes(number)
        if unsafe set[0] == Self.unplain { return unsafe Array(set.dropFirst()) }
        return unsafe PlainSeries.canonical(message: set.span)
    }

    /// Whether a set equals one in canonical form.
    package func isEqual(_ number: Int, canonical other: [UInt8], range: Range<Int>) -> Bool {
        let set = unsafe bytes(number)
        if unsafe set[0] == Self.unplain {
            return unsafe set.count - 1 == range.count && ByteComparison.areEqual(set.span, 1..<set.count, other.span, at: range.lowerBound)
        }
        return unsafe PlainSeries.isEqual(message: set.span, canonical: other, range: range)
    }

    /// How many bytes at the head of a message are this set, plain; nil when it begins otherwise.
    @inline(__always)
    package func prefix(_ number: Int, of message: [UInt8], range: Range<Int>) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= message.count, "a message lies inside its bytes")
        let set = unsafe bytes(number)
        guard set.count < range.count, unsafe set[0] == Self.pairTag else { return nil }
        let isSame = unsafe message.withUnsafeBytes {
            unsafe csystem_are_equal(set.baseAddress!, $0.baseAddress! + range.lowerBound, set.count)
        }
        return isSame ? set.count : nil
    }
}
