import QueryLanguage

/// What functions over ranges tell their users, in Prometheus' words.
enum RangeNotes {
    static func mixedTypes(_ name: String) -> String { "encountered a mix of histograms and floats for metric name \(Literals.quote(name))" }

    static func ignoredHistograms(_ name: String) -> String {
        "ignored histograms in a range containing both floats and histograms for metric name \(Literals.quote(name))"
    }

    static func mixedSchemas(_ name: String) -> String {
        "vector contains a mix of histograms with exponential and custom buckets schemas for metric name \(Literals.quote(name))"
    }

    static func notCounter(_ name: String) -> String { "this native histogram metric is not a counter: \(Literals.quote(name))" }

    static func notGauge(_ name: String) -> String { "this native histogram metric is not a gauge: \(Literals.quote(name))" }

    static func boundsReconciled(_ operation: String) -> String { "mismatched custom buckets were reconciled during \(operation)" }

    static func resetsCollide(_ operation: String) -> String { "conflicting counter resets during histogram \(operation)" }
}
