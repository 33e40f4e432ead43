import QueryLanguage
import Telemetry

/// What of a sample an instant selector gives.
enum SelectedValue: Sendable {
    case sample
    /// Seconds: when the sample was taken, or when its counter started.
    case time, startTime
}

extension ExpressionEvaluator {
    func timing(_ shift: TimeShift) throws(QueryError) -> SelectorTiming {
        SelectorTiming(
            fixed: context.fixedTime(shift.at), offset: try shift.offset?.milliseconds(context.durations) ?? 0, grid: grid)
    }

    func rangeMilliseconds(_ duration: DurationExpression, _ place: Range<Int>) throws(QueryError) -> Int64 {
        let milliseconds = try duration.milliseconds(context.durations)
        guard milliseconds > 0 else { throw QueryError(.execution, "duration must be greater than 0", range: place) }
        return milliseconds
    }

    mutating func noteGaps(_ set: SeriesSet) {
        for warning in set.warnings where !gaps.contains(warning) { gaps.append(warning) }
    }

    func hints(_ function: String, range: Int64 = 0, grouping: Grouping? = nil) -> SampleSelection.Hints {
        var hints = SampleSelection.Hints()
        hints.step = grid.step
        hints.range = range
        hints.function = function
        hints.grouping = grouping?.labels ?? []
        hints.isGroupingBy = grouping.map { !$0.isWithout } ?? false
        return hints
    }

    // MARK: - Instant vectors

    func instantCall(_ node: VectorSelector, value: SelectedValue) throws(QueryError) -> InstantCall {
        InstantCall(
            timing: try timing(node.shift), lookback: context.lookback, value: value, isSmoothed: node.edges == .smoothed, place: node.range,
            budget: context.budget)
    }

    func selection(_ call: InstantCall, _ matchers: [LabelMatcher], _ hints: SampleSelection.Hints) -> SampleSelection {
        var hints = hints
        if !call.isSmoothed { hints.first = call.timing.first }
        return SampleSelection(
            matchers: matchers, start: call.timing.first - call.lookback + 1, end: call.timing.last + (call.isSmoothed ? call.lookback : 0),
            hints: hints)
    }

    mutating func instantVector(_ node: VectorSelector, value: SelectedValue) throws(QueryError) -> [StepSeries] {
        let call = try instantCall(node, value: value)
        let selection = selection(call, node.matchers, hints(""))
        return try columns(selection, keepsStale: !call.isSmoothed, takesNewest: true, windows: call.windowTable) { view, labels, notes in
            call.column(view, labels: labels, &notes)
        }
    }

    /// One column per series of a selection, in the order of the store.
    mutating func columns(
        _ selection: SampleSelection, keepsStale: Bool = false, takesNewest: Bool = false, windows: @Sendable (ArraySlice<Int64>) -> WindowTable,
        _ column: @Sendable (SampleView, Labels, inout Annotations) -> StepSeries?
    ) throws(QueryError) -> [StepSeries] {
        let set = try context.selection.select(selection)
        noteGaps(set)
        let detectsResets = detectsResets
        let budget = context.budget
        let bytes = steps * 8 + 64
        // A batch of columns that long would be many times the limit before it were counted.
        let countsEach = steps > LongColumn.runMask
        let uncounted = context.countsSamples ? SampleCount(steps: steps) : SampleCount()
        let parts = try context.selection.map(set) { batch throws(StoreError) -> (series: [StepSeries], notes: Annotations, samples: SampleCount) in
            var result: [StepSeries] = []
            var notes = Annotations()
            var samples = uncounted
            result.reserveCapacity(batch.series.count)
            var cache = WindowTableCache()
            for series in batch.series {
                if countsEach { try budget.useBytes(bytes) }
                var view = SampleView(series, in: batch, detectsResets: detectsResets, keepsStale: keepsStale)
                if !view.isCompacted, !countsEach { view.windows = cache.table(series, count: view.count, in: batch, make: windows) }
                samples.add(view, takesNewest: takesNewest, windows)
                if let column = column(view, set.labels.labels(series.labels), &notes) { result.append(column) }
                try budget.check()
            }
            if !countsEach { try budget.useBytes(result.count * bytes) }
            return (result, notes, samples)
        }
        var result: [StepSeries] = []
        result.reserveCapacity(set.labels.count)
        for part in parts {
            notes.merge(part.notes)
            samples.add(part.samples)
            result.append(contentsOf: part.series)
        }
        return result
    }

    // MARK: - Ranges

