import Bytes
import Environment
import Telemetry

/// An open part: an immutable file of blocks with its directory in memory.
final class Part: Sendable {
    let path: String
    let size: Int64
    let summary: PartSummary
    /// Label sets by the part's own stream numbers, in their order.
    let streams: [Labels]
    /// By stream, then by time.
    let blocks: [BlockEntry]
    /// First block of each stream, and the end behind the last.
    let streamBlocks: [Int]
    private let edges: [UInt32]
    private let file: any OpenFile
    private let caches: PartCaches?

    var sequence: UInt64 { summary.sequence }

    /// - Parameter caches: keep what searches ask; without them every question reads the file, as a check of the file has to.
    init(path: String, fileSystem: any FileSystem, caches: PartCaches? = nil) throws(PartFailure) {
        self.path = path
        self.caches = caches
        do {
            file = try fileSystem.open(path, .read)
            size = try file.attributes().size
        } catch { throw PartFailure(error) }
        do {
            let trailer = try Part.read(file, at: size - Int64(PartSections.trailerBytes), count: PartSections.trailerBytes, size: size)
            var reader = ByteReader(trailer)
            let tableBytes = try reader.readUInt32LE()
            let checksum = try reader.readUInt32LE()
            guard try reader.readBytes(8).elementsEqual(PartSections.magic) else {
                throw CorruptBytes("part", offset: Int(size) - 8, expected: "the magic of a whole part")
            }
            let table = try Part.read(
                file, at: size - Int64(PartSections.trailerBytes) - Int64(tableBytes), count: Int(tableBytes), size: size)
            guard CRC32C.checksum(table) == checksum else {
                throw CorruptBytes("part", offset: Int(size) - PartSections.trailerBytes, expected: "the checksum of its table of sections")
            }
            let sections = try PartSections.decodeTable(table)
            summary = try PartSummary(decoding: Part.section(.summary, sections, file, size).bytes)
            streams = try Part.decodeStreams(Part.section(.streams, sections, file, size).bytes)
            let end = sections.map(\.offset).min() ?? size
            let magicBytes = PartSections.magic.count
            let magic = try Part.read(file, at: 0, count: magicBytes, size: size)
            guard magic == PartSections.magic else { throw CorruptBytes("part", offset: 0, expected: "its magic") }
            let directory = try Part.section(.blocks, sections, file, size)
            (blocks, edges) = try PartSections.decodeBlocks(
                directory.bytes, version: directory.version, minTime: summary.minTime, streams: streams.count,
                firstOffset: Int64(magicBytes), end: end)
        } catch { throw error.asPartFailure(path) }
        var starts: [Int] = []
        starts.reserveCapacity(streams.count + 1)
        for (index, block) in blocks.enumerated() {
            while starts.count <= Int(block.stream) { starts.append(index) }
        }
        while starts.count <= streams.count { starts.append(blocks.count) }
        streamBlocks = starts
    }

    func edgeHashes(_ range: Range<Int>) -> ArraySlice<UInt32> { edges[range] }

    /// A block with its dictionary, which is kept for the next search.
    func openForSearch(_ index: Int) throws(PartFailure) -> (block: BlockReader, head: BlockHead) {
        if let known = caches?.dictionaries.value(part: sequence, block: index) {
            return (BlockReader(part: self, entry: blocks[index], frames: known.frames), known.head)
        }
        let block = try open(index)
        let head = try block.head(table: caches?.templates)
        caches?.dictionaries.insert(
            BlockDictionary(frames: block.frames, head: head), part: sequence, block: index, bytes: head.byteCount + block.frames.frames.count * 48)
        return (block, head)
    }

    /// Opens a block: reads its prologue.
    func open(_ index: Int) throws(PartFailure) -> BlockReader {
        let block = blocks[index]
        do {
            let frames = try BlockFrames(prologue: try Part.read(file, at: block.offset, count: block.prologueBytes, size: size))
            guard block.prologueBytes + frames.storedBytes == block.bytes, block.wordsBytes == 0 || block.wordsBytes == frames.frames[0].storedBytes
            else {
                throw CorruptBytes("block", offset: Int(block.offset), expected: "frames of \(block.bytes) bytes in all")
            }
            return BlockReader(part: self, entry: block, frames: frames)
        } catch { throw error.asPartFailure(path) }
    }

