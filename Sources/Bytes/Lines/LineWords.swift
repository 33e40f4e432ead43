/// The long words of a split block, as hashes without repeats, for its word filter.
///
/// Beside whole words it lists the runs of hexadecimal digits inside them, and for the longest runs their parts too: identifiers are what
/// people search for, and often only a part of one, or one that a prefix is glued to.
package struct LineWords: Sendable {
    /// Shorter words and runs are not listed: there are too many of them and too few that tell blocks apart.
    package static let minimumLength = 8
    /// Bytes of the parts that stand for long runs.
    package static let gramBytes = 8
    /// Lengths above which the parts of runs are tried to be listed; the first that is cheap enough is taken.
    private static let gramLengths = [10, 12, 16, 20, 24, 32, 40, 64, 128]
    /// Raw bytes of lines that pay for one listed part: ten bits each, so half a percent of the lines at most.
    private static let lineBytesPerGram = 250

    /// `Hash64` of each word and each run of at least `minimumLength` bytes, and `gramHash` of each part of a run longer than `gramLength`.
    package private(set) var hashes: [UInt64] = []
    /// Bytes of the longest word.
    package private(set) var longest = 0
    /// Digits of the longest run of decimal digits, and of the longest run of hexadecimal ones that is not decimal.
    package private(set) var longestDecimal = 0
    package private(set) var longestHexadecimal = 0
    /// Hexadecimal, not decimal, runs longer than this have their parts listed.
    package private(set) var gramLength = Int.max

    private var seen = HashSet64()
    /// Distinct runs longer than the shortest of `gramLengths`, end to end.
    private var runArena: [UInt8] = []
    private var runEnds: [Int] = []

    package init(_ split: LineSplitter) {
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
        addGrams(limit: max(64, split.lineBytes / Self.lineBytesPerGram))
        seen = HashSet64()
    }

    /// A part's hash: apart from the words' so that a word of eight bytes is not taken for a part.
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
        addRuns(bytes, word)
    }

    /// The runs of hexadecimal digits in a word that was not seen before.
    private mutating func addRuns(_ bytes: [UInt8], _ word: Range<Int>) {
        let hexadecimal = WordClass([.digit, .lowerHex, .upperHex]).rawValue
        var index = word.lowerBound
        while index < word.upperBound {
            let start = index
            var classes: UInt8 = 0
            while index < word.upperBound {
                let next = WordClass.rawClass(bytes[index])
                if next & hexadecimal == 0 { break }
                classes |= next
                index &+= 1
            }
            let count = index &- start
            if count >= Self.minimumLength { note(bytes, start..<index, classes, isWord: count == word.count) }
            index &+= 1
        }
    }

    private mutating func note(_ bytes: [UInt8], _ run: Range<Int>, _ classes: UInt8, isWord: Bool) {
        let isDecimal = classes == WordClass.digit.rawValue
        if isDecimal { longestDecimal = max(longestDecimal, run.count) } else { longestHexadecimal = max(longestHexadecimal, run.count) }
        let isNew: Bool
        if isWord {
            isNew = true
        } else {
            let hash = Hash64.hash(bytes, range: run)
            isNew = seen.insert(hash)
            if isNew { hashes.append(hash) }
        }
        if isNew, !isDecimal, run.count > Self.gramLengths[0] {
            runArena.append(contentsOf: bytes[run])
            runEnds.append(runArena.count)
        }
    }

    /// Lists the parts of the runs above the least length for which they are at most `limit`.
    private mutating func addGrams(limit: Int) {
        for length in Self.gramLengths {
            var parts = 0
            var start = 0
            for end in runEnds {
                if end - start > length { parts += end - start - Self.gramBytes + 1 }
                start = end
            }
            if parts > limit { continue }
            gramLength = length
            start = 0
            for end in runEnds {
                if end - start > length {
                    for at in start...end - Self.gramBytes {
                        let hash = Self.gramHash(runArena, at: at)
                        if seen.insert(hash) { hashes.append(hash) }
                    }
                }
                start = end
            }
            break
        }
        if gramLength == Int.max { gramLength = longestHexadecimal }
        runArena = []
        runEnds = []
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
