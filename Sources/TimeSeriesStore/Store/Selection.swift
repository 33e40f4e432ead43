import Telemetry

/// A running answer: which series of which sources make up each row, read batch by batch.
struct Selection: Sendable {
    /// Series of one answer batch; enough to share time columns and to spread over workers.
    static let rowsPerBatch = 64

    let labels: LabelColumn
    let batches: [Range<Int>]
    private let sources: [Source]
    private let start: Int64
    private let end: Int64
    /// Members of row r: `memberEnds[r - 1]..<memberEnds[r]`, in the order of writing.
    private let memberEnds: [Int]
    private let members: [(source: UInt32, series: UInt32)]

    static func run(_ selection: SampleSelection, sources: [Source], budget: QueryBudget) throws(StoreError) -> Selection {
        var union = SeriesUnion()
        var found: [(rows: [UInt32], series: [UInt32])] = []
        for source in sources {
            try budget.check()
            let series = try source.matching(selection.matchers, budget: budget)
            found.append((source.addRows(series, to: &union), series))
        }
        try budget.useSeries(union.labels.count)
        return Selection(selection, union.labels, sources, found)
    }

    private init(
        _ selection: SampleSelection, _ labels: LabelColumn, _ sources: [Source], _ found: [(rows: [UInt32], series: [UInt32])]
    ) {
        self.labels = labels
        self.sources = sources
        start = selection.start
        end = selection.end
        var ends = [Int](repeating: 0, count: labels.count)
        for part in found {
            for row in part.rows { ends[Int(row)] += 1 }
        }
        var total = 0
        for row in ends.indices {
            total += ends[row]
            ends[row] = total - ends[row]
        }
        var members = [(source: UInt32, series: UInt32)](repeating: (0, 0), count: total)
        for (source, part) in found.enumerated() {
            for (row, series) in zip(part.rows, part.series) {
                members[ends[Int(row)]] = (UInt32(source), series)
                ends[Int(row)] += 1
            }
        }
        memberEnds = ends
        self.members = members
        batches = stride(from: 0, to: labels.count, by: Self.rowsPerBatch).map { $0..<min($0 + Self.rowsPerBatch, labels.count) }
    }

    func read(_ index: Int, into batch: inout SampleBatch, budget: QueryBudget) throws(StoreError) {
        for row in batches[index] {
            let column = try column(row)
            if column.isEmpty { continue }
            try budget.useSamples(column.count)
            batch.append(column, row: row)
        }
    }

    /// Rows that have a sample in the window.
    func rowsWithSamples(budget: QueryBudget) throws(StoreError) -> [Int] {
        var rows: [Int] = []
        for row in 0..<labels.count {
            if row & 255 == 0 { try budget.check() }
            if !(try column(row).isEmpty) { rows.append(row) }
        }
        return rows
    }

    private func column(_ row: Int) throws(StoreError) -> SeriesColumn {
        var united = SeriesColumn()
        var part = SeriesColumn()
        for member in members[(row == 0 ? 0 : memberEnds[row - 1])..<memberEnds[row]] {
            try sources[Int(member.source)].read(member.series, start: start, end: end, into: &part)
            united.merge(written: part)
        }
        return united
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
