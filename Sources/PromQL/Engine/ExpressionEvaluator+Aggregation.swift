import Bytes
import QueryLanguage
import Telemetry

extension ExpressionEvaluator {
    mutating func aggregate(_ node: Aggregation) throws(QueryError) -> [StepSeries] {
        if node.operation == .countValues { return try countValues(node) }
        if node.parameter == nil, let fused = try aggregateWhileReading(node) { return fused }
        let parameter = try node.parameter.map { expression throws(QueryError) in try scalar(expression) } ?? []
        let input = try vector(node.expression)
        let (groups, labels) = try group(input, node.grouping)
        if node.operation.selectsSeries { return try select(node, input, groups, labels.count, parameter) }
        if node.operation == .quantile { noteQuantiles(parameter, node.parameter?.range ?? node.range) }
        try context.use(columns: labels.count, steps: steps, bytesPerStep: 24)
        var aggregators = labels.map { _ in ColumnAggregator(node.operation, steps: steps) }
        var watch = BudgetWatch(context.budget)
        for (index, series) in input.enumerated() {
            try context.look(&watch, after: steps)
            aggregators[groups[index]].add(series)
        }
        return try finish(&aggregators, labels, node, quantiles: parameter) { group in
            input[groups.firstIndex(of: group) ?? 0].labels.metricName ?? ""
        }
    }

    /// The group of each series, numbered in order of appearance, and the groups' labels.
    private func group(_ input: [StepSeries], _ grouping: Grouping) throws(QueryError) -> (groups: [Int], labels: [Labels]) {
        var numbers: [Labels: Int] = [:]
        var labels: [Labels] = []
        var groups: [Int] = []
        groups.reserveCapacity(input.count)
        var watch = BudgetWatch(context.budget)
        for series in input {
            try context.look(&watch, after: 50)
            let key = grouping.key(of: series.labels)
            let number = numbers[key] ?? labels.count
            if number == labels.count {
                numbers[key] = number
                labels.append(key)
            }
            groups.append(number)
        }
        return (groups, labels)
    }

    private mutating func finish(
        _ aggregators: inout [ColumnAggregator], _ labels: [Labels], _ node: Aggregation, quantiles: [Double], name: (Int) -> String
    ) throws(QueryError) -> [StepSeries] {
        var result: [StepSeries] = []
        for group in aggregators.indices {
            try context.look()
            let series = aggregators[group].finish(labels: labels[group], quantiles: quantiles, budget: context.budget)
            try context.look()
            let noted = aggregators[group].notes
            let place = node.expression.range
            if noted.contains(.mixedTypes) { notes.warn("encountered a mix of histograms and floats for aggregation", at: place) }
            if noted.contains(.ignoredHistogram) {
                notes.inform("ignored histogram in \(node.operation.rawValue) aggregation", at: place)
            }
            if noted.contains(.incompatibleHistograms) { notes.warn(RangeNotes.mixedSchemas(name(group)), at: place) }
            if noted.contains(.resetHintsCollide) { notes.warn(RangeNotes.resetsCollide("aggregation"), at: place) }
            if noted.contains(.customBoundsDiffer) { notes.inform(RangeNotes.boundsReconciled("aggregation"), at: place) }
            if series.hasAnySample { result.append(series) }
        }
        return result
    }

    mutating func noteQuantiles(_ values: [Double], _ place: Range<Int>) {
        for value in values where value.isNaN || value < 0 || value > 1 {
            notes.warn("quantile value should be between 0 and 1, got \(GoText.general(value))", at: place)
        }
    }

    // MARK: - topk, bottomk, limitk, limit_ratio

    private mutating func select(
        _ node: Aggregation, _ input: [StepSeries], _ groups: [Int], _ groupCount: Int, _ parameter: [Double]
    ) throws(QueryError) -> [StepSeries] {
        let place = node.parameter?.range ?? node.range
        if node.operation == .limitRatio {
            var ratios = parameter
            for step in ratios.indices {
                if ratios[step].isNaN { throw QueryError(.execution, "Ratio value is NaN", range: place) }
                if ratios[step] > 1 || ratios[step] < -1 {
                    let capped = ratios[step] > 1 ? 1.0 : -1.0
                    notes.warn(
                        "ratio value should be between -1 and 1, got \(GoText.general(ratios[step])), "
                            + "capping to \(GoText.general(capped))", at: place)
                    ratios[step] = capped
                }
            }
            return SeriesSelection.sampled(input, ratio: ratios, budget: context.budget)
        }
        var counts: [Int] = []
        for value in parameter {
            if value.isNaN { throw QueryError(.execution, "Parameter value is NaN", range: place) }
            if value >= 0x1p63 { throw QueryError(.execution, "Scalar value \(GoText.general(value)) overflows int64", range: place) }
            if value <= -0x1p63 { throw QueryError(.execution, "Scalar value \(GoText.general(value)) underflows int64", range: place) }
            counts.append(min(Int(value), input.count))
        }
        if node.operation == .limitk {
            return SeriesSelection.limited(input, groups: groups, groupCount: groupCount, k: counts, budget: context.budget)
        }
        let (series, ignored) = SeriesSelection.extremes(
            of: input, groups: groups, groupCount: groupCount, k: counts, largest: node.operation == .topk, budget: context.budget)
        if ignored { notes.inform("ignored histogram in \(node.operation.rawValue) aggregation", at: node.expression.range) }
        return series
    }

