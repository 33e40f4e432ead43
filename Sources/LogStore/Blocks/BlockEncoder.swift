import Bytes

/// A block ready to be written into a part.
struct EncodedBlock: Sendable {
    var bytes: [UInt8]
    var prologueBytes: Int
    /// The word section, which a search reads alone: its stored bytes and their checksum.
    var wordsBytes: Int
    var wordsChecksum: UInt32
    var minTime: Int64
    var maxTime: Int64
    var entries: Int
    /// Bytes of its lines, uncompressed.
    var lineBytes: Int
    var isResting: Bool
    /// Hashes of the lines at the first and at the last instant; empty when there are too many to list.
    var firstEdge: [UInt32]
    var lastEdge: [UInt32]
}

/// Turns sorted entries of one stream into a block.
enum BlockEncoder {
    /// How much work a block is worth.
    enum Effort: Sendable {
        /// Lines whole under LZ4: for parts that a merge will soon rewrite.
        case hot
        /// Templates, columns and words under zstd: the resting form.
        case resting
    }

    /// Raw bytes of lines a resting block aims at: larger ones compress a few percent better, smaller ones answer a tail sooner.
    static let targetLineBytes = 1 << 20
    /// A resting block of this size is copied by later merges instead of encoded anew.
    static let settledLineBytes = 256 << 10
    static let maximumEntries = 1 << 17
    /// Raw bytes of columns in one frame: what a search decodes at least.
    private static let frameBytes = 64 << 10
    private static let maximumEdge = 8

    static func encode(_ entries: EntryColumns, effort: Effort) -> EncodedBlock {
        precondition(!entries.isEmpty, "a block has an entry")
        let codec = effort == .hot ? BlockFrames.Codec.lz4 : .zstd
        var frames = BlockFrames()
        var stored: [UInt8] = []
        stored.reserveCapacity(entries.lineArena.count / 3 + 1024)
        let times = encodeTimes(entries.times)
        let metadata = encodeMetadata(entries)
        if effort == .hot {
            var head = BlockHead()
            head.wholeRows = entries.count
            frames.append(WordFilter.none, codec: .stored, to: &stored)
            frames.append(times, codec: codec, to: &stored)
            frames.append(head.encode(), codec: codec, to: &stored)
            frames.append([], codec: codec, to: &stored)
            frames.append(metadata, codec: codec, to: &stored)
            var lengths = ByteWriter(capacity: entries.count * 2)
            let ends = entries.lineEnds
            lengths.appendVarints(ends.count) { UInt64(ends[$0] &- ($0 == 0 ? 0 : ends[$0 &- 1])) }
            frames.append(lengths.bytes, codec: codec, to: &stored)
            frames.append(entries.lineArena, codec: codec, to: &stored)
        } else {
            let split = LineSplitter(lines: entries.lineArena, ends: entries.lineEnds)
            let words = LineWords(split)
            let (head, columns) = arrange(split)
            frames.append(WordFilter.encode(words), codec: .stored, to: &stored)
            frames.append(times, codec: codec, to: &stored)
            frames.append(head.encode(pieces: split.pieceArena, ends: split.pieceEnds), codec: codec, to: &stored)
            frames.append(encodeRows(split), codec: codec, to: &stored)
            frames.append(metadata, codec: codec, to: &stored)
            var lengths = ByteWriter(capacity: split.wholeLengths.count * 2)
            lengths.appendVarints(split.wholeLengths.count) { UInt64(split.wholeLengths[$0]) }
            frames.append(lengths.bytes, codec: codec, to: &stored)
            frames.append(split.wholeArena, codec: codec, to: &stored)
            for range in columns { frames.append(split.columnArena.span.extracting(range), codec: codec, to: &stored) }
        }
        let prologue = frames.encodePrologue()
        return EncodedBlock(
            bytes: prologue + stored, prologueBytes: prologue.count, wordsBytes: frames.frames[0].storedBytes,
            wordsChecksum: frames.frames[0].checksum, minTime: entries.times[0], maxTime: entries.times[entries.count - 1],
            entries: entries.count, lineBytes: entries.lineArena.count, isResting: effort == .resting,
            firstEdge: edge(entries, at: entries.times[0]), lastEdge: edge(entries, at: entries.times[entries.count - 1]))
    }

