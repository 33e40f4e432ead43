import Bytes
import Telemetry

/// For how much a head reserves room when it begins: what grows by doubling is half empty in the end, and was copied on the way.
struct HeadSize: Sendable {
    var sampleBytes = 0
    var series = 0
}

/// Series and samples that are not yet in blocks, as a value.
///
/// - Invariant: the directory, the index and the chains of the slabs have one element per series, in the order of creation.
struct HeadState: Sendable {
    /// Not part of the value: copies of a head share it.
    let directory: SeriesDirectory
    private(set) var index = HeadIndex()
    private(set) var slabs: SampleSlabs
    private(set) var earliest = Int64.max
    private(set) var latest = Int64.min
    private var seriesOfMetric: [UInt32: Int] = [:]
    /// Series that the generation before had too; its other series keep their places in the budget.
    private var carriedCount = 0
    /// Refused series by metric name, for `status`.
    private(set) var refusedSeries: [String: Int] = [:]

    init(expecting size: HeadSize) {
        slabs = SampleSlabs(expectedBytes: size.sampleBytes, expectedSeries: size.series)
        directory = SeriesDirectory(expectedSeries: size.series)
    }

    var seriesCount: Int { directory.count }
    /// What the next head will be like: the same series and a few more, and samples until it is full, beyond which the last batches go a little.
    func nextSize(sampleLimit: Int, totalLimit: Int) -> HeadSize {
        let series = seriesCount
        let sampleBytes = min(sampleLimit + seriesByteCount, max(0, totalLimit - seriesByteCount))
        return HeadSize(sampleBytes: sampleBytes / 16 * 17, series: series + series / 16)
    }
    var sampleByteCount: Int { slabs.sampleByteCount }
    /// Bytes of label sets and index: what a new generation pays again.
    var seriesByteCount: Int { index.byteCount + directory.byteCount }

    func find(_ hash: UInt64, _ bytes: [UInt8], _ range: Range<Int>) -> Int? { directory.find(hash, bytes, range) }

    func labels(_ series: Int) -> Labels { directory.isClosed ? index.labels(series) : directory.labels(series) }

    /// No series will be looked for by its labels any more: the index has them too, in symbols.
    mutating func freeze() { directory.close() }

    mutating func setWatched(_ series: Int) { slabs.setWatched(series) }

    /// What an append did, beside its samples.
    struct Outcome: Sendable {
        var accepted = 0
        /// How many of them were histograms.
        var acceptedHistograms = 0
        /// Positions in the batch.
        var acceptedExemplars: [Int] = []
        var refusals = RefusalCount()
        /// Series that freshness signals listen to, with their newest time.
        var watched: [(series: Int, newest: Int64)] = []
    }

    /// Adds a batch and writes its record: series not yet named in this definition epoch, then what was accepted.
    ///
    /// - Parameter predecessor: the series of the generation before, which keep their places in the budget.
    mutating func append(
        _ batch: SampleWriteBatch, admission: Admission, predecessor: SeriesHashes?, subscriptions: SubscriptionList,
        epoch: UInt32, record: inout RecordWriter
    ) -> Outcome {
        var outcome = Outcome()
        var numbers = [UInt32](repeating: .max, count: batch.series.count)
        var position = 0
        var expected = Int.max
        // Numbers that another generation lent mean nothing here.
        let isOurs = batch.known?.owner === directory
        while position < batch.series.count {
            let series = batch.series[position]
            var number = isOurs ? series.known : nil
            if number == nil { number = find(batch, position, expected: expected) }
            if number == nil {
                number = create(
                    batch, position, admission: admission, predecessor: predecessor, subscriptions: subscriptions, outcome: &outcome)
            }
            if let number {
                numbers[position] = UInt32(number)
                expected = number &+ 1
                if slabs.chains[number].definedEpoch != epoch {
                    slabs.setDefined(number, epoch: epoch)
                    record.define(number, directory.labels(number))
                }
            }
            position &+= 1
        }
        appendFloats(batch, numbers, admission: admission, record: &record, outcome: &outcome)
        for sample in batch.histograms {
            let number = numbers[Int(sample.series)]
            guard number != .max, admits(sample.time, batch, Int(sample.series), admission, &outcome) else { continue }
            slabs.append(Int(number), time: sample.time, value: 0, startTime: sample.startTime, histogram: sample.histogram)
            note(sample.time)
            record.addHistogram(number, sample)
            outcome.accepted += 1
            outcome.acceptedHistograms += 1
            if slabs.chains[Int(number)].isWatched { outcome.watched.append((Int(number), sample.time)) }
        }
        for (position, exemplar) in batch.exemplars.enumerated() where numbers[Int(exemplar.series)] != .max {
            record.addExemplar(numbers[Int(exemplar.series)], exemplar)
            outcome.acceptedExemplars.append(position)
        }
        for metadata in batch.metadata { record.addMetadata(metadata) }
        return outcome
    }

