package import Telemetry

/// The aggregations that keep some of their input: topk, bottomk, limitk, limit_ratio; and count_values.
package enum SeriesSelection {
    /// Keeps the `k[step]` largest (or smallest) floats of each group at each step.
    ///
    /// - Parameters:
    ///   - groups: the group of each series, numbered from 0.
    ///   - budget: once it is over the rest is left out, for nobody looks at it.
    /// - Returns: the series that are left, largest (or smallest) first where there is one step; and whether histograms were ignored.
    package static func extremes(
        of vector: [StepSeries], groups: [Int], groupCount: Int, k: [Int], largest: Bool, budget: QueryBudget = .unlimited
    ) -> (series: [StepSeries], ignoredHistograms: Bool) {
        let steps = k.count
        var ignored = false
        let columns = vector.map(\.values)
        let mayIgnore = vector.contains { !$0.histograms.isEmpty }
        var order = LabelOrder(vector.map(\.labels), budget)
        var kept = vector.map { StepSeries(labels: $0.labels, steps: steps, dropsName: $0.dropsName, newestInput: $0.newestInput) }
        var answer: [Int] = []
        /// Equal values are told apart by their labels, so that the answer does not depend on how the store is laid out.
        func isBetter(_ left: Double, _ leftSeries: Int, _ right: Double, _ rightSeries: Int) -> Bool {
            if left == right || (left.isNaN && right.isNaN) { return order.precedes(leftSeries, rightSeries) }
            if right.isNaN { return true }
            return largest ? left > right : left < right
        }
        var watch = BudgetWatch(budget)
        for step in 0..<steps {
            var best = [[(value: Double, series: Int)]](repeating: [], count: groupCount)
            let wanted = k[step]
            if wanted < 1 { continue }
            for index in columns.indices {
                if watch.isOver() { return ([], ignored) }
                let value = columns[index][step]
                if StepSeries.isAbsent(value) {
                    if mayIgnore, vector[index].histogram(step) != nil { ignored = true }
                    continue
                }
                let group = groups[index]
                if best[group].count >= wanted, let worst = best[group].last, !isBetter(value, index, worst.value, worst.series) { continue }
                var low = 0
                var high = best[group].count
                while low < high {
                    let middle = (low + high) / 2
                    if isBetter(value, index, best[group][middle].value, best[group][middle].series) { high = middle } else { low = middle + 1 }
                }
                best[group].insert((value, index), at: low)
                if best[group].count > wanted { best[group].removeLast() }
            }
            for group in best {
                for (value, series) in group {
                    kept[series].values[step] = value
                    if steps == 1 { answer.append(series) }
                }
            }
        }
        if steps == 1 { return (answer.map { kept[$0] }, ignored) }
        return (kept.filter(\.hasAnySample), ignored)
    }

    /// Keeps the first `k[step]` series of each group that have a sample at the step, by a stable order of their label hashes.
    package static func limited(_ vector: [StepSeries], groups: [Int], groupCount: Int, k: [Int], budget: QueryBudget = .unlimited) -> [StepSeries] {
        let steps = k.count
        var kept = vector
        let hashes = vector.map(\.labels.hash)
        let order = vector.indices.sorted { (hashes[$0], $0) < (hashes[$1], $1) }
        var watch = BudgetWatch(budget)
        for step in 0..<steps {
            if watch.isOver(order.count) { return [] }
            var taken = [Int](repeating: 0, count: groupCount)
            for index in order where vector[index].hasSample(step) {
                if taken[groups[index]] < k[step] {
                    taken[groups[index]] += 1
                } else {
                    kept[index].remove(step)
                }
            }
        }
        return kept.filter(\.hasAnySample)
    }

    /// Keeps the share `ratio[step]` of all series, chosen by the hash that Prometheus gives them.
    ///
    /// A negative ratio keeps what the ratio one greater leaves out.
    package static func sampled(_ vector: [StepSeries], ratio: [Double], budget: QueryBudget = .unlimited) -> [StepSeries] {
        var kept = vector
        var watch = BudgetWatch(budget)
        for index in kept.indices {
            if watch.isOver(ratio.count + 20) { return [] }
            let place = Double(LabelHash.of(vector[index].labels)) / 0x1p64
            for (step, ratio) in ratio.enumerated() {
                let isKept = ratio >= 0 ? place < ratio : place >= 1 + ratio
                if !isKept { kept[index].remove(step) }
            }
        }
        return kept.filter(\.hasAnySample)
    }
}
