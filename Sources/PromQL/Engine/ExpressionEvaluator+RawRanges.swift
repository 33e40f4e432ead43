import QueryLanguage
import Telemetry

/// A range vector as the whole answer of an instant query: the samples as they are.
extension ExpressionEvaluator {
    mutating func rawSamples(_ node: MatrixSelector) throws(QueryError) -> [MatrixSeries] {
        if node.selector.edges != .plain {
            throw QueryError(
                .execution, "\(node.selector.edges.rawValue) modifier needs a function around its range", range: node.range)
        }
        let timing = try timing(node.selector.shift)
        let range = try rangeMilliseconds(node.duration, node.range)
        let end = timing.last
        let set = try context.selection.select(
            SampleSelection(matchers: node.selector.matchers, start: end - range + 1, end: end, hints: hints("", range: range)))
        noteGaps(set)
        let budget = context.budget
        let parts = try context.selection.map(set) { batch throws(StoreError) -> [MatrixSeries] in
            var result: [MatrixSeries] = []
            var watch = BudgetWatch(budget)
            for series in batch.series {
                try watch.advance(series.values.count * 4)
                let view = SampleView(series, in: batch, detectsResets: false, keepsStale: false)
                let line = MatrixSeries(set.labels.labels(series.labels), view, after: end - range, through: end)
                if !line.times.isEmpty || !line.histograms.isEmpty { result.append(line) }
            }
            return result
        }
        let lines = try inOrder(parts.flatMap { $0 })
        samples.addToFirst(lines.reduce(0) { $0 + $1.times.count + $1.histograms.count })
        return lines
    }

    mutating func rawSubquery(_ node: Subquery) throws(QueryError) -> [MatrixSeries] {
        let timing = try timing(node.shift)
        let range = try rangeMilliseconds(node.duration, node.range)
        var union = SeriesUnion(steps: try subqueryGrid(node)?.count ?? 1)
        let ranges = try subqueryRanges(node)
        guard let grid = try subqueryGrid(node) else { return [] }
        for (series, _) in ranges {
            try context.look()
            try union.add(series, labels: series.dropsName ? series.labels.withoutMetricName : series.labels, place: node.range)
        }
        let lines = union.series.map { series in
            MatrixSeries(series.labels, SampleView(series, grid, context.budget), after: timing.last - range, through: timing.last)
        }
        return try inOrder(lines.filter { !$0.times.isEmpty || !$0.histograms.isEmpty })
    }

    private func inOrder(_ lines: [MatrixSeries]) throws(QueryError) -> [MatrixSeries] {
        do { return try LabelOrder.sorted(lines, context.budget, by: \.labels) } catch { throw QueryError(error) }
    }
}

extension MatrixSeries {
    /// The samples of a series with `start < time <= end`.
    init(_ labels: Labels, _ view: SampleView, after start: Int64, through end: Int64) {
        self.init(labels: labels)
        let parts = SeriesParts(view)
        for index in 0..<view.count where view.time(index) > start && view.time(index) <= end {
            newestInput = view.time(index)
            switch parts.element(index) {
            case .float(let value):
                times.append(view.time(index))
                values.append(value)
            case .histogram(let histogram): histograms.append((view.time(index), histogram))
            }
        }
    }
}
