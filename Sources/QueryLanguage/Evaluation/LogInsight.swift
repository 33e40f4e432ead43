package import Bytes

/// What a sample of log lines holds under one name, in structured metadata or in the lines themselves.
package struct DetectedField: Sendable {
    /// How all of its values read.
    package enum Kind: String, Sendable { case int, float, boolean, duration, bytes, string }

    package var name: String
    package var kind: Kind
    /// `json`, `logfmt`, or none for structured metadata.
    package var parsers: [String]
    /// Different values, in the order they were met.
    package var values: [String]

    package init(name: String, kind: Kind, parsers: [String], values: [String]) {
        self.name = name
        self.kind = kind
        self.parsers = parsers
        self.values = values
    }
}

/// Lines of one shape, counted over time.
package struct PatternSeries: Sendable {
    /// The line with `<_>` where its words differ.
    package var pattern: String
    /// Counts by the beginning of their step, times rising.
    package var counts: [(time: Timestamp, count: Int)]
    package var total: Int

    package init(pattern: String, counts: [(time: Timestamp, count: Int)], total: Int) {
        self.pattern = pattern
        self.counts = counts
        self.total = total
    }
}
