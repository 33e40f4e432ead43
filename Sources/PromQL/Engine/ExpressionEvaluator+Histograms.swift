import Bytes
import QueryLanguage
import Telemetry

extension ExpressionEvaluator {
    mutating func histogramCall(_ node: Call) throws(QueryError) -> [StepSeries] {
        let name = node.function.name
        let outer = detectsResets
        detectsResets = ["histogram_count", "histogram_sum", "histogram_avg"].contains(name)
        defer { detectsResets = outer }
        switch name {
        case "histogram_count": return try mapHistograms(try vector(node.arguments[0])) { $0.count }
        case "histogram_sum": return try mapHistograms(try vector(node.arguments[0])) { $0.sum }
        case "histogram_avg": return try mapHistograms(try vector(node.arguments[0])) { $0.sum / $0.count }
        case "histogram_stdvar": return try mapHistograms(try vector(node.arguments[0])) { $0.variance }
        case "histogram_stddev": return try mapHistograms(try vector(node.arguments[0])) { $0.variance.squareRoot() }
        case "histogram_quantile":
            let quantiles = try scalar(node.arguments[0])
            noteQuantiles(quantiles, node.arguments[0].range)
            let families = try HistogramFamilies(try vector(node.arguments[1]), grid: grid, place: node.arguments[1].range, context, &notes)
            return try families.quantile(quantiles, label: nil, &notes)
        case "histogram_quantiles":
            let label = try labelName(node.arguments[1]) { "invalid label name \(Literals.quote($0))" }
            let families = try HistogramFamilies(try vector(node.arguments[0]), grid: grid, place: node.arguments[0].range, context, &notes)
            var result: [StepSeries] = []
            for argument in node.arguments.dropFirst(2) {
                let quantiles = try scalar(argument)
                noteQuantiles(quantiles, argument.range)
                result += try families.quantile(quantiles, label: label, &notes)
            }
            return result
        default:
            let lower = try scalar(node.arguments[0])
            let upper = try scalar(node.arguments[1])
            let families = try HistogramFamilies(try vector(node.arguments[2]), grid: grid, place: node.arguments[2].range, context, &notes)
            return try families.fraction(lower, upper, &notes)
        }
    }

    private func mapHistograms(_ input: [StepSeries], _ function: (NativeHistogram) -> Double) throws(QueryError) -> [StepSeries] {
        var result: [StepSeries] = []
        var watch = BudgetWatch(context.budget)
        for series in input where !series.histograms.isEmpty {
            try context.look(&watch, after: steps * 10)
            var column = StepSeries(labels: series.labels, steps: steps, dropsName: true, newestInput: series.newestInput)
            for step in 0..<steps {
                if let histogram = series.histograms[step] { column.values[step] = function(histogram) }
            }
            if column.hasAnySample { result.append(column) }
        }
        return result
    }
}

/// The histograms of a vector: native ones, and classic ones put together from their `le` buckets.
struct HistogramFamilies {
    private struct Classic {
        var labels: Labels
        var dropsName: Bool
        /// Series with their bounds, rising.
        var buckets: [(bound: Double, series: Int)]
    }

    private static let bucketLabel = LabelNames(["le"])

    private let input: [StepSeries]
    private let grid: StepGrid
    private let place: Range<Int>
    private let context: QueryContext
    private var steps: Int { grid.count }
    private var classic: [Classic] = []
    /// Series with native histograms, and the classic histogram of the same labels.
    private var native: [(series: Int, classic: Int?)] = []

    init(_ input: [StepSeries], grid: StepGrid, place: Range<Int>, _ context: QueryContext, _ notes: inout Annotations) throws(QueryError) {
        self.input = input
        self.grid = grid
        self.place = place
        self.context = context
        var watch = BudgetWatch(context.budget)
        var numbers: [Labels: Int] = [:]
        for (index, series) in input.enumerated() where series.values.contains(where: { !StepSeries.isAbsent($0) }) {
            try context.look(&watch, after: 50)
            let text = series.labels["le"] ?? ""
            guard let bound = Literals.number(text), !text.contains("_") else {
                notes.warn(
                    "bucket label \"le\" is missing or has a malformed value of \(Literals.quote(text))"
                        + Self.suffix(series.labels.metricName ?? ""), at: place)
                continue
            }
            let labels = series.labels.dropping(Self.bucketLabel)
            let number = numbers[labels] ?? classic.count
            if number == classic.count {
                numbers[labels] = number
                classic.append(Classic(labels: labels, dropsName: true, buckets: []))
            }
            classic[number].buckets.append((bound, index))
        }
        for index in classic.indices { classic[index].buckets.sort { $0.bound < $1.bound } }
        for (index, series) in input.enumerated() where !series.histograms.isEmpty {
            native.append((index, numbers[series.labels.dropping(Self.bucketLabel)]))
        }
    }

    /// What names a metric at the end of a note; nothing where aggregation took the name away.
    private static func suffix(_ name: String) -> String { name.isEmpty ? "" : " for metric name \(Literals.quote(name))" }

