import Bytes
import Telemetry

/// What a scan reads in one piece: entries of one stream from one source, or from several that overlap in time and may repeat each other.
struct ScanUnit: Sendable {
    enum Source: Sendable {
        case block(Part, Int)
        /// Chunks of the head, in the order they came.
        case chunks([EntryColumns])
    }

    struct Piece: Sendable {
        var source: Source
        var minTime: Int64
        var maxTime: Int64
    }

    var labels: Labels
    var pieces: [Piece]
    var minTime: Int64
    var maxTime: Int64
    /// First time that is wanted, inclusive, and the end, exclusive; retention is already in it.
    var start: Int64
    var end: Int64
    /// Delete requests that concern the stream.
    var deletes: [DeleteRequest]

    /// The delete requests that a block still has to be filtered by.
    func deletes(of part: Part, _ index: Int) -> [DeleteRequest] {
        let block = part.blocks[index]
        return deletes.filter { $0.id > part.summary.deletesThrough && $0.overlaps(block.minTime, block.maxTime) }
    }

    /// Cuts a stream's pieces into units, of which those of several pieces hold about `limitBytes` of lines.
    static func units(
        _ labels: Labels, _ pieces: [Piece], start: Int64, end: Int64, deletes: [DeleteRequest], limitBytes: Int = limitBytes
    ) -> [ScanUnit] {
        var units: [ScanUnit] = []
        for piece in pieces.sorted(by: { ($0.minTime, $0.maxTime) < ($1.minTime, $1.maxTime) }) {
            if let last = units.indices.last, units[last].mayRepeat(piece) {
                units[last].pieces.append(piece)
                units[last].maxTime = max(units[last].maxTime, piece.maxTime)
            } else {
                units.append(
                    ScanUnit(
                        labels: labels, pieces: [piece], minTime: piece.minTime, maxTime: piece.maxTime, start: start, end: end,
                        deletes: deletes))
            }
        }
        return units.flatMap { $0.cut(limitBytes) }
    }

    /// Bytes of lines up to which overlapping pieces are read as one.
    static let limitBytes = 16 << 20

    /// The same entries in units of bounded size, cut in time: repeats have equal times, so none is torn apart. A piece that reaches over a
    /// cut is read once for each side.
    private func cut(_ limitBytes: Int) -> [ScanUnit] {
        guard pieces.count > 1, pieces.reduce(0, { $0 + $1.lineBytes }) > limitBytes else { return [self] }
        var units: [ScanUnit] = []
        var from = minTime
        var bytes = 0
        func add(until: Int64) {
            let part = pieces.filter { $0.minTime < until && $0.maxTime >= from }
            guard !part.isEmpty, from < until else { return }
            units.append(
                ScanUnit(
                    labels: labels, pieces: part, minTime: max(from, part.map(\.minTime).min() ?? from),
                    maxTime: min(until - 1, part.map(\.maxTime).max() ?? until), start: max(start, from), end: min(end, until),
                    deletes: deletes))
            from = until
        }
        for piece in pieces {
            if bytes >= limitBytes, piece.minTime > from {
                add(until: piece.minTime)
                bytes = 0
            }
            bytes += piece.lineBytes
        }
        add(until: maxTime + 1)
        return units
    }

    /// Whether an entry of the next piece may repeat one of this unit.
    private func mayRepeat(_ next: Piece) -> Bool {
        if next.minTime > maxTime { return false }
        if next.minTime < maxTime { return true }
        // They only touch: the edges' hashes tell.
        guard pieces.count == 1, let mine = pieces[0].edge(at: maxTime), let other = next.edge(at: maxTime) else { return true }
        return mine.contains { other.contains($0) }
    }
}

extension ScanUnit.Piece {
    var lineBytes: Int {
        switch source {
        case .block(let part, let index): part.blocks[index].lineBytes
        case .chunks(let chunks): chunks.reduce(0) { $0 + $1.lineArena.count }
        }
    }

    /// Hashes of the lines at the piece's first or last instant; nil when they are too many.
    func edge(at time: Int64) -> [UInt32]? {
        switch source {
        case .block(let part, let index):
            let block = part.blocks[index]
            let hashes = part.edgeHashes(block.minTime == time ? block.firstEdge : block.lastEdge)
            return hashes.isEmpty ? nil : Array(hashes)
        case .chunks(let chunks):
            var hashes: [UInt32] = []
            for chunk in chunks {
                for entry in 0..<chunk.count where chunk.times[entry] == time {
                    hashes.append(UInt32(truncatingIfNeeded: Hash64.hash(chunk.lineArena, range: chunk.lineRange(entry))))
                    if hashes.count > 64 { return nil }
                }
            }
            return hashes
        }
    }
}