    // MARK: - count_values

    private mutating func countValues(_ node: Aggregation) throws(QueryError) -> [StepSeries] {
        guard let parameter = node.parameter else { preconditionFailure("count_values has a label") }
        let label = try labelName(parameter) { "invalid label name \(Literals.quote($0))" }
        let input = try vector(node.expression)
        // A group must not be told apart by the label that is about to be written; `without` of that very label drops it again.
        var grouping = node.grouping
        let isDropped = grouping.isWithout && grouping.labels.contains(label)
        if grouping.isWithout { grouping = Grouping(labels: grouping.labels + [label], isWithout: true) }
        let (groups, labels) = try group(input, grouping)
        struct Key: Hashable {
            var group: Int
            var text: String
        }
        var numbers: [Key: Int] = [:]
        var result: [StepSeries] = []
        var watch = BudgetWatch(context.budget)
        for (index, series) in input.enumerated() {
            for step in 0..<steps {
                guard let value = StepValue(series, step) else { continue }
                try context.look(&watch, after: 40)
                let text = switch value {
                case .float(let number): GoText.plain(number)
                case .histogram(let histogram): HistogramText.describe(histogram)
                }
                let key = Key(group: groups[index], text: isDropped ? "" : text)
                let number = numbers[key] ?? result.count
                if number == result.count {
                    // As many columns as there are values, each as long as the query: that may be far more than went in.
                    try context.use(columns: 1, steps: steps)
                    try context.look(&watch, after: steps)
                    numbers[key] = number
                    result.append(StepSeries(labels: labels[groups[index]].setting(label, to: isDropped ? "" : text), steps: steps))
                }
                result[number].newestInput = max(result[number].newestInput, series.newestInput)
                result[number].dropsName = result[number].dropsName || series.dropsName
                result[number].values[step] = result[number].hasFloat(step) ? result[number].values[step] + 1 : 1
            }
        }
        return result
    }

    // MARK: - Aggregation while reading

    /// What one run of batches contributes: the groups it met, and series with histograms, which are aggregated one by one.
    private struct Part: Sendable {
        var groups: [Int] = []
        /// Where a group stands in `groups`.
        var places: [Int: Int] = [:]
        var aggregators: [ColumnAggregator] = []
        var remaining: [(group: Int, series: StepSeries)] = []
        var notes = Annotations()
        var samples = SampleCount()
    }

    fileprivate enum Source: Sendable {
        case range(RangeCall)
        case instant(InstantCall)
    }

