import Bytes
package import Telemetry

/// Aggregates the columns of one group's series step by step: sum, avg, min, max, group, count, stddev, stdvar, quantile.
///
/// - Shape: every added column has `steps` elements. Aggregators of the same group that saw different series may be merged, except those of
///   stddev, stdvar, quantile and of histograms, for which `isMergeable` is false.
package struct ColumnAggregator: Sendable {
    /// What an aggregation noticed that its user should know.
    package struct Notes: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let mixedTypes = Notes(rawValue: 1)
        package static let ignoredHistogram = Notes(rawValue: 2)
        package static let incompatibleHistograms = Notes(rawValue: 4)
        package static let resetHintsCollide = Notes(rawValue: 8)
        package static let customBoundsDiffer = Notes(rawValue: 16)
    }

    package let operation: AggregationOperator
    package let steps: Int
    package private(set) var notes: Notes = []
    package private(set) var newestInput = Int64.min
    package private(set) var dropsName = false
    /// Whether a sum of finite values went over the largest double, so that an average must be taken another way.
    package private(set) var overflows = false

    private var first: [Double]
    private var second: [Double]
    private var counts: [Double]
    private var means: [KahanMean] = []
    private var variances: [RunningVariance] = []
    /// The columns themselves, for order statistics.
    private var members: [[Double]] = []
    private var histograms: [HistogramAccumulator?] = []
    private var spoiled: [Bool] = []

    /// - Parameters:
    ///   - isExact: whether an average may switch to the incremental form; such an aggregator cannot be merged.
    ///   - budget: once it is over the columns are short, and the aggregator must not be used.
    package init(_ operation: AggregationOperator, steps: Int, isExact: Bool = true, budget: QueryBudget = .unlimited) {
        precondition(!operation.selectsSeries && operation != .countValues, "\(operation) does not make one column of many")
        self.operation = operation
        self.steps = steps
        counts = LongColumn.make(0, steps, budget)
        first = []
        second = []
        switch operation {
        case .sum:
            first = LongColumn.make(0, steps, budget)
            second = LongColumn.make(0, steps, budget)
        case .avg where !isExact:
            first = LongColumn.make(0, steps, budget)
            second = LongColumn.make(0, steps, budget)
        case .avg: means = [KahanMean](repeating: KahanMean(), count: steps)
        case .min, .max: first = LongColumn.make(.nan, steps, budget)
        case .stddev, .stdvar: variances = [RunningVariance](repeating: RunningVariance(), count: steps)
        default: break
        }
    }

    package mutating func add(_ series: StepSeries) {
        newestInput = Swift.max(newestInput, series.newestInput)
        dropsName = dropsName || series.dropsName
        addFloats(series.values)
        if !series.histograms.isEmpty { addHistograms(series.histograms) }
    }

    /// Adds the part of a reused column of floats that may hold some, with what else is known of its series.
    package mutating func addFloats(_ values: [Double], in part: Range<Int>, newestInput: Int64, dropsName: Bool) {
        self.newestInput = Swift.max(self.newestInput, newestInput)
        self.dropsName = self.dropsName || dropsName
        addFloats(values, in: part)
    }

    /// Adds a column of floats alone.
    package mutating func addFloats(_ values: [Double]) { addFloats(values, in: 0..<steps) }

    private mutating func addFloats(_ values: [Double], in part: Range<Int>) {
        precondition(values.count == steps, "a column has one element per step")
        switch operation {
        case .sum: addToSums(values, in: part)
        case .avg where means.isEmpty: addToSums(values, in: part)
        case .avg:
            for step in part where !StepSeries.isAbsent(values[step]) {
                counts[step] += 1
                means[step].add(values[step])
            }
        case .min: Self.keepBest(values, in: part, &counts, &first) { $0 < $1 }
        case .max: Self.keepBest(values, in: part, &counts, &first) { $0 > $1 }
        case .stddev, .stdvar:
            for step in part where !StepSeries.isAbsent(values[step]) {
                counts[step] += 1
                variances[step].add(values[step])
            }
        case .quantile:
            members.append(values)
            countPresent(values, in: part)
        default: countPresent(values, in: part)
        }
    }

    @inline(__always)
    private static func keepBest(
        _ values: [Double], in part: Range<Int>, _ counts: inout [Double], _ best: inout [Double], _ isBetter: (Double, Double) -> Bool
    ) {
        let values = values.span
        var counts = counts.mutableSpan
        var best = best.mutableSpan
        for step in part {
            let value = values[step]
            if StepSeries.isAbsent(value) { continue }
            counts[step] += 1
            let known = best[step]
            if isBetter(value, known) || known != known { best[step] = value }
        }
    }

    private mutating func countPresent(_ values: [Double], in part: Range<Int>) {
        let values = values.span
        var counts = counts.mutableSpan
        for step in part { counts[step] += StepSeries.isAbsent(values[step]) ? 0 : 1 }
    }

    /// Adds without branches; once a sum is not finite its error means nothing and is left out in the end.
    private mutating func addToSums(_ values: [Double], in part: Range<Int>) {
        let overflows = ColumnSums.add(
            values.span.extracting(part), at: part.lowerBound, absent: StepSeries.absent.bitPattern, counts: &counts, sums: &first,
            errors: &second)
        if overflows { self.overflows = true }
    }

    /// The sum with its rounding errors.
    private func total(_ step: Int) -> Double { first[step].isFinite ? first[step] + second[step] : first[step] }

    package mutating func addHistograms(_ column: [NativeHistogram?]) {
        for step in 0..<steps {
            guard let histogram = column[step] else { continue }
            switch operation {
            case .count, .group: counts[step] += 1
            case .sum, .avg: addHistogram(histogram, step)
            default: notes.insert(.ignoredHistogram)
            }
        }
    }

    private mutating func addHistogram(_ histogram: NativeHistogram, _ step: Int) {
        if histograms.isEmpty {
            histograms = [HistogramAccumulator?](repeating: nil, count: steps)
            spoiled = [Bool](repeating: false, count: steps)
        }
        if spoiled[step] { return }
        var accumulator = histograms[step] ?? HistogramAccumulator(averages: operation == .avg)
        histograms[step] = nil
        do {
            try accumulator.add(histogram)
            histograms[step] = accumulator
        } catch {
            notes.insert(.incompatibleHistograms)
            spoiled[step] = true
        }
    }

    package var isMergeable: Bool { means.isEmpty && variances.isEmpty && members.isEmpty && histograms.isEmpty }

    /// Adds what another aggregator of the same group has seen; once the budget is over the rest is left out.
    package mutating func merge(_ other: ColumnAggregator, budget: QueryBudget = .unlimited) {
        precondition(operation == other.operation && steps == other.steps && isMergeable && other.isMergeable, "only like merges with like")
        newestInput = Swift.max(newestInput, other.newestInput)
        dropsName = dropsName || other.dropsName
        notes.formUnion(other.notes)
        overflows = overflows || other.overflows
        var step = 0
        while step < steps {
            if step & LongColumn.runMask == LongColumn.runMask, budget.isOver { return }
            if other.counts[step] > 0 {
                switch operation {
                case .sum, .avg:
                    let total = first[step] + other.first[step]
                    let virtual = total - first[step]
                    second[step] += (first[step] - (total - virtual)) + (other.first[step] - virtual) + other.second[step]
                    if total.isInfinite, first[step].isFinite, other.first[step].isFinite { overflows = true }
                    first[step] = total
                case .min: if other.first[step] < first[step] || first[step].isNaN { first[step] = other.first[step] }
                case .max: if other.first[step] > first[step] || first[step].isNaN { first[step] = other.first[step] }
                default: break
                }
                counts[step] += other.counts[step]
            }
            step &+= 1
        }
    }

    /// Writes the column of a group without histograms in one pass; false for operations that need more than one.
    private func fillFloats(_ values: inout [Double]) -> Bool {
        let (counts, first, second) = (counts.span, first.span, second.span)
        var results = values.mutableSpan
        switch operation {
        case .sum, .avg:
            if !means.isEmpty { return false }
            let isAverage = operation == .avg
            for step in 0..<steps where counts[step] > 0 {
                let sum = first[step]
                let total = sum.isFinite ? sum + second[step] : sum
                results[step] = isAverage ? total / counts[step] : total
            }
        case .min, .max:
            for step in 0..<steps where counts[step] > 0 { results[step] = first[step] }
        case .count:
            for step in 0..<steps where counts[step] > 0 { results[step] = counts[step] }
        default: return false
        }
        return true
    }

    /// Writes the quantiles of a group without histograms, several steps at once: as many of a column as are fetched from memory together.
    private func fillQuantiles(_ values: inout [Double], _ quantiles: [Double], _ budget: QueryBudget) {
        let stepsAtOnce = 8
        var present = [[Double]](repeating: [], count: stepsAtOnce)
        var watch = BudgetWatch(budget)
        for first in stride(from: 0, to: steps, by: stepsAtOnce) {
            let part = first..<min(first + stepsAtOnce, steps)
            for column in members {
                if watch.isOver(part.count) { return }
                for step in part where !StepSeries.isAbsent(column[step]) { present[step - first].append(column[step]) }
            }
            for step in part where counts[step] > 0 {
                if watch.isOver(members.count) { return }
                values[step] = Quantile.of(&present[step - first], quantiles[step])
            }
            for place in present.indices { present[place].removeAll(keepingCapacity: true) }
        }
    }

    /// - Parameters:
    ///   - quantiles: the parameter per step, for `quantile`.
    ///   - budget: once it is over the rest is left out, for nobody looks at it.
    package mutating func finish(labels: Labels, quantiles: [Double] = [], budget: QueryBudget = .unlimited) -> StepSeries {
        var result = StepSeries(labels: labels, steps: 0, dropsName: dropsName, newestInput: newestInput)
        result.values = LongColumn.make(StepSeries.absent, steps, budget)
        if result.values.count < steps { return result }
        if histograms.isEmpty, fillFloats(&result.values) { return result }
        if operation == .quantile, histograms.isEmpty {
            fillQuantiles(&result.values, quantiles, budget)
            return result
        }
        var watch = BudgetWatch(budget)
        for step in 0..<steps {
            // Order statistics sort the values of each step.
            if watch.isOver(1 + members.count * 8) { break }
            let accumulator = histograms.isEmpty ? nil : histograms[step]
            if let accumulator, !spoiled[step] {
                if counts[step] > 0 {
                    notes.insert(.mixedTypes)
                    continue
                }
                if accumulator.resetHintsCollide { notes.insert(.resetHintsCollide) }
                if accumulator.reconciliation.customBoundsDiffer { notes.insert(.customBoundsDiffer) }
                if let histogram = accumulator.result { result.set(step, histogram: histogram) }
                continue
            }
            if counts[step] == 0 || (!spoiled.isEmpty && spoiled[step]) { continue }
            switch operation {
            case .sum: result.values[step] = total(step)
            case .avg: result.values[step] = means.isEmpty ? total(step) / counts[step] : means[step].value
            case .min, .max: result.values[step] = first[step]
            case .group: result.values[step] = 1
            case .stdvar: result.values[step] = variances[step].value
            case .stddev: result.values[step] = variances[step].value.squareRoot()
            case .quantile:
                var present = members.compactMap { StepSeries.isAbsent($0[step]) ? nil : $0[step] }
                result.values[step] = Quantile.of(&present, quantiles[step])
            default: result.values[step] = counts[step]
            }
        }
        return result
    }
}
