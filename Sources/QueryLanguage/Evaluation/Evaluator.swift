package import Bytes
package import Telemetry

/// A query language as its users see it: Rules, Autoscaler, console and command line know only this seam.
///
/// Real implementations: PromQL over samples, LogQL over entries; a remote engine behind the same shape.
package protocol Evaluator: Sendable {
    /// "PromQL" or "LogQL", for messages.
    var language: String { get }

    /// Parses and checks once. - Throws: `QueryError.bad` with the place in the text.
    func prepare(_ text: String) throws(QueryError) -> any PreparedQuery
}

/// A checked query that may be evaluated many times.
///
/// - Isolation: synchronous and thread-safe; evaluate on low-priority threads.
package protocol PreparedQuery: Sendable {
    /// The text as it was given.
    var text: String { get }

    /// Evaluates at one instant.
    func evaluate(at time: Timestamp, options: EvaluationOptions, budget: QueryBudget) throws(QueryError) -> Evaluation

    /// Evaluates at `start`, `start + step`, … up to and including `end`.
    func evaluate(from start: Timestamp, to end: Timestamp, step: Duration, options: EvaluationOptions, budget: QueryBudget)
        throws(QueryError) -> Evaluation

    /// Signals that rise when an input of the query has new data.
    func freshness() -> [FreshnessSignal]
}

package struct EvaluationOptions: Sendable {
    /// How far back an instant selector looks for its newest sample.
    package var lookback: Duration = .seconds(300)
    /// Entries of a log answer.
    package var limit = 100
    package var direction: LogScan.Direction = .backward
    /// Whether each entry shall carry its metadata and what was parsed out of it apart from its stream's labels.
    package var categorizesLabels = false
    /// Whether per-step statistics are wanted (`stats=all`).
    package var collectsStatistics = false

    package init() {}
}

/// An answer with what its user must know of it.
package struct Evaluation: Sendable {
    package var value: QueryValue
    /// Things the author of the query should mend; each may name a place in the text.
    package var warnings: [String]
    /// Things the author may want to know.
    package var infos: [String]
    /// Set when a part of the input was unreadable or a limit cut the answer: such an answer never moves replicas down.
    package var isPartial: Bool
    package var statistics: EvaluationStatistics

    package init(
        value: QueryValue, warnings: [String] = [], infos: [String] = [], isPartial: Bool = false,
        statistics: EvaluationStatistics = EvaluationStatistics()
    ) {
        self.value = value
        self.warnings = warnings
        self.infos = infos
        self.isPartial = isPartial
        self.statistics = statistics
    }
}

package struct EvaluationStatistics: Sendable {
    package var samplesRead = 0
    package var peakBytes = 0
    /// Samples read per step, when asked for: milliseconds and count.
    package var samplesPerStep: [(time: Int64, count: Int)] = []
    package var bytesScanned = 0
    package var entriesScanned = 0

    package init() {}
}

/// Why a query gave no answer.
package struct QueryError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The text is wrong: parse or type error. HTTP 400 `bad_data`.
        case bad
        /// The evaluation failed on this data: HTTP 422 `execution`.
        case execution
        /// The query was cancelled or took too long: HTTP 503.
        case cancelled, timeout
        /// A limit was reached: HTTP 422.
        case limit
        /// The store failed: HTTP 500.
        case `internal`
    }

    package var code: Code
    package var message: String
    /// Byte range in the query's text.
    package var range: Range<Int>?

    package init(_ code: Code, _ message: String, range: Range<Int>? = nil) {
        self.code = code
        self.message = message
        self.range = range
    }

    package init(_ error: StoreError) {
        switch error.code {
        case .cancelled: self.init(.cancelled, error.description)
        case .limit: self.init(.limit, error.description)
        case .invalid: self.init(.execution, error.description)
        case .readOnly, .corrupt, .environment, .closed: self.init(.internal, error.description)
        }
    }

    package var description: String { message }
}
