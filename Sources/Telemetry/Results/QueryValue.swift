/// What a query of either language answers.
package enum QueryValue: Sendable {
    case scalar(ScalarPoint)
    case string(time: Int64, String)
    /// One point per series at one instant.
    case vector([VectorElement])
    /// Several points per series.
    case matrix([MatrixSeries])
    /// Log lines per stream.
    case streams([EntryStream])
}

/// - Units: time in milliseconds.
package struct ScalarPoint: Hashable, Sendable {
    package var time: Int64
    package var value: Double

    package init(time: Int64, value: Double) {
        self.time = time
        self.value = value
    }
}

/// One element of an instant vector: a float, or a native histogram.
package struct VectorElement: Sendable {
    package var labels: Labels
    /// Milliseconds.
    package var time: Int64
    package var value: Double
    package var histogram: NativeHistogram?
    /// Time of the newest sample that went into the value, in milliseconds; `Int64.min` when none did (a literal, `absent`).
    package var newestInput: Int64

    package init(labels: Labels, time: Int64, value: Double, histogram: NativeHistogram? = nil, newestInput: Int64 = .min) {
        self.labels = labels
        self.time = time
        self.value = value
        self.histogram = histogram
        self.newestInput = newestInput
    }
}

/// One series of a range answer. `times` is usually shared by all series of the answer.
package struct MatrixSeries: Sendable {
    package var labels: Labels
    /// Milliseconds, rising; one per float in `values`.
    package var times: [Int64]
    package var values: [Double]
    package var histograms: [(time: Int64, histogram: NativeHistogram)]
    package var newestInput: Int64

    package init(
        labels: Labels, times: [Int64] = [], values: [Double] = [], histograms: [(time: Int64, histogram: NativeHistogram)] = [],
        newestInput: Int64 = .min
    ) {
        self.labels = labels
        self.times = times
        self.values = values
        self.histograms = histograms
        self.newestInput = newestInput
    }
}

/// Entries of one label set, in the order the query asked for.
package struct EntryStream: Sendable {
    package struct Entry: Hashable, Sendable {
        /// Nanoseconds.
        package var time: Int64
        package var line: [UInt8]
        package var metadata: Labels
        /// What the query's own stages made; only told apart from the stream's labels when the query was asked to.
        package var parsed: Labels

        package init(time: Int64, line: [UInt8], metadata: Labels = .empty, parsed: Labels = .empty) {
            self.time = time
            self.line = line
            self.metadata = metadata
            self.parsed = parsed
        }
    }

    package var labels: Labels
    package var entries: [Entry]

    package init(labels: Labels, entries: [Entry] = []) {
        self.labels = labels
        self.entries = entries
    }
}