    /// Cuts entries into runs that each make one block.
    static func cuts(_ entries: EntryColumns) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var start = 0
        var bytes = 0
        // Equal shares, so that the last block is not a crumb.
        let total = entries.lineArena.count
        let share = total / max(1, (total + targetLineBytes / 2) / targetLineBytes) + 1
        for entry in 0..<entries.count {
            bytes += entries.lineRange(entry).count
            if bytes >= share || entry + 1 - start >= maximumEntries {
                runs.append(start..<entry + 1)
                (start, bytes) = (entry + 1, 0)
            }
        }
        if start < entries.count { runs.append(start..<entries.count) }
        return runs
    }

    // MARK: - Frames

    /// The first time, the unit that divides all steps, and the steps.
    private static func encodeTimes(_ times: [Int64]) -> [UInt8] {
        var scale: Int64 = 1_000_000_000
        for index in 1..<max(1, times.count) {
            let step = times[index] &- times[index &- 1]
            while step % scale != 0 { scale /= 10 }
            if scale == 1 { break }
        }
        var writer = ByteWriter(capacity: times.count + 24)
        writer.appendInt64LE(times[0])
        writer.appendVarint(UInt64(scale))
        // Dividing by a constant is a multiplication, and most clocks tell milliseconds or nanoseconds.
        let steps = max(0, times.count - 1)
        switch scale {
        case 1: writer.appendVarints(steps) { UInt64(bitPattern: times[$0 &+ 1] &- times[$0]) }
        case 1_000_000: writer.appendVarints(steps) { UInt64(bitPattern: (times[$0 &+ 1] &- times[$0]) / 1_000_000) }
        default: writer.appendVarints(steps) { UInt64(bitPattern: (times[$0 &+ 1] &- times[$0]) / scale) }
        }
        return writer.bytes
    }

    private static func encodeMetadata(_ entries: EntryColumns) -> [UInt8] {
        if entries.metadataEnds.isEmpty { return [] }
        var writer = ByteWriter(capacity: entries.metadataArena.count + entries.count * 2)
        for entry in 0..<entries.count { writer.appendVarint(UInt64(entries.metadataRange(entry).count)) }
        writer.append(contentsOf: entries.metadataArena)
        return writer.bytes
    }

    private static func encodeRows(_ split: LineSplitter) -> [UInt8] {
        if split.templates.isEmpty { return [] }
        var bytes: [UInt8] = []
        let isWide = split.templates.count > 255
        bytes.reserveCapacity(split.rows.count * (isWide ? 2 : 1))
        for row in split.rows {
            bytes.append(UInt8(truncatingIfNeeded: row))
            if isWide { bytes.append(UInt8(truncatingIfNeeded: row >> 8)) }
        }
        return bytes
    }

    /// Lays the columns out in frames; returns the dictionary and the frames' ranges in the column arena.
    private static func arrange(_ split: LineSplitter) -> (head: BlockHead, frames: [Range<Int>]) {
        var head = BlockHead()
        head.wholeRows = split.wholeLengths.count
        for template in split.templates {
            head.templateRows.append(template.rows)
            head.templateColumns.append(template.columns.upperBound)
        }
        let count = split.columns.count
        head.columnClasses = split.columns.map(\.classes)
        head.columnMinimum = split.columns.map { UInt32($0.minimumLength) }
        head.columnMaximum = split.columns.map { UInt32($0.maximumLength) }
        head.columnFrame = [UInt16](repeating: BlockHead.constantFrame, count: count)
        head.columnSize = split.columns.map { UInt32($0.bytes.count) }
        var frames: [Range<Int>] = []
        var group = -1
        for column in split.columnOrder where !split.columns[column].isConstant {
            let bytes = split.columns[column].bytes
            let isFull = frames.last.map { $0.count >= frameBytes } ?? true
            if split.columns[column].group != group || (isFull && frames.count < Int(BlockHead.constantFrame)) {
                group = split.columns[column].group
                frames.append(bytes.lowerBound..<bytes.lowerBound)
            }
            let start = frames[frames.count - 1].lowerBound
            frames[frames.count - 1] = start..<bytes.upperBound
            head.columnFrame[column] = UInt16(frames.count - 1)
        }
        for column in 0..<count where split.columns[column].isConstant {
            head.constantArena.append(contentsOf: split.columnArena[split.columns[column].bytes])
        }
        return (head, frames)
    }

    private static func edge(_ entries: EntryColumns, at time: Int64) -> [UInt32] {
        var hashes: [UInt32] = []
        let isFirst = entries.times[0] == time
        var entry = isFirst ? 0 : entries.count - 1
        while entry >= 0, entry < entries.count, entries.times[entry] == time {
            if hashes.count == maximumEdge { return [] }
            hashes.append(UInt32(truncatingIfNeeded: Hash64.hash(entries.lineArena, range: entries.lineRange(entry))))
            entry += isFirst ? 1 : -1
        }
        return hashes
    }
}
