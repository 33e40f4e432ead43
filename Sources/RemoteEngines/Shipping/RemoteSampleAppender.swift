package import Environment
package import Telemetry
package import Wire

/// Sends samples to a server by remote write.
///
/// `append` encodes and queues; `run` sends, in order. What the full queue keeps out is refused in the ticket: samples are made anew at the
/// next measurement, so nobody would keep them for later.
/// - Durability: `waitUntilDurable` returns when the server has answered for everything up to the position. It acknowledges what is in its
///   write-ahead log, and that is what its answer states; what it refused for good is counted in `counts` and not waited for.
package struct RemoteSampleAppender: SampleAppender {
    private let shipper: Shipper
    private let version: RemoteWriteDecoder.Version

    /// - Parameter url: of the endpoint, as in `http://10.0.0.1:9090/api/v1/write`.
    package init(
        url: String, version: RemoteWriteDecoder.Version = .v2, fetcher: any Fetcher, clock: any WallClock,
        options: ShippingOptions = ShippingOptions()
    ) {
        self.version = version
        shipper = Shipper(
            url: url,
            headers: [
                (name: "content-type", value: version.contentType), (name: "content-encoding", value: "snappy"),
                (name: "x-prometheus-remote-write-version", value: version.headerValue),
            ], fetcher: fetcher, clock: clock, options: options)
    }

    package var counts: ShippingCounts { shipper.counts }

    package func append(_ batch: SampleWriteBatch) throws(StoreError) -> AppendTicket {
        if batch.isEmpty { return AppendTicket(position: shipper.newest, accepted: 0) }
        let count = batch.sampleTimes.count + batch.histograms.count
        switch try shipper.offer(RemoteWriteEncoder.encodeCompressed(batch, version: version), count: count) {
        case .taken(let position): return AppendTicket(position: position, accepted: count)
        case .full, .tooLarge:
            shipper.countOverflow(count)
            let example = batch.series.isEmpty ? "" : "\(batch.labels(0))"
            return AppendTicket(
                position: shipper.newest, accepted: 0, refused: [AppendRefusal(reason: .tooLarge, count: count, example: example)])
        }
    }

    package func waitUntilDurable(_ position: UInt64) async throws(StoreError) { try await shipper.waitUntilDurable(position) }

    /// Sends until the task is cancelled. To be called once.
    package func run() async { await shipper.run() }
}