    /// `sum by (…) (rate(x[5m]))` and its like: each worker adds its series to the groups' columns as they are read, so that no column per
    /// series is kept. Nil when the expression is not of that shape, or the average needs another way.
    private mutating func aggregateWhileReading(_ node: Aggregation) throws(QueryError) -> [StepSeries]? {
        switch node.operation {
        case .sum, .avg, .min, .max, .count, .group: break
        default: return nil
        }
        let source: Source
        let selection: SampleSelection
        var keepsStale = false
        switch node.expression.unwrapped {
        case .selector(let selector):
            let call = try instantCall(selector, value: .sample)
            source = .instant(call)
            keepsStale = !call.isSmoothed
            selection = self.selection(call, selector.matchers, hints(node.operation.rawValue, grouping: node.grouping))
        case .call(let inner):
            guard inner.arguments.count == 1, inner.function.name != "absent_over_time", case .matrix(let matrix) = inner.arguments[0].unwrapped
            else { return nil }
            let (call, wanted) = try rangeCall(inner.function.name, matrix, [], inner.range, grouping: node.grouping)
            source = .range(call)
            selection = wanted
        default: return nil
        }
        let set = try context.selection.select(selection)
        noteGaps(set)
        let groupOfRow: [Int]
        let labels: [Labels]
        let rows: [Int]
        do { (groupOfRow, labels, rows) = try GroupIndex.make(set.labels, node.grouping, context.budget) } catch { throw QueryError(error) }
        var parts = try read(set, source, node.operation, groupOfRow, keepsStale)
        // Groups that only one run met are taken as they are.
        var united = [ColumnAggregator?](repeating: nil, count: labels.count)
        var watch = BudgetWatch(context.budget)
        for index in parts.indices {
            notes.merge(parts[index].notes)
            samples.add(parts[index].samples)
            for (place, group) in parts[index].groups.enumerated() {
                try context.look(&watch, after: steps)
                let other = parts[index].aggregators[place]
                if united[group]?.merge(other, budget: context.budget) == nil { united[group] = other }
            }
            parts[index].aggregators = []
        }
        var aggregators = united.map { $0 ?? ColumnAggregator(node.operation, steps: steps, isExact: false, budget: context.budget) }
        try context.look()
        if node.operation == .avg, aggregators.contains(where: \.overflows) {
            let input: [StepSeries]
            switch source {
            case .instant(let call):
                input = try columns(selection, keepsStale: keepsStale, windows: call.windowTable) { view, labels, notes in
                    call.column(view, labels: labels, &notes)
                }
            case .range(let call):
                input = try columns(selection, windows: call.windowTable) { view, labels, notes in call.column(view, labels: labels, &notes) }
            }
            aggregators = labels.map { _ in ColumnAggregator(.avg, steps: steps) }
            let numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($0.element, $0.offset) })
            for series in input {
                try context.look(&watch, after: steps)
                aggregators[numbers[node.grouping.key(of: series.labels)] ?? 0].add(series)
            }
        } else {
            for part in parts {
                for (group, series) in part.remaining {
                    // What is left has histograms, which are added bucket by bucket.
                    try context.look(&watch, after: steps * 30)
                    aggregators[group].add(series)
                }
            }
        }
        return try finish(&aggregators, labels, node, quantiles: []) { group in
            set.labels.labels(rows[group]).metricName ?? ""
        }
    }

    private func read(
        _ set: SeriesSet, _ source: Source, _ operation: AggregationOperator, _ groupOfRow: [Int], _ keepsStale: Bool
    ) throws(QueryError) -> [Part] {
        let steps = steps
        let detectsResets = detectsResets
        let budget = context.budget
        let uncounted = context.countsSamples ? SampleCount(steps: steps) : SampleCount()
        var empty = Part()
        empty.samples = uncounted
        return try context.selection.fold(set, from: empty) { (part, batch) throws(StoreError) in
            var column = LongColumn.make(StepSeries.absent, steps, budget)
            try budget.check()
            var cache = WindowTableCache()
            var counters = CounterNames(set.labels)
            for series in batch.series {
                try budget.check()
                var view = SampleView(series, in: batch, detectsResets: detectsResets, keepsStale: keepsStale)
                // A table over millions of steps would be larger than the columns and would be made without a look at the budget.
                if !view.isCompacted, steps <= LongColumn.runMask {
                    view.windows = cache.table(series, count: view.count, in: batch, make: source.windowTable)
                }
                part.samples.add(view, takesNewest: source.takesNewest, source.windowTable)
                let group = groupOfRow[series.labels]
                let place: Int
                if let known = part.places[group] {
                    place = known
                } else {
                    place = part.aggregators.count
                    part.places[group] = place
                    part.groups.append(group)
                    try budget.useBytes(steps * 24)
                    part.aggregators.append(ColumnAggregator(operation, steps: steps, isExact: false, budget: budget))
                    try budget.check()
                }
                if source.fillSimply(view, &column, &part.notes, &counters, series.labels) {
                    let newest = source.newestInput(view)
                    for touched in LongColumn.runs(view.windows?.steps ?? 0..<steps) {
                        try budget.check()
                        part.aggregators[place].addFloats(column, in: touched, newestInput: newest, dropsName: source.dropsName)
                        Self.clear(&column, touched)
                    }
                    continue
                }
                guard let whole = source.column(view, set.labels.labels(series.labels), &part.notes) else { continue }
                if whole.histograms.isEmpty { part.aggregators[place].add(whole) } else { part.remaining.append((group, whole)) }
            }
        }
    }

    private static func clear(_ column: inout [Double], _ steps: Range<Int>) {
        var span = column.mutableSpan
        for step in steps { span[step] = StepSeries.absent }
    }
}

