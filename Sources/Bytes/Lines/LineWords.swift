/// The long words of a split block, as hashes without repeats, for its word filter.
package struct LineWords: Sendable {
    /// Shorter words are not listed: there are too many of them and too few that tell blocks apart.
    package static let minimumLength = 8
    /// Bytes of the runs that stand for parts of very long words.
    package static let gramBytes = 8
    /// Lengths above which the runs of words are tried to be listed; the first that is cheap enough is taken.
    private static let gramLengths = [12, 16, 20, 24, 32, 40, 64, 128]

    /// `Hash64` of each word of at least `minimumLength` bytes, and `gramHash` of each run of words longer than `gramLength`.
    package private(set) var hashes: [UInt64] = []
    /// Bytes of the longest word.
    package private(set) var longest = 0
    /// Words longer than this have their runs listed.
    package private(set) var gramLength = Int.max

    private var seen: HashSet64
    /// Distinct words longer than the shortest of `gramLengths`, end to end.
    private var longArena: [UInt8] = []
    private var longEnds: [Int] = []

    package init(_ split: LineSplitter) {
        seen = HashSet64()
        addText(split.pieceArena, split.pieceEnds)
        for column in split.columns {
            longest = max(longest, column.maximumLength)
            guard column.maximumLength >= Self.minimumLength else { continue }
            if column.isConstant || column.minimumLength == column.maximumLength {
                var start = column.bytes.lowerBound
                while start < column.bytes.upperBound {
                    add(split.columnArena, start..<start &+ column.minimumLength)
                    start &+= column.minimumLength
                }
            } else {
                addValues(split.columnArena, column.bytes)
            }
        }
        var end = 0
        addText(split.wholeArena, split.wholeLengths.map { length in
            end += length
            return end
        })
        addGrams(limit: max(64, split.lineBytes / 400))
    }

    /// A run's hash: mixed apart from the words' so that a word of eight bytes is not taken for a run.
    package static func gramHash(_ bytes: [UInt8], at start: Int) -> UInt64 {
        Hash64.hash(bytes, range: start..<start + gramBytes, seed: 0x6772_616d)
    }

    /// The words of free text.
    private mutating func addText(_ bytes: [UInt8], _ ends: [Int]) {
        var start = 0
        for end in ends {
            var index = start
            while index < end {
                if WordClass.rawClass(bytes[index]) == 0 {
                    index &+= 1
                    continue
                }
                let word = index
                while index < end, WordClass.rawClass(bytes[index]) != 0 { index &+= 1 }
                add(bytes, word..<index)
            }
            start = end
        }
    }

    /// Values that each end with a line feed.
    private mutating func addValues(_ bytes: [UInt8], _ range: Range<Int>) {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = ByteSearch.firstIndex(of: 0x0a, in: bytes, from: start) ?? range.upperBound
            add(bytes, start..<end)
            start = end + 1
        }
    }

    @inline(__always)
    private mutating func add(_ bytes: [UInt8], _ word: Range<Int>) {
        if word.count > longest { longest = word.count }
        guard word.count >= Self.minimumLength else { return }
        let hash = Hash64.hash(bytes, range: word)
        guard seen.insert(hash) else { return }
        hashes.append(hash)
        if word.count > Self.gramLengths[0] {
            longArena.append(contentsOf: bytes[word])
            longEnds.append(longArena.count)
        }
    }

    /// Lists the runs of the words above the least length for which they are at most `limit`.
    private mutating func addGrams(limit: Int) {
        for length in Self.gramLengths {
            var runs = 0
            var start = 0
            for end in longEnds {
                if end - start > length { runs += end - start - Self.gramBytes + 1 }
                start = end
            }
            if runs > limit { continue }
            gramLength = length
            start = 0
            for end in longEnds {
                if end - start > length {
                    for at in start...end - Self.gramBytes {
                        let hash = Self.gramHash(longArena, at: at)
                        if seen.insert(hash) { hashes.append(hash) }
                    }
                }
                start = end
            }
            break
        }
        if gramLength == Int.max { gramLength = longest }
        longArena = []
        longEnds = []
        seen = HashSet64()
    }
}

/// A set of hashes that only grows, with open addressing.
struct HashSet64: Sendable {
    private var slots: [UInt64] = []
    private var count = 0
    private var hasZero = false

    /// Returns false when the hash was there.
    @inline(__always)
    mutating func insert(_ hash: UInt64) -> Bool {
        if hash == 0 {
            defer { hasZero = true }
            return !hasZero
        }
        if count &* 2 >= slots.count { grow() }
        let mask = slots.count &- 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            if slots[slot] == hash { return false }
            slot = (slot &+ 1) & mask
        }
        slots[slot] = hash
        count &+= 1
        return true
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: max(1024, old.count * 2))
        let mask = slots.count &- 1
        for hash in old where hash != 0 {
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot] != 0 { slot = (slot &+ 1) & mask }
            slots[slot] = hash
        }
    }
}
