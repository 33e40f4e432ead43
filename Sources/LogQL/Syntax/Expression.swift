package import QueryLanguage
package import Telemetry

/// A parsed query.
package indirect enum Expression: Sendable {
    case log(LogExpression)
    case range(RangeAggregation)
    case aggregation(VectorAggregation)
    case binary(BinaryExpression)
    case number(Double)
    /// `vector(2)`.
    case vector(Double)
    case labelReplace(LabelReplacement)

    package var isLog: Bool {
        if case .log = self { true } else { false }
    }

    package var literal: Double? {
        if case .number(let value) = self { value } else { nil }
    }
}

/// A selector with its pipeline.
package struct LogExpression: Sendable {
    package var matchers: [LabelMatcher]
    package var stages: [StageExpression] = []
    /// Byte range in the query.
    package var range: Range<Int>
}

/// `count_over_time({…} | … [5m] offset 1h) by (…)`.
package struct RangeAggregation: Sendable {
    package enum Operation: String, Sendable, CaseIterable {
        case count = "count_over_time"
        case rate
        case rateCounter = "rate_counter"
        case bytes = "bytes_over_time"
        case bytesRate = "bytes_rate"
        case absent = "absent_over_time"
        case avg = "avg_over_time"
        case sum = "sum_over_time"
        case min = "min_over_time"
        case max = "max_over_time"
        case stddev = "stddev_over_time"
        case stdvar = "stdvar_over_time"
        case quantile = "quantile_over_time"
        case first = "first_over_time"
        case last = "last_over_time"
        case countDistinct = "approx_count_distinct"
    }

    package var operation: Operation
    package var log: LogExpression
    package var unwrap: Unwrap?
    /// The label whose values `approx_count_distinct` counts.
    package var counted: String?
    /// Milliseconds.
    package var window: Int64
    /// Milliseconds; positive looks back.
    package var offset: Int64 = 0
    package var parameter: Double?
    package var grouping: Grouping?
    package var range: Range<Int>
}

/// `| unwrap duration(latency) | __error__=""`.
package struct Unwrap: Sendable {
    package enum Conversion: String, Sendable { case none = "", bytes, duration, durationSeconds = "duration_seconds" }

    package var label: String
    package var conversion: Conversion
    package var filters: [LabelFilterExpression] = []
}

/// `sum by (a) (…)`, `topk(5, …)`.
package struct VectorAggregation: Sendable {
    package enum Operation: String, Sendable, CaseIterable {
        case sum, avg, min, max, count, stddev, stdvar, topk, bottomk, sort
        case sortDescending = "sort_desc"
        case approximateTopk = "approx_topk"

        var takesCount: Bool { self == .topk || self == .bottomk || self == .approximateTopk }
    }

    package var operation: Operation
    package var count: Int?
    package var operand: Expression
    package var grouping: Grouping?
}

package struct BinaryExpression: Sendable {
    package var operation: BinaryOperator
    package var returnsBool = false
    /// Whether the query wrote `on` or `ignoring`.
    package var isMatchingExplicit = false
    package var matching = VectorMatching()
    package var left: Expression
    package var right: Expression
}

package struct LabelReplacement: Sendable {
    package var operand: Expression
    package var destination: String
    package var replacement: String
    package var source: String
    package var pattern: String
}
