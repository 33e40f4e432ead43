/// The long words of a split block, as hashes, for its word filter.
package struct LineWords: Sendable {
    /// Shorter words are not listed: there are too many of them and too few that tell blocks apart.
    package static let minimumLength = 8

    /// `Hash64` of each word of at least `minimumLength` bytes; the same word may come several times.
    package private(set) var hashes: [UInt64] = []
    /// Bytes of the longest word.
    package private(set) var longest = 0

    package init(_ split: LineSplitter) {
        addText(split.pieceArena, split.pieceEnds)
        for column in split.columns {
            longest = max(longest, column.maximumLength)
            guard column.maximumLength >= Self.minimumLength else { continue }
            if column.isConstant || column.minimumLength == column.maximumLength {
                var start = column.bytes.lowerBound
                while start < column.bytes.upperBound {
                    hashes.append(Hash64.hash(split.columnArena, range: start..<start &+ column.minimumLength))
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

    private mutating func add(_ bytes: [UInt8], _ word: Range<Int>) {
        longest = max(longest, word.count)
        if word.count >= Self.minimumLength { hashes.append(Hash64.hash(bytes, range: word)) }
    }
}
