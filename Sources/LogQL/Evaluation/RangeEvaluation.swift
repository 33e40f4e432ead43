import Bytes
import QueryLanguage
import Synchronization
import Telemetry

/// Evaluates one range aggregation on all steps in one pass over its entries.
struct RangeEvaluation {
    private let aggregation: RangeAggregation
    private let grouping: Grouping?
    private let grid: StepGrid
    private let reader: any EntryReader
    private let budget: QueryBudget
    private let plan: RangePlan

    init(_ aggregation: RangeAggregation, outer: Grouping?, grid: StepGrid, reader: any EntryReader, budget: QueryBudget) {
        self.aggregation = aggregation
        self.grid = grid
        self.reader = reader
        self.budget = budget
        grouping = aggregation.grouping ?? outer
        plan = RangePlan(aggregation, grouping: grouping, isGroupedOutside: aggregation.grouping == nil && outer != nil, grid: grid)
    }

    private final class Worker: Sendable {
        let state: Mutex<RangeAccumulator>
        init(_ state: RangeAccumulator) { self.state = Mutex(state) }
    }

    func evaluate() throws(QueryError) -> (series: [StepSeries], summary: ScanSummary) {
        var (merged, summary, isCut) = try accumulate(wanted: nil)
        if isCut {
            // More groups than one query may have: those that were met first are counted again, to the end.
            var wanted = GroupTable()
            for labels in merged.groupLabels.sorted().prefix(min(budget.limits.series, budget.limits.bytes / plan.groupBytes)) { _ = wanted.number(of: labels.encoded) }
            let count = wanted.count
            (merged, summary, _) = try accumulate(wanted: wanted)
            summary.warnings.append(
                "the answer was cut: these are \(count) of more series, which is what one query may have; for the rest narrow the selector, "
                    + "or aggregate by fewer labels")
        }
        let series = aggregation.operation == .absent ? absent(merged) : merged.finish(budget)
        do { try budget.check() } catch { throw QueryError(error) }
        return (series, summary)
    }

    /// Reads the entries once; `isCut` when there are more groups than the query may have, and the reading was broken off.
    private func accumulate(wanted: GroupTable?) throws(QueryError) -> (RangeAccumulator, ScanSummary, isCut: Bool) {
        // No more than the memory of the query holds, however many one chunk has.
        let room = max(1, min(budget.limits.series, budget.limits.bytes / plan.groupBytes))
        let workers = (0..<max(1, reader.workerCount)).map { _ in Worker(RangeAccumulator(plan, wanted: wanted, maximumGroups: room)) }
        var scan = LogScan(
            matchers: aggregation.log.matchers, start: plan.windows.first, end: plan.windows.end, projection: plan.projection,
            filters: plan.pipeline.filters)
        if plan.isPlain {
            let windows = plan.windows
            scan.isAlike = { windows.steps(of: $0) == windows.steps(of: $1) }
        }
        let summary: ScanSummary
        let isCut = Atomic<Bool>(false)
        do {
            let (budget, plan) = (budget, plan)
            summary = try reader.scan(scan, budget: budget) { (worker, chunk) throws(StoreError) -> ScanDecision in
                try budget.check()
                // Counts and sums take no memory for their entries; only what is sorted later is kept.
                if plan.form == .sampled { try budget.useBytes(chunk.count &* 16) }
                return try workers[worker].state.withLock { (state) throws(StoreError) -> ScanDecision in
                    let known = state.groupCount
                    state.add(chunk, budget)
                    if state.failure != nil { return .stop }
                    if state.isFull {
                        isCut.store(true, ordering: .relaxed)
                        return .stop
                    }
                    // What a second reading finds has been counted in the first.
                    if state.groupCount == known || wanted != nil { return .proceed }
                    do throws(StoreError) {
                        try budget.useSeries(state.groupCount - known)
                        try budget.useBytes((state.groupCount - known) &* plan.groupBytes)
                    } catch where error.code == .limit {
                        isCut.store(true, ordering: .relaxed)
                        return .stop
                    }
                    return isCut.load(ordering: .relaxed) ? .stop : .proceed
                }
            }
        } catch {
            throw QueryError(error)
        }
        var merged = RangeAccumulator(plan, wanted: wanted)
        for worker in workers {
            let state = worker.state.withLock { $0 }
            if let failure = state.failure { throw failure }
            merged.merge(state)
        }
        return (merged, summary, isCut.load(ordering: .relaxed))
    }

    /// One where nothing was found; labels from the selector's equalities.
    private func absent(_ accumulator: RangeAccumulator) -> [StepSeries] {
        var builder = LabelsBuilder()
        var seen: Set<String> = []
        for matcher in aggregation.log.matchers {
            if matcher.operation == .equal, seen.insert(matcher.name).inserted { builder.set(matcher.name, matcher.value) } else {
                builder.remove(matcher.name)
            }
        }
        var column = StepSeries(labels: builder.labels, values: [Double](repeating: 1, count: grid.count))
        for series in accumulator.finish(budget) {
            for step in 0..<grid.count where series.hasFloat(step) { column.values[step] = StepSeries.absent }
        }
        return column.hasAnySample ? [column] : []
    }
}

