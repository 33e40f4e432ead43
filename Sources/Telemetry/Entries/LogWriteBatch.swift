/// What a writer hands to the log store: one arena of label sets, one of lines, and columns of entries.
///
/// - Invariant: the entry columns have equal counts; `lineEnds` rises; the metadata column is empty or as long as the entries.
/// - Units: times in nanoseconds since the epoch.
package struct LogWriteBatch: Sendable {
    /// Canonical encodings of the batch's streams, one after the other.
    package var labelArena: [UInt8] = []
    package var streams: [SampleWriteBatch.Series] = []
    package var entryStreams: [UInt32] = []
    package var entryTimes: [Int64] = []
    /// All lines, one after the other, without separators; any bytes.
    package var lineArena: [UInt8] = []
    /// End of each entry's line in `lineArena`.
    package var lineEnds: [Int] = []
    /// Canonical label encodings of structured metadata.
    package var metadataArena: [UInt8] = []
    /// End of each entry's metadata in `metadataArena`; empty when no entry has any.
    package var metadataEnds: [Int] = []

    package init() {}

    package var isEmpty: Bool { entryTimes.isEmpty }
    package var count: Int { entryTimes.count }

    package func labels(_ stream: Int) -> Labels {
        Labels(canonical: Array(labelArena[streams[stream].labels]), hash: streams[stream].hash)
    }

    package func lineRange(_ entry: Int) -> Range<Int> { (entry == 0 ? 0 : lineEnds[entry - 1])..<lineEnds[entry] }

    package func metadataRange(_ entry: Int) -> Range<Int> {
        metadataEnds.isEmpty ? 0..<0 : (entry == 0 ? 0 : metadataEnds[entry - 1])..<metadataEnds[entry]
    }

    package mutating func addStream(_ labels: Labels) -> UInt32 {
        let start = labelArena.count
        labelArena.append(contentsOf: labels.encoded)
        streams.append(SampleWriteBatch.Series(labels: start..<labelArena.count, hash: labels.hash))
        return UInt32(streams.count - 1)
    }

    package mutating func addEntry(stream: UInt32, time: Int64, line: some Collection<UInt8>, metadata: Labels = .empty) {
        entryStreams.append(stream)
        entryTimes.append(time)
        lineArena.append(contentsOf: line)
        lineEnds.append(lineArena.count)
        if !metadata.isEmpty && metadataEnds.isEmpty {
            metadataEnds = [Int](repeating: 0, count: entryTimes.count - 1)
        }
        if !metadata.isEmpty || !metadataEnds.isEmpty {
            metadataArena.append(contentsOf: metadata.encoded)
            metadataEnds.append(metadataArena.count)
        }
    }

    package mutating func removeAll() {
        labelArena.removeAll(keepingCapacity: true)
        streams.removeAll(keepingCapacity: true)
        entryStreams.removeAll(keepingCapacity: true)
        entryTimes.removeAll(keepingCapacity: true)
        lineArena.removeAll(keepingCapacity: true)
        lineEnds.removeAll(keepingCapacity: true)
        metadataArena.removeAll(keepingCapacity: true)
        metadataEnds.removeAll(keepingCapacity: true)
    }
}
