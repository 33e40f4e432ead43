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
        var order = LabelOrder(vector.map(\.labels), budget)
        /// Equal values are told apart by their labels, so that the answer does not depend on how the store is laid out.
        func isBetter(_ left: Double, _ leftSeries: Int, _ right: Double, _ rightSeries: Int) -> Bool {
            if left == right || (left.isNaN && right.isNaN) { return order.precedes(leftSeries, rightSeries) }
            if right.isNaN { return true }
            return largest ? left > right : left < right
        }
        var members = [[Int]](repeating: [], count: groupCount)
        for (index, group) in groups.enumerated() { members[group].append(index) }
        var kept = [StepSeries?](repeating: nil, count: vector.count)
        var answer: [Int] = []
        func keep(_ value: Double, of series: Int, at step: Int) {
            if steps == 1 { answer.append(series) }
            var column = kept[series].take() ?? StepSeries(
                labels: vector[series].labels, steps: steps, dropsName: vector[series].dropsName, newestInput: vector[series].newestInput)
            column.values[step] = value
            kept[series] = column
        }
        var watch = BudgetWatch(budget)
        for group in members {
            if group.contains(where: { vector[$0].histograms.contains { $0 != nil } }) { ignored = true }
            let room = max(0, min(k.max() ?? 0, group.count))
            if room > insertionLimit {
                // What is kept is not much less than what there is: each step is sorted.
                var candidates: [Int] = []
                for step in 0..<steps where k[step] > 0 {
                    if watch.isOver(group.count * 10) { return ([], ignored) }
                    candidates.removeAll(keepingCapacity: true)
                    for index in group where vector[index].hasFloat(step) { candidates.append(index) }
                    candidates.sort { isBetter(vector[$0].values[step], $0, vector[$1].values[step], $1) }
                    for index in candidates.prefix(k[step]) { keep(vector[index].values[step], of: index, at: step) }
                }
                continue
            }
            // The best so far, best first, `room` places for each step: series by series, since a column is read in a row then.
            var values = [Double](repeating: 0, count: steps * room)
            var series = [Int](repeating: 0, count: steps * room)
            var counts = [Int](repeating: 0, count: steps)
            for index in group {
                if watch.isOver(steps) { return ([], ignored) }
                let column = vector[index].values
                for step in 0..<steps where k[step] > 0 {
                    let value = column[step]
                    if StepSeries.isAbsent(value) { continue }
                    let base = step * room
                    var place = counts[step]
                    if place == min(k[step], room) {
                        if !isBetter(value, index, values[base + place - 1], series[base + place - 1]) { continue }
                        place -= 1
                    } else {
                        counts[step] += 1
                    }
                    while place > 0, isBetter(value, index, values[base + place - 1], series[base + place - 1]) {
                        values[base + place] = values[base + place - 1]
                        series[base + place] = series[base + place - 1]
                        place -= 1
                    }
                    values[base + place] = value
                    series[base + place] = index
                }
            }
            for step in 0..<steps {
                for place in step * room..<step * room + counts[step] { keep(values[place], of: series[place], at: step) }
            }
        }
        if steps == 1 { return (answer.compactMap { kept[$0] }, ignored) }
        return (kept.compactMap { $0 }, ignored)
    }

    /// Up to so many of a group are kept in order by insertion.
    private static let insertionLimit = 32

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