extension ExpressionEvaluator.Source {
    /// Fills a reused column, absent so far, if the series is made of floats alone; makes no label set unless a note needs it.
    fileprivate func fillSimply(
        _ view: SampleView, _ column: inout [Double], _ notes: inout Annotations, _ counters: inout CounterNames, _ row: Int
    ) -> Bool {
        guard view.isFloatOnly else { return false }
        switch self {
        case .instant(let call):
            if call.isSmoothed { return false }
            call.floats(view, into: &column)
        case .range(let call):
            if call.edges != .plain { return false }
            call.evaluateFloats(view, into: &column, &notes) { counters.labels.labels(row).metricName ?? "" }
            if call.mayInform { counters.inform(row, column, call, &notes) }
        }
        return true
    }

    fileprivate func windowTable(_ times: ArraySlice<Int64>) -> WindowTable {
        switch self {
        case .range(let call): call.windowTable(times)
        case .instant(let call): call.windowTable(times)
        }
    }

    fileprivate var takesNewest: Bool {
        if case .instant = self { true } else { false }
    }

    fileprivate var dropsName: Bool {
        switch self {
        case .range(let call): !RangeCall.keepingName.contains(call.function)
        case .instant: false
        }
    }

    fileprivate func newestInput(_ view: SampleView) -> Int64 {
        switch self {
        case .range(let call): call.newestInput(view)
        case .instant: view.count > 0 ? view.time(view.count - 1) : .min
        }
    }

    fileprivate func column(_ view: SampleView, _ labels: Labels, _ notes: inout Annotations) -> StepSeries? {
        switch self {
        case .range(let call): call.column(view, labels: labels, &notes)
        case .instant(let call): call.column(view, labels: labels, &notes)
        }
    }
}

/// Looks at each metric name of a selection once, to note those that name no counter.
struct CounterNames {
    let labels: LabelColumn
    private let name: UInt32?
    private let type: UInt32?
    private var seen: Set<UInt64> = []

    init(_ labels: LabelColumn) {
        self.labels = labels
        name = labels.symbols.symbol(of: Labels.metricName)
        type = labels.symbols.symbol(of: "__type__")
    }

    mutating func inform(_ row: Int, _ column: [Double], _ call: RangeCall, _ notes: inout Annotations) {
        guard let name, let symbol = labels.value(of: name, series: row) else { return }
        let typeSymbol = type.flatMap { labels.value(of: $0, series: row) }
        let key = UInt64(symbol) << 32 | UInt64(typeSymbol ?? .max)
        if seen.contains(key) || !column.contains(where: { !StepSeries.isAbsent($0) }) { return }
        seen.insert(key)
        call.informOfNonCounter(labels.symbols[symbol], type: typeSymbol.map { labels.symbols[$0] }, &notes)
    }
}

/// Numbers the groups of a selection by symbols, without making a label set per series.
enum GroupIndex {
    /// - Returns: the group of each row, the groups' labels in order of appearance, and the first row of each.
    static func make(
        _ column: LabelColumn, _ grouping: Grouping, _ budget: QueryBudget
    ) throws(StoreError) -> (groups: [Int], labels: [Labels], rows: [Int]) {
        let mentioned = grouping.isWithout ? grouping.labels + Labels.metricNames.names : grouping.labels
        var isNamed = [Bool](repeating: false, count: column.symbols.count)
        for name in mentioned {
            if let symbol = column.symbols.symbol(of: name) { isNamed[Int(symbol)] = true }
        }
        var numbers = NumberTable()
        // The pairs that make up each group, one group behind the other.
        var keys: [UInt32] = []
        var ends: [Int] = []
        var groups: [Int] = []
        var labels: [Labels] = []
        var rows: [Int] = []
        groups.reserveCapacity(column.count)
        var watch = BudgetWatch(budget)
        for row in 0..<column.count {
            try watch.advance(20)
            let start = keys.count
            var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
            let pairs = column[row]
            var index = pairs.startIndex
            while index < pairs.endIndex {
                if isNamed[Int(pairs[index])] != grouping.isWithout {
                    keys.append(pairs[index])
                    keys.append(pairs[index + 1])
                    hash = Hash64.mix(hash ^ UInt64(pairs[index]) << 32 ^ UInt64(pairs[index + 1]), 0xe262_59e4_0f4d_59c5)
                }
                index += 2
            }
            let known = numbers.find(hash) { group in
                let key = (group == 0 ? 0 : ends[group - 1])..<ends[group]
                return keys[key] == keys[start...]
            }
            if let known {
                keys.removeLast(keys.count - start)
                groups.append(known)
                continue
            }
            numbers.insert(hash, labels.count)
            ends.append(keys.count)
            groups.append(labels.count)
            labels.append(grouping.key(of: column.labels(row)))
            rows.append(row)
        }
        return (groups, labels, rows)
    }
}
