package import Environment
package import Telemetry
import Wire

/// Sends log lines to a server by Loki's push protocol.
///
/// `append` encodes and queues; `run` sends, in order. A full queue refuses the batch as a whole by throwing `readOnly`: lines rest in files
/// that their tailer reads again, so that an outage of any length loses none that the node still has. Only a batch that is larger than the
/// whole queue is refused in the ticket.
/// - Durability: as of `RemoteSampleAppender`.
package struct RemoteEntryAppender: EntryAppender {
    private let shipper: Shipper
    private let url: String

    /// - Parameter url: of the endpoint, as in `http://10.0.0.1:9090/loki/api/v1/push`.
    package init(url: String, fetcher: any Fetcher, clock: any WallClock, options: ShippingOptions = ShippingOptions()) {
        self.url = url
        // Loki's protobuf is always snappy; its clients say so by the type alone.
        shipper = Shipper(
            url: url, headers: [(name: "content-type", value: "application/x-protobuf")], fetcher: fetcher, clock: clock, options: options)
    }

    package var counts: ShippingCounts { shipper.counts }

    package func append(_ batch: LogWriteBatch) throws(StoreError) -> AppendTicket {
        if batch.isEmpty { return AppendTicket(position: shipper.newest, accepted: 0) }
        switch try shipper.offer(LokiPushEncoder.encodeCompressed(batch), count: batch.count) {
        case .taken(let position): return AppendTicket(position: position, accepted: batch.count)
        case .full:
            throw StoreError(.readOnly, "cannot queue \(batch.count) lines for \(url): \(shipper.counts.queuedBytes) bytes wait already")
        case .tooLarge:
            shipper.countOverflow(batch.count)
            return AppendTicket(
                position: shipper.newest, accepted: 0,
                refused: [AppendRefusal(reason: .tooLarge, count: batch.count, example: "\(batch.labels(Int(batch.entryStreams[0])))")])
        }
    }

    package func waitUntilDurable(_ position: UInt64) async throws(StoreError) { try await shipper.waitUntilDurable(position) }

    /// Sends until the task is cancelled. To be called once.
    package func run() async { await shipper.run() }
}
