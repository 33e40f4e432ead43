import Bytes
import Telemetry

/// One stream of a merge: its blocks in all the parts that are merged.
struct MergeStream: Sendable {
    var labels: Labels
    var blocks: [(part: Part, index: Int)]
    var lineBytes: Int

    /// The streams of some parts, in the order of a part.
    static func all(of parts: [Part]) -> [MergeStream] {
        var places: [Labels: Int] = [:]
        var streams: [MergeStream] = []
        for part in parts {
            for (number, labels) in part.streams.enumerated() {
                let indices = part.streamBlocks[number]..<part.streamBlocks[number + 1]
                let place = places[labels] ?? streams.count
                if place == streams.count {
                    places[labels] = place
                    streams.append(MergeStream(labels: labels, blocks: [], lineBytes: 0))
                }
                for index in indices {
                    streams[place].blocks.append((part, index))
                    streams[place].lineBytes += part.blocks[index].lineBytes
                }
            }
        }
        return streams.sorted { $0.labels.precedesInPart($1.labels) }
    }

    /// The stream's entries as resting blocks: settled ones as they are, the others encoded anew, without what is deleted or too old.
    ///
    /// A block that cannot be read is left out and told.
    func encode(_ deletes: [DeleteRequest], oldest: Int64, unreadable: (Part, PartFailure) -> Void) throws -> [EncodedBlock] {
        let pieces = blocks.map { part, index in
            ScanUnit.Piece(
                source: .block(part, index), minTime: part.blocks[index].minTime, maxTime: part.blocks[index].maxTime)
        }
        var encoded: [EncodedBlock] = []
        // Pieces are put end to end, so room for them is made once.
        var run = EntryColumns(lineBytes: min(lineBytes, 5 * BlockEncoder.targetLineBytes), entries: 0)
        for unit in ScanUnit.units(labels, pieces, start: oldest, end: .max, deletes: deletes) where unit.maxTime >= oldest {
            if let block = try settled(unit, unreadable) {
                Self.flush(&run, into: &encoded)
                encoded.append(block)
                continue
            }
            run.append(try entries(unit, unreadable))
            if run.lineArena.count >= 4 * BlockEncoder.targetLineBytes { Self.flush(&run, into: &encoded) }
        }
        Self.flush(&run, into: &encoded)
        return encoded
    }

    /// The unit's one block as it lies, when nothing about it has to change.
    private func settled(_ unit: ScanUnit, _ unreadable: (Part, PartFailure) -> Void) throws -> EncodedBlock? {
        guard unit.pieces.count == 1, case .block(let part, let index) = unit.pieces[0].source else { return nil }
        let block = part.blocks[index]
        let isTouched = unit.deletes.contains { $0.id > part.summary.deletesThrough && $0.overlaps(block.minTime, block.maxTime) }
        guard block.isResting, block.lineBytes >= BlockEncoder.settledLineBytes, block.minTime >= unit.start,
            block.maxTime < unit.end, !isTouched
        else { return nil }
        do throws(PartFailure) { return try part.copy(index) } catch {
            unreadable(part, error)
            return nil
        }
    }

    private func entries(_ unit: ScanUnit, _ unreadable: (Part, PartFailure) -> Void) throws -> EntryColumns {
        var all = EntryColumns()
        for piece in unit.pieces {
            guard case .block(let part, let index) = piece.source else { continue }
            do {
                all.append(try UnitReader.entries(part, index, deletes: unit.deletes, budget: .unlimited))
            } catch let failure as PartFailure { unreadable(part, failure) }
        }
        all = all.resolved()
        guard let first = all.times.first, let last = all.times.last, first < unit.start || last >= unit.end else { return all }
        let start = all.times.firstIndex { $0 >= unit.start } ?? all.count
        return all.slice(start..<max(start, all.times.firstIndex { $0 >= unit.end } ?? all.count))
    }

    private static func flush(_ run: inout EntryColumns, into encoded: inout [EncodedBlock]) {
        if run.isEmpty { return }
        encoded += BlockEncoder.encode(run, effort: .resting, cuts: BlockEncoder.cuts(run))
        run = EntryColumns()
    }
}
