import Bytes
import Telemetry

/// The entries of the log that are not in a part yet, by stream.
///
/// A stream's entries lie in chunks: all but the last are full and never change, so that a reader's copy costs a writer at most one chunk.
struct Head: Sendable {
    struct Stream: Sendable {
        var chunks: [EntryColumns]
        var minTime: Int64
        var maxTime: Int64
        var bytes: Int
    }

    /// Bytes at which a chunk is full.
    static let chunkBytes = 128 << 10

    private(set) var streams: [UInt32: Stream] = [:]
    private(set) var bytes = 0
    private(set) var entries = 0
    /// When the first entry came, by the clock.
    private(set) var openedAt: Timestamp?

    var isEmpty: Bool { streams.isEmpty }

    /// Numbers of the head's streams, rising.
    var numbers: [UInt32] { streams.keys.sorted() }

    /// Appends a run of entries of one stream; returns true when the stream is new here.
    mutating func append(_ run: Range<Int>, of batch: LogWriteBatch, stream number: UInt32, now: Timestamp) -> Bool {
        if openedAt == nil { openedAt = now }
        var low = batch.entryTimes[run.lowerBound]
        var high = low
        for time in batch.entryTimes[run] {
            low = min(low, time)
            high = max(high, time)
        }
        let bytes = batch.lineEnds[run.upperBound - 1] - batch.lineRange(run.lowerBound).lowerBound + run.count * 16
        self.bytes += bytes
        entries += run.count
        let isNew = streams[number] == nil
        if isNew { streams[number] = Stream(chunks: [EntryColumns()], minTime: low, maxTime: high, bytes: 0) }
        streams[number]!.append(run, of: batch, from: low, to: high, bytes: bytes)
        return isNew
    }
}

extension Head.Stream {
    fileprivate mutating func append(_ run: Range<Int>, of batch: LogWriteBatch, from low: Int64, to high: Int64, bytes: Int) {
        minTime = min(minTime, low)
        maxTime = max(maxTime, high)
        self.bytes += bytes
        if chunks[chunks.count - 1].byteCount >= Head.chunkBytes { chunks.append(EntryColumns()) }
        chunks[chunks.count - 1].append(run, of: batch)
    }

    /// All entries, sorted, without repeats.
    func resolved() -> EntryColumns {
        if chunks.count == 1 { return chunks[0].resolved() }
        var all = EntryColumns(lineBytes: chunks.reduce(0) { $0 + $1.lineArena.count }, entries: chunks.reduce(0) { $0 + $1.count })
        for chunk in chunks { all.append(chunk) }
        return all.resolved()
    }
}