    /// The words of a block, read without the rest of it; nil when there are none to ask, as in fresh blocks.
    func words(_ index: Int) throws(PartFailure) -> WordFilter? {
        if blocks[index].wordsBytes <= 1 { return nil }
        if let known = caches?.filters.value(part: sequence, block: index) { return known }
        let words = try readWords(index)
        caches?.filters.insert(words, part: sequence, block: index, bytes: words?.bytes ?? 0)
        return words
    }

    private func readWords(_ index: Int) throws(PartFailure) -> WordFilter? {
        let block = blocks[index]
        do {
            let bytes = try Part.read(file, at: block.offset + Int64(block.prologueBytes), count: block.wordsBytes, size: size)
            guard CRC32C.checksum(bytes) == block.wordsChecksum else {
                throw CorruptBytes("words of a block", offset: Int(block.offset) + block.prologueBytes, expected: "their checksum")
            }
            return try WordFilter(section: bytes)
        } catch { throw error.asPartFailure(path) }
    }

    /// A whole block as it lies in the file, checked frame by frame, to be copied into another part.
    func copy(_ index: Int) throws(PartFailure) -> EncodedBlock {
        let block = blocks[index]
        let reader = try open(index)
        let bytes = try read(at: block.offset, count: block.bytes)
        for frame in reader.frames.frames {
            let start = block.prologueBytes + frame.offset
            guard CRC32C.checksum(bytes, range: start..<start + frame.storedBytes) == frame.checksum else {
                throw PartFailure(path, CorruptBytes("frame of a block", offset: Int(block.offset) + start, expected: "its checksum"))
            }
        }
        return EncodedBlock(
            bytes: bytes, prologueBytes: block.prologueBytes, wordsBytes: reader.frames.frames[0].storedBytes,
            wordsChecksum: reader.frames.frames[0].checksum, minTime: block.minTime, maxTime: block.maxTime, entries: block.entries,
            lineBytes: block.lineBytes, isResting: block.isResting, firstEdge: Array(edges[block.firstEdge]),
            lastEdge: Array(edges[block.lastEdge]))
    }

    func read(at offset: Int64, count: Int) throws(PartFailure) -> [UInt8] {
        do { return try Part.read(file, at: offset, count: count, size: size) } catch { throw error.asPartFailure(path) }
    }


    private static func read(_ file: any OpenFile, at offset: Int64, count: Int, size: Int64) throws -> [UInt8] {
        guard offset >= 0, offset + Int64(count) <= size else {
            throw CorruptBytes("part", offset: Int(clamping: offset), expected: "\(count) bytes, but it ends at byte \(size)")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let read = try file.read(at: offset + Int64(bytes.count), count: count - bytes.count, into: &bytes)
            if read == 0 { throw CorruptBytes("part", offset: Int(offset) + bytes.count, expected: "more bytes") }
        }
        return bytes
    }

    private static func section(
        _ kind: PartSections.Kind, _ sections: [PartSections.Section], _ file: any OpenFile, _ size: Int64
    ) throws -> (bytes: [UInt8], version: UInt8) {
        let readable = PartSections.readableVersions
        guard let section = sections.first(where: { $0.kind == kind.rawValue && readable.contains($0.version) }) else {
            throw CorruptBytes("part", offset: 0, expected: "a section \(kind) of version \(readable.lowerBound) to \(readable.upperBound)")
        }
        let stored = try read(file, at: section.offset, count: section.stored, size: size)
        guard CRC32C.checksum(stored) == section.checksum else {
            throw CorruptBytes("section \(kind)", offset: Int(section.offset), expected: "its checksum")
        }
        return (try ZSTD.decompress(stored, count: section.raw), section.version)
    }

    private static func decodeStreams(_ bytes: [UInt8]) throws -> [Labels] {
        var reader = ByteReader(bytes)
        var streams: [Labels] = []
        let count = try reader.readCount(limit: bytes.count)
        streams.reserveCapacity(count)
        for _ in 0..<count {
            let hash = try reader.readUInt64LE()
            streams.append(Labels(canonical: Array(bytes[try reader.readLengthPrefixed()]), hash: hash))
        }
        return streams
    }
}

extension Error {
    /// Names the part a failure was met in.
    func asPartFailure(_ path: String) -> PartFailure {
        switch self {
        case let failure as PartFailure: failure
        case let corrupt as CorruptBytes: PartFailure(path, corrupt)
        case let file as FileError: PartFailure(file)
        default: preconditionFailure("reading a part fails by its bytes or its file only")
        }
    }
}
