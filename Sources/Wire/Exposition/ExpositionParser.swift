import Bytes
package import Telemetry

/// Reads what a target shows, text format 0.0.4 or OpenMetrics, straight into a batch.
///
/// - Ownership: one parser is used by one thread at a time and keeps its scratch memory for the next body.
/// - Source: Prometheus "Exposition formats"; the OpenMetrics 1.0 specification; names in quotes as of Prometheus 3.
package struct ExpositionParser: Sendable {
    /// What a scrape adds to every series.
    package struct Target: Sendable {
        /// Labels of the target: `job`, `instance`, …
        package var labels: Labels
        /// Whether a label of the target's own text wins over one of these; else it is renamed `exported_…`.
        package var honorsLabels: Bool
        package var honorsTimestamps: Bool
        /// Time of samples without one: milliseconds.
        package var time: Int64

        package init(labels: Labels = .empty, honorsLabels: Bool = false, honorsTimestamps: Bool = true, time: Int64) {
            self.labels = labels
            self.honorsLabels = honorsLabels
            self.honorsTimestamps = honorsTimestamps
            self.time = time
        }
    }

    /// Whether a sample of the last body came with a time of its own; such series get no stale marker when they vanish.
    package private(set) var hasOwnTimes = false

    let limits: WireLimits
    private var set: LabelSetEncoder
    private var exemplarSet: LabelSetEncoder
    /// "__name__", the target's labels, then the text of the line at hand.
    private var scratch: [UInt8] = []
    private var targetPairs: [(name: Range<Int>, value: Range<Int>)] = []
    private var linePairs: [(name: Range<Int>, value: Range<Int>)] = []

    package init(limits: WireLimits = WireLimits()) {
        self.limits = limits
        set = LabelSetEncoder(limits: limits)
        exemplarSet = LabelSetEncoder(limits: limits)
    }

    /// Reads a whole body. A syntax error fails all of it; `batch` must not be used then.
    package mutating func parse(
        _ body: [UInt8], format: ExpositionFormat, target: Target, into batch: inout SampleWriteBatch
    ) throws(WireError) -> WireOutcome {
        prepare(target.labels)
        let fixedCount = scratch.count
        var outcome = WireOutcome()
        var lines = ExpositionLines(body)
        var families = ExpositionFamilies()
        var sawEnd = false
        hasOwnTimes = false
        while lines.next() {
            if sawEnd { throw lines.error("a line after \"# EOF\"") }
            if lines.isBlank {
                if format == .openMetrics { throw lines.error("an empty line") }
                continue
            }
            if format == .text { lines.skipBlanks() }
            if lines.peek == 0x23 {
                sawEnd = try families.read(&lines, format: format)
                continue
            }
            scratch.removeLast(scratch.count - fixedCount)
            try readSample(&lines, format, target, &batch, &outcome)
            if batch.sampleTimes.count > limits.itemsPerBody {
                throw WireError(.tooLarge, "cannot take the metrics: more than \(limits.itemsPerBody) samples")
            }
        }
        if format == .openMetrics && !sawEnd { throw lines.error("no \"# EOF\" at the end") }
        batch.metadata += families.entries
        return outcome
    }

    private mutating func prepare(_ labels: Labels) {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(ascii: "__name__")
        targetPairs.removeAll(keepingCapacity: true)
        labels.forEachRange { name, value in
            let start = scratch.count
            scratch.append(contentsOf: labels.encoded[name])
            let middle = scratch.count
            scratch.append(contentsOf: labels.encoded[value])
            targetPairs.append((start..<middle, middle..<scratch.count))
            return true
        }
    }

    // MARK: A sample

    private mutating func readSample(
        _ lines: inout ExpositionLines, _ format: ExpositionFormat, _ target: Target, _ batch: inout SampleWriteBatch,
        _ outcome: inout WireOutcome
    ) throws(WireError) {
        linePairs.removeAll(keepingCapacity: true)
        if lines.peek != 0x7b {
            linePairs.append((0..<8, try lines.readName(into: &scratch, allowsColon: true)))
        }
        lines.skipBlanks()
        if lines.peek == 0x7b {
            // Taken out for the call, so that nothing is copied.
            var pairs = linePairs
            linePairs = []
            try readLabels(&lines, &pairs, namesMetric: pairs.isEmpty)
            linePairs = pairs
        }
        guard let first = linePairs.first, first.name == 0..<8 else { throw lines.error("no metric name") }
        let value = try lines.readNumber("a value")
        var time = target.time
        lines.skipBlanks()
        if !lines.isAtEnd, lines.peek != 0x23 {
            let own = try readTime(&lines, format)
            if target.honorsTimestamps {
                time = own
                hasOwnTimes = true
            }
        }
        let number = UInt32(truncatingIfNeeded: batch.series.count)
        do throws(LabelSetEncoder.Refusal) {
            joinTargetLabels(honorsLabels: target.honorsLabels)
            batch.series.append(try set.finish(source: scratch, arena: &batch.labelArena, needsMetricName: true))
            batch.addSample(series: number, time: time, value: value)
            outcome.samples += 1
            lines.skipBlanks()
        } catch {
            outcome.refusedSeries += 1
            outcome.refusedItems += 1
            outcome.addReason("line \(lines.number): " + error.reason)
            return
        }
        if lines.peek == 0x23, format == .openMetrics {
            try readExemplar(&lines, series: number, &batch, &outcome)
        }
        guard lines.isAtEnd else { throw lines.error("text behind the sample") }
    }

    /// Milliseconds: an integer in the text format, seconds with decimals in OpenMetrics.
    private func readTime(_ lines: inout ExpositionLines, _ format: ExpositionFormat) throws(WireError) -> Int64 {
        if format == .text { return try lines.readInteger("a timestamp in milliseconds") }
        let seconds = try lines.readNumber("a timestamp in seconds")
        guard seconds.magnitude < 9e15 else { throw lines.error("a timestamp out of range") }
        return Int64((seconds * 1000).rounded())
    }

    private mutating func joinTargetLabels(honorsLabels: Bool) {
        set.begin()
        for target in targetPairs {
            let taken = linePairs.firstIndex { ByteSearch.equal(scratch.span, $0.name, target.name) }
            if let taken {
                if honorsLabels && !linePairs[taken].value.isEmpty { continue }
                if !honorsLabels { linePairs[taken].name = exported(linePairs[taken].name) }
                if honorsLabels { linePairs.remove(at: taken) }
            }
            set.add(name: target.name, value: target.value)
        }
        for pair in linePairs { set.add(name: pair.name, value: pair.value) }
    }

    /// "exported_" as often before a name as it takes to be free.
    private mutating func exported(_ name: Range<Int>) -> Range<Int> {
        var candidate = name
        repeat {
            let start = scratch.count
            scratch.append(ascii: "exported_")
            scratch.append(contentsOf: scratch[candidate])
            candidate = start..<scratch.count
        } while (linePairs + targetPairs).contains { ByteSearch.equal(scratch.span, $0.name, candidate) }
        return candidate
    }

    /// `{a="b", "dotted.name"="c"}`; a name in quotes without a value is the metric's.
    private mutating func readLabels(
        _ lines: inout ExpositionLines, _ pairs: inout [(name: Range<Int>, value: Range<Int>)], namesMetric: Bool
    ) throws(WireError) {
        lines.advance()
        while true {
            lines.skipBlanks()
            if lines.take(0x7d) { return }
            let isQuoted = lines.peek == 0x22
            let name =
                isQuoted
                ? try lines.readQuoted(into: &scratch) : try lines.readName(into: &scratch, allowsColon: false)
            lines.skipBlanks()
            if isQuoted, namesMetric, pairs.isEmpty, lines.peek != 0x3d {
                pairs.append((0..<8, name))
            } else {
                guard lines.take(0x3d) else { throw lines.error("expected \"=\" after a label name") }
                lines.skipBlanks()
                guard lines.peek == 0x22 else { throw lines.error("expected a label value in quotes") }
                pairs.append((name, try lines.readQuoted(into: &scratch)))
            }
            lines.skipBlanks()
            if lines.take(0x2c) { continue }
            guard lines.take(0x7d) else { throw lines.error("expected \",\" or \"}\"") }
            return
        }
    }

    /// `# {trace_id="…"} value [time]`
    private mutating func readExemplar(
        _ lines: inout ExpositionLines, series: UInt32, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) throws(WireError) {
        lines.advance()
        lines.skipBlanks()
        guard lines.peek == 0x7b else { throw lines.error("expected the labels of an exemplar") }
        var pairs: [(name: Range<Int>, value: Range<Int>)] = []
        try readLabels(&lines, &pairs, namesMetric: false)
        let value = try lines.readNumber("the value of an exemplar")
        lines.skipBlanks()
        let time = lines.isAtEnd ? batch.sampleTimes.last ?? 0 : try readTime(&lines, .openMetrics)
        exemplarSet.begin()
        for pair in pairs { exemplarSet.add(name: pair.name, value: pair.value) }
        var arena: [UInt8] = []
        do throws(LabelSetEncoder.Refusal) {
            let encoded = try exemplarSet.finish(source: scratch, arena: &arena)
            batch.exemplars.append(
                SampleWriteBatch.Exemplar(
                    series: series, labels: Labels(canonical: arena, hash: encoded.hash), time: time, value: value))
            outcome.exemplars += 1
        } catch {
            outcome.refusedItems += 1
            outcome.addReason("line \(lines.number): exemplar with " + error.reason)
        }
    }
}
