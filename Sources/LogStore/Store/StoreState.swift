import Bytes
import Telemetry

/// What a log store knows, in one value behind one lock.
struct StoreState {
    /// A part with its streams' numbers in the index.
    struct OpenPart {
        var part: Part
        var numbers: [UInt32]
    }

    var index = StreamIndex()
    var head = Head()
    /// A head that is being written to parts, and the last segment of the log that belongs to it.
    var frozen: (head: Head, logThrough: UInt64)?
    /// By sequence.
    var parts: [OpenPart] = []
    var deletes: [DeleteRequest] = []
    var lastDelete: UInt64 = 0
    var nextSequence: UInt64 = 1
    var subscriptions = Subscriptions()
    /// Why appends are refused at present.
    var readOnlyReason: String?
    /// What is missing from answers because it could not be read; each names the file.
    var damage: [String] = []
    /// Why the last maintenance step failed, until one succeeds.
    var failure: String?
    /// What went wrong without a loss, the newest last; only the last few.
    private(set) var incidents: [String] = []

    // MARK: - Entries

    /// Puts an accepted batch into the head; returns what the subscriptions have to be told.
    mutating func apply(_ batch: LogWriteBatch, now: Timestamp) -> [Subscriptions.News] {
        var numbers = [UInt32](repeating: .max, count: batch.streams.count)
        var newest = [Int64](repeating: .min, count: subscriptions.isEmpty ? 0 : batch.streams.count)
        var entry = 0
        while entry < batch.count {
            let stream = Int(batch.entryStreams[entry])
            var end = entry + 1
            while end < batch.count, Int(batch.entryStreams[end]) == stream { end &+= 1 }
            if numbers[stream] == .max {
                let known = batch.streams[stream]
                numbers[stream] =
                    index.number(hash: known.hash, encoded: batch.labelArena.span.extracting(known.labels)) ?? addStream(batch.labels(stream))
            }
            if head.append(entry..<end, of: batch, stream: numbers[stream], now: now) { index.retain(numbers[stream]) }
            if !newest.isEmpty { for time in batch.entryTimes[entry..<end] { newest[stream] = max(newest[stream], time) } }
            entry = end
        }
        release(added)
        added.removeAll(keepingCapacity: true)
        return newest.isEmpty ? [] : subscriptions.news(numbers, newest)
    }

    /// Streams that were made for the batch in hand, held until the head holds them.
    private var added: [UInt32] = []

    private mutating func addStream(_ labels: Labels) -> UInt32 {
        let number = index.retain(labels)
        added.append(number)
        subscriptions.note(stream: number, labels)
        return number
    }

    // MARK: - Parts

    mutating func add(_ part: Part) {
        let numbers = part.streams.map { stream in
            let isNew = index.number(of: stream) == nil
            let number = index.retain(stream)
            if isNew { subscriptions.note(stream: number, stream) }
            return number
        }
        parts.append(OpenPart(part: part, numbers: numbers))
        parts.sort { $0.part.sequence < $1.part.sequence }
        nextSequence = max(nextSequence, part.sequence + 1)
    }

    mutating func remove(_ sequences: Set<UInt64>) {
        for open in parts where sequences.contains(open.part.sequence) { release(open.numbers) }
        parts.removeAll { sequences.contains($0.part.sequence) }
    }

    /// Makes the head the frozen one.
    mutating func freeze(logThrough: UInt64) {
        precondition(frozen == nil, "one head is frozen at a time")
        frozen = (head, logThrough)
        head = Head()
    }

    /// The frozen head is in parts now.
    mutating func thaw() {
        guard let frozen else { return }
        release(frozen.head.numbers)
        self.frozen = nil
    }

    private mutating func release(_ numbers: [UInt32]) {
        for number in index.release(numbers) { subscriptions.forget(stream: number) }
    }

    mutating func note(incident: String) {
        if incidents.last == incident { return }
        incidents.append(incident)
        if incidents.count > 16 { incidents.removeFirst() }
    }

    mutating func takeSequence() -> UInt64 {
        defer { nextSequence += 1 }
        return nextSequence
    }

    // MARK: - Reading

    /// Everything of the selected streams that overlaps a window, as units of a scan.
    func units(_ matchers: [LabelMatcher], start: Int64, end: Int64, retention: (Labels) -> Int64) -> [ScanUnit] {
        let selected = index.select(matchers)
        if selected.isEmpty || start >= end { return [] }
        var pieces = [[ScanUnit.Piece]](repeating: [], count: selected.count)
        var slots = [Int32](repeating: -1, count: index.capacity)
        for (slot, number) in selected.enumerated() { slots[Int(number)] = Int32(slot) }
        for open in parts where open.part.summary.minTime < end && open.part.summary.maxTime >= start {
            for (stream, number) in open.numbers.enumerated() where slots[Int(number)] >= 0 {
                for index in open.part.streamBlocks[stream]..<open.part.streamBlocks[stream + 1] {
                    let block = open.part.blocks[index]
                    guard block.minTime < end, block.maxTime >= start else { continue }
                    pieces[Int(slots[Int(number)])].append(
                        ScanUnit.Piece(source: .block(open.part, index), minTime: block.minTime, maxTime: block.maxTime))
                }
            }
        }
        for head in [frozen?.head, self.head].compactMap(\.self) {
            for (slot, number) in selected.enumerated() {
                guard let stream = head.streams[number], stream.minTime < end, stream.maxTime >= start else { continue }
                pieces[slot].append(ScanUnit.Piece(source: .chunks(stream.chunks), minTime: stream.minTime, maxTime: stream.maxTime))
            }
        }
        var units: [ScanUnit] = []
        for (slot, number) in selected.enumerated() where !pieces[slot].isEmpty {
            let labels = index.labels[Int(number)]
            let from = max(start, retention(labels))
            units += ScanUnit.units(labels, pieces[slot], start: from, end: end, deletes: deletes.filter { $0.concerns(labels) })
                .filter { $0.maxTime >= from }
        }
        return units
    }
}
