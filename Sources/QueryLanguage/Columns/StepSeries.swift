package import Telemetry

/// One series of an intermediate result: a column with one slot per step of the query.
///
/// - Invariant: `values` has one element per step; a step without a float holds `StepSeries.absent`, bit for bit. `histograms` is empty or has
///   one element per step; a step has a float or a histogram, never both.
package struct StepSeries: Sendable {
    /// Marks "no sample at this step": the staleness marker, which never is a result.
    package static let absent = StalenessMarker.value

    package var labels: Labels
    package var values: [Double]
    package var histograms: [NativeHistogram?]
    /// Whether the metric name (and its type and unit) falls off when the query is done: delayed name removal.
    package var dropsName: Bool
    /// Time in milliseconds of the newest sample that went into the column; `Int64.min` when none did.
    package var newestInput: Int64

    package init(
        labels: Labels, values: [Double], histograms: [NativeHistogram?] = [], dropsName: Bool = false, newestInput: Int64 = .min
    ) {
        self.labels = labels
        self.values = values
        self.histograms = histograms
        self.dropsName = dropsName
        self.newestInput = newestInput
    }

    /// A column without any sample.
    package init(labels: Labels, steps: Int, dropsName: Bool = false, newestInput: Int64 = .min) {
        self.init(
            labels: labels, values: [Double](repeating: Self.absent, count: steps), dropsName: dropsName, newestInput: newestInput)
    }

    @inline(__always)
    package static func isAbsent(_ value: Double) -> Bool { StalenessMarker.isStale(value) }

    package func histogram(_ step: Int) -> NativeHistogram? { histograms.isEmpty ? nil : histograms[step] }

    package func hasFloat(_ step: Int) -> Bool { !Self.isAbsent(values[step]) }

    package func hasSample(_ step: Int) -> Bool { hasFloat(step) || histogram(step) != nil }

    package var hasAnySample: Bool {
        if histograms.contains(where: { $0 != nil }) { return true }
        var index = 0
        while index < values.count {
            if !Self.isAbsent(values[index]) { return true }
            index += 1
        }
        return false
    }

    /// The steps that have a sample, if these are floats without a gap between them.
    package var unbrokenSteps: Range<Int>? {
        guard histograms.isEmpty else { return nil }
        let values = values.span
        var first = 0
        while first < values.count, Self.isAbsent(values[first]) { first &+= 1 }
        var end = first
        while end < values.count, !Self.isAbsent(values[end]) { end &+= 1 }
        var index = end
        while index < values.count {
            if !Self.isAbsent(values[index]) { return nil }
            index &+= 1
        }
        return first..<end
    }

    package mutating func set(_ step: Int, histogram: NativeHistogram) {
        if histograms.isEmpty { histograms = [NativeHistogram?](repeating: nil, count: values.count) }
        histograms[step] = histogram
        values[step] = Self.absent
    }

    package mutating func remove(_ step: Int) {
        values[step] = Self.absent
        if !histograms.isEmpty { histograms[step] = nil }
    }
}
