import Bytes
import Environment
import Synchronization
import Telemetry

extension LogStore {
    /// Drops parts of which nothing is kept any more, by time and by size. The maintenance lock is held.
    func applyRetention(now: Timestamp) throws(StoreError) {
        let parts = state.withLock { $0.parts.map(\.part) }
        var expired: [Part] = []
        let retentions = [configuration.retention] + configuration.retentionRules.map(\.retention)
        if !retentions.contains(.zero), let longest = retentions.max() {
            let oldest = (now - longest).nanoseconds
            expired = parts.filter { $0.summary.maxTime < oldest }
        }
        if configuration.retentionBytes > 0 {
            var size = parts.reduce(0) { $0 + $1.size } - expired.reduce(0) { $0 + $1.size }
            let dropped = Set(expired.map(\.sequence))
            let oldestFirst = parts.filter { !dropped.contains($0.sequence) }
                .sorted { ($0.summary.maxTime, $0.sequence) < ($1.summary.maxTime, $1.sequence) }
            for part in oldestFirst where size > configuration.retentionBytes {
                expired.append(part)
                size -= part.size
            }
        }
        if expired.isEmpty { return }
        try settleSegments()
        replace(expired, by: [], unreadable: [:])
    }

    /// A part of which a quarter or more is kept no longer by a rule, so that rewriting it pays. The maintenance lock is held.
    func partWithExpiredStreams(now: Timestamp) -> Part? {
        if configuration.retentionRules.isEmpty { return nil }
        return state.withLock { $0.parts.map(\.part) }.first { part in
            var expired = 0
            for (number, labels) in part.streams.enumerated() {
                let oldest = oldestKept(of: labels, now: now)
                for block in part.blocks[part.streamBlocks[number]..<part.streamBlocks[number + 1]] where block.maxTime < oldest {
                    expired += block.lineBytes
                }
            }
            return expired * 4 >= part.summary.lineBytes && expired > 0
        }
    }
}
