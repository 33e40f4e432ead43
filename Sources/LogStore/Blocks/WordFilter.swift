import Bytes

/// The word section of a block: tells of most long words that are not in a block that they are not. Replaceable by its kind byte.
///
/// A Bloom filter, twelve bits an item in groups of 256 bits (one cache line a question), over all words of at least `minimumLength` bytes and the
/// runs of hexadecimal digits in them; of runs longer than `gramLength` also over samples of their parts. With the greatest lengths
/// beside it even a part of an identifier can be asked: it is either a listed run, or inside a longer one, of which a sample is listed.
/// - Source: `docs/formats/logs-part.md`; split block Bloom filters: Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters".
struct WordFilter: Sendable {
    static let minimumLength = LineWords.minimumLength
    private static let bitsPerItem = 12
    private static let kindNone: UInt8 = 0
    /// Kind 1 listed every part of long runs; files that have it are read without their filter. Kind 2 took an item's group from its hash as it
    /// is: samples have small hashes, so they all fell into the first few groups, which then denied nothing.
    private static let kindSampledBloom: UInt8 = 2
    private static let kindSpreadBloom: UInt8 = 3

    private let isSpread: Bool
    private let bits: [UInt8]
    private let start: Int
    private let groups: Int
    /// Bytes of the block's longest word.
    private let longestWord: Int
    /// Digits of the longest decimal run, and of the longest hexadecimal one that is not decimal.
    private let longestDecimal: Int
    private let longestHexadecimal: Int
    /// Hexadecimal runs longer than this have samples of their parts in the filter.
    private let gramLength: Int

    /// Bytes in memory.
    var bytes: Int { bits.count }

    static func encode(_ words: LineWords) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(kindSpreadBloom)
        writer.appendVarint(UInt64(words.longest))
        writer.appendVarint(UInt64(words.longestDecimal))
        writer.appendVarint(UInt64(words.longestHexadecimal))
        writer.appendVarint(UInt64(words.gramLength))
        let groups = (words.hashes.count * bitsPerItem + 255) / 256
        // As 32-bit lanes first: one store an item and lane.
        var lanes = [UInt32](repeating: 0, count: groups * 8)
        for hash in words.hashes {
            let group = 8 * group(hash, of: groups, isSpread: true)
            var lane = 0
            while lane < 8 {
                lanes[group &+ lane] |= 1 &<< bit(hash, lane: lane)
                lane &+= 1
            }
        }
        for lane in lanes { writer.appendUInt32LE(lane) }
        return writer.bytes
    }

    static let none: [UInt8] = [kindNone]

    /// nil when the section says nothing, or is of a kind that a later release wrote.
    init?(section: [UInt8]) throws(CorruptBytes) {
        var reader = ByteReader(section)
        let kind = try reader.readUInt8()
        guard kind == Self.kindSampledBloom || kind == Self.kindSpreadBloom else { return nil }
        isSpread = kind == Self.kindSpreadBloom
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
    func mayContain(_ word: WordQuestion, isWhole: Bool) -> Bool {
        if word.count > longestWord { return false }
        if word.count < Self.minimumLength { return true }
        if word.isHexadecimal {
            if word.count > (word.isDecimal ? max(longestDecimal, longestHexadecimal) : longestHexadecimal) { return false }
        }
        if mayContain(word.hash) { return true }
        if isWhole || word.count == longestWord { return false }
        // Inside a longer word then, of which a part is known only when it is a run of digits.
        guard word.isHexadecimal else { return true }
        if word.isDecimal { return word.count < max(longestDecimal, longestHexadecimal) }
        if word.count >= longestHexadecimal { return false }
        if word.count < gramLength { return true }
        return word.samples(gramLength: gramLength).allSatisfy(mayContain)
    }

    private func mayContain(_ hash: UInt64) -> Bool {
        guard groups > 0 else { return false }
        let group = start + 32 * Self.group(hash, of: groups, isSpread: isSpread)
        for lane in 0..<8 {
            let bit = Self.bit(hash, lane: lane)
            if bits[group + lane * 4 + Int(bit / 8)] & 1 << UInt8(bit % 8) == 0 { return false }
        }
        return true
    }

    private static func group(_ hash: UInt64, of groups: Int, isSpread: Bool) -> Int {
        let spread = isSpread ? hash &* 0x9e37_79b9_7f4a_7c15 : hash
        return Int((spread >> 32 &* UInt64(groups)) >> 32)
    }

    private static let salts: [UInt32] = [
        0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31,
    ]

    private static func bit(_ hash: UInt64, lane: Int) -> UInt32 {
        (UInt32(truncatingIfNeeded: hash) &* salts[lane]) &>> 27
    }
}

/// A word that filters are asked for, with its hashes made once for all blocks.
struct WordQuestion: Sendable {
    let count: Int
    let hash: UInt64
    let isHexadecimal: Bool
    let isDecimal: Bool
    /// Samples by `gramLength`; made for the lengths that blocks choose, which are few.
    private let samples: [Int: [UInt64]]
    private let bytes: [UInt8]

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = Array(bytes)
        count = bytes.count
        hash = Hash64.hash(bytes)
        let classes = WordClass.union(bytes)
        isHexadecimal = classes.isSubset(of: [.digit, .lowerHex, .upperHex])
        isDecimal = classes == .digit
        var samples: [Int: [UInt64]] = [:]
        if isHexadecimal, !isDecimal {
            for length in LineWords.gramLengths where length <= count { samples[length] = Self.sample(self.bytes, length) }
        }
        self.samples = samples
    }

    func samples(gramLength: Int) -> [UInt64] { samples[gramLength] ?? Self.sample(bytes, gramLength) }

    private static func sample(_ bytes: [UInt8], _ gramLength: Int) -> [UInt64] {
        var hashes: [UInt64] = []
        LineWords.forEachMinimizer(bytes, 0..<bytes.count, window: LineWords.window(gramLength: gramLength)) { hashes.append($0) }
        return hashes
    }
}
