import Bytes
import Telemetry

/// A unit of a scan with its matching rows known; entries are built on demand.
struct UnitReader {
    private enum Contents {
        case block(BlockReader, BlockSearch?)
        case columns(EntryColumns)
    }

    let labels: Labels
    /// Times of all rows; empty when neither the window nor the caller needs them.
    let times: [Int64]
    private(set) var rows: RowSet
    private var contents: Contents
    private(set) var summary = ScanSummary()
    private let budget: QueryBudget

    /// Opens a unit and finds its rows; nil when it has none.
    init?(
        _ unit: ScanUnit, plans: inout TemplatePlans, needsTimes: Bool, needsLines: Bool, budget: QueryBudget,
        summary: inout ScanSummary
    ) throws {
        try budget.check()
        self.budget = budget
        labels = unit.labels
        if unit.pieces.count == 1, case .block(let part, let index) = unit.pieces[0].source {
            if try Self.wordsRuleOut(plans.filters, part, index) {
                summary.blocksSkipped += 1
                return nil
            }
            let needsSearch = needsLines || !plans.filters.isEmpty || unit.deletes(of: part, index).contains { !$0.tests.isEmpty }
            let opened = needsSearch ? try part.openForSearch(index) : nil
            let block = try opened?.block ?? part.open(index)
            let deletes = unit.deletes(of: part, index)
            let isInside = unit.start <= block.entry.minTime && block.entry.maxTime < unit.end
            times = needsTimes || !isInside || !deletes.isEmpty ? try block.times() : []
            var search: BlockSearch?
            if let opened { search = BlockSearch(block, opened.head, budget: budget) }
            var passing = RowSet(all: block.entry.entries)
            if !isInside { passing = Self.window(times, unit.start, unit.end) }
            if !plans.filters.isEmpty {
                guard let rows = try search!.rows(&plans) else {
                    summary.blocksRead += 1
                    summary.entriesScanned += block.entry.entries
                    summary.lineBytesScanned += block.entry.lineBytes
                    return nil
                }
                passing.formIntersection(rows)
            }
            for request in deletes {
                var deleted = Self.window(times, request.start, request.end)
                if !request.tests.isEmpty {
                    deleted.formIntersection(try search!.rows(passing: request.tests) ?? RowSet(none: block.entry.entries))
                }
                deleted.formComplement()
                passing.formIntersection(deleted)
            }
            summary.blocksRead += 1
            summary.entriesScanned += block.entry.entries
            summary.lineBytesScanned += block.entry.lineBytes
            summary.bytesDecoded += search?.bytesDecoded ?? 0
            rows = passing
            contents = .block(block, search)
        } else {
            let columns = try Self.merged(unit, budget: budget, summary: &summary)
            times = columns.times
            var passing = Self.window(times, unit.start, unit.end)
            passing.formIntersection(try LineSearch.rows(plans.filters, columns.lineArena, columns.lineEnds, budget: budget))
            rows = passing
            contents = .columns(columns)
        }
        if rows.isEmpty { return nil }
    }

    /// Entries of some of the rows.
    mutating func chunk(_ rows: RowSet, projection: LogScan.Projection) throws -> LogChunk {
        var chunk = LogChunk(labels: labels)
        chunk.count = rows.count
        if projection.contains(.times) {
            chunk.times.reserveCapacity(chunk.count)
            rows.forEach { chunk.times.append(times[$0]) }
        }
        switch contents {
        case .block(let block, var search):
            // The search is moved out and back: a copy beside it would double all decoded columns.
            contents = .columns(EntryColumns())
            defer { contents = .block(block, search) }
            let needsRows = projection.contains(.lines) || projection.contains(.lengths)
            if needsRows, search != nil {
                if projection.contains(.lines) {
                    (chunk.lineArena, chunk.lineEnds) = try search!.lines(rows)
                    if projection.contains(.lengths) { chunk.lengths = Self.lengths(chunk.lineEnds) }
                } else {
                    chunk.lengths = try search!.lengths(rows)
                }
            }
            if projection.contains(.metadata) {
                let metadata = try block.metadata()
                if !metadata.ends.isEmpty { Self.copy(rows, metadata.arena, metadata.ends, &chunk.metadataArena, &chunk.metadataEnds) }
            }
        case .columns(let columns):
            if projection.contains(.lines) { Self.copy(rows, columns.lineArena, columns.lineEnds, &chunk.lineArena, &chunk.lineEnds) }
            if projection.contains(.lengths) { rows.forEach { chunk.lengths.append(columns.lineRange($0).count) } }
            if projection.contains(.metadata), !columns.metadataEnds.isEmpty {
                Self.copy(rows, columns.metadataArena, columns.metadataEnds, &chunk.metadataArena, &chunk.metadataEnds)
            }
        }
        return chunk
    }

