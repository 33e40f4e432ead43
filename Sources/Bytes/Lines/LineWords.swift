/// The long words of a split block, as hashes without repeats, for its word filter.
///
/// Beside whole words it lists the runs of hexadecimal digits inside them, and of longer runs samples of their parts: identifiers are what
/// people search for, and often only a part of one, or one that a prefix is glued to. Samples are minimizers: of every `window` neighbouring
/// parts the one with the least hash, so that whatever is at least `gramLength` long inside a run has a listed part, and always the same one.
/// - Source: minimizers are published by Roberts et al., Bioinformatics 20 (2004), and as winnowing by Schleimer et al., SIGMOD 2003.
package struct LineWords: Sendable {
    /// Shorter words and runs are not listed: there are too many of them and too few that tell blocks apart.
    package static let minimumLength = 8
    /// Bytes of the parts that stand for long runs.
    package static let gramBytes = 8
    /// Lengths above which samples of runs are tried to be listed; the first that is cheap enough is taken.
    package static let gramLengths = [10, 12, 16, 20, 24, 32, 40, 64, 128]
    /// Raw bytes of lines that pay for one listed part: twelve bits each, so some half a percent of the lines at most.
    private static let lineBytesPerGram = 250
    /// From this length on twice as many parts may be listed: identifiers of 32 digits are what is searched for most, and a block that is full of
    /// longer ones would else be read for each of them.
    private static let generousLength = 32

    /// `Hash64` of each word and each run of at least `minimumLength` bytes, and `gramHash` of each sampled part of a run longer than `gramLength`.
    package private(set) var hashes: [UInt64] = []
    /// Bytes of the longest word.
    package private(set) var longest = 0
    /// Digits of the longest run of decimal digits, and of the longest run of hexadecimal ones that is not decimal.
    package private(set) var longestDecimal = 0
    package private(set) var longestHexadecimal = 0
    /// Hexadecimal, not decimal, runs longer than this have samples of their parts listed.
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
        unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            WordMasks(unsafe RawBytes(base), count: buffer.count).withCursor { masks in
                var start = 0
                for end in ends {
                    var word = masks.word(from: start, to: end)
                    while word < end {
                        let wordEnd = masks.wordEnd(from: word, to: end)
                        add(bytes, word..<wordEnd)
                        word = masks.word(from: wordEnd, to: end)
                    }
                    start = end
                }
            }
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

    /// Parts of which one is listed, so that everything of `gramLength` bytes holds one.
    package static func window(gramLength: Int) -> Int { gramLength - gramBytes + 1 }

    /// Calls `body` with the hash of each minimizer of a run: of every `window` neighbouring parts the least, once. Nothing for shorter runs.
    package static func forEachMinimizer(_ bytes: [UInt8], _ run: Range<Int>, window: Int, _ body: (UInt64) -> Void) {
        let parts = run.count - gramBytes + 1
        guard window > 0, parts >= window else { return }
        var best = -1
        var least: UInt64 = 0
        var part = 0
        while part < parts {
            let hash = gramHash(bytes, at: run.lowerBound + part)
            if best < 0 || hash < least {
                (best, least) = (part, hash)
                if part >= window - 1 { body(least) }
            } else if best <= part - window {
                // The least has left the window: the next one is looked for among those that are in it.
                best = part - window + 1
                least = gramHash(bytes, at: run.lowerBound + best)
                var other = best + 1
                while other <= part {
                    let candidate = gramHash(bytes, at: run.lowerBound + other)
                    if candidate < least { (best, least) = (other, candidate) }
                    other += 1
                }
                body(least)
            } else if part == window - 1 {
                body(least)
            }
            part += 1
        }
    }

    /// Lists samples of the runs above the least length for which they are about `limit` at most.
    private mutating func addGrams(limit: Int) {
        for length in Self.gramLengths {
            let window = Self.window(gramLength: length)
            var samples = 0
            var start = 0
            for end in runEnds {
                if end - start > length { samples += 1 + 2 * (end - start - length) / (window + 1) }
                start = end
            }
            if samples > (length >= Self.generousLength ? 2 * limit : limit) { continue }
            gramLength = length
            start = 0
            for end in runEnds {
                if end - start > length {
                    Self.forEachMinimizer(runArena, start..<end, window: window) { hash in
                        if seen.insert(hash) { hashes.append(hash) }
                    }
                }
                start = end
            }
            break
        }
        if gramLength == Int.max { gramLength = max(longestHexadecimal, Self.minimumLength) }
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
