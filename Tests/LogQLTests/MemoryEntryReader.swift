import Bytes
import Synchronization
import Telemetry

/// A log store in memory: a chunk per stream, filters applied line by line.
final class MemoryEntryReader: EntryReader {
    struct Entry: Sendable {
        var time: Int64
        var line: [UInt8]
        var metadata: Labels
    }

    let streams: [(labels: Labels, entries: [Entry])]
    let workerCount = 2

    init(_ streams: [(labels: Labels, entries: [Entry])]) {
        self.streams = streams.map { ($0.labels, $0.entries.sorted { $0.time < $1.time }) }
    }

    private func holds(_ test: LineFilter.Test, _ line: [UInt8]) -> Bool {
        switch test {
        case .contains(let text): text.isEmpty || ByteSearch.contains(text, in: line)
        case .matches(let expression): expression.matches(line)
        case .anyOf(let tests): tests.contains { holds($0, line) }
        }
    }

    func scan(
        _ scan: LogScan, budget: QueryBudget, consume: @Sendable (Int, LogChunk) throws(StoreError) -> ScanDecision
    ) throws(StoreError) -> ScanSummary {
        var summary = ScanSummary()
        var isBackward = false
        if case .ordered(.backward) = scan.order { isBackward = true }
        for (number, stream) in streams.enumerated() where scan.matchers.allSatisfy({ $0.matches(stream.labels) }) {
            var chunk = LogChunk(labels: stream.labels)
            for entry in isBackward ? stream.entries.reversed() : stream.entries where entry.time >= scan.start && entry.time < scan.end {
                guard scan.filters.allSatisfy({ holds($0.test, entry.line) != $0.isNegated }) else { continue }
                chunk.count += 1
                chunk.times.append(entry.time)
                if scan.projection.contains(.lengths) { chunk.lengths.append(entry.line.count) }
                if scan.projection.contains(.lines) {
                    chunk.lineArena += entry.line
                    chunk.lineEnds.append(chunk.lineArena.count)
                }
                if scan.projection.contains(.metadata) {
                    chunk.metadataArena += entry.metadata.encoded
                    chunk.metadataEnds.append(chunk.metadataArena.count)
                }
            }
            summary.entriesScanned += chunk.count
            chunk.bound = isBackward ? scan.end : scan.start
            if try consume(number % workerCount, chunk) == .stop { break }
        }
        return summary
    }

    func streams(_ selections: [[LabelMatcher]], start: Int64, end: Int64, limit: Int, budget: QueryBudget) -> (labels: [Labels], isCut: Bool) {
        (streams.map(\.labels).sorted(), false)
    }

    func labelNames(_ selections: [[LabelMatcher]], start: Int64, end: Int64, budget: QueryBudget) -> [String] { [] }

    func labelValues(_ name: String, _ selections: [[LabelMatcher]], start: Int64, end: Int64, budget: QueryBudget) -> [String] { [] }

    func volumes(_ matchers: [LabelMatcher], start: Int64, end: Int64, budget: QueryBudget) -> [StreamVolume] { [] }

    func freshness(_ matchers: [LabelMatcher]) -> FreshnessSignal { FreshnessSignal() }
}
