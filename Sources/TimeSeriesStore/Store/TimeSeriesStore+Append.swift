import Bytes
import Synchronization
import Environment
package import Telemetry

extension TimeSeriesStore: SampleAppender {
    package func append(_ batch: SampleWriteBatch) throws(StoreError) -> AppendTicket {
        try checkWritable()
        try makeRoom()
        let now = nowMilliseconds
        let admission = admission(now)
        let (position, outcome) = try appending.withLock { (_) throws(StoreError) in
            let (active, predecessor) = catalog.withLock { ($0.active, $0.predecessor) }
            let epoch = log.epoch
            let subscribed = subscriptions.list
            var record = RecordWriter()
            let outcome = active.withState { state in
                state.append(
                    batch, admission: admission, predecessor: predecessor, subscriptions: subscribed, epoch: epoch, record: &record)
            }
            let position = record.isEmpty ? log.written : try log.enqueue(record, epoch: epoch)
            return (position, Accepted(outcome: outcome, generation: active))
        }
        do {
            try log.commit(position)
            if configuration.syncInterval == .zero { try log.sync() }
        } catch {
            if error.code == .readOnly { catalog.withLock { if $0.readOnly == nil { $0.readOnly = error } } }
            throw error
        }
        keepAside(batch, outcome)
        raise(outcome)
        var ticket = AppendTicket(position: position, accepted: outcome.outcome.accepted, refused: outcome.outcome.refusals.refusals)
        ticket.acceptedHistograms = outcome.outcome.acceptedHistograms
        ticket.acceptedExemplars = outcome.outcome.acceptedExemplars.count
        return ticket
    }

    package func waitUntilDurable(_ position: UInt64) async throws(StoreError) { try await log.waitUntilDurable(position) }

    package var knownSeries: KnownSeries? { catalog.withLock { $0.active }.knownSeries }

    private struct Accepted: Sendable {
        var outcome: HeadState.Outcome
        var generation: HeadGeneration
    }

    /// Freezes a full head. While as many as may be wait to become blocks, this append waits for them or makes the block itself, and so does
    /// each that comes meanwhile: whatever the speed of samples, no more heads are in memory than the limit, the active one, and a batch.
    private func makeRoom() throws(StoreError) {
        while isFull(catalog.withLock { $0.active }) {
            let isFrozen = try appending.withLock { (_) throws(StoreError) in
                // Another appender may have been here while this one waited.
                let (active, waiting) = catalog.withLock { ($0.active, $0.frozen.count) }
                if isFull(active) {
                    if waiting >= Self.frozenLimit { return false }
                    try freezeWhileAppending()
                }
                return true
            }
            if isFrozen { return }
            try maintenance.withLock { (_) throws(StoreError) in
                if catalog.withLock({ $0.frozen.count }) >= Self.frozenLimit { try flushFrozen(nowMilliseconds) }
            }
        }
    }

    private func checkWritable() throws(StoreError) {
        if let readOnly = catalog.withLock({ $0.readOnly }) { throw readOnly }
    }

    func admission(_ now: Int64) -> Admission {
        // The latest time is the end of what nanoseconds since the epoch can say: the year 2262.
        let last = Int64.max / 1_000_000
        let latest = configuration.longestRetention == .zero ? last : min(last, now + configuration.futureLimit.wholeMilliseconds)
        return Admission(
            times: retentionStart(now)...latest, seriesLimit: configuration.seriesLimit,
            seriesPerMetricLimit: configuration.seriesPerMetricLimit, labelSetByteLimit: configuration.labelSetByteLimit)
    }

    private func keepAside(_ batch: SampleWriteBatch, _ accepted: Accepted) {
        if !accepted.outcome.acceptedExemplars.isEmpty {
            exemplarRing.withLock { ring in
                for position in accepted.outcome.acceptedExemplars {
                    let exemplar = batch.exemplars[position]
                    ring.add(
                        StoredExemplar(
                            series: batch.labels(Int(exemplar.series)), labels: exemplar.labels, time: exemplar.time, value: exemplar.value))
                }
            }
        }
        if !batch.metadata.isEmpty {
            metadataTable.withLock { table in
                for entry in batch.metadata { table.add(entry) }
            }
        }
    }

    private func raise(_ accepted: Accepted) {
        if accepted.outcome.watched.isEmpty { return }
        var newest: [Int: Int64] = [:]
        for (series, time) in accepted.outcome.watched { newest[series] = max(time, newest[series] ?? .min) }
        let touched = accepted.generation.withState { state in newest.map { (labels: state.labels($0.key), newest: $0.value) } }
        subscriptions.raise(touched)
    }
}
