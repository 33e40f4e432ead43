import Bytes
import Telemetry

/// Entries of one stream in columns, as the head holds them and as blocks decode to.
///
/// - Invariant: the columns have equal counts; `metadataEnds` is empty when no entry has metadata.
struct EntryColumns: Sendable {
    /// Nanoseconds.
    var times: [Int64] = []
    var lineArena: [UInt8] = []
    var lineEnds: [Int] = []
    var metadataArena: [UInt8] = []
    var metadataEnds: [Int] = []

    init() {}

    /// Empty, with room for so many bytes of lines and entries.
    init(lineBytes: Int, entries: Int) {
        times.reserveCapacity(entries)
        lineArena.reserveCapacity(lineBytes)
        lineEnds.reserveCapacity(entries)
    }

    var count: Int { times.count }
    var isEmpty: Bool { times.isEmpty }

    /// Memory the columns fill.
    var byteCount: Int { lineArena.count &+ metadataArena.count &+ times.count &* 16 &+ metadataEnds.count &* 8 }

    func lineRange(_ entry: Int) -> Range<Int> { (entry == 0 ? 0 : lineEnds[entry &- 1])..<lineEnds[entry] }

    func metadataRange(_ entry: Int) -> Range<Int> {
        metadataEnds.isEmpty ? 0..<0 : (entry == 0 ? 0 : metadataEnds[entry &- 1])..<metadataEnds[entry]
    }

    mutating func append(time: Int64, arena: [UInt8], line: Range<Int>, metadata: Range<Int>, of metadataBytes: [UInt8]) {
        times.append(time)
        lineArena.append(span: arena.span.extracting(line))
        lineEnds.append(lineArena.count)
        appendMetadata(metadataBytes, metadata, entries: times.count)
    }

    mutating func append(_ entry: Int, of other: EntryColumns) {
        append(
            time: other.times[entry], arena: other.lineArena, line: other.lineRange(entry), metadata: other.metadataRange(entry),
            of: other.metadataArena)
    }

    /// Appends a run of entries of a batch, all of one stream.
    mutating func append(_ entries: Range<Int>, of batch: LogWriteBatch) {
        let lines = batch.lineRange(entries.lowerBound).lowerBound..<batch.lineEnds[entries.upperBound - 1]
        let shift = lineArena.count &- lines.lowerBound
        lineArena.append(span: batch.lineArena.span.extracting(lines))
        var entry = entries.lowerBound
        while entry < entries.upperBound {
            times.append(batch.entryTimes[entry])
            lineEnds.append(batch.lineEnds[entry] &+ shift)
            if !batch.metadataEnds.isEmpty || !metadataEnds.isEmpty {
                appendMetadata(batch.metadataArena, batch.metadataRange(entry), entries: times.count)
            }
            entry &+= 1
        }
    }

    mutating func append(_ other: EntryColumns) {
        // Taken as they are, unless room was made for more.
        if isEmpty && lineArena.capacity == 0 {
            self = other
            return
        }
        let base = lineArena.count
        lineArena.append(contentsOf: other.lineArena)
        times.append(contentsOf: other.times)
        for end in other.lineEnds { lineEnds.append(base &+ end) }
        if other.metadataEnds.isEmpty && metadataEnds.isEmpty { return }
        while metadataEnds.count < times.count - other.count { metadataEnds.append(metadataArena.count) }
        for entry in 0..<other.count {
            metadataArena.append(span: other.metadataArena.span.extracting(other.metadataRange(entry)))
            metadataEnds.append(metadataArena.count)
        }
    }

    /// Appends a run of entries of other columns.
    mutating func append(_ run: Range<Int>, of other: EntryColumns) {
        if run.isEmpty { return }
        let lines = other.lineRange(run.lowerBound).lowerBound..<other.lineEnds[run.upperBound - 1]
        let shift = lineArena.count - lines.lowerBound
        lineArena.append(span: other.lineArena.span.extracting(lines))
        times.append(contentsOf: other.times[run])
        for entry in run {
            lineEnds.append(other.lineEnds[entry] &+ shift)
            if !other.metadataEnds.isEmpty || !metadataEnds.isEmpty {
                appendMetadata(other.metadataArena, other.metadataRange(entry), entries: lineEnds.count)
            }
        }
    }

    private mutating func appendMetadata(_ bytes: [UInt8], _ range: Range<Int>, entries: Int) {
        if range.isEmpty && metadataEnds.isEmpty { return }
        while metadataEnds.count < entries - 1 { metadataEnds.append(metadataArena.count) }
        metadataArena.append(span: bytes.span.extracting(range))
        metadataEnds.append(metadataArena.count)
    }

    /// The entries of some rows, in the order given.
    func selecting(_ rows: some Collection<Int>) -> EntryColumns {
        var selected = EntryColumns()
        for row in rows { selected.append(row, of: self) }
        return selected
    }
}

// MARK: - Order and repeats

extension EntryColumns {
    /// The same entries by rising time, those of one time in the order they came, and of entries equal in time and line only the first.
    func resolved() -> EntryColumns {
        var isSorted = true
        var index = 1
        while index < count {
            if times[index] < times[index &- 1] {
                isSorted = false
                break
            }
            index &+= 1
        }
        if isSorted && !hasRepeats { return self }
        var order = Array(0..<count)
        if !isSorted { order.sort { (times[$0], $0) < (times[$1], $1) } }
        var kept: [Int] = []
        kept.reserveCapacity(count)
        var seen: [UInt64: [Int]] = [:]
        for row in order {
            if let last = kept.last, times[last] != times[row] { seen.removeAll(keepingCapacity: true) }
            let hash = Hash64.hash(lineArena, range: lineRange(row))
            if seen[hash]?.contains(where: { isLineEqual($0, row) }) ?? false { continue }
            seen[hash, default: []].append(row)
            kept.append(row)
        }
        return selecting(kept)
    }

    /// Whether sorted entries hold two equal in time and line.
    private var hasRepeats: Bool {
        var start = 0
        while start < count {
            var end = start &+ 1
            while end < count, times[end] == times[start] { end &+= 1 }
            if end &- start > 16 {
                var hashes: Set<UInt64> = []
                for row in start..<end where !hashes.insert(Hash64.hash(lineArena, range: lineRange(row))).inserted { return true }
            } else {
                var row = start &+ 1
                while row < end {
                    var earlier = start
                    while earlier < row {
                        if isLineEqual(earlier, row) { return true }
                        earlier &+= 1
                    }
                    row &+= 1
                }
            }
            start = end
        }
        return false
    }

    private func isLineEqual(_ left: Int, _ right: Int) -> Bool {
        let (left, right) = (lineRange(left), lineRange(right))
        guard left.count == right.count else { return false }
        return lineArena[left] == lineArena[right]
    }
}
