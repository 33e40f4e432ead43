import Bytes
package import Telemetry

/// Builds or reads a remote-read response: per query its series with their samples.
///
/// - Source: Prometheus `prompb/remote.proto` `ReadResponse`.
package struct RemoteReadResponse: Sendable {
    private var results: [[UInt8]] = []

    package init() {}

    /// Begins the answer to the next query of the request.
    package mutating func beginQuery() {
        results.append([])
    }

    /// Appends one decoded batch of a selection's answer to the query begun last.
    ///
    /// - Invariant: `labels` is the column of the series set that the batch was read from; series without a sample are left out.
    /// - Throws: `StoreError.cancelled` when the query is over; the response is then of no use.
    package mutating func append(_ batch: SampleBatch, labels: LabelColumn, budget: QueryBudget = .unlimited) throws(StoreError) {
        var watch = BudgetWatch(budget)
        precondition(!results.isEmpty, "a query is begun before its series come")
        var writer = ProtobufWriter()
        writer.bytes = results.removeLast()
        for series in batch.series where !series.values.isEmpty {
            try watch.advance(50 + series.values.count * 5)
            writer.message(1) { writer in
                let pairs = labels.labels(series.labels)
                for (name, value) in pairs.pairs {
                    writer.message(1) {
                        $0.string(1, name)
                        $0.string(2, value)
                    }
                }
                let times = batch.timestampColumns[series.timestamps]
                let histograms = batch.histograms[series.histograms]
                var nextHistogram = histograms.startIndex
                for index in 0..<series.values.count {
                    let time = times[series.firstTimestamp + index]
                    // A histogram takes the place of its slot's value.
                    if nextHistogram < histograms.endIndex, histograms[nextHistogram].index == index {
                        writer.message(4) { histograms[nextHistogram].histogram.encode(time: time, startTime: 0, to: &$0) }
                        nextHistogram += 1
                    } else {
                        writer.message(2) {
                            $0.double(1, batch.values[series.values.lowerBound + index])
                            $0.int64(2, time)
                        }
                    }
                }
            }
        }
        results.append(writer.bytes)
    }

    /// Bytes that the queries' answers take so far.
    package var count: Int { results.reduce(0) { $0 + $1.count } }

    /// The body as it is sent; a long one is compressed piece by piece, so that it can be given up.
    package func compressed(_ budget: QueryBudget) throws(StoreError) -> [UInt8] {
        try Snappy.compress(bytes) { () throws(StoreError) in try budget.check() }
    }

    /// The plain body.
    package var bytes: [UInt8] {
        var writer = ProtobufWriter()
        for result in results { writer.bytes(1, result) }
        return writer.bytes
    }

    /// Reads a Snappy-compressed response: one batch per query.
    package static func decode(
        snappy body: [UInt8], limits: WireLimits = WireLimits()
    ) throws(WireError) -> [SampleWriteBatch] {
        var plain: [UInt8] = []
        try WireCompression.decompressSnappy(body.span, limits: limits, into: &plain)
        var batches: [SampleWriteBatch] = []
        var decoder = RemoteWriteDecoder(limits: limits)
        do throws(CorruptBytes) {
            var reader = ProtobufReader(plain)
            while let field = try reader.nextField() {
                guard field.number == 1 else {
                    try reader.skip(field)
                    continue
                }
                var batch = SampleWriteBatch()
                try decoder.decodeQueryResult(Array(try reader.readBytes(field)), &batch)
                batches.append(batch)
            }
        } catch {
            throw WireError(error, in: "remote-read response")
        }
        return batches
    }
}

extension RemoteWriteDecoder {
    /// A `QueryResult` has its series under field 1, as a version-1 write request has.
    fileprivate mutating func decodeQueryResult(_ body: [UInt8], _ batch: inout SampleWriteBatch) throws(CorruptBytes) {
        var outcome = WireOutcome()
        try decodeVersion1(body, 0..<body.count, nil, &batch, &outcome)
        if let reason = outcome.reasons.first { throw CorruptBytes("query result", offset: 0, expected: "good series: \(reason)") }
    }
}
