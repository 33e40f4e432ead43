import Bytes
import Synchronization
import Telemetry

extension LogStore {
    /// Takes out of a batch what cannot be kept, counted by reason with one example each; nil when nothing is left.
    func admit(_ batch: LogWriteBatch, now: Timestamp) throws(StoreError) -> (batch: LogWriteBatch?, refused: [AppendRefusal]) {
        // Streams that are known go on; of new ones as many as there is room for.
        let (readOnly, beyond) = state.withLock { state in
            let unknown = batch.streams.indices.filter { stream in
                let series = batch.streams[stream]
                return state.index.number(hash: series.hash, encoded: batch.labelArena.span.extracting(series.labels)) == nil
            }
            return (state.readOnlyReason, unknown.dropFirst(max(0, configuration.maximumStreams - state.index.count)))
        }
        if let readOnly { throw StoreError(.readOnly, readOnly) }

        var refusals = Refusals()
        let unlimited = configuration.retention == .zero && configuration.retentionRules.isEmpty
        let latest = unlimited ? Int64.max : (now + configuration.futureTolerance).nanoseconds
        var oldest = [Int64](repeating: unlimited ? 0 : .min, count: batch.streams.count)
        var isAllowed = [Bool](repeating: true, count: batch.streams.count)
        if !unlimited {
            for stream in batch.streams.indices { oldest[stream] = max(0, oldestKept(of: batch.labels(stream), now: now)) }
        }
        for stream in beyond { isAllowed[stream] = false }
        var kept: [Int] = []
        for entry in 0..<batch.count {
            let stream = Int(batch.entryStreams[entry])
            let time = batch.entryTimes[entry]
            let reason: AppendRefusal.Reason?
            if !isAllowed[stream] {
                reason = .cardinalityLimit
            } else if time < oldest[stream] {
                reason = .tooOld
            } else if time > latest {
                reason = .tooFarInFuture
            } else if batch.lineRange(entry).count > configuration.maximumLineBytes {
                reason = .tooLarge
            } else {
                reason = nil
            }
            if let reason {
                refusals.note(reason) {
                    "entry at \(Timestamp(nanoseconds: time).rfc3339(.shortest)) of stream \(batch.labels(stream))"
                }
            } else if !refusals.isEmpty {
                kept.append(entry)
            }
            if refusals.total == 1, reason != nil { kept = Array(0..<entry) }
        }
        if refusals.isEmpty { return (batch, []) }
        return (kept.isEmpty ? nil : batch.keeping(kept), refusals.all)
    }
}

/// Refusals by reason, in the order they were first met.
private struct Refusals {
    private(set) var all: [AppendRefusal] = []
    private(set) var total = 0

    var isEmpty: Bool { all.isEmpty }

    mutating func note(_ reason: AppendRefusal.Reason, example: () -> String) {
        total += 1
        if let index = all.firstIndex(where: { $0.reason == reason }) {
            all[index].count += 1
        } else {
            all.append(AppendRefusal(reason: reason, count: 1, example: example()))
        }
    }
}

extension LogWriteBatch {
    /// The same batch with only some of its entries.
    fileprivate func keeping(_ entries: [Int]) -> LogWriteBatch {
        var kept = LogWriteBatch()
        kept.labelArena = labelArena
        kept.streams = streams
        for entry in entries {
            kept.addEntry(
                stream: entryStreams[entry], time: entryTimes[entry], line: lineArena[lineRange(entry)],
                metadata: Labels(canonical: Array(metadataArena[metadataRange(entry)])))
        }
        return kept
    }
}
