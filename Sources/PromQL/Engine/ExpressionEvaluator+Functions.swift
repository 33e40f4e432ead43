import Bytes
import QueryLanguage
import Telemetry

extension ExpressionEvaluator {
    mutating func call(_ node: Call) throws(QueryError) -> StepResult {
        let name = node.function.name
        if node.function.result == .scalar { return .scalar(try scalarCall(node)) }
        if let function = ScalarFunctions.named(name) {
            return .vector(mapFloats(try vector(node.arguments[0]), function))
        }
        if let function = CalendarFunctions.named(name) {
            let input = node.arguments.isEmpty ? [evaluationTimes] : try vector(node.arguments[0])
            return .vector(mapFloats(input, function))
        }
        if name.hasPrefix("histogram_") { return .vector(try histogramCall(node)) }
        switch name {
        case "vector": return .vector([StepSeries(labels: .empty, values: try scalar(node.arguments[0]))])
        case "absent", "absent_over_time": return .vector([try absent(node)])
        case "timestamp": return .vector(try times(node, .time))
        case "start_timestamp": return .vector(try times(node, .startTime))
        case "label_replace": return .vector(try labelReplace(node))
        case "label_join": return .vector(try labelJoin(node))
        case "sort", "sort_desc", "sort_by_label", "sort_by_label_desc": return .vector(try sort(node))
        case "info": return .vector(try info(node))
        case "round":
            let input = try vector(node.arguments[0])
            let multiples = node.arguments.count > 1 ? try scalar(node.arguments[1]) : [Double](repeating: 1, count: steps)
            return .vector(mapFloats(input) { value, step in ScalarFunctions.round(value, to: multiples[step]) })
        case "clamp": return .vector(try clamp(node))
        case "clamp_min", "clamp_max":
            let input = try vector(node.arguments[0])
            let bounds = try scalar(node.arguments[1])
            let isMinimum = name == "clamp_min"
            return .vector(
                mapFloats(input) { value, step in
                    isMinimum ? ScalarFunctions.clamp(value, bounds[step], .infinity) : ScalarFunctions.clamp(value, -.infinity, bounds[step])
                })
        default: return .vector(try rangeCall(node))
        }
    }

    // MARK: - Floats

    private var evaluationTimes: StepSeries {
        StepSeries(labels: .empty, values: (0..<steps).map { Double(grid.time($0)) / 1000 })
    }

    /// Applies a function to every float; histograms fall away.
    private func mapFloats(_ input: [StepSeries], _ function: (Double) -> Double) -> [StepSeries] {
        mapFloats(input) { value, _ in function(value) }
    }

    private func mapFloats(_ input: [StepSeries], _ function: (Double, Int) -> Double) -> [StepSeries] {
        var result: [StepSeries] = []
        result.reserveCapacity(input.count)
        var watch = BudgetWatch(context.budget)
        for var series in input {
            if context.budget.isOver { break }
            if !series.histograms.isEmpty {
                series.histograms = []
                if !series.hasAnySample { continue }
            }
            for step in 0..<steps where series.hasFloat(step) {
                if watch.isOver(4) { break }
                series.values[step] = function(series.values[step], step)
            }
            series.dropsName = true
            result.append(series)
        }
        return result
    }

    private mutating func clamp(_ node: Call) throws(QueryError) -> [StepSeries] {
        var input = try vector(node.arguments[0])
        let low = try scalar(node.arguments[1])
        let high = try scalar(node.arguments[2])
        var watch = BudgetWatch(context.budget)
        for step in 0..<steps where low[step] > high[step] {
            try context.look(&watch, after: input.count)
            for index in input.indices { input[index].remove(step) }
        }
        return mapFloats(input.filter(\.hasAnySample)) { value, step in ScalarFunctions.clamp(value, low[step], high[step]) }
    }

