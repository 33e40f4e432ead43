import Telemetry

/// A running answer: which series of which sources make up each row, read batch by batch.
struct Selection: Sendable {
    /// Series of one answer batch: enough to read whole chunks and share time columns, few enough to spread over workers.
    private static let rowsPerBatch = 64
    /// A batch may grow to here, or end at three quarters, so that its end falls between two chunks.
    private static let rowsPerBatchLimit = 96

    let labels: LabelColumn
    let batches: [Range<Int>]
    private let sources: [FilteredSource]
    private let start: Int64
    private let end: Int64
    private let timesOnly: Bool
    /// Members of row r: `memberEnds[r - 1]..<memberEnds[r]`, in the order of writing.
    private let memberEnds: [Int]
    private let members: [(source: UInt32, series: UInt32)]

    static func run(_ selection: SampleSelection, sources: [FilteredSource], budget: QueryBudget) throws(StoreError) -> Selection {
        var union = SeriesUnion()
        var found: [[UInt32]] = []
        for source in sources {
            try budget.check()
            found.append(try source.matching(selection.matchers, budget: budget))
        }
        // What every source has is not worth putting together when one alone is too much.
        if found.contains(where: { $0.count > budget.limits.series }) { try budget.useSeries(budget.limits.series + 1) }
        // The source with most series decides the order of rows: series of one chunk stand together, so a batch reads whole chunks.
        let leader = found.indices.max { found[$0].count < found[$1].count }
        var leadingChunks: [UInt32] = []
        if let leader, case .block(let block) = sources[leader].source, found[leader].count > rowsPerBatch {
            let index = try block.index()
            let chunks = found[leader].map { Block.firstChunk($0, in: index, start: selection.start, end: selection.end) }
            try budget.check()
            (found[leader], leadingChunks) = ordered(found[leader], by: chunks, chunkCount: index.chunks.count)
        }
        var rows = [[UInt32]](repeating: [], count: found.count)
        if let leader { rows[leader] = try sources[leader].addRows(found[leader], to: &union, budget) }
        for source in sources.indices where source != leader {
            rows[source] = try sources[source].addRows(found[source], to: &union, budget)
        }
        try budget.useSeries(union.labels.count)
        return Selection(selection, union.labels, sources, found, rows, batches(union.labels.count, leadingChunks))
    }

    private init(
        _ selection: SampleSelection, _ labels: LabelColumn, _ sources: [FilteredSource], _ found: [[UInt32]], _ rows: [[UInt32]],
        _ batches: [Range<Int>]
    ) {
        self.labels = labels
        self.batches = batches
        self.sources = sources
        start = selection.start
        end = selection.end
        timesOnly = selection.hints.needsTimesOnly
        var ends = [Int](repeating: 0, count: labels.count)
        for part in rows {
            for row in part { ends[Int(row)] += 1 }
        }
        var total = 0
        for row in ends.indices {
            total += ends[row]
            ends[row] = total - ends[row]
        }
        var members = [(source: UInt32, series: UInt32)](repeating: (0, 0), count: total)
        for (source, part) in rows.enumerated() {
            for (row, series) in zip(part, found[source]) {
                members[ends[Int(row)]] = (UInt32(source), series)
                ends[Int(row)] += 1
            }
        }
        memberEnds = ends
        self.members = members
    }

    /// Series, rising, in the order of their chunks: counted, since chunks are few and sorting would compare.
    ///
    /// - Parameter chunks: one for each series; a series without one comes last.
    private static func ordered(_ series: [UInt32], by chunks: [UInt32], chunkCount: Int) -> (series: [UInt32], chunks: [UInt32]) {
        var ends = [Int](repeating: 0, count: chunkCount + 1)
        for chunk in chunks { ends[min(Int(chunk), chunkCount)] += 1 }
        var total = 0
        for chunk in ends.indices {
            total += ends[chunk]
            ends[chunk] = total - ends[chunk]
        }
        var ordered = (series: series, chunks: chunks)
        for (number, chunk) in zip(series, chunks) {
            let place = ends[min(Int(chunk), chunkCount)]
            ends[min(Int(chunk), chunkCount)] += 1
            ordered.series[place] = number
            ordered.chunks[place] = chunk
        }
        return ordered
    }

    /// Cuts the rows into batches, where possible between two chunks of the leading rows.
    private static func batches(_ count: Int, _ chunks: [UInt32]) -> [Range<Int>] {
        var batches: [Range<Int>] = []
        var start = 0
        while start < count {
            var end = min(start + rowsPerBatch, count)
            if end < chunks.count {
                let limit = min(start + rowsPerBatchLimit, chunks.count)
                let cut = (start + rowsPerBatch * 3 / 4..<limit).first { chunks[$0] != chunks[$0 - 1] }
                end = cut ?? limit
            }
            batches.append(start..<end)
            start = end
        }
        return batches
    }

    private func members(_ row: Int) -> ArraySlice<(source: UInt32, series: UInt32)> {
        members[(row == 0 ? 0 : memberEnds[row - 1])..<memberEnds[row]]
    }

    func read(_ index: Int, into batch: inout SampleBatch, budget: QueryBudget) throws(StoreError) {
        let rows = batches[index]
        let first = rows.lowerBound == 0 ? 0 : memberEnds[rows.lowerBound - 1]
        let range = first..<memberEnds[rows.upperBound - 1]
        if range.count == rows.count, case .block(let block) = sources[Int(members[first].source)].source,
            sources[Int(members[first].source)].isWhole, members[range].allSatisfy({ $0.source == members[first].source })
        {
            // One block holds all of the batch: its chunks are decoded straight into the answer.
            return try block.read(
                members[range].map(\.series), firstRow: rows.lowerBound, start: start, end: end, timesOnly: timesOnly, into: &batch,
                budget: budget)
        }
        var columns = [SeriesColumn](repeating: SeriesColumn(), count: rows.count)
        var watch = BudgetWatch(budget)
        for source in sources.indices {
            try budget.check()
            var series: [UInt32] = []
            var positions: [Int] = []
            for row in rows {
                for member in members(row) where Int(member.source) == source {
                    series.append(member.series)
                    positions.append(row - rows.lowerBound)
                }
            }
            if series.isEmpty { continue }
            var parts = [SeriesColumn](repeating: SeriesColumn(), count: series.count)
            try sources[source].read(series, start: start, end: end, timesOnly: timesOnly, into: &parts, budget)
            for (part, position) in positions.enumerated() {
                try watch.advance(parts[part].count)
                columns[position].merge(written: parts[part])
            }
        }
        for (position, column) in columns.enumerated() where !column.isEmpty {
            try budget.useSamples(column.count)
            batch.append(column, row: rows.lowerBound + position)
        }
    }
}

extension SampleBatch {
    /// Appends a series; its times are shared with the series before when they are the same.
    mutating func append(_ column: SeriesColumn, row: Int) {
        if timestampColumns.last != column.times { timestampColumns.append(column.times) }
        let firstValue = values.count
        let firstStart = startTimes.count
        let firstHistogram = histograms.count
        values.append(contentsOf: column.values)
        startTimes.append(contentsOf: column.startTimes)
        histograms.append(contentsOf: column.histograms)
        series.append(
            Series(
                labels: row, timestamps: timestampColumns.count - 1, firstTimestamp: 0, values: firstValue..<values.count,
                histograms: firstHistogram..<histograms.count, startTimes: firstStart..<startTimes.count))
    }
}
