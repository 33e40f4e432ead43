import Bytes
import QueryLanguage
import Telemetry

/// `info()`: adds the labels of info metrics such as target_info to the series of the same instance and job.
extension ExpressionEvaluator {
    private static let identifying = LabelNames(["instance", "job"])

    mutating func info(_ node: Call) throws(QueryError) -> [StepSeries] {
        let base = try vector(node.arguments[0])
        var nameMatchers: [LabelMatcher] = []
        var dataMatchers: [LabelMatcher] = []
        if node.arguments.count > 1, case .selector(let selector) = node.arguments[1].unwrapped {
            nameMatchers = selector.matchers.filter { $0.name == Labels.metricName }
            dataMatchers = selector.matchers.filter { $0.name != Labels.metricName }
        }
        if !nameMatchers.contains(where: { $0.operation == .equal || $0.operation == .matchesExpression }) {
            nameMatchers.append(LabelMatcher(Labels.metricName, equals: "target_info"))
        }
        let isInfo = base.map { series in nameMatchers.allSatisfy { $0.matches(series.labels) } }
        let enriched = base.indices.filter { !isInfo[$0] }
        let shift = try reference(of: node.arguments[0]) ?? SelectorTiming(fixed: nil, offset: 0, grid: grid)
        let candidates = try infoSeries(enriched.map { base[$0].labels }, nameMatchers + dataMatchers, shift, node.range)
        let wanted = dataMatchers.isEmpty ? nil : Optional(Set(dataMatchers.map(\.name)))
        let mayStayBare = dataMatchers.allSatisfy(\.matchesEmpty)

        var union = SeriesUnion(steps: steps)
        var watch = BudgetWatch(context.budget)
        for (index, series) in base.enumerated() {
            if isInfo[index] {
                try union.add(series, labels: series.labels, place: node.range)
                continue
            }
            let matching = candidates[series.labels.keeping(Self.identifying)] ?? []
            var columns: [StepSeries] = []
            for step in 0..<steps {
                guard let value = StepValue(series, step) else { continue }
                try context.look(&watch, after: 300)
                let newest = try newestPerMetric(matching, step, node.range)
                if newest.isEmpty, !mayStayBare { continue }
                let labels = try enrich(series.labels, newest, wanted, node.range)
                let place = columns.firstIndex { $0.labels == labels } ?? columns.count
                if place == columns.count {
                    try context.use(columns: 1, steps: steps)
                    columns.append(StepSeries(labels: labels, steps: steps, dropsName: series.dropsName, newestInput: series.newestInput))
                }
                columns[place].set(step, value)
            }
            for column in columns { try union.add(column, labels: column.labels, place: node.range) }
        }
        return union.series
    }

    private struct InfoSeries {
        var labels: Labels
        /// Seconds of the sample seen at each step.
        var times: [Double]
    }

    /// Info series by their identifying labels.
    private mutating func infoSeries(
        _ base: [Labels], _ matchers: [LabelMatcher], _ timing: SelectorTiming, _ place: Range<Int>
    ) throws(QueryError) -> [Labels: [InfoSeries]] {
        var matchers = matchers
        var identifies = false
        for name in Self.identifying.names {
            let values = Set(base.map { ByteExact($0[name] ?? "") }).sorted()
            guard values.contains(where: { !$0.string.isEmpty }) else { continue }
            identifies = true
            let pattern = values.map { Self.quoted($0.string) }.joined(separator: "|")
            do {
                matchers.append(try LabelMatcher(name, .matchesExpression, pattern))
            } catch {
                throw QueryError(.execution, "cannot select info series by \(name): \(error.message)", range: place)
            }
        }
        guard identifies else { return [:] }
        let call = InstantCall(timing: timing, lookback: context.lookback, value: .sample, isSmoothed: false, place: place, budget: context.budget)
        var timesCall = call
        timesCall.value = .time
        let selection = selection(call, matchers, hints("info"))
        let samples = try columns(selection, keepsStale: true, windows: call.windowTable) { view, labels, notes in
            call.column(view, labels: labels, &notes)
        }
        let times = try columns(selection, keepsStale: true, windows: call.windowTable) { [timesCall] view, labels, notes in
            timesCall.column(view, labels: labels, &notes)
        }
        if samples.contains(where: { !$0.histograms.isEmpty }) {
            throw QueryError(.execution, "this should be an info metric, with float samples: it has native histograms", range: place)
        }
        var result: [Labels: [InfoSeries]] = [:]
        for series in times {
            result[series.labels.keeping(Self.identifying), default: []].append(InfoSeries(labels: series.labels, times: series.values))
        }
        return result
    }

    private static func quoted(_ text: String) -> String {
        var quoted = ""
        for character in text.unicodeScalars {
            if #"\.+*?()|[]{}^$"#.unicodeScalars.contains(character) { quoted += "\\" }
            quoted.unicodeScalars.append(character)
        }
        return quoted
    }

    /// Of each info metric the series with the newest sample.
    private func newestPerMetric(_ candidates: [InfoSeries], _ step: Int, _ place: Range<Int>) throws(QueryError) -> [InfoSeries] {
        var newest: [InfoSeries] = []
        for candidate in candidates where !StepSeries.isAbsent(candidate.times[step]) {
            guard let rival = newest.firstIndex(where: { $0.labels.metricName == candidate.labels.metricName }) else {
                newest.append(candidate)
                continue
            }
            if newest[rival].times[step] == candidate.times[step] {
                throw QueryError(
                    .execution,
                    """
                    found duplicate series for info metric: existing \(newest[rival].labels.spacedDescription) @ \(newest[rival].times[step]), \
                    new \(candidate.labels.spacedDescription) @ \(candidate.times[step])
                    """,
                    range: place)
            }
            if newest[rival].times[step] < candidate.times[step] { newest[rival] = candidate }
        }
        return newest
    }

    private func enrich(_ base: Labels, _ infos: [InfoSeries], _ wanted: Set<String>?, _ place: Range<Int>) throws(QueryError) -> Labels {
        var builder = LabelsBuilder(base)
        var added: [String: String] = [:]
        for info in infos {
            for (name, value) in info.labels.pairs {
                if name == Labels.metricName || base[name] != nil { continue }
                if let wanted, !wanted.contains(name) { continue }
                if let other = added[name], other != value {
                    throw QueryError(.execution, "conflicting label: \(name)", range: place)
                }
                added[name] = value
                builder.set(name, value)
            }
        }
        return builder.labels
    }

    /// When the argument's samples are looked at: the shifts of the first selector and of the subqueries around it.
    private func reference(of expression: Expression) throws(QueryError) -> SelectorTiming? {
        switch expression {
        case .selector(let node): return try timing(node.shift)
        case .matrix(let node): return try timing(node.selector.shift)
        case .subquery(let node):
            var outer = try timing(node.shift)
            guard let inner = try reference(of: node.expression) else { return outer }
            if inner.fixed != nil { return inner }
            outer.offset += inner.offset
            return outer
        case .paren(let node): return try reference(of: node.expression)
        case .unary(let node): return try reference(of: node.expression)
        case .aggregate(let node): return try reference(of: node.expression)
        case .call(let node):
            for argument in node.arguments {
                if let found = try reference(of: argument) { return found }
            }
            return nil
        case .binary(let node):
            if let left = try reference(of: node.left) { return left }
            return try reference(of: node.right)
        case .number, .string: return nil
        }
    }
}