    /// Applies a function to the range argument of a call.
    mutating func rangeFunction(_ node: Call, argument: Expression, parameters: [[Double]], parameterPlace: Range<Int>) throws(QueryError)
        -> [StepSeries]
    {
        switch argument.unwrapped {
        case .matrix(let matrix):
            let (call, selection) = try rangeCall(node.function.name, matrix, parameters, parameterPlace, grouping: nil)
            return try columns(selection, windows: call.windowTable) { view, labels, notes in call.column(view, labels: labels, &notes) }
        case .subquery(let subquery):
            let call = RangeCall(
                function: node.function.name, timing: try timing(subquery.shift), range: try rangeMilliseconds(subquery.duration, subquery.range),
                edges: .plain, lookback: context.lookback, parameters: parameters, place: argument.range, parameterPlace: parameterPlace,
                budget: context.budget)
            var result: [StepSeries] = []
            for (series, view) in try subqueryRanges(subquery) {
                try context.look()
                if var column = call.column(view, labels: series.labels, &notes) {
                    column.dropsName = column.dropsName || series.dropsName
                    column.newestInput = series.newestInput
                    result.append(column)
                }
            }
            return result
        default: throw QueryError(.execution, "expected a range vector", range: argument.range)
        }
    }

    /// The shared part of a function over a matrix selector, and what it reads.
    func rangeCall(
        _ function: String, _ matrix: MatrixSelector, _ parameters: [[Double]], _ parameterPlace: Range<Int>, grouping: Grouping?
    ) throws(QueryError) -> (RangeCall, SampleSelection) {
        let edges = matrix.selector.edges
        let allowed = edges == .anchored ? ["changes", "delta", "increase", "rate", "resets"] : ["delta", "increase", "rate"]
        if edges != .plain, !allowed.contains(function) {
            throw QueryError(
                .execution,
                "\(edges.rawValue) modifier can only be used with: \(allowed.joined(separator: ", ")) - not with \(function)", range: matrix.range)
        }
        let call = RangeCall(
            function: function, timing: try timing(matrix.selector.shift), range: try rangeMilliseconds(matrix.duration, matrix.range),
            edges: edges, lookback: context.lookback, parameters: parameters, place: matrix.range, parameterPlace: parameterPlace,
            budget: context.budget)
        var hints = hints(function, range: call.range, grouping: grouping)
        if edges == .plain { hints.first = call.timing.first }
        let selection = SampleSelection(
            matchers: matrix.selector.matchers, start: call.timing.first - call.range + 1 - (edges == .plain ? 0 : context.lookback),
            end: call.timing.last + (edges == .smoothed ? context.lookback : 0), hints: hints)
        return (call, selection)
    }

    /// The instants of a subquery that any step of this grid may need: multiples of the subquery's step.
    func subqueryGrid(_ node: Subquery) throws(QueryError) -> StepGrid? {
        let timing = try timing(node.shift)
        let range = try rangeMilliseconds(node.duration, node.range)
        var step = try node.step?.milliseconds(context.durations) ?? 0
        if node.step != nil, step <= 0 { throw QueryError(.execution, "duration must be greater than 0", range: node.range) }
        if step == 0 { step = context.defaultSubqueryStep }
        let earliest = timing.first - range
        var start = step * (earliest / step)
        if start <= earliest { start += step }
        guard start <= timing.last else { return nil }
        return StepGrid(start: start, end: timing.last, step: step)
    }

    /// The inner expression's columns as ranges of samples.
    mutating func subqueryRanges(_ node: Subquery) throws(QueryError) -> [(series: StepSeries, view: SampleView)] {
        guard let inner = try subqueryGrid(node) else { return [] }
        try context.reserve(inner)
        var evaluator = nested(inner)
        let series = try evaluator.vector(node.expression)
        adopt(evaluator)
        do { try context.budget.useBytes(series.count * inner.count * 16) } catch { throw QueryError(error) }
        var ranges: [(series: StepSeries, view: SampleView)] = []
        ranges.reserveCapacity(series.count)
        var watch = BudgetWatch(context.budget)
        for column in series {
            try context.look(&watch, after: inner.count)
            ranges.append((column, SampleView(column, inner, context.budget)))
        }
        try context.look()
        return ranges
    }
}

extension SampleView {
    /// The samples of a column, as a subquery hands them on; once the budget is over the rest is left out.
    init(_ series: StepSeries, _ grid: StepGrid, _ budget: QueryBudget) {
        var times: [Int64] = []
        var values: [Double] = []
        var histograms: [(index: Int, histogram: NativeHistogram)] = []
        times.reserveCapacity(grid.count)
        values.reserveCapacity(grid.count)
        for step in 0..<grid.count {
            if step & LongColumn.runMask == LongColumn.runMask, budget.isOver { break }
            if series.hasFloat(step) {
                values.append(series.values[step])
            } else if let histogram = series.histogram(step) {
                histograms.append((times.count, histogram))
                values.append(StalenessMarker.ordinaryNaN)
            } else {
                continue
            }
            times.append(grid.time(step))
        }
        self.init(times: times, values: values, histograms: histograms)
    }
}