    private mutating func scalarCall(_ node: Call) throws(QueryError) -> [Double] {
        let constant: Double
        switch node.function.name {
        case "time": return evaluationTimes.values
        case "scalar":
            let input = try vector(node.arguments[0])
            var values = [Double](repeating: .nan, count: steps)
            var counts = [Int](repeating: 0, count: steps)
            var watch = BudgetWatch(context.budget)
            for series in input {
                try context.look(&watch, after: steps)
                for step in 0..<steps where series.hasFloat(step) {
                    counts[step] += 1
                    values[step] = counts[step] == 1 ? series.values[step] : .nan
                }
            }
            return values
        case "max_of", "min_of":
            let left = try scalar(node.arguments[0])
            let right = try scalar(node.arguments[1])
            let isMaximum = node.function.name == "max_of"
            return (0..<steps).map { step in
                if left[step].isNaN || right[step].isNaN { return .nan }
                return isMaximum ? max(left[step], right[step]) : min(left[step], right[step])
            }
        case "pi": constant = .pi
        case "start": constant = Double(context.query.start) / 1000
        case "end": constant = Double(context.queryEnd) / 1000
        case "step": constant = Double(context.query.step) / 1000
        default: constant = Double(context.queryEnd - context.query.start) / 1000
        }
        return [Double](repeating: constant, count: steps)
    }

    // MARK: - Presence and time

    private mutating func absent(_ node: Call) throws(QueryError) -> StepSeries {
        let argument = node.arguments[0]
        let input: [StepSeries]
        if node.function.name == "absent" {
            input = try vector(argument)
        } else {
            let present = Call(function: Function.named("present_over_time") ?? node.function, arguments: node.arguments, range: node.range)
            input = try rangeFunction(present, argument: argument, parameters: [], parameterPlace: node.range)
        }
        var result = StepSeries(labels: Self.absentLabels(argument.unwrapped), values: [Double](repeating: 1, count: steps))
        var watch = BudgetWatch(context.budget)
        for series in input {
            try context.look(&watch, after: steps)
            for step in 0..<steps where series.hasSample(step) { result.remove(step) }
        }
        return result
    }

    /// The labels that the missing series would have had, as far as equalities tell.
    private static func absentLabels(_ expression: Expression) -> Labels {
        let matchers: [LabelMatcher]
        switch expression {
        case .selector(let node): matchers = node.matchers
        case .matrix(let node): matchers = node.selector.matchers
        default: return .empty
        }
        var builder = LabelsBuilder()
        var seen: Set<String> = []
        for matcher in matchers where matcher.name != Labels.metricName {
            if matcher.operation == .equal, seen.insert(matcher.name).inserted {
                builder.set(matcher.name, matcher.value)
            } else {
                builder.remove(matcher.name)
            }
        }
        return builder.labels
    }

    private mutating func times(_ node: Call, _ value: SelectedValue) throws(QueryError) -> [StepSeries] {
        if case .selector(let selector) = node.arguments[0].unwrapped { return try instantVector(selector, value: value) }
        var input = try vector(node.arguments[0])
        var watch = BudgetWatch(context.budget)
        for index in input.indices {
            try context.look(&watch, after: steps)
            for step in 0..<steps where input[index].hasSample(step) {
                input[index].values[step] = value == .time ? Double(grid.time(step)) / 1000 : 0
            }
            input[index].histograms = []
            input[index].dropsName = true
        }
        return input
    }

    // MARK: - Labels

    private mutating func labelReplace(_ node: Call) throws(QueryError) -> [StepSeries] {
        let destination = try labelName(node.arguments[1], isValid: LabelRewriting.isValidDestination) {
            "invalid destination label name in label_replace(): \(String(decoding: $0, as: UTF8.self))"
        }
        let replacement = try string(node.arguments[2])
        let source = try string(node.arguments[3])
        let text = try string(node.arguments[4])
        let pattern: RegularExpression
        do {
            pattern = try RegularExpression(text, options: .anchored)
        } catch {
            throw QueryError(.execution, "invalid regular expression in label_replace(): \(text)", range: node.arguments[4].range)
        }
        var input = try vector(node.arguments[0])
        var watch = BudgetWatch(context.budget)
        for index in input.indices {
            try context.look(&watch, after: 100)
            let labels = input[index].labels
            guard pattern.matches(labels[source] ?? "") else { continue }
            input[index].labels = LabelRewriting.replace(
                labels, destination: destination, replacement: replacement, source: source, pattern: pattern)
            if destination == Labels.metricName { input[index].dropsName = false }
        }
        return try requireDistinct(input, node.range)
    }

