package import Telemetry

/// The aggregations of both languages.
package enum AggregationOperator: String, Sendable, Hashable, CaseIterable {
    case sum, avg, min, max, group, count, stddev, stdvar, quantile, topk, bottomk, limitk
    case countValues = "count_values"
    case limitRatio = "limit_ratio"

    /// Whether it takes a parameter before the vector.
    package var takesParameter: Bool {
        switch self {
        case .quantile, .topk, .bottomk, .limitk, .limitRatio, .countValues: true
        default: false
        }
    }

    /// Whether its result is some of its input, with all labels.
    package var selectsSeries: Bool {
        switch self {
        case .topk, .bottomk, .limitk, .limitRatio: true
        default: false
        }
    }
}

/// `by (…)` or `without (…)`: which labels make the groups.
package struct Grouping: Hashable, Sendable {
    package var labels: [String]
    package var isWithout: Bool
    private let names: LabelNames

    package init(labels: [String] = [], isWithout: Bool = false) {
        self.labels = labels
        self.isWithout = isWithout
        names = LabelNames(isWithout ? labels + Labels.metricNames.names : labels)
    }

    /// The label set of the group that a series belongs to.
    package func key(of labels: Labels) -> Labels {
        if isWithout { return labels.dropping(names) }
        return names.isEmpty ? .empty : labels.keeping(names)
    }

    package static func == (left: Grouping, right: Grouping) -> Bool { left.labels == right.labels && left.isWithout == right.isWithout }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(labels)
        hasher.combine(isWithout)
    }
}
