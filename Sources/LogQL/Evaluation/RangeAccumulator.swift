import Bytes
import QueryLanguage
import Telemetry

/// What one worker gathers for a range aggregation: columns per group, laid out one after the other.
struct RangeAccumulator: Sendable {
    private let plan: RangePlan
    private var entry = EntryState()
    private var groups = GroupTable()
    /// Entries per step, as differences between neighbouring steps; one more slot than steps.
    private var counts: [Double] = []
    /// Sums: as differences where they are whole numbers of bytes, per step else; or extremes per step.
    private var values: [Double] = []
    private var samples: [[(time: Int64, value: Double)]] = []
    private var newest: [Int64] = []
    private var key: [UInt8] = []
    private(set) var failure: QueryError?

    private let stride: Int
    private let countsBytes: Bool
    /// The only groups that are counted; nil means all.
    private let wanted: GroupTable?

    /// A group that was not looked up, and one that is not counted.
    private static let unknown = -1
    private static let unwanted = -2

    private let maximumGroups: Int
    /// Whether there were more groups than fit; entries of the others have been passed over.
    private(set) var isFull = false

    init(_ plan: RangePlan, wanted: GroupTable? = nil, maximumGroups: Int = .max) {
        self.plan = plan
        self.wanted = wanted
        self.maximumGroups = maximumGroups
        stride = plan.windows.count + 1
        countsBytes = plan.aggregation.operation == .bytes || plan.aggregation.operation == .bytesRate
        entry.needed = plan.pipeline.needed
        entry.now = plan.windows.end - 1
        entry.preservesErrors = plan.preservesErrors
    }

    var groupCount: Int { groups.count }

    /// The groups so far.
    var groupLabels: [Labels] { groups.labels }

    private mutating func group(_ encoded: [UInt8]) -> Int {
        let number = groups.number(of: encoded)
        if number == newest.count {
            newest.append(.min)
            counts.append(contentsOf: repeatElement(0, count: stride))
            switch plan.form {
            case .counted where countsBytes, .added: values.append(contentsOf: repeatElement(0, count: stride))
            case .extreme: values.append(contentsOf: repeatElement(.nan, count: stride))
            case .sampled: samples.append([])
            case .counted: break
            }
        }
        return number
    }

    private mutating func currentGroup() -> Int {
        key.removeAll(keepingCapacity: true)
        let plan = plan
        entry.exposeError()
        let keepsError = entry.error != nil && !plan.isGroupedOutside
        entry.encodeLabels(into: &key) { plan.keeps($0) || keepsError && StageError.isLabel($0) }
        if let wanted, wanted.known(key) == nil { return Self.unwanted }
        if groups.count >= maximumGroups, groups.known(key) == nil {
            isFull = true
            return Self.unwanted
        }
        return group(key)
    }

    /// Adds the entries of a chunk; stops in the middle of it when the query is over, whose answer nobody takes then.
    mutating func add(_ chunk: LogChunk, _ budget: QueryBudget) {
        if failure != nil { return }
        entry.beginStream(chunk.labels)
        var streamGroup = Self.unknown
        let hasLines = plan.projection.contains(.lines)
        let isPlain = plan.pipeline.stages.isEmpty && !plan.readsLabel
        if let sum = chunk.sum {
            addSum(sum, entries: chunk.count)
            return
        }
        if isPlain, plan.form == .counted, chunk.metadataEnds.isEmpty { return addCounted(chunk) }
        var watch = LineWatch()
        var index = 0
        while index < chunk.count {
            if watch.isOver(budget, lineBytes: hasLines ? chunk.lineRange(index).count : 0) { return }
            let time = chunk.times[index]
            let steps = plan.windows.steps(of: time)
            if steps.first >= steps.end {
                index &+= 1
                continue
            }
            let metadata = chunk.metadataRange(index)
            if isPlain, metadata.isEmpty {
                if streamGroup == Self.unknown {
                    entry.beginEntry(text: [], line: 0..<0, time: time)
                    streamGroup = currentGroup()
                }
                if streamGroup != Self.unwanted { add(streamGroup, time, steps, countsBytes ? Double(chunk.lengths[index]) : 0) }
                index &+= 1
                continue
            }
            entry.beginEntry(text: chunk.lineArena, line: hasLines ? chunk.lineRange(index) : 0..<0, time: time)
            if !metadata.isEmpty { entry.addMetadata(chunk.metadataArena, metadata) }
            index &+= 1
            guard plan.pipeline.run(&entry) else { continue }
            let length = hasLines ? entry.line.count : chunk.lengths.isEmpty ? 0 : chunk.lengths[index - 1]
            guard let value = value(length: length) else { continue }
            if let error = entry.error, !entry.isErrorPreserved { return fail(error) }
            let group: Int
            if entry.isChanged {
                group = currentGroup()
            } else {
                if streamGroup == Self.unknown { streamGroup = currentGroup() }
                group = streamGroup
            }
            if group != Self.unwanted { add(group, time, steps, value) }
        }
    }