    /// Forgets decoded columns between two chunks of an ordered scan, so that many open units stay small.
    mutating func trim() {
        if case .block(let block, .some(let search)) = contents { contents = .block(block, BlockSearch(block, search.head, budget: budget)) }
    }

    // MARK: - Pieces

    /// All entries of a unit's pieces in the window, sorted, without repeats and without what was deleted.
    static func merged(_ unit: ScanUnit, budget: QueryBudget, summary: inout ScanSummary) throws -> EntryColumns {
        var all = EntryColumns()
        for piece in unit.pieces {
            switch piece.source {
            case .chunks(let chunks): for chunk in chunks { all.append(chunk) }
            case .block(let part, let index):
                let decoded = try entries(part, index, deletes: unit.deletes, budget: budget)
                summary.blocksRead += 1
                summary.bytesDecoded += decoded.lineArena.count
                all.append(decoded)
            }
        }
        summary.entriesScanned += all.count
        summary.lineBytesScanned += all.lineArena.count
        return all.resolved()
    }

    /// The entries of a block that no delete request has taken.
    static func entries(_ part: Part, _ index: Int, deletes: [DeleteRequest], budget: QueryBudget) throws -> EntryColumns {
        let block = try part.open(index)
        let times = try block.times()
        var search = try BlockSearch(block, budget: budget)
        var kept = RowSet(all: times.count)
        for request in deletes where request.id > part.summary.deletesThrough && request.overlaps(block.entry.minTime, block.entry.maxTime) {
            var deleted = window(times, request.start, request.end)
            if !request.tests.isEmpty { deleted.formIntersection(try search.rows(passing: request.tests) ?? RowSet(none: times.count)) }
            deleted.formComplement()
            kept.formIntersection(deleted)
        }
        var columns = EntryColumns()
        kept.forEach { columns.times.append(times[$0]) }
        (columns.lineArena, columns.lineEnds) = try search.lines(kept)
        let metadata = try block.metadata()
        if !metadata.ends.isEmpty { copy(kept, metadata.arena, metadata.ends, &columns.metadataArena, &columns.metadataEnds) }
        return columns
    }

    static func wordsRuleOut(_ filters: [(test: LineTest, isNegated: Bool)], _ part: Part, _ index: Int) throws(PartFailure) -> Bool {
        guard filters.contains(where: { !$0.isNegated && $0.test.asksWords }), let words = try part.words(index) else { return false }
        return filters.contains { !$0.isNegated && !$0.test.mayPass(words) }
    }

    /// Rows whose time lies in a window, of sorted times.
    private static func window(_ times: [Int64], _ start: Int64, _ end: Int64) -> RowSet {
        let low = firstIndex(times, notBefore: start)
        return RowSet(low..<max(low, firstIndex(times, notBefore: end)), capacity: times.count)
    }

    private static func firstIndex(_ times: [Int64], notBefore time: Int64) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func lengths(_ ends: [Int]) -> [Int] {
        var previous = 0
        return ends.map { end in
            defer { previous = end }
            return end - previous
        }
    }

    private static func copy(_ rows: RowSet, _ arena: [UInt8], _ ends: [Int], _ toArena: inout [UInt8], _ toEnds: inout [Int]) {
        rows.forEach { row in
            toArena.append(span: arena.span.extracting((row == 0 ? 0 : ends[row - 1])..<ends[row]))
            toEnds.append(toArena.count)
        }
    }
}