/// The windows of a range aggregation: which steps an entry belongs to.
///
/// - Units: nanoseconds. The window of step `i` is `(base + i * step - length, base + i * step]`.
struct StepWindows: Sendable {
    let base: Int64
    let step: Int64
    let length: Int64
    let count: Int

    init(grid: StepGrid, length: Int64, offset: Int64) {
        base = (grid.start - offset) * 1_000_000
        step = max(1, grid.step * 1_000_000)
        self.length = length * 1_000_000
        count = grid.count
    }

    /// First nanosecond of any window.
    var first: Int64 { base - length + 1 }
    /// End of the last window, exclusive.
    var end: Int64 { base + Int64(count - 1) * step + 1 }

    /// The steps whose windows hold the time; may be empty.
    @inline(__always)
    func steps(of time: Int64) -> (first: Int, end: Int) {
        let low = Self.divideUp(time &- base, step)
        let high = Self.divideUp(time &- base &+ length, step)
        return (max(0, Int(low)), min(count, Int(high)))
    }

    /// The steps whose windows hold the time, not cut to the grid, and the last time that lies in the same windows.
    func run(from time: Int64) -> (first: Int, end: Int, until: Int64) {
        let low = Self.divideUp(time &- base, step)
        let high = Self.divideUp(time &- base &+ length, step)
        return (Int(low), Int(high), min(base &+ low &* step, base &- length &+ high &* step))
    }

    private static func divideUp(_ value: Int64, _ divisor: Int64) -> Int64 {
        value > 0 ? (value &- 1) / divisor &+ 1 : -(-value / divisor)
    }
}

/// What all workers of a range aggregation know.
struct RangePlan: Sendable {
    /// How a window's value comes about.
    enum Form: Sendable { case counted, added, extreme, sampled }

    let aggregation: RangeAggregation
    let pipeline: Pipeline
    let filters: [LabelFilterStage]
    let windows: StepWindows
    let form: Form
    let projection: LogScan.Projection
    /// Whether entries without metadata are only counted, by time and length.
    let isPlain: Bool
    /// Working memory of one group, in bytes.
    var groupBytes: Int { (windows.count + 1) &* (form == .counted || form == .sampled ? 8 : 16) &+ 256 }
    /// Labels of the result; nil means all but the unwrapped one.
    let groupNames: LabelNames?
    let isWithout: Bool
    /// The label whose value an entry counts with; not part of the result.
    let unwrapName: [UInt8]
    let readsLabel: Bool
    /// Whether the query asks for `__error__`, so that entries which a parser failed on are counted with it instead of failing the query.
    let preservesErrors: Bool
    /// Whether the grouping is that of a sum around the aggregation: then nothing beside its labels is kept.
    let isGroupedOutside: Bool

    init(_ aggregation: RangeAggregation, grouping: Grouping?, isGroupedOutside: Bool, grid: StepGrid) {
        self.aggregation = aggregation
        self.isGroupedOutside = isGroupedOutside
        let groups = grouping.flatMap { $0.isWithout ? nil : $0.labels }
        // Whoever asks whether anything is there looks at no label of it.
        let wanted = aggregation.operation == .absent ? [] : groups
        pipeline = Pipeline(
            aggregation.log.stages, unwrap: aggregation.unwrap, groups: wanted.map { $0 + (aggregation.counted.map { [$0] } ?? []) })
        filters = aggregation.unwrap?.filters.map { LabelFilterStage($0) } ?? []
        windows = StepWindows(grid: grid, length: aggregation.window, offset: aggregation.offset)
        groupNames = grouping.map { LabelNames($0.labels) }
        isWithout = grouping?.isWithout ?? true
        unwrapName = Array((aggregation.unwrap?.label ?? aggregation.counted ?? "").utf8)
        preservesErrors = groups?.contains("__error__") == true || pipeline.asksForErrors
            || filters.contains { $0.names.contains(StageError.label) }
        switch aggregation.operation {
        case .count, .bytes, .bytesRate, .absent: form = .counted
        case .rate: form = aggregation.unwrap == nil ? .counted : .added
        case .sum, .avg: form = .added
        case .min, .max: form = .extreme
        case .quantile, .stddev, .stdvar, .first, .last, .rateCounter, .countDistinct: form = .sampled
        }
        isPlain = form == .counted && pipeline.stages.isEmpty && aggregation.unwrap == nil
        var projection: LogScan.Projection = [.times]
        let countsBytes = aggregation.operation == .bytes || aggregation.operation == .bytesRate
        if pipeline.readsLines { projection.insert(.lines) }
        if countsBytes, !pipeline.readsLines { projection.insert(.lengths) }
        readsLabel = aggregation.unwrap != nil || aggregation.counted != nil
        let wantsLabels = groups?.isEmpty != true || pipeline.touchesLabels || readsLabel
        if wantsLabels { projection.insert(.metadata) }
        self.projection = projection
    }

    func keeps(_ name: ArraySlice<UInt8>) -> Bool {
        guard let groupNames else { return unwrapName.isEmpty || !name.elementsEqual(unwrapName) }
        if isWithout { return !groupNames.contains(name) && (unwrapName.isEmpty || !name.elementsEqual(unwrapName)) }
        return groupNames.contains(name)
    }
}