    private func hasClassicBucket(_ number: Int?, _ step: Int) -> Bool {
        guard let number else { return false }
        return classic[number].buckets.contains { input[$0.series].hasFloat(step) }
    }

    /// Applies one function to native and another to classic histograms; where both have the same labels neither is used.
    private func map(
        _ notes: inout Annotations, native ofNative: (NativeHistogram, Int, String, inout Annotations) -> Double,
        classic ofClassic: (inout ClassicHistogram, Int, String, inout Annotations) -> Double
    ) throws(QueryError) -> [StepSeries] {
        var result: [StepSeries] = []
        var blocked: [Int: Set<Int>] = [:]
        var watch = BudgetWatch(context.budget)
        for (index, number) in native {
            let series = input[index]
            let name = series.labels.metricName ?? ""
            var column = StepSeries(labels: series.labels, steps: steps, dropsName: true, newestInput: series.newestInput)
            for step in 0..<steps {
                guard let histogram = series.histograms[step] else { continue }
                try context.look(&watch, after: 100)
                if hasClassicBucket(number, step) {
                    notes.warn("vector contains a mix of classic and native histograms\(Self.suffix(name))", at: place)
                    blocked[number ?? 0, default: []].insert(step)
                    continue
                }
                column.values[step] = ofNative(histogram, step, name, &notes)
            }
            if column.hasAnySample { result.append(column) }
        }
        for (number, family) in classic.enumerated() {
            let name = family.labels.metricName ?? ""
            var column = StepSeries(labels: family.labels, steps: steps, dropsName: family.dropsName)
            for bucket in family.buckets { column.newestInput = max(column.newestInput, input[bucket.series].newestInput) }
            // Columns of their own: reaching into a series for each value would cost more than the quantile.
            let columns = family.buckets.map { (bound: $0.bound, values: input[$0.series].values) }
            var histogram = ClassicHistogram(sorted: [])
            for step in 0..<steps where !(blocked[number]?.contains(step) ?? false) {
                try context.look(&watch, after: columns.count * 2 + 1)
                histogram.removeAll()
                for entry in columns where !StepSeries.isAbsent(entry.values[step]) {
                    histogram.append(ClassicHistogram.Bucket(upperBound: entry.bound, count: entry.values[step]))
                }
                if histogram.buckets.isEmpty { continue }
                column.values[step] = ofClassic(&histogram, step, name, &notes)
            }
            if column.hasAnySample { result.append(column) }
        }
        return result
    }

    /// - Parameter label: when given, the quantile is written into it.
    func quantile(_ quantiles: [Double], label: String?, _ notes: inout Annotations) throws(QueryError) -> [StepSeries] {
        let result = try map(
            &notes,
            native: { histogram, step, name, notes in
                let (value, note) = histogram.quantile(quantiles[step])
                switch note {
                case .none: break
                case .resultIsNaN:
                    notes.inform(
                        "input to histogram_quantile has NaN observations, result is NaN\(Self.suffix(name))", at: place)
                case .resultIsSkewed:
                    notes.inform(
                        "input to histogram_quantile has NaN observations, result is skewed higher\(Self.suffix(name))", at: place)
                }
                return value
            },
            classic: { histogram, step, name, notes in
                let (value, levelled) = histogram.quantile(quantiles[step])
                if let levelled {
                    notes.inform(
                        """
                        input to histogram_quantile needed to be fixed for monotonicity (see \
                        https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)\(Self.suffix(name))
                        """,
                        .init(
                            lowestBound: levelled.lowestBound, highestBound: levelled.highestBound, largestFall: levelled.largestFall,
                            time: grid.time(step)), at: place)
                }
                return value
            })
        guard let label else { return result }
        var labelled: [StepSeries] = []
        var watch = BudgetWatch(context.budget)
        for series in result {
            for step in 0..<steps where series.hasFloat(step) {
                try context.look(&watch, after: 100)
                let labels = series.labels.setting(label, to: GoText.openMetrics(quantiles[step]))
                if labelled.last?.labels != labels {
                    // A quantile that changes from step to step makes a column for each step.
                    try context.use(columns: 1, steps: steps)
                    try context.look(&watch, after: steps)
                    labelled.append(StepSeries(labels: labels, steps: steps, dropsName: true, newestInput: series.newestInput))
                }
                labelled[labelled.count - 1].values[step] = series.values[step]
            }
        }
        return labelled
    }

    func fraction(_ lower: [Double], _ upper: [Double], _ notes: inout Annotations) throws(QueryError) -> [StepSeries] {
        try map(
            &notes,
            native: { histogram, step, name, notes in
                if histogram.sum.isNaN, histogram.count != 0 {
                    notes.inform(
                        "input to histogram_fraction has NaN observations, which are excluded from all fractions\(Self.suffix(name))",
                        at: place)
                }
                return histogram.fraction(from: lower[step], to: upper[step])
            },
            classic: { histogram, step, _, _ in histogram.fraction(from: lower[step], to: upper[step]) })
    }
}
