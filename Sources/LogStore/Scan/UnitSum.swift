import Bytes
import Telemetry

/// The entries of a unit as one number, where the caller takes all its times as one: neither times, rows nor lines are decoded.
enum UnitSum {
    /// Nothing of the unit is wanted.
    case none
    case chunk(LogChunk)
    /// The unit has to be read entry by entry.
    case unknown

    init(
        _ unit: ScanUnit, _ scan: LogScan, plans: inout TemplatePlans, budget: QueryBudget, summary: inout ScanSummary
    ) throws {
        self = .unknown
        guard let isAlike = scan.isAlike, !scan.projection.contains(.lines), unit.pieces.count == 1,
            case .block(let part, let index) = unit.pieces[0].source
        else { return }
        let entry = part.blocks[index]
        guard unit.start <= entry.minTime, entry.maxTime < unit.end, isAlike(entry.minTime, entry.maxTime),
            unit.deletes(of: part, index).isEmpty, plans.filters.isEmpty || !scan.projection.contains(.lengths)
        else { return }
        try budget.check()
        if try UnitReader.wordsRuleOut(plans.filters, part, index) {
            summary.blocksSkipped += 1
            self = .none
            return
        }
        var chunk = LogChunk(labels: unit.labels)
        chunk.sum = LogChunk.Sum(newest: entry.maxTime, bytes: entry.lineBytes)
        chunk.count = entry.entries
        if plans.filters.isEmpty {
            if scan.projection.contains(.metadata), try part.open(index).hasMetadata { return }
        } else {
            let (block, head) = try part.openForSearch(index)
            if scan.projection.contains(.metadata), block.hasMetadata { return }
            var search = BlockSearch(block, head, budget: budget)
            chunk.count = try search.count(&plans)
            summary.bytesDecoded += search.bytesDecoded
        }
        summary.blocksRead += 1
        summary.entriesScanned += entry.entries
        summary.lineBytesScanned += entry.lineBytes
        self = chunk.count == 0 ? .none : .chunk(chunk)
    }
}
