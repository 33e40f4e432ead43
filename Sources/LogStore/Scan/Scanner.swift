import Bytes
import Environment
import Synchronization
import Telemetry

/// Runs one scan over its units.
struct Scanner: Sendable {
    typealias Consumer = @Sendable (_ worker: Int, _ chunk: LogChunk) throws(StoreError) -> ScanDecision

    /// Entries in one chunk of an ordered scan without a limit.
    private static let orderedRows = 4096

    private let scan: LogScan
    private let units: [ScanUnit]
    private let budget: QueryBudget
    private let filters: [(test: LineTest, isNegated: Bool)]
    /// Plans that no worker uses at the moment.
    private let idlePlans = SharedPlans()
    private let needsTimes: Bool
    private let needsLines: Bool

    init(_ scan: LogScan, _ units: [ScanUnit], budget: QueryBudget) {
        self.scan = scan
        self.units = units
        self.budget = budget
        filters = scan.filters.map { (LineTest($0.test), $0.isNegated) }
        needsLines = scan.projection.contains(.lines) || scan.projection.contains(.lengths)
        if case .ordered = scan.order { needsTimes = true } else { needsTimes = scan.projection.contains(.times) }
    }

    // MARK: - Any order

    private struct Stopped: Error {}

    func runUnordered(on pool: any WorkPool, _ consume: Consumer) throws(StoreError) -> ScanSummary {
        let summary = Mutex(ScanSummary())
        do {
            try pool.forEach(units.count) { worker, index in
                var mine = ScanSummary()
                var plans = idlePlans.take() ?? TemplatePlans(filters)
                defer {
                    summary.withLock { $0.add(mine) }
                    idlePlans.give(plans)
                }
                do {
                    switch try UnitSum(units[index], scan, plans: &plans, budget: budget, summary: &mine) {
                    case .none: return
                    case .chunk(let chunk):
                        try budget.noteSamples(chunk.count)
                        if try consume(worker, chunk) == .stop { throw Stopped() }
                        return
                    case .unknown: break
                    }
                    guard var reader = try open(units[index], &plans, &mine) else { return }
                    let chunk = try reader.chunk(reader.rows, projection: scan.projection)
                    try budget.noteSamples(chunk.count)
                    if try consume(worker, chunk) == .stop { throw Stopped() }
                } catch let failure as PartFailure {
                    mine.warnings.append(units[index].warning(failure))
                }
            }
        } catch is Stopped {} catch { throw error.asStoreError }
        return summary.withLock { $0 }
    }

    // MARK: - By time

    /// A unit that has been opened and has rows left to deliver.
    private struct Cursor {
        var reader: UnitReader
        /// Rows left, rising.
        var rows: ArraySlice<Int>
        /// Time of its next entry.
        var edge: Int64
    }

    /// Delivers chunks so that the bounds only move on: units are opened when their edge comes near, and give a few entries at a time.
    func runOrdered(on pool: any WorkPool, _ direction: LogScan.Direction, _ consume: Consumer) throws(StoreError) -> ScanSummary {
        var summary = ScanSummary()
        let isForward = direction == .forward
        let edges = units.map { isForward ? max($0.minTime, $0.start) : min($0.maxTime, $0.end - 1) }
        var closed = units.indices.sorted { isForward ? (edges[$0], $0) > (edges[$1], $1) : (edges[$0], $1) < (edges[$1], $0) }
        let isNearer: (Int64, Int64) -> Bool = isForward ? { $0 < $1 } : { $0 > $1 }
        var open: [Cursor] = []
        var ahead = CursorsAhead()
        while true {
            try budget.check()
            var nearest = open.indices.min { isNearer(open[$0].edge, open[$1].edge) }
            while let next = closed.last, nearest.map({ !isNearer(open[$0].edge, edges[next]) }) ?? true {
                closed.removeLast()
                guard let cursor = try take(next, closed, from: &ahead, isForward, on: pool, &summary) else { continue }
                open.append(cursor)
                if nearest.map({ isNearer(cursor.edge, open[$0].edge) }) ?? true { nearest = open.count - 1 }
            }
            guard let nearest else { return summary }
            guard var chunk = try takeChunk(&open[nearest], isForward, &summary) else {
                open.remove(at: nearest)
                continue
            }
            if open[nearest].rows.isEmpty { open.remove(at: nearest) }
            chunk.bound = isForward ? .max : .min
            for edge in open.map(\.edge) + (closed.last.map { [edges[$0]] } ?? []) where isNearer(edge, chunk.bound) { chunk.bound = edge }
            try budget.noteSamples(chunk.count)
            if try consume(0, chunk) == .stop { return summary }
        }
    }

    /// Cursors that were opened before their turn, with what opening them told; a unit that has no row has none.
    private struct CursorsAhead {
        var opened: [Int: (cursor: Cursor?, summary: ScanSummary)] = [:]
        /// Units that are opened at once: more as long as the filters leave nothing of them, one when each has rows.
        var count = 1
    }

