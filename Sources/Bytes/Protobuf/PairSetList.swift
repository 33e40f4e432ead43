private import CPosix

/// Sets of name-value pairs under numbers from 0 on, kept in the form in which senders of protobuf write them: a set that comes again is known
/// by one comparison of its bytes, and nothing of it is copied, checked or hashed.
///
/// ```
/// plain set: (0x0a pair{ 0x0a name, 0x12 value })+      as `PlainSeries` reads it
/// any other: 0x00 canonical form
/// ```
/// - Ownership: a value; a copy shares full chunks with the original, so that a snapshot costs those who add at most one chunk.
/// - Units: canonical form is, for each pair, varint length and bytes of the name, then of the value.
package struct PairSetList: Sendable {
    private struct Chunk: Sendable {
        var bytes: [UInt8] = []
        var ends: [UInt32] = []
    }

    /// Sets of one chunk: some 50 KB when they are those of a container.
    private static let chunkLength = 128
    private static let unplain: UInt8 = 0
    private static let pairTag: UInt8 = 0x0a

    private var chunks: [Chunk] = []
    package private(set) var count = 0
    /// Bytes of the sets as they are kept.
    package private(set) var byteCount = 0

    package init() {}

    // MARK: Adding

    /// Adds a set in canonical form: names in rising order and no empty value.
    package mutating func append(canonical: [UInt8]) {
        if count % Self.chunkLength == 0 {
            chunks.append(Chunk())
            chunks[chunks.count - 1].ends.reserveCapacity(Self.chunkLength)
        }
        let last = chunks.count - 1
        let before = chunks[last].bytes.count
        if !PlainSeries.appendMessage(canonical: canonical, to: &chunks[last].bytes) {
            chunks[last].bytes.append(Self.unplain)
            chunks[last].bytes.append(contentsOf: canonical)
        }
        precondition(chunks[last].bytes.count <= Int(UInt32.max), "a chunk holds fewer than 4 GB")
        chunks[last].ends.append(UInt32(chunks[last].bytes.count))
        byteCount += chunks[last].bytes.count - before
        count += 1
        // What grew by doubling is half empty.
        if count % Self.chunkLength == 0 { chunks[last].bytes = Array(chunks[last].bytes[...]) }
    }

    // MARK: Reading

    @inline(__always)
    private static func range(_ chunk: borrowing Chunk, _ place: Int) -> Range<Int> {
        (place == 0 ? 0 : Int(chunk.ends[place &- 1]))..<Int(chunk.ends[place])
    }

    /// The canonical form of a set.
    package func canonical(_ number: Int) -> [UInt8] {
        let chunk = chunks[number / Self.chunkLength]
        let range = Self.range(chunk, number % Self.chunkLength)
        if chunk.bytes[range.lowerBound] == Self.unplain { return Array(chunk.bytes[range.dropFirst()]) }
        return PlainSeries.canonical(message: chunk.bytes, range: range)
    }

    /// Whether a set equals one in canonical form.
    package func isEqual(_ number: Int, canonical bytes: [UInt8], range: Range<Int>) -> Bool {
        let chunk = chunks[number / Self.chunkLength]
        let own = Self.range(chunk, number % Self.chunkLength)
        if chunk.bytes[own.lowerBound] == Self.unplain {
            return ByteComparison.areEqual(chunk.bytes, range: own.lowerBound + 1..<own.upperBound, bytes, range: range)
        }
        return PlainSeries.isEqual(message: chunk.bytes, range: own, canonical: bytes, range: range)
    }

    /// How many bytes at the head of a message are this set, plain; nil when it begins otherwise.
    @inline(__always)
    package func prefix(_ number: Int, of message: [UInt8], range: Range<Int>) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= message.count, "a message lies inside its bytes")
        let own = Self.range(chunks[number / Self.chunkLength], number % Self.chunkLength)
        guard own.count < range.count else { return nil }
        return unsafe chunks[number / Self.chunkLength].bytes.withUnsafeBytes { set in
            unsafe message.withUnsafeBytes { message in
                guard unsafe set[own.lowerBound] == Self.pairTag,
                    unsafe csystem_are_equal(set.baseAddress! + own.lowerBound, message.baseAddress! + range.lowerBound, own.count)
                else { return nil }
                return own.count
            }
        }
    }
}
