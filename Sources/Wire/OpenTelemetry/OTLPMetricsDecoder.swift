import Bytes
package import Telemetry

/// Decodes OpenTelemetry metrics (protobuf `ExportMetricsServiceRequest`) into a batch, as Prometheus' OTLP endpoint has it.
///
/// Gauges and cumulative sums become samples, explicit histograms and summaries their classic series, exponential histograms native ones.
/// Delta temporality is refused and counted. `job` and `instance` come from the service's attributes, the others go to `target_info`.
/// - Source: OpenTelemetry `metrics/v1/metrics.proto`; "Prometheus and OpenMetrics Compatibility".
package struct OTLPMetricsDecoder: Sendable {
    let limits: WireLimits
    let translation: OTLPTranslation
    private var labels: LabelSetEncoder
    private var resource = OTLPAttributes()
    /// "job" and "instance", then the attributes of the point at hand.
    var point = OTLPAttributes()

    package init(limits: WireLimits = WireLimits(), translation: OTLPTranslation = .underscoreEscapingWithSuffixes) {
        self.limits = limits
        self.translation = translation
        labels = LabelSetEncoder(limits: limits)
        resource.escapesNames = translation.escapesNames
        point.escapesNames = translation.escapesNames
        resource.keysLeadingUnderscore = true
        point.keysLeadingUnderscore = true
    }

    /// The attributes that make `job` and `instance`, as they are called after translation.
    private var identifying: (name: StaticString, namespace: StaticString, instance: StaticString) {
        translation.escapesNames
            ? ("service_name", "service_namespace", "service_instance_id") : ("service.name", "service.namespace", "service.instance.id")
    }

    /// Decodes a plain body. When it throws, `batch` must not be used.
    package mutating func decode(_ body: [UInt8], into batch: inout SampleWriteBatch) throws(WireError) -> WireOutcome {
        var outcome = WireOutcome()
        do throws(CorruptBytes) {
            var reader = ProtobufReader(body)
            while let field = try reader.nextField() {
                guard field.number == 1 else {
                    try reader.skip(field)
                    continue
                }
                try decodeResource(try reader.readMessage(field), &batch, &outcome)
            }
        } catch {
            throw WireError(error, in: "OTLP metrics body")
        }
        return outcome
    }

    private mutating func decodeResource(
        _ message: ProtobufReader, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) throws(CorruptBytes) {
        resource.removeAll()
        point.removeAll()
        var reader = message
        while let field = try reader.nextField() {
            if field.number == 1 { try OTLPFields.readAttributes(&reader, field, number: 1, into: &resource) } else { try reader.skip(field) }
        }
        addTarget()
        let (firstSample, firstHistogram) = (batch.sampleTimes.count, batch.histograms.count)
        reader = message
        while let field = try reader.nextField() {
            guard field.number == 2 else {
                try reader.skip(field)
                continue
            }
            var scope = try reader.readMessage(field)
            while let inner = try scope.nextField() {
                guard inner.number == 2 else {
                    try scope.skip(inner)
                    continue
                }
                try decodeMetric(try scope.readMessage(inner), &batch, &outcome)
                if batch.sampleTimes.count > limits.itemsPerBody {
                    throw CorruptBytes("metric", offset: scope.offset, expected: "at most \(limits.itemsPerBody) samples in a body")
                }
            }
        }
        let times = batch.sampleTimes[firstSample...] + batch.histograms[firstHistogram...].map(\.time)
        if let earliest = times.min(), let latest = times.max() { addTargetInfo(from: earliest, to: latest, &batch, &outcome) }
    }

    /// `job` and `instance` of all series of the resource.
    private mutating func addTarget() {
        let identifying = identifying
        if let name = resource.value(identifying.name) {
            let namespace = resource.value(identifying.namespace) ?? []
            point.add("job", namespace.isEmpty ? Array(name) : Array(namespace) + [0x2f] + Array(name))
        }
        if let instance = resource.value(identifying.instance) { point.add("instance", instance) }
    }

    /// Half of the time that an instant looks back by default: a sample each keeps `target_info` visible all along, in milliseconds.
    private static let targetInterval: Int64 = 150_000
    /// Samples of `target_info` for one resource: two and a half days. One point of long ago must not make millions.
    private static let targetLimit: Int64 = 1440

    /// The resource's attributes as a series of their own, to be joined in queries wherever the resource has points.
    private mutating func addTargetInfo(
        from earliest: Int64, to latest: Int64, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) {
        guard !point.pairs.isEmpty else { return }
        let names = identifying
        let identifying = [names.name, names.namespace, names.instance].map { Array($0.description.utf8) }
        let mark = point.mark
        defer { point.cut(to: mark) }
        var hasMore = false
        for pair in resource.pairs where !identifying.contains(Array(resource.text[pair.name])) {
            let start = point.text.count
            point.text.append(contentsOf: resource.text[pair.name])
            let middle = point.text.count
            point.text.append(contentsOf: resource.text[pair.value])
            point.pairs.append((start..<middle, middle..<point.text.count))
            hasMore = true
        }
        guard hasMore else { return }
        guard let series = addSeries("target_info", nil, &batch, &outcome) else { return }
        var time = max(earliest, latest - Self.targetLimit * Self.targetInterval)
        while time < latest {
            addSample(OTLPSample(name: "target_info", time: time, value: 1), series, &batch, &outcome)
            time += Self.targetInterval
        }
        addSample(OTLPSample(name: "target_info", time: latest, value: 1), series, &batch, &outcome)
    }

    // MARK: Series

    /// Adds one series with the labels of the point at hand; nil when it is refused.
    mutating func addSeries(
        _ name: String, _ extra: (name: StaticString, value: String)?, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome
    ) -> UInt32? {
        let mark = point.mark
        defer { point.cut(to: mark) }
        point.add("__name__", name.utf8)
        if let extra { point.add(extra.name, extra.value.utf8) }
        labels.begin()
        joinEqualNames()
        for pair in point.pairs { labels.add(name: pair.name, value: pair.value) }
        do throws(LabelSetEncoder.Refusal) {
            batch.series.append(try labels.finish(source: point.text, arena: &batch.labelArena, needsMetricName: true))
            return UInt32(batch.series.count - 1)
        } catch {
            outcome.refusedSeries += 1
            outcome.refusedItems += 1
            outcome.addReason(error.reason)
            return nil
        }
    }

    /// Attributes whose names became equal ("a.b" and "a_b") keep all their values, joined by ";", as the specification has it.
    private mutating func joinEqualNames() {
        var index = 1
        while index < point.pairs.count {
            let name = point.text[point.pairs[index].name]
            if let first = point.pairs[..<index].firstIndex(where: { point.text[$0.name].elementsEqual(name) }) {
                let start = point.text.count
                point.text.append(contentsOf: point.text[point.pairs[first].value])
                point.text.append(0x3b)
                point.text.append(contentsOf: point.text[point.pairs[index].value])
                point.pairs[first].value = start..<point.text.count
                point.pairs.remove(at: index)
            } else {
                index += 1
            }
        }
    }

    /// Answers the row of the series that the sample went to; nil when it was refused.
    @discardableResult
    mutating func addSample(_ sample: OTLPSample, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome) -> UInt32? {
        guard let series = addSeries(sample.name, sample.extra, &batch, &outcome) else { return nil }
        addSample(sample, series, &batch, &outcome)
        return series
    }

    private func addSample(_ sample: OTLPSample, _ series: UInt32, _ batch: inout SampleWriteBatch, _ outcome: inout WireOutcome) {
        if sample.startTime != 0 && batch.startTimes.isEmpty {
            batch.startTimes = [Int64](repeating: 0, count: batch.sampleTimes.count)
        }
        batch.addSample(series: series, time: sample.time, value: sample.value)
        if sample.startTime != 0 || !batch.startTimes.isEmpty { batch.startTimes.append(sample.startTime) }
        outcome.samples += 1
    }
}

/// One sample that a data point gives.
struct OTLPSample {
    var name: String
    var extra: (name: StaticString, value: String)?
    /// Milliseconds.
    var time: Int64
    var startTime: Int64 = 0
    var value: Double
}