    /// Entries that the store has counted, all of whose times lie in the same windows.
    private mutating func addSum(_ sum: LogChunk.Sum, entries: Int) {
        let (first, end) = plan.windows.steps(of: sum.newest)
        if first >= end { return }
        entry.beginEntry(text: [], line: 0..<0, time: sum.newest)
        let group = currentGroup()
        if group == Self.unwanted { return }
        let base = group &* stride
        newest[group] = max(newest[group], sum.newest)
        counts[base &+ first] += Double(entries)
        counts[base &+ end] -= Double(entries)
        guard countsBytes else { return }
        values[base &+ first] += Double(sum.bytes)
        values[base &+ end] -= Double(sum.bytes)
    }

    /// Entries that no stage looks at are counted in runs that lie in the same windows: their times rise.
    private mutating func addCounted(_ chunk: LogChunk) {
        var group = Self.unknown
        var index = 0
        while index < chunk.count {
            let run = plan.windows.run(from: chunk.times[index])
            let start = index
            while index < chunk.count, chunk.times[index] <= run.until { index &+= 1 }
            let (first, end) = (max(0, run.first), min(plan.windows.count, run.end))
            if first >= end { continue }
            if group == Self.unknown {
                entry.beginEntry(text: [], line: 0..<0, time: chunk.times[start])
                group = currentGroup()
            }
            if group == Self.unwanted { return }
            let base = group &* stride
            newest[group] = max(newest[group], chunk.times[index &- 1])
            counts[base &+ first] += Double(index &- start)
            counts[base &+ end] -= Double(index &- start)
            guard countsBytes else { continue }
            var bytes = 0
            for place in start..<index { bytes &+= chunk.lengths[place] }
            values[base &+ first] += Double(bytes)
            values[base &+ end] -= Double(bytes)
        }
    }

    /// The entry's number; nil where it has none or a filter after `unwrap` drops it.
    private mutating func value(length: Int) -> Double? {
        guard plan.readsLabel else { return Double(length) }
        guard let text = entry.value(of: plan.unwrapName), !text.isEmpty else { return nil }
        // Distinct values are told apart by a hash that stands in the sample's place.
        guard let unwrap = plan.aggregation.unwrap else { return Double(bitPattern: Hash64.hash(Array(text))) }
        var value: Double?
        switch unwrap.conversion {
        case .none: value = LabelFilterExpression.Unit.number.value(text)
        case .bytes: value = LabelFilterExpression.Unit.bytes.value(text)
        case .duration, .durationSeconds: value = LabelFilterExpression.Unit.duration.value(text).map { $0 / 1e9 }
        }
        if value == nil {
            let isNumber = unwrap.conversion == .none
            let unit: LabelFilterExpression.Unit = isNumber ? .number : unwrap.conversion == .bytes ? .bytes : .duration
            entry.fail(.sampleExtraction, unit.failure(text))
        }
        for filter in plan.filters where !filter.keeps(&entry) { return nil }
        return value ?? 0
    }

    private mutating func fail(_ error: StageError) {
        key.removeAll(keepingCapacity: true)
        entry.exposeError()
        entry.encodeLabels(into: &key) { _ in true }
        failure = QueryError(
            .bad,
            """
            pipeline error: '\(error.rawValue)' for series: '\(Labels(canonical: key).spacedDescription)'.
            Use a label filter to intentionally skip this error. (e.g | __error__!="\(error.rawValue)").
            To skip all potential errors you can match empty errors.(e.g __error__="")
            The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )

            """, range: plan.aggregation.range)
    }

    @inline(__always)
    private mutating func add(_ group: Int, _ time: Int64, _ steps: (first: Int, end: Int), _ value: Double) {
        let base = group &* stride
        if time > newest[group] { newest[group] = time }
        counts[base &+ steps.first] += 1
        counts[base &+ steps.end] -= 1
        switch plan.form {
        case .counted:
            if countsBytes {
                values[base &+ steps.first] += value
                values[base &+ steps.end] -= value
            }
        case .added:
            var step = base &+ steps.first
            while step < base &+ steps.end {
                values[step] += value
                step &+= 1
            }
        case .extreme:
            let wantsLess = plan.aggregation.operation == .min
            var step = base &+ steps.first
            while step < base &+ steps.end {
                if values[step].isNaN || (wantsLess ? value < values[step] : value > values[step]) { values[step] = value }
                step &+= 1
            }
        case .sampled: samples[group].append((time, value))
        }
    }