    private func find(_ batch: SampleWriteBatch, _ position: Int, expected: Int) -> Int? {
        let series = batch.series[position]
        if series.known == nil { return directory.find(series.hash, batch.labelArena, series.labels, expected: expected) }
        let labels = batch.labels(position)
        return directory.find(labels.hash, labels.encoded, 0..<labels.encoded.count, expected: expected)
    }

    private mutating func appendFloats(
        _ batch: SampleWriteBatch, _ numbers: [UInt32], admission: Admission, record: inout RecordWriter, outcome: inout Outcome
    ) {
        let hasStartTimes = !batch.startTimes.isEmpty
        let count = batch.sampleTimes.count
        record.reserveSamples(count)
        var index = 0
        while index < count {
            let position = Int(batch.sampleSeries[index])
            let number = numbers[position]
            let time = batch.sampleTimes[index]
            if number == .max || !admission.times.contains(time) {
                if number != .max { _ = admits(time, batch, position, admission, &outcome) }
                index &+= 1
                continue
            }
            let value = batch.sampleValues[index]
            let series = Int(number)
            let startTime = hasStartTimes ? batch.startTimes[index] : 0
            if startTime == 0 && !slabs.chains[series].hasExtras {
                slabs.append(series, time: time, value: value)
            } else {
                slabs.append(series, time: time, value: value, startTime: startTime, histogram: nil)
            }
            note(time)
            record.addSample(number, time: time, value: value, startTime: startTime)
            outcome.accepted &+= 1
            if slabs.chains[series].isWatched { outcome.watched.append((series, time)) }
            index &+= 1
        }
    }

    @inline(__always)
    private mutating func note(_ time: Int64) {
        if time < earliest { earliest = time }
        if time > latest { latest = time }
    }

    private func admits(
        _ time: Int64, _ batch: SampleWriteBatch, _ position: Int, _ admission: Admission, _ outcome: inout Outcome
    ) -> Bool {
        if admission.times.contains(time) { return true }
        outcome.refusals.add(
            time < admission.times.lowerBound ? .tooOld : .tooFarInFuture,
            example: "\(batch.labels(position)) at \(Timestamp(milliseconds: time).rfc3339())")
        return false
    }

    private mutating func create(
        _ batch: SampleWriteBatch, _ position: Int, admission: Admission, predecessor: SeriesHashes?,
        subscriptions: SubscriptionList, outcome: inout Outcome
    ) -> Int? {
        let labels = batch.labels(position)
        if labels.isEmpty {
            outcome.refusals.add(.invalidLabels, example: "an empty label set")
            return nil
        }
        if labels.encoded.count > admission.labelSetByteLimit {
            outcome.refusals.add(
                .tooLarge, example: "a label set of \(labels.encoded.count) bytes; the limit is \(admission.labelSetByteLimit)")
            return nil
        }
        let isKnown = predecessor?.contains(labels.hash) ?? false
        if !isKnown {
            let reserved = (predecessor?.count ?? 0) - carriedCount
            if seriesCount + reserved >= admission.seriesLimit {
                return refuse(labels, "all metrics: \(admission.seriesLimit) series", &outcome)
            }
            if admission.seriesPerMetricLimit > 0, let metric = labels.metricName, let symbol = index.symbol(of: metric),
                seriesOfMetric[symbol, default: 0] >= admission.seriesPerMetricLimit
            {
                return refuse(labels, "\(metric): \(admission.seriesPerMetricLimit) series", &outcome)
            }
        } else {
            carriedCount += 1
        }
        let number = add(labels)
        if subscriptions.matches(labels) { slabs.setWatched(number) }
        return number
    }

    private mutating func refuse(_ labels: Labels, _ limit: String, _ outcome: inout Outcome) -> Int? {
        outcome.refusals.add(.cardinalityLimit, example: "\(labels) is over the budget of \(limit)")
        let metric = labels.metricName ?? ""
        // The names of refused metrics are themselves input: keep a bounded number of them.
        if refusedSeries.count < 1000 || refusedSeries[metric] != nil { refusedSeries[metric, default: 0] += 1 }
        return nil
    }

    /// Adds a series that is not there yet.
    mutating func add(_ labels: Labels) -> Int {
        let number = directory.add(labels)
        if let metric = index.append(labels) { seriesOfMetric[metric, default: 0] += 1 }
        slabs.addSeries()
        return number
    }

    // MARK: Replay

    mutating func replaySample(_ series: Int, time: Int64, value: Double, startTime: Int64, histogram: NativeHistogram? = nil) {
        if startTime == 0 && histogram == nil && !slabs.chains[series].hasExtras {
            slabs.append(series, time: time, value: value)
        } else {
            slabs.append(series, time: time, value: value, startTime: startTime, histogram: histogram)
        }
        note(time)
    }
}
