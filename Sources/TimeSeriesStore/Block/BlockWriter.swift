import Bytes
import Environment

/// Writes one block file: chunks as they come, then the index, then the footer; published by rename.
struct BlockWriter: ~Copyable {
    private let fileSystem: any FileSystem
    private let file: any OpenFile
    private let temporary: String
    /// Levels of zstd for chunks and for the sections of the index.
    private let level: Int
    private let indexLevel: Int
    private var buffer = ByteWriter(capacity: 1 << 20)
    private var offset: Int64 = 0
    private var chunks: [(chunk: BlockIndex.Chunk, members: [UInt32])] = []
    private var times: [BlockIndex.Times] = []
    /// Chunks that hold stale markers, histograms or start times.
    private var marked: [UInt32] = []
    /// Time columns written lately, by their hash: most groups of a scrape find theirs here.
    private var recentTimes: [UInt64: (number: UInt32, times: [Int64])] = [:]
    private var recentBytes = 0
    private var exponentHint = 0
    private var raw: [UInt8] = []
    private(set) var sampleCount = 0
    private(set) var earliest = Int64.max
    private(set) var latest = Int64.min

    /// Bytes of time columns kept for sharing.
    private static let recentByteLimit = 8 << 20

    /// - Parameter isPassing: whether the block will be rewritten before long, so that packing it well is not worth its price.
    static func begin(temporary: String, isPassing: Bool = false, fileSystem: any FileSystem) throws(FileError) -> BlockWriter {
        let file = try fileSystem.open(temporary, .readWrite)
        try file.truncate(to: 0)
        return BlockWriter(file: file, temporary: temporary, isPassing: isPassing, fileSystem: fileSystem)
    }

    private init(file: any OpenFile, temporary: String, isPassing: Bool, fileSystem: any FileSystem) {
        level = isPassing ? -1 : 1
        indexLevel = isPassing ? 1 : 3
        self.fileSystem = fileSystem
        self.temporary = temporary
        self.file = file
        buffer.appendUInt64LE(BlockLayout.magic)
    }

    /// Adds a chunk of series that share their times.
    mutating func append(_ members: [(series: UInt32, column: SeriesColumn)]) throws(FileError) {
        let shared = members[0].column.times
        precondition(!shared.isEmpty, "a chunk has samples")
        let timesNumber = try timesNumber(shared)
        raw.removeAll(keepingCapacity: true)
        ChunkCoding.encode(members.map(\.column), hint: &exponentHint, into: &raw)
        let piece = try store(raw, level: level)
        if members.contains(where: { !$0.column.holdsOnlyNumbers }) { marked.append(UInt32(chunks.count)) }
        chunks.append((BlockIndex.Chunk(piece: piece, times: timesNumber), members.map(\.series)))
        sampleCount += shared.count * members.count
        earliest = min(earliest, shared[0])
        latest = max(latest, shared[shared.count - 1])
    }

    private mutating func timesNumber(_ column: [Int64]) throws(FileError) -> UInt32 {
        let hash = column.timesHash
        if let recent = recentTimes[hash], recent.times == column { return recent.number }
        var bytes: [UInt8] = []
        IntegerColumn.encode(column, into: &bytes)
        let piece = try store(bytes, level: level)
        times.append(BlockIndex.Times(piece: piece, count: column.count, earliest: column[0], latest: column[column.count - 1]))
        let number = UInt32(times.count - 1)
        if recentBytes > Self.recentByteLimit {
            recentTimes.removeAll(keepingCapacity: true)
            recentBytes = 0
        }
        recentTimes[hash] = (number, column)
        recentBytes += column.count * 8
        return number
    }

    private mutating func store(_ bytes: [UInt8], level: Int) throws(FileError) -> StoredPiece {
        let start = buffer.count
        ZSTD.compress(bytes.span, level: level, into: &buffer.bytes)
        if buffer.count - start >= bytes.count {
            buffer.bytes.removeLast(buffer.count - start)
            buffer.append(contentsOf: bytes)
        }
        let piece = StoredPiece(
            offset: offset + Int64(start), storedCount: buffer.count - start, rawCount: bytes.count,
            checksum: CRC32C.checksum(buffer.bytes, range: start..<buffer.count))
        if buffer.count >= 1 << 20 { try flush() }
        return piece
    }

    private mutating func flush() throws(FileError) {
        try file.write(buffer.bytes.span, at: offset)
        offset += Int64(buffer.count)
        buffer.removeAll()
    }

    /// Writes the index and publishes the file under its name. Series that got no sample are left out.
    ///
    /// - Parameters: `series` are the pairs of the provisional series numbers, as symbols of `symbols`, which are sorted.
    mutating func finish(
        symbols: [ArraySlice<UInt8>], series: [ArraySlice<UInt32>], meta: BlockMeta, path: String
    ) throws(FileError) -> BlockMeta {
        var isUsed = [Bool](repeating: false, count: series.count)
        for entry in chunks {
            for member in entry.members { isUsed[Int(member)] = true }
        }
        var final = [UInt32](repeating: 0, count: series.count)
        var kept: [ArraySlice<UInt32>] = []
        for number in series.indices where isUsed[number] {
            final[number] = UInt32(kept.count)
            kept.append(series[number])
        }
        for position in chunks.indices {
            for member in chunks[position].members.indices {
                chunks[position].members[member] = final[Int(chunks[position].members[member])]
            }
        }
        var meta = meta
        (meta.earliest, meta.latest, meta.sampleCount, meta.seriesCount) = (earliest, latest, sampleCount, kept.count)
        var metaBytes = ByteWriter()
        meta.encode(into: &metaBytes)
        var table: [BlockLayout.TableEntry] = []
        for section in BlockLayout.Section.allCases {
            let bytes =
                switch section {
                case .meta: metaBytes.bytes
                case .symbols: IndexCoding.encodeSymbols(symbols)
                case .series: IndexCoding.encodeSeries(kept)
                case .postings: IndexCoding.encodePostings(kept)
                case .chunks: IndexCoding.encodeChunks(chunks)
                case .times: IndexCoding.encodeTimes(times)
                case .marked: IndexCoding.encodeMarked(marked)
                }
            let piece = try store(bytes, level: indexLevel)
            table.append(.init(section: section.rawValue, version: BlockLayout.version, piece: piece))
        }
        try flush()
        buffer.append(contentsOf: BlockLayout.encode(table, at: offset))
        try flush()
        meta.byteCount = offset
        try file.sync()
        try fileSystem.rename(temporary, to: path)
        try fileSystem.syncDirectory(String(path[..<path.lastIndex(of: "/")!]))
        return meta
    }

    /// Removes what was written so far, after a failure or when there was nothing to write.
    func abandon() { try? fileSystem.removeFile(temporary) }
}

extension [Int64] {
    var timesHash: UInt64 {
        var hash = UInt64(count)
        for time in self { hash = Hash64.mix(hash ^ UInt64(bitPattern: time), 0x9e37_79b9_7f4a_7c15) }
        return hash
    }
}