    mutating func merge(_ other: RangeAccumulator) {
        for (number, labels) in other.groups.labels.enumerated() {
            let group = group(labels.encoded)
            newest[group] = max(newest[group], other.newest[number])
            for step in 0..<stride {
                let (mine, theirs) = (group * stride + step, number * stride + step)
                counts[mine] += other.counts[theirs]
                guard !values.isEmpty else { continue }
                if plan.form == .extreme {
                    let value = other.values[theirs]
                    let wantsLess = plan.aggregation.operation == .min
                    if values[mine].isNaN || (wantsLess ? value < values[mine] : value > values[mine]) { values[mine] = value }
                } else {
                    values[mine] += other.values[theirs]
                }
            }
            if plan.form == .sampled { samples[group] += other.samples[number] }
        }
    }

    // MARK: Results

    /// The series, unless the query is over meanwhile: sorting the samples of many steps takes long.
    func finish(_ budget: QueryBudget) -> [StepSeries] {
        (0..<groups.count).compactMap { group in
            if budget.isOver { return nil }
            var column = StepSeries(labels: groups.labels[group], steps: plan.windows.count, newestInput: newest[group] / 1_000_000)
            var sorted: [(time: Int64, value: Double)] = []
            if plan.form == .sampled {
                guard let ordered = try? samples[group].enumerated().sorted(budget, by: {
                    ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
                }) else { return nil }
                sorted = ordered.map(\.element)
            }
            fill(&column.values, group * stride, sorted, budget)
            return column.hasAnySample ? column : nil
        }
    }

    private func fill(_ column: inout [Double], _ base: Int, _ samples: [(time: Int64, value: Double)], _ budget: QueryBudget) {
        let seconds = Double(plan.windows.length) / 1e9
        var count = 0.0
        var bytes = 0.0
        var (low, high) = (0, 0)
        for step in column.indices {
            count += counts[base + step]
            if countsBytes { bytes += values[base + step] }
            if plan.form == .sampled {
                let end = plan.windows.base + Int64(step) * plan.windows.step
                while high < samples.count, samples[high].time <= end { high += 1 }
                while low < high, samples[low].time <= end - plan.windows.length { low += 1 }
            }
            guard count > 0 else { continue }
            if plan.form == .sampled, budget.isOver { return }
            switch plan.aggregation.operation {
            case .count, .absent: column[step] = count
            case .rate: column[step] = (plan.form == .counted ? count : values[base + step]) / seconds
            case .bytes: column[step] = bytes
            case .bytesRate: column[step] = bytes / seconds
            case .sum, .min, .max: column[step] = values[base + step]
            case .avg: column[step] = values[base + step] / count
            case .first: column[step] = samples[low].value
            case .last: column[step] = samples[high - 1].value
            case .rateCounter: 
                let end = plan.windows.base + Int64(step) * plan.windows.step
                column[step] = CounterRate.of(samples[low..<high], start: end - plan.windows.length, end: end)
            case .countDistinct: column[step] = Double(Set(samples[low..<high].lazy.map(\.value.bitPattern)).count)
            case .quantile:
                var window = samples[low..<high].map(\.value)
                if window.count > 1 << 16 {
                    // In order already, they are ordered by `Quantile` in one pass.
                    guard let ordered = try? window.sorted(budget, by: <) else { return }
                    window = ordered
                }
                column[step] = Quantile.of(&window, plan.aggregation.parameter ?? 0)
            case .stddev, .stdvar:
                var variance = RunningVariance()
                for sample in samples[low..<high] { variance.add(sample.value) }
                column[step] = plan.aggregation.operation == .stdvar ? variance.value : variance.value.squareRoot()
            }
        }
    }
}

/// `rate_counter`: the rise per second over resets, extended to the window's edges as far as the samples' distance allows.
///
/// - Units: nanoseconds; 0 for a single sample.
/// - Source: Prometheus' `rate`; Loki caps the way to the window's start before it looks at where the counter was zero.
enum CounterRate {
    static func of(_ samples: ArraySlice<(time: Int64, value: Double)>, start: Int64, end: Int64) -> Double {
        guard samples.count >= 2, let first = samples.first, let last = samples.last else { return 0 }
        var rise = last.value - first.value
        var previous = first.value
        for sample in samples.dropFirst() {
            if sample.value < previous { rise += previous }
            previous = sample.value
        }
        let sampled = Double(last.time - first.time) / 1e9
        let average = sampled / Double(samples.count - 1)
        let threshold = average * 1.1
        var toStart = Double(first.time - start) / 1e9
        var toEnd = Double(end - last.time) / 1e9
        if toStart >= threshold { toStart = average / 2 }
        if rise > 0, first.value >= 0 { toStart = min(toStart, sampled * (first.value / rise)) }
        if toEnd >= threshold { toEnd = average / 2 }
        return rise * ((sampled + toStart + toEnd) / sampled) / (Double(end - start) / 1e9)
    }
}