    /// The cursor of a unit; others whose turn comes next are opened on all workers beside it.
    private func take(
        _ next: Int, _ closed: [Int], from ahead: inout CursorsAhead, _ isForward: Bool, on pool: any WorkPool, _ summary: inout ScanSummary
    ) throws(StoreError) -> Cursor? {
        if ahead.opened[next] == nil {
            let batch = [next] + (filters.isEmpty ? [] : Array(closed.suffix(ahead.count - 1).filter { ahead.opened[$0] == nil }))
            let results = Mutex<[Int: (cursor: Cursor?, summary: ScanSummary)]>([:])
            do {
                try pool.forEach(batch.count) { _, index in
                    var mine = ScanSummary()
                    let cursor = try openCursor(units[batch[index]], isForward, &mine)
                    results.withLock { $0[batch[index]] = (cursor, mine) }
                }
            } catch { throw error.asStoreError }
            ahead.opened.merge(results.withLock { $0 }) { first, _ in first }
        }
        guard let found = ahead.opened.removeValue(forKey: next) else { return nil }
        ahead.count = found.cursor == nil ? min(ahead.count * 2, 16 * pool.width) : max(1, ahead.count / 2)
        summary.add(found.summary)
        return found.cursor
    }

    private func openCursor(_ unit: ScanUnit, _ isForward: Bool, _ summary: inout ScanSummary) throws(StoreError) -> Cursor? {
        var plans = idlePlans.take() ?? TemplatePlans(filters)
        defer { idlePlans.give(plans) }
        do {
            guard let reader = try open(unit, &plans, &summary) else { return nil }
            var rows: [Int] = []
            rows.reserveCapacity(reader.rows.count)
            reader.rows.forEach { rows.append($0) }
            return Cursor(reader: reader, rows: rows[...], edge: reader.times[isForward ? rows[0] : rows[rows.count - 1]])
        } catch let failure as PartFailure {
            summary.warnings.append(unit.warning(failure))
            return nil
        } catch { throw error.asStoreError }
    }

    /// The next entries of a cursor; nil when they turn out to be unreadable.
    private func takeChunk(_ cursor: inout Cursor, _ isForward: Bool, _ summary: inout ScanSummary) throws(StoreError) -> LogChunk? {
        let count = min(cursor.rows.count, scan.limit > 0 ? max(scan.limit, 64) : Self.orderedRows)
        let taken = isForward ? cursor.rows.prefix(count) : cursor.rows.suffix(count)
        cursor.rows = isForward ? cursor.rows.dropFirst(count) : cursor.rows.dropLast(count)
        var rows = RowSet(none: cursor.reader.rows.capacity)
        for row in taken { rows.insert(row) }
        do {
            let chunk = try cursor.reader.chunk(rows, projection: scan.projection.union(.times))
            if let next = isForward ? cursor.rows.first : cursor.rows.last {
                cursor.edge = cursor.reader.times[next]
                cursor.reader.trim()
            }
            return isForward ? chunk : chunk.reversed()
        } catch let failure as PartFailure {
            summary.warnings.append(String(describing: failure))
            return nil
        } catch { throw error.asStoreError }
    }

    private func open(_ unit: ScanUnit, _ plans: inout TemplatePlans, _ summary: inout ScanSummary) throws -> UnitReader? {
        try UnitReader(unit, plans: &plans, needsTimes: needsTimes, needsLines: needsLines, budget: budget, summary: &summary)
    }
}

/// The plans of a scan's workers between two units.
private final class SharedPlans: Sendable {
    private let idle = Mutex<[TemplatePlans]>([])

    func take() -> TemplatePlans? { idle.withLock { $0.popLast() } }

    func give(_ plans: TemplatePlans) { idle.withLock { $0.append(plans) } }
}

extension ScanUnit {
    /// Says what an answer lacks.
    func warning(_ failure: PartFailure) -> String {
        "entries of \(labels) from \(Timestamp(nanoseconds: minTime).rfc3339(.milliseconds)) to "
            + "\(Timestamp(nanoseconds: maxTime).rfc3339(.milliseconds)) are missing: \(failure)"
    }
}

extension ScanSummary {
    mutating func add(_ other: ScanSummary) {
        warnings += other.warnings
        blocksRead += other.blocksRead
        blocksSkipped += other.blocksSkipped
        bytesDecoded += other.bytesDecoded
        entriesScanned += other.entriesScanned
        lineBytesScanned += other.lineBytesScanned
    }
}

extension LogChunk {
    /// The same entries, the last first.
    func reversed() -> LogChunk {
        var turned = LogChunk(labels: labels)
        turned.count = count
        turned.times = times.reversed()
        turned.lengths = lengths.reversed()
        var entry = count - 1
        while entry >= 0 {
            if !lineEnds.isEmpty {
                turned.lineArena.append(span: lineArena.span.extracting(lineRange(entry)))
                turned.lineEnds.append(turned.lineArena.count)
            }
            if !metadataEnds.isEmpty {
                turned.metadataArena.append(span: metadataArena.span.extracting(metadataRange(entry)))
                turned.metadataEnds.append(turned.metadataArena.count)
            }
            entry -= 1
        }
        return turned
    }
}
