package import Bytes
package import QueryLanguage
package import Telemetry

/// A parsed and checked query with the store it asks.
package struct PreparedPromQL: PreparedQuery {
    package let text: String
    package let expression: Expression
    let evaluator: PromQLEvaluator

    package func evaluate(at time: Timestamp, options: EvaluationOptions, budget: QueryBudget) throws(QueryError) -> Evaluation {
        let grid = StepGrid(instant: time.milliseconds)
        var engine = engine(grid, end: grid.start, isRange: false, options, budget)
        let value: QueryValue
        switch expression.unwrapped {
        case .matrix(let node): value = .matrix(try engine.rawSamples(node))
        case .subquery(let node):
            let ranges = try engine.rawSubquery(node)
            value = .matrix(ranges)
        default:
            switch try engine.evaluate(expression) {
            case .scalar(let values): value = .scalar(ScalarPoint(time: grid.start, value: values[0]))
            case .string(let string): value = .string(time: grid.start, string)
            case .vector(let series): value = .vector(try finalVector(series, grid, budget))
            }
        }
        return evaluation(value, engine, budget)
    }

    package func evaluate(
        from start: Timestamp, to end: Timestamp, step: Duration, options: EvaluationOptions, budget: QueryBudget
    ) throws(QueryError) -> Evaluation {
        let step = step.wholeMilliseconds
        guard step > 0 else { throw QueryError(.bad, "zero or negative query resolution step widths are not accepted") }
        guard end >= start else { throw QueryError(.bad, "end timestamp must not be before start time") }
        if expression.type != .scalar, expression.type != .vector {
            throw QueryError(
                .bad, "invalid expression type \(Literals.quote(expression.type.rawValue)) for range query, must be Scalar or instant Vector",
                range: expression.range)
        }
        let grid = StepGrid(start: start.milliseconds, end: end.milliseconds, step: step)
        var engine = engine(grid, end: end.milliseconds, isRange: true, options, budget)
        try engine.context.reserve(grid)
        let series: [StepSeries]
        switch try engine.evaluate(expression) {
        case .scalar(let values): series = [StepSeries(labels: .empty, values: values)]
        case .string: series = []
        case .vector(let vector): series = vector
        }
        return evaluation(.matrix(try finalMatrix(series, grid, budget)), engine, budget)
    }

    package func freshness() -> [FreshnessSignal] {
        var selectors: [[LabelMatcher]] = []
        Self.collect(expression, &selectors)
        return selectors.map { evaluator.reader.freshness($0) }
    }

    /// The matchers of every selector of the query, from left to right.
    package var selectors: [[LabelMatcher]] { Self.selectors(in: expression) }

    static func selectors(in expression: Expression) -> [[LabelMatcher]] {
        var selectors: [[LabelMatcher]] = []
        collect(expression, &selectors)
        return selectors
    }

    private static func collect(_ expression: Expression, _ selectors: inout [[LabelMatcher]]) {
        switch expression {
        case .number, .string: break
        case .selector(let node): selectors.append(node.matchers)
        case .matrix(let node): selectors.append(node.selector.matchers)
        case .subquery(let node): collect(node.expression, &selectors)
        case .paren(let node): collect(node.expression, &selectors)
        case .unary(let node): collect(node.expression, &selectors)
        case .aggregate(let node):
            if let parameter = node.parameter { collect(parameter, &selectors) }
            collect(node.expression, &selectors)
        case .call(let node): for argument in node.arguments { collect(argument, &selectors) }
        case .binary:
            var chain: [Binary] = []
            var next = expression
            while case .binary(let node) = next {
                chain.append(node)
                next = node.left
            }
            collect(next, &selectors)
            while let node = chain.popLast() { collect(node.right, &selectors) }
        }
    }

    // MARK: - Answers

    private func engine(
        _ grid: StepGrid, end: Int64, isRange: Bool, _ options: EvaluationOptions, _ budget: QueryBudget
    ) -> ExpressionEvaluator {
        var context = QueryContext(
            reader: evaluator.reader, workPool: evaluator.workPool, budget: budget, query: grid, queryEnd: end, isRange: isRange,
            lookback: options.lookback.wholeMilliseconds, defaultSubqueryStep: evaluator.configuration.subqueryStep.wholeMilliseconds)
        context.countsSamples = options.collectsStatistics
        return ExpressionEvaluator(context: context, grid: grid)
    }

    private func evaluation(_ value: QueryValue, _ engine: ExpressionEvaluator, _ budget: QueryBudget) -> Evaluation {
        let (texts, infos) = engine.notes.rendered(language: "PromQL", text: text)
        let warnings = texts + engine.gaps
        var statistics = EvaluationStatistics()
        statistics.samplesRead = budget.samplesRead
        if engine.context.countsSamples {
            statistics.samplesRead = engine.samples.total
            statistics.samplesPerStep = engine.samples.perStep.enumerated().map { (engine.grid.time($0.offset), $0.element) }
        }
        statistics.peakBytes = budget.bytesAtPeak
        return Evaluation(
            value: value, warnings: warnings, infos: infos, isPartial: !engine.gaps.isEmpty, statistics: statistics)
    }

    /// Takes off the names that are to be dropped, and unites what then has the same labels.
    private func united(_ series: [StepSeries], _ steps: Int, _ budget: QueryBudget) throws(QueryError) -> [StepSeries] {
        var union = SeriesUnion(steps: steps)
        for item in series {
            do { try budget.check() } catch { throw QueryError(error) }
            try union.add(item, labels: item.dropsName ? item.labels.withoutMetricName : item.labels, place: nil)
        }
        return union.series
    }

    private func finalVector(_ series: [StepSeries], _ grid: StepGrid, _ budget: QueryBudget) throws(QueryError) -> [VectorElement] {
        var elements: [VectorElement] = []
        for item in try united(series, 1, budget) {
            switch StepValue(item, 0) {
            case .float(let value):
                elements.append(VectorElement(labels: item.labels, time: grid.start, value: value, newestInput: item.newestInput))
            case .histogram(let histogram):
                elements.append(
                    VectorElement(
                        labels: item.labels, time: grid.start, value: StalenessMarker.ordinaryNaN, histogram: histogram,
                        newestInput: item.newestInput))
            case nil: break
            }
        }
        return elements
    }

    private func finalMatrix(_ series: [StepSeries], _ grid: StepGrid, _ budget: QueryBudget) throws(QueryError) -> [MatrixSeries] {
        let times = (0..<grid.count).map(grid.time)
        var result: [MatrixSeries] = []
        var shared = (steps: 0..<grid.count, times: times)
        for item in try united(series, grid.count, budget) {
            do { try budget.check() } catch { throw QueryError(error) }
            var line = MatrixSeries(labels: item.labels, newestInput: item.newestInput)
            if let steps = item.unbrokenSteps {
                // Most series run through, or begin and end once: their times are a piece of the grid that several share.
                if steps != shared.steps { shared = (steps, Array(times[steps])) }
                line.times = shared.times
                line.values = steps.count == grid.count ? item.values : Array(item.values[steps])
            } else {
                line.times.reserveCapacity(grid.count)
                line.values.reserveCapacity(grid.count)
                for step in 0..<grid.count {
                    if item.hasFloat(step) {
                        line.times.append(times[step])
                        line.values.append(item.values[step])
                    } else if let histogram = item.histogram(step) {
                        line.histograms.append((times[step], histogram))
                    }
                }
            }
            if !line.times.isEmpty || !line.histograms.isEmpty { result.append(line) }
        }
        do { return try LabelOrder.sorted(result, budget, by: \.labels) } catch { throw QueryError(error) }
    }
}
