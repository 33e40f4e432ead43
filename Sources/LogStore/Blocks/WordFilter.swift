import Bytes

/// The word section of a block: tells for most long words that are not in a block that they are not. Replaceable by its kind byte.
///
/// A Bloom filter over all words of at least `minimumLength` bytes, ten bits a word in blocks of 256 bits (one cache line a question), with
/// the greatest word length beside it: a searched word as long as the longest must be a whole word, so that even a substring search may ask.
/// - Source: `docs/formats/logs-part.md`; split block Bloom filters as in Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters".
struct WordFilter: Sendable {
    static let minimumLength = LineWords.minimumLength
    private static let bitsPerWord = 10
    private static let kindNone: UInt8 = 0
    private static let kindSplitBlockBloom: UInt8 = 1

    private var bits: [UInt8]
    private let start: Int
    private var groups: Int { (bits.count - start) / 32 }
    /// Bytes of the block's longest word.
    let longestWord: Int

    /// Builds a filter's section from the hashes of a block's long words, repeats allowed.
    static func encode(hashes: [UInt64], longestWord: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(kindSplitBlockBloom)
        writer.appendVarint(UInt64(longestWord))
        var distinct = hashes
        distinct.sort()
        var count = 0
        for index in distinct.indices where index == 0 || distinct[index] != distinct[index - 1] { count += 1 }
        let groups = (count * bitsPerWord + 255) / 256
        let start = writer.count
        writer.append(contentsOf: repeatElement(0, count: groups * 32))
        for hash in distinct {
            let group = start + 32 * group(hash, of: groups)
            for lane in 0..<8 {
                let bit = bit(hash, lane: lane)
                writer.bytes[group + lane * 4 + bit / 8] |= 1 << UInt8(bit % 8)
            }
        }
        return writer.bytes
    }

    static let none: [UInt8] = [kindNone]

    /// nil when the section says nothing, or is of a kind that a later release wrote.
    init?(section: [UInt8]) throws(CorruptBytes) {
        var reader = ByteReader(section)
        guard try reader.readUInt8() == Self.kindSplitBlockBloom else { return nil }
        longestWord = try reader.readCount(limit: BlockFrames.maximumRawBytes)
        guard reader.remaining % 32 == 0 else {
            throw CorruptBytes("word section", offset: reader.offset, expected: "whole groups of 32 bytes")
        }
        start = reader.offset
        bits = section
    }

    /// False only when no word of the block has this hash.
    func mayContain(_ hash: UInt64) -> Bool {
        guard groups > 0 else { return false }
        let group = start + 32 * Self.group(hash, of: groups)
        for lane in 0..<8 {
            let bit = Self.bit(hash, lane: lane)
            if bits[group + lane * 4 + bit / 8] & 1 << UInt8(bit % 8) == 0 { return false }
        }
        return true
    }

    private static func group(_ hash: UInt64, of groups: Int) -> Int { Int((hash >> 32 &* UInt64(groups)) >> 32) }

    private static let salts: [UInt32] = [
        0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31,
    ]

    private static func bit(_ hash: UInt64, lane: Int) -> Int {
        Int((UInt32(truncatingIfNeeded: hash) &* salts[lane]) >> 27)
    }
}