    private mutating func labelJoin(_ node: Call) throws(QueryError) -> [StepSeries] {
        let destination = try labelName(node.arguments[1], isValid: LabelRewriting.isValidDestination) {
            "invalid destination label name in label_join(): \(String(decoding: $0, as: UTF8.self))"
        }
        let separator = try string(node.arguments[2])
        var sources: [String] = []
        for argument in node.arguments.dropFirst(3) {
            sources.append(try labelName(argument) { "invalid source label name in label_join(): \(String(decoding: $0, as: UTF8.self))" })
        }
        var input = try vector(node.arguments[0])
        var watch = BudgetWatch(context.budget)
        for index in input.indices {
            try context.look(&watch, after: 100)
            input[index].labels = LabelRewriting.join(
                input[index].labels, destination: destination, separator: separator, sources: sources)
            if destination == Labels.metricName { input[index].dropsName = false }
        }
        return try requireDistinct(input, node.range)
    }

    private func requireDistinct(_ series: [StepSeries], _ place: Range<Int>) throws(QueryError) -> [StepSeries] {
        var united = SeriesUnion(steps: steps)
        var watch = BudgetWatch(context.budget)
        for item in series {
            try context.look(&watch, after: 50)
            try united.add(item, labels: item.labels, place: place)
        }
        return united.series
    }

    private mutating func sort(_ node: Call) throws(QueryError) -> [StepSeries] {
        let input = try vector(node.arguments[0])
        if context.isRange {
            notes.warn("sort is ineffective for range queries since results are always ordered by labels", at: node.range)
        }
        let name = node.function.name
        if name.hasPrefix("sort_by_label") {
            guard steps == 1 else { return input }
            var labels: [String] = []
            for argument in node.arguments.dropFirst() { labels.append(try string(argument)) }
            let sorted = try inOrder(input, pieces: 100) { left, right in
                for label in labels {
                    let order = NaturalOrder.compare(left.labels[label] ?? "", right.labels[label] ?? "")
                    if order != 0 { return order < 0 }
                }
                return left.labels < right.labels
            }
            return name.hasSuffix("_desc") ? sorted.reversed() : sorted
        }
        // Histograms have no order: sorting by value drops them.
        let floats = input.map { StepSeries(labels: $0.labels, values: $0.values, dropsName: $0.dropsName, newestInput: $0.newestInput) }
            .filter(\.hasAnySample)
        guard steps == 1 else { return floats }
        return try inOrder(floats.enumerated(), pieces: 4) { left, right in
            let (a, b) = (left.element.values[0], right.element.values[0])
            if a.isNaN || b.isNaN { return !a.isNaN || (b.isNaN && left.offset < right.offset) }
            if a == b { return left.offset < right.offset }
            return name == "sort" ? a < b : a > b
        }.map(\.element)
    }

    private func inOrder<Elements: Sequence>(
        _ elements: Elements, pieces: Int, _ precedes: (Elements.Element, Elements.Element) -> Bool
    ) throws(QueryError) -> [Elements.Element] {
        do { return try elements.sorted(context.budget, pieces: pieces, by: precedes) } catch { throw QueryError(error) }
    }

    // MARK: - Ranges

    private mutating func rangeCall(_ node: Call) throws(QueryError) -> [StepSeries] {
        var parameters: [[Double]] = []
        var range = node.arguments[0]
        var parameterPlace = node.range
        for argument in node.arguments {
            if argument.type == .matrix {
                range = argument
            } else {
                parameterPlace = argument.range
                parameters.append(try scalar(argument))
            }
        }
        if node.function.name == "quantile_over_time" { noteQuantiles(parameters[0], parameterPlace) }
        if node.function.name == "double_exponential_smoothing" {
            for (values, what) in [(parameters[0], "smoothing"), (parameters[1], "trend")] {
                for value in values where !(value > 0 && value < 1) {
                    let symbol = what == "smoothing" ? "sf" : "tf"
                    throw QueryError(
                        .execution, "invalid \(what) factor. Expected: 0 < \(symbol) < 1, got: \(DecimalNumber.fixedText(value, places: 6))",
                        range: node.range)
                }
            }
        }
        return try rangeFunction(node, argument: range, parameters: parameters, parameterPlace: parameterPlace)
    }
}
