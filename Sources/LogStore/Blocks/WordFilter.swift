import Bytes

/// The word section of a block: tells of most long words that are not in a block that they are not. Replaceable by its kind byte.
///
/// A Bloom filter, ten bits an item in groups of 256 bits (one cache line a question), over all words of at least `minimumLength` bytes and the
/// runs of hexadecimal digits in them; of runs longer than `gramLength` also over every part of `gramBytes` bytes. With the greatest lengths
/// beside it even a part of an identifier can be asked: it is either a listed run, or inside a longer one, whose parts are listed.
/// - Source: `docs/formats/logs-part.md`; split block Bloom filters: Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters".
struct WordFilter: Sendable {
    static let minimumLength = LineWords.minimumLength
    private static let bitsPerItem = 10
    private static let kindNone: UInt8 = 0
    private static let kindSplitBlockBloom: UInt8 = 1

    private let bits: [UInt8]
    private let start: Int
    private let groups: Int
    /// Bytes of the block's longest word.
    private let longestWord: Int
    /// Digits of the longest decimal run, and of the longest hexadecimal one that is not decimal.
    private let longestDecimal: Int
    private let longestHexadecimal: Int
    /// Hexadecimal runs longer than this have their parts in the filter.
    private let gramLength: Int

    static func encode(_ words: LineWords) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(kindSplitBlockBloom)
        writer.appendVarint(UInt64(words.longest))
        writer.appendVarint(UInt64(words.longestDecimal))
        writer.appendVarint(UInt64(words.longestHexadecimal))
        writer.appendVarint(UInt64(words.gramLength))
        let groups = (words.hashes.count * bitsPerItem + 255) / 256
        let start = writer.count
        writer.append(contentsOf: repeatElement(0, count: groups * 32))
        for hash in words.hashes {
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
        longestDecimal = try reader.readCount(limit: longestWord)
        longestHexadecimal = try reader.readCount(limit: longestWord)
        gramLength = try reader.readCount(limit: BlockFrames.maximumRawBytes)
        guard reader.remaining % 32 == 0 else {
            throw CorruptBytes("word section", offset: reader.offset, expected: "whole groups of 32 bytes")
        }
        start = reader.offset
        groups = reader.remaining / 32
        bits = section
    }

    /// False only when no line of the block has this word; `isWhole` says that it cannot be a part of a longer one.
    func mayContain(_ bytes: [UInt8], _ word: Range<Int>, isWhole: Bool) -> Bool {
        if word.count > longestWord { return false }
        if word.count < Self.minimumLength { return true }
        if mayContain(Hash64.hash(bytes, range: word)) { return true }
        if isWhole || word.count == longestWord { return false }
        // Inside a longer word then, of which a part is known only when it is a run of digits.
        let classes = WordClass.union(bytes[word])
        guard classes.isSubset(of: [.digit, .lowerHex, .upperHex]) else { return true }
        if classes == .digit { return word.count < max(longestDecimal, longestHexadecimal) }
        if word.count >= longestHexadecimal { return false }
        if word.count < gramLength { return true }
        return (word.lowerBound...word.upperBound - LineWords.gramBytes).allSatisfy {
            mayContain(LineWords.gramHash(bytes, at: $0))
        }
    }

    private func mayContain(_ hash: UInt64) -> Bool {
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
