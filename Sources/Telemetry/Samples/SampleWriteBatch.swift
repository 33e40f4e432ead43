import Bytes

/// What a writer hands to the time-series store: one arena of label sets and columns of samples.
///
/// Decoders append straight into the columns; there is no object per sample. A series is named once per batch and its samples refer to it
/// by number, in any order of series and time.
/// - Invariant: `sampleSeries`, `sampleTimes` and `sampleValues` have equal counts; every series number is below `series.count`;
///   `startTimes` is empty or as long as the samples (0 = unknown).
/// - Units: times and start times in milliseconds since the epoch.
package struct SampleWriteBatch: Sendable {
    /// Where a label set stands in the arena, with its hash; or its number among the known series, and nothing else.
    package struct Series: Hashable, Sendable {
        package var labels: Range<Int>
        package var hash: UInt64
        /// `UInt32.max` for a set in the arena.
        private var knownNumber = UInt32.max

        package init(labels: Range<Int>, hash: UInt64) {
            self.labels = labels
            self.hash = hash
        }

        package init(known number: Int) {
            labels = 0..<0
            hash = 0
            knownNumber = UInt32(number)
        }

        package var known: Int? { knownNumber == .max ? nil : Int(knownNumber) }
    }

    package struct HistogramSample: Sendable {
        package var series: UInt32
        package var time: Int64
        package var startTime: Int64
        package var histogram: NativeHistogram

        package init(series: UInt32, time: Int64, startTime: Int64 = 0, histogram: NativeHistogram) {
            self.series = series
            self.time = time
            self.startTime = startTime
            self.histogram = histogram
        }
    }

    package struct Exemplar: Hashable, Sendable {
        package var series: UInt32
        package var labels: Labels
        package var time: Int64
        package var value: Double

        package init(series: UInt32, labels: Labels, time: Int64, value: Double) {
            self.series = series
            self.labels = labels
            self.time = time
            self.value = value
        }
    }

    /// Canonical encodings (see `Labels`) of the batch's series, one after the other.
    package var labelArena: [UInt8] = []
    package var series: [Series] = []
    /// Whom the numbers of known series are from. Only an appender that lends its series gets a batch that has any.
    package var known: KnownSeries?
    package var sampleSeries: [UInt32] = []
    package var sampleTimes: [Int64] = []
    package var sampleValues: [Double] = []
    package var startTimes: [Int64] = []
    package var histograms: [HistogramSample] = []
    package var exemplars: [Exemplar] = []
    package var metadata: [MetricMetadata] = []

    package init() {}

    package var isEmpty: Bool { sampleTimes.isEmpty && histograms.isEmpty && exemplars.isEmpty && metadata.isEmpty }

    package func labels(_ index: Int) -> Labels {
        if let number = series[index].known {
            guard let known else { preconditionFailure("a batch with known series says whose they are") }
            return Labels(canonical: known.sets.canonical(number))
        }
        return Labels(canonical: Array(labelArena[series[index].labels]), hash: series[index].hash)
    }

    /// Adds a series and returns its number. The same set may be added twice; the store unites them by hash and bytes.
    package mutating func addSeries(_ labels: Labels) -> UInt32 {
        let start = labelArena.count
        labelArena.append(contentsOf: labels.encoded)
        series.append(Series(labels: start..<labelArena.count, hash: labels.hash))
        return UInt32(series.count - 1)
    }

    package mutating func addSample(series: UInt32, time: Int64, value: Double) {
        sampleSeries.append(series)
        sampleTimes.append(time)
        sampleValues.append(value)
    }

    /// Empties the batch and keeps its memory for the next one.
    package mutating func removeAll() {
        labelArena.removeAll(keepingCapacity: true)
        series.removeAll(keepingCapacity: true)
        known = nil
        sampleSeries.removeAll(keepingCapacity: true)
        sampleTimes.removeAll(keepingCapacity: true)
        sampleValues.removeAll(keepingCapacity: true)
        startTimes.removeAll(keepingCapacity: true)
        histograms.removeAll(keepingCapacity: true)
        exemplars.removeAll(keepingCapacity: true)
        metadata.removeAll(keepingCapacity: true)
    }
}

/// Type, help and unit of a metric family.
package struct MetricMetadata: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case unknown, counter, gauge, histogram, gaugehistogram, summary, info, stateset
    }

    package var metric: String
    package var kind: Kind
    package var help: String
    package var unit: String

    package init(metric: String, kind: Kind, help: String = "", unit: String = "") {
        self.metric = metric
        self.kind = kind
        self.help = help
        self.unit = unit
    }
}
