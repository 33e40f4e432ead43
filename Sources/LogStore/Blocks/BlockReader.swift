import Bytes
import Telemetry

/// One block, decoded frame by frame as it is asked.
struct BlockReader: Sendable {
    let part: Part
    let entry: BlockEntry
    let frames: BlockFrames

    func frame(_ index: Int) throws(PartFailure) -> [UInt8] {
        var raw: [UInt8] = []
        try frame(index, into: &raw)
        return raw
    }

    /// Appends the decoded bytes of a frame.
    func frame(_ index: Int, into raw: inout [UInt8]) throws(PartFailure) {
        let frame = frames.frames[index]
        if frame.storedBytes == 0, frame.rawBytes == 0 { return }
        let stored = try part.read(at: entry.offset + Int64(entry.prologueBytes + frame.offset), count: frame.storedBytes)
        do throws(CorruptBytes) { try frames.decode(index, stored: stored.span, into: &raw) } catch {
            throw PartFailure(part.path, error)
        }
    }

    func frame(_ kind: BlockFrames.Kind) throws(PartFailure) -> [UInt8] { try frame(kind.rawValue) }

    func head(table: TemplateTable? = nil) throws(PartFailure) -> BlockHead {
        let bytes = try frame(.head)
        do { return try BlockHead(bytes, entries: entry.entries, frames: frames, table: table) } catch { throw PartFailure(part.path, error) }
    }

    func times() throws(PartFailure) -> [Int64] {
        let bytes = try frame(.times)
        do throws(CorruptBytes) {
            var reader = ByteReader(bytes)
            let first = try reader.readInt64LE()
            let scale = Int64(bitPattern: try reader.readVarint())
            let times = try VarintSteps.decode(bytes, from: reader.offset, first: first, scale: scale, count: entry.entries)
            guard times[0] == entry.minTime, times[times.count - 1] == entry.maxTime else {
                throw CorruptBytes("times of a block", offset: 0, expected: "the times its directory names")
            }
            return times
        } catch { throw PartFailure(part.path, error) }
    }

    /// Template of each row; empty when every row is whole.
    func rows(_ head: BlockHead) throws(PartFailure) -> [UInt16] {
        let bytes = try frame(.rows)
        if head.templateCount == 0 { return [] }
        let width = head.templateCount > 255 ? 2 : 1
        guard bytes.count == entry.entries * width else {
            throw PartFailure(part.path, CorruptBytes("rows of a block", offset: 0, expected: "\(entry.entries) rows"))
        }
        var counts = [Int](repeating: 0, count: head.templateCount + 1)
        var rows: [UInt16] = []
        rows.reserveCapacity(entry.entries)
        var index = 0
        while index < bytes.count {
            let row = width == 1 ? UInt16(bytes[index]) : UInt16(bytes[index]) | UInt16(bytes[index &+ 1]) &<< 8
            guard Int(row) < counts.count else { break }
            counts[Int(row)] &+= 1
            rows.append(row)
            index &+= width
        }
        guard rows.count == entry.entries, counts[0] == head.wholeRows, counts.dropFirst().elementsEqual(head.templateRows) else {
            throw PartFailure(part.path, CorruptBytes("rows of a block", offset: index, expected: "the counts of its dictionary"))
        }
        return rows
    }

    /// The lines kept whole, with their ends.
    func wholeLines(_ head: BlockHead) throws(PartFailure) -> (arena: [UInt8], ends: [Int]) {
        let lengths = try frame(.wholeLengths)
        let arena = try frame(.wholeLines)
        do throws(CorruptBytes) {
            let ends = try VarintSteps.decodeEnds(lengths, from: 0, count: head.wholeRows)
            guard ends.last ?? 0 == arena.count else {
                throw CorruptBytes("whole lines of a block", offset: 0, expected: "\(ends.last ?? 0) bytes, not \(arena.count)")
            }
            return (arena, ends)
        } catch { throw PartFailure(part.path, error) }
    }

    var hasMetadata: Bool { frames.frames[BlockFrames.Kind.metadata.rawValue].rawBytes > 0 }

    /// The structured metadata of all entries; no ends when none has any.
    func metadata() throws(PartFailure) -> (arena: [UInt8], ends: [Int]) {
        let bytes = try frame(.metadata)
        if bytes.isEmpty { return ([], []) }
        do throws(CorruptBytes) {
            var used = 0
            let ends = try VarintSteps.decodeEnds(bytes, from: 0, count: entry.entries, used: &used)
            guard used + (ends.last ?? 0) == bytes.count else {
                throw CorruptBytes("metadata of a block", offset: used, expected: "\(ends.last ?? 0) bytes")
            }
            return (Array(bytes[used...]), ends)
        } catch { throw PartFailure(part.path, error) }
    }
}
