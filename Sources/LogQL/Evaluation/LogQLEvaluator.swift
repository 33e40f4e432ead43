import Bytes
package import Environment
package import QueryLanguage
package import Telemetry

/// LogQL over a log store.
package struct LogQLEvaluator: Evaluator {
    package struct Configuration: Sendable {
        /// Steps of a range query at most.
        package var maximumSteps = 11_000

        package init() {}
    }

    let reader: any EntryReader
    let workPool: any WorkPool
    let configuration: Configuration

    package init(reader: any EntryReader, workPool: any WorkPool, configuration: Configuration = Configuration()) {
        self.reader = reader
        self.workPool = workPool
        self.configuration = configuration
    }

    package var language: String { "LogQL" }

    package func prepare(_ text: String) throws(QueryError) -> any PreparedQuery {
        LogQLQuery(text: text, expression: try Parser.parse(text), reader: reader, configuration: configuration)
    }

    /// The matchers of a log selector without pipeline, for `index/stats`, `series` and the like.
    package func selectors(_ text: String) throws(QueryError) -> [LabelMatcher] { try Self.matchers(text) }

    /// The same without a store.
    package static func matchers(_ text: String) throws(QueryError) -> [LabelMatcher] {
        guard case .log(let log) = try Parser.parse(text) else {
            throw QueryError(.bad, "only label matchers are supported", range: 0..<text.utf8.count)
        }
        return log.matchers
    }

    /// What a delete request names: streams, and lines that pass all of the filters.
    ///
    /// - Throws: `QueryError.bad` when the query has stages that look at more than lines.
    package static func deletion(_ text: String) throws(QueryError) -> (matchers: [LabelMatcher], filters: [LineFilter]) {
        guard case .log(let log) = try Parser.parse(text) else {
            throw QueryError(.bad, "only log queries can be deleted: a stream selector, with line filters if only some lines shall go")
        }
        let pipeline = Pipeline(log.stages)
        guard pipeline.stages.isEmpty, log.stages.allSatisfy({ if case .lineFilter = $0 { true } else { false } }) else {
            throw QueryError(.bad, "a delete request takes a stream selector and line filters with |= != |~ !~, no other stages")
        }
        return (log.matchers, pipeline.filters)
    }

    /// The query in its normal form.
    package static func format(_ text: String) throws(QueryError) -> String { try Parser.parse(text).description }
}

/// A checked LogQL query.
struct LogQLQuery: PreparedQuery {
    let text: String
    let expression: Expression
    let reader: any EntryReader
    let configuration: LogQLEvaluator.Configuration

    func evaluate(at time: Timestamp, options: EvaluationOptions, budget: QueryBudget) throws(QueryError) -> Evaluation {
        if case .log = expression {
            throw QueryError(
                .bad, "log queries are not supported as an instant query type, please change your query to a range query type")
        }
        var evaluation = MetricEvaluation(reader: reader, grid: StepGrid(instant: time.milliseconds), options: options, budget: budget)
        return try evaluation.evaluate(expression, isInstant: true)
    }

    func evaluate(
        from start: Timestamp, to end: Timestamp, step: Duration, options: EvaluationOptions, budget: QueryBudget
    ) throws(QueryError) -> Evaluation {
        if case .log(let log) = expression {
            return try LogEvaluation(reader: reader, options: options, budget: budget)
                .evaluate(log, start: start.nanoseconds, end: end.nanoseconds)
        }
        let milliseconds = max(1, step.wholeMilliseconds)
        guard (end.milliseconds - start.milliseconds) / milliseconds < configuration.maximumSteps else {
            throw QueryError(
                .bad,
                "exceeded maximum resolution of \(configuration.maximumSteps) points per time series. "
                    + "Try increasing the value of the step parameter")
        }
        let grid = StepGrid(start: start.milliseconds, end: end.milliseconds, step: milliseconds)
        var evaluation = MetricEvaluation(reader: reader, grid: grid, options: options, budget: budget)
        return try evaluation.evaluate(expression, isInstant: false)
    }

    func freshness() -> [FreshnessSignal] { expression.selectors.map { reader.freshness($0) } }
}

extension Expression {
    /// The matchers of each selector.
    var selectors: [[LabelMatcher]] {
        switch self {
        case .log(let log): [log.matchers]
        case .range(let aggregation): [aggregation.log.matchers]
        case .aggregation(let aggregation): aggregation.operand.selectors
        case .binary(let binary): binary.left.selectors + binary.right.selectors
        case .labelReplace(let replacement): replacement.operand.selectors
        case .number, .vector: []
        }
    }
}
