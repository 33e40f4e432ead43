import Bytes
import Telemetry

/// The sections of a block's index as bytes.
///
/// Format: `docs/formats/metrics-block.md`.
enum IndexCoding {
    // MARK: Symbols

    static func encodeSymbols(_ symbols: [ArraySlice<UInt8>]) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(UInt64(symbols.count))
        for symbol in symbols { writer.appendVarint(UInt64(symbol.count)) }
        for symbol in symbols { writer.append(contentsOf: symbol) }
        return writer.bytes
    }

    static func decodeSymbols(_ bytes: [UInt8]) throws(CorruptBytes) -> (bytes: [UInt8], ends: [Int]) {
        var reader = ByteReader(bytes)
        let count = try reader.readCount(limit: bytes.count)
        var ends: [Int] = []
        ends.reserveCapacity(count)
        var end = 0
        for _ in 0..<count {
            end += try reader.readCount(limit: bytes.count)
            ends.append(end)
        }
        guard reader.remaining == end else { throw CorruptBytes("symbols", offset: reader.offset, expected: "\(end) bytes of text") }
        return (Array(bytes[reader.offset...]), ends)
    }

    // MARK: Series

    /// Neighbours in sorted order have most pairs in common, so each pair is written as its distance to the one above it.
    static func encodeSeries(_ series: [ArraySlice<UInt32>]) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(UInt64(series.count))
        var previous: [UInt32] = []
        for pairs in series {
            writer.appendVarint(UInt64(pairs.count / 2))
            let current = Array(pairs)
            for (index, symbol) in current.enumerated() {
                writer.appendZigzag(Int64(symbol) - (index < previous.count ? Int64(previous[index]) : 0))
            }
            previous = current
        }
        return writer.bytes
    }

    static func decodeSeries(_ bytes: [UInt8], symbolCount: Int) throws(CorruptBytes) -> (flat: [UInt32], ends: [Int]) {
        var reader = ByteReader(bytes)
        let count = try reader.readCount(limit: bytes.count)
        // Nearly all distances are one byte, so this is hardly more than is needed.
        var flat: [UInt32] = []
        flat.reserveCapacity(bytes.count)
        var ends: [Int] = []
        ends.reserveCapacity(count)
        var previous = 0..<0
        for _ in 0..<count {
            let symbols = 2 * (try reader.readCount(limit: reader.remaining / 2))
            let start = flat.count
            for index in 0..<symbols {
                let above = index < previous.count ? Int64(flat[previous.lowerBound + index]) : 0
                let symbol = above &+ (try reader.readZigzag())
                guard symbol >= 0, symbol < Int64(symbolCount) else {
                    throw CorruptBytes("series", offset: reader.offset, expected: "a symbol below \(symbolCount)")
                }
                flat.append(UInt32(symbol))
            }
            previous = start..<flat.count
            ends.append(flat.count)
        }
        return (flat, ends)
    }

    // MARK: Postings

    /// Names, then the values of each with their posting lists.
    static func encodePostings(_ series: [ArraySlice<UInt32>]) -> [UInt8] {
        var counts: [UInt32: Int] = [:]
        for pairs in series {
            for index in stride(from: pairs.startIndex, to: pairs.endIndex, by: 2) { counts[pairs[index], default: 0] += 1 }
        }
        let names = counts.keys.sorted()
        // A place for each name of the round under way; the others have none.
        var places = [Int32](repeating: -1, count: Int(names.last ?? 0) + 1)
        var directory = ByteWriter()
        var numbers = ByteWriter()
        var next = 0
        while next < names.count {
            // So many names that their lists fit into bounded memory; one word holds a value and a series that carries it.
            let first = next
            var total = 0
            while next < names.count, next == first || total + counts[names[next]]! <= pairsPerRound {
                places[Int(names[next])] = Int32(next - first)
                total += counts[names[next]]!
                next += 1
            }
            var carriers = [[UInt64]](repeating: [], count: next - first)
            for position in first..<next { carriers[position - first].reserveCapacity(counts[names[position]]!) }
            for (number, pairs) in series.enumerated() {
                for index in stride(from: pairs.startIndex, to: pairs.endIndex, by: 2) {
                    let place = Int(places[Int(pairs[index])])
                    if place >= 0 { carriers[place].append(UInt64(pairs[index + 1]) << 32 | UInt64(number)) }
                }
            }
            for position in first..<next {
                carriers[position - first].sort()
                directory.appendVarint(UInt64(names[position]))
                encodeEntries(carriers[position - first], &directory, &numbers)
                places[Int(names[position])] = -1
            }
        }
        var writer = ByteWriter()
        writer.appendVarint(UInt64(directory.count))
        writer.append(contentsOf: directory.bytes)
        writer.append(contentsOf: numbers.bytes)
        return writer.bytes
    }

    /// Pairs that are sorted at once: 32 MB.
    private static let pairsPerRound = 4 << 20

    /// - Parameter carriers: values of one name with the series that carry them, sorted.
    private static func encodeEntries(_ carriers: [UInt64], _ directory: inout ByteWriter, _ numbers: inout ByteWriter) {
        var entries = ByteWriter()
        var entryCount = 0
        var list: [UInt32] = []
        var position = 0
        while position < carriers.count {
            let value = carriers[position] >> 32
            list.removeAll(keepingCapacity: true)
            while position < carriers.count && carriers[position] >> 32 == value {
                list.append(UInt32(truncatingIfNeeded: carriers[position]))
                position += 1
            }
            entries.appendVarint(value)
            entries.appendVarint(UInt64(list.count))
            RisingNumbers.encode(list, into: &numbers.bytes)
            entryCount += 1
        }
        directory.appendVarint(UInt64(entryCount))
        directory.append(contentsOf: entries.bytes)
    }

    struct Postings {
        var names: [UInt32] = []
        var entryStarts: [Int] = []
        var entryValues: [UInt32] = []
        var entryCounts: [UInt32] = []
        var entryOffsets: [Int] = []
        var bytes: [UInt8] = []
    }

    static func decodePostings(_ bytes: [UInt8], symbolCount: Int) throws(CorruptBytes) -> Postings {
        var result = Postings()
        var reader = ByteReader(bytes)
        let directoryCount = try reader.readCount(limit: reader.remaining)
        let directoryEnd = reader.offset + directoryCount
        guard directoryEnd <= bytes.count else { throw CorruptBytes("postings", offset: 0, expected: "a directory inside the section") }
        result.bytes = Array(bytes[directoryEnd...])
        var offset = 0
        while reader.offset < directoryEnd {
            let name = try reader.readCount(limit: symbolCount - 1)
            let count = try reader.readCount(limit: directoryEnd)
            result.names.append(UInt32(name))
            result.entryStarts.append(result.entryValues.count)
            for _ in 0..<count {
                result.entryValues.append(UInt32(try reader.readCount(limit: symbolCount - 1)))
                let size = try reader.readCount(limit: result.bytes.count)
                result.entryCounts.append(UInt32(size))
                result.entryOffsets.append(offset)
                // A list is found by skipping its varints: one byte below 0x80 ends each.
                var left = size
                while left > 0 {
                    guard offset < result.bytes.count else {
                        throw CorruptBytes("postings", offset: bytes.count, expected: "\(left) more numbers")
                    }
                    if result.bytes[offset] < 0x80 { left &-= 1 }
                    offset &+= 1
                }
            }
        }
        return result
    }

    // MARK: Times and chunks

    static func encodeTimes(_ times: [BlockIndex.Times]) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(UInt64(times.count))
        var previous: Int64 = 0
        var end: Int64 = 0
        for entry in times {
            append(entry.piece, after: &end, to: &writer)
            writer.appendVarint(UInt64(entry.count))
            writer.appendZigzag(entry.earliest &- previous)
            writer.appendVarint(UInt64(bitPattern: entry.latest &- entry.earliest))
            previous = entry.earliest
        }
        return writer.bytes
    }

    static func decodeTimes(_ bytes: [UInt8]) throws(CorruptBytes) -> [BlockIndex.Times] {
        var reader = ByteReader(bytes)
        var times: [BlockIndex.Times] = []
        var previous: Int64 = 0
        var end: Int64 = 0
        for _ in 0..<(try reader.readCount(limit: bytes.count)) {
            let piece = try readPiece(&reader, after: &end)
            let count = try reader.readCount(limit: 1 << 24)
            previous &+= try reader.readZigzag()
            let latest = previous &+ Int64(bitPattern: try reader.readVarint())
            times.append(BlockIndex.Times(piece: piece, count: count, earliest: previous, latest: latest))
        }
        return times
    }

    static func encodeChunks(_ chunks: [(chunk: BlockIndex.Chunk, members: [UInt32])]) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(UInt64(chunks.count))
        var end: Int64 = 0
        var previousTimes: Int64 = 0
        for entry in chunks {
            append(entry.chunk.piece, after: &end, to: &writer)
            writer.appendZigzag(Int64(entry.chunk.times) - previousTimes)
            previousTimes = Int64(entry.chunk.times)
            writer.append(UInt8(entry.members.count))
            var previous: Int64 = -1
            for member in entry.members {
                writer.appendZigzag(Int64(member) - previous)
                previous = Int64(member)
            }
        }
        return writer.bytes
    }

    struct Chunks {
        var chunks: [BlockIndex.Chunk] = []
        var seriesChunkEnds: [Int] = []
        var seriesChunks: [UInt32] = []
        var seriesSlots: [UInt8] = []
    }

    static func decodeChunks(_ bytes: [UInt8], timesCount: Int, seriesCount: Int) throws(CorruptBytes) -> Chunks {
        var result = Chunks()
        var reader = ByteReader(bytes)
        var members: [UInt32] = []
        var memberEnds: [Int] = []
        var end: Int64 = 0
        var times: Int64 = 0
        var counts = [Int](repeating: 0, count: seriesCount)
        for _ in 0..<(try reader.readCount(limit: bytes.count)) {
            let piece = try readPiece(&reader, after: &end)
            times &+= try reader.readZigzag()
            guard times >= 0, times < Int64(timesCount) else {
                throw CorruptBytes("chunk index", offset: reader.offset, expected: "a time column below \(timesCount)")
            }
            result.chunks.append(BlockIndex.Chunk(piece: piece, times: UInt32(times)))
            var member: Int64 = -1
            for _ in 0..<(try reader.readUInt8()) {
                member &+= try reader.readZigzag()
                guard member >= 0, member < Int64(seriesCount) else {
                    throw CorruptBytes("chunk index", offset: reader.offset, expected: "a series below \(seriesCount)")
                }
                counts[Int(member)] += 1
                members.append(UInt32(member))
            }
            memberEnds.append(members.count)
        }
        var total = 0
        for series in counts.indices {
            let count = counts[series]
            counts[series] = total
            total += count
        }
        result.seriesChunks = [UInt32](repeating: 0, count: total)
        result.seriesSlots = [UInt8](repeating: 0, count: total)
        var start = 0
        for (chunk, end) in memberEnds.enumerated() {
            for position in start..<end {
                let series = Int(members[position])
                result.seriesChunks[counts[series]] = UInt32(chunk)
                result.seriesSlots[counts[series]] = UInt8(position - start)
                counts[series] += 1
            }
            start = end
        }
        result.seriesChunkEnds = counts
        return result
    }

    /// The numbers of the chunks that hold more than ordinary numbers, rising.
    static func encodeMarked(_ chunks: [UInt32]) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(UInt64(chunks.count))
        var next: UInt32 = 0
        for chunk in chunks {
            writer.appendVarint(UInt64(chunk - next))
            next = chunk + 1
        }
        return writer.bytes
    }

    /// - Returns: for each chunk whether it is named.
    static func decodeMarked(_ bytes: [UInt8], chunkCount: Int) throws(CorruptBytes) -> [Bool] {
        var reader = ByteReader(bytes)
        var isMarked = [Bool](repeating: false, count: chunkCount)
        var next = 0
        for _ in 0..<(try reader.readCount(limit: chunkCount)) {
            next += try reader.readCount(limit: chunkCount)
            guard next < chunkCount else {
                throw CorruptBytes("marked chunks", offset: reader.offset, expected: "a chunk below \(chunkCount)")
            }
            isMarked[next] = true
            next += 1
        }
        return isMarked
    }

    private static func append(_ piece: StoredPiece, after end: inout Int64, to writer: inout ByteWriter) {
        writer.appendZigzag(piece.offset - end)
        writer.appendVarint(UInt64(piece.storedCount))
        writer.appendVarint(UInt64(piece.rawCount))
        writer.appendUInt32LE(piece.checksum)
        end = piece.offset + Int64(piece.storedCount)
    }

    private static func readPiece(_ reader: inout ByteReader, after end: inout Int64) throws(CorruptBytes) -> StoredPiece {
        let offset = end &+ (try reader.readZigzag())
        let stored = try reader.readCount(limit: 1 << 30)
        let raw = try reader.readCount(limit: 1 << 30)
        let checksum = try reader.readUInt32LE()
        guard offset >= 0, offset < 1 << 48 else { throw CorruptBytes("index", offset: reader.offset, expected: "an offset inside the file") }
        end = offset + Int64(stored)
        return StoredPiece(offset: offset, storedCount: stored, rawCount: raw, checksum: checksum)
    }
}
