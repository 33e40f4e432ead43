import Bytes
import Environment
import Synchronization
import Telemetry

extension LogStore {
    static let dayNanoseconds: Int64 = 86_400_000_000_000

    static func day(_ time: Int64) -> Int64 {
        let quotient = time / dayNanoseconds
        return time % dayNanoseconds < 0 ? quotient - 1 : quotient
    }

    /// Writes the head to parts, one a day; returns once they are published and the log behind them is gone.
    ///
    /// - Throws: when nothing could be written; the entries are then where they were, in the log and in memory.
    func flushHead(olderThan age: Duration?, fullOnly: Bool) throws(StoreError) {
        let now = clock.now()
        try flushing.withLock { (_) throws(StoreError) in
            try flushHeadLocked(now: now) { head in
                if head.isEmpty { return false }
                if fullOnly { return head.bytes >= configuration.headBytes }
                if let age { return head.openedAt.map { now - $0 >= age } ?? false }
                return true
            }
        }
    }

    /// The same while the flushing lock is held; `isDue` says whether the head is to be frozen.
    func flushHeadLocked(now: Timestamp, isDue: (Head) -> Bool) throws(StoreError) {
        let frozen = writer.withLock { writer -> (head: Head, logThrough: UInt64)? in
            state.withLock { state in
                if state.frozen == nil, isDue(state.head) { state.freeze(logThrough: writer.rotate()) }
                return state.frozen
            }
        }
        guard let frozen else { return }
        do {
            let parts = try write(frozen.head, logThrough: frozen.logThrough)
            state.withLock { state in
                for part in parts { state.add(part) }
                state.thaw()
            }
            durability.advance(to: LogSegments.position(segment: frozen.logThrough + 1, offset: 0))
            try removeSegments(through: frozen.logThrough)
        } catch { throw error.asStoreError }
    }

    /// Writes the frozen head, if there is one, and the head. The flushing lock is held.
    func flushAllLocked(now: Timestamp) throws(StoreError) {
        try flushHeadLocked(now: now) { _ in false }
        try flushHeadLocked(now: now) { !$0.isEmpty }
    }

    /// Removes segments whose entries are in parts; a damaged one is set aside instead.
    func removeSegments(through last: UInt64) throws(FileError) {
        let damaged = state.withLock { $0.damage }
        for name in try fileSystem.list(segments.directory) {
            guard let number = segments.number(name), number <= last else { continue }
            let path = segments.path(number)
            if damaged.contains(where: { $0.hasPrefix(path) }) {
                try fileSystem.rename(path, to: "\(quarantineDirectory)/\(name)")
            } else {
                try fileSystem.removeFile(path)
            }
        }
    }

    /// Makes sure that no segment of the log is left whose entries are in parts. Before a part goes that nothing replaces: it alone says that
    /// they are not to be read from the log again, and an earlier removal may have failed, or not have reached the disk.
    ///
    /// The maintenance lock is held.
    func settleSegments() throws(StoreError) {
        let last = state.withLock { $0.parts.map(\.part.summary.logThrough).max() ?? 0 }
        try flushing.withLock { (_) throws(StoreError) in
            do throws(FileError) {
                try removeSegments(through: last)
                try fileSystem.syncDirectory(segments.directory)
            } catch { throw error.asStoreError }
        }
    }

    private func write(_ head: Head, logThrough: UInt64) throws -> [Part] {
        let streams = state.withLock { state in head.numbers.map { (number: $0, labels: state.index.labels[Int($0)]) } }
            .sorted { $0.labels.precedesInPart($1.labels) }
        let order = Self.days(head)
        var parts: [Part] = []
        for day in order {
            // Only the last part says that the log may go: a crash between two replays all of it, and repeats are dropped on read.
            let through = day == order.last ? logThrough : 0
            let (sequence, deletes) = state.withLock { ($0.takeSequence(), $0.lastDelete) }
            let summary = PartSummary(
                sequence: sequence, day: day, isResting: false, logThrough: through, deletesThrough: deletes, createdAt: clock.now())
            let writer = try PartWriter(summary, directory: partsDirectory, fileSystem: fileSystem)
            do {
                try forEachGroup(streams, bytes: { head.streams[$0.number]!.bytes }) { group in
                    let encoded = try map(group) { stream in
                        let entries = head.streams[stream.number]!.resolved()
                        return Self.encode(order.count == 1 ? entries : entries.within(day: day))
                    }
                    for (stream, blocks) in zip(group, encoded) { try writer.append(stream.labels, blocks) }
                }
                let path = try writer.publish()
                parts.append(try Part(path: path, fileSystem: fileSystem, caches: caches))
            } catch {
                writer.discard()
                throw error
            }
        }
        return parts
    }

    /// The days of a head's entries, rising.
    private static func days(_ head: Head) -> [Int64] {
        var days: Set<Int64> = []
        for stream in head.streams.values {
            let (first, last) = (day(stream.minTime), day(stream.maxTime))
            days.formUnion([first, last])
            if last - first < 2 { continue }
            var known = Int64.min
            for chunk in stream.chunks {
                for time in chunk.times where day(time) != known {
                    known = day(time)
                    days.insert(known)
                }
            }
        }
        return days.sorted()
    }

    /// Fresh blocks: large ones in their resting form at once, so that no merge has to encode them again.
    static func encode(_ entries: EntryColumns) -> [EncodedBlock] {
        if entries.isEmpty { return [] }
        let effort = entries.lineArena.count >= BlockEncoder.settledLineBytes ? BlockEncoder.Effort.resting : .hot
        return BlockEncoder.encode(entries, effort: effort, cuts: BlockEncoder.cuts(entries))
    }

    /// Hands out streams in groups of bounded size, so that memory stays small however many there are.
    func forEachGroup<Stream>(_ streams: [Stream], bytes: (Stream) -> Int, _ body: (ArraySlice<Stream>) throws -> Void) throws {
        let limit = 8 << 20
        var start = 0
        while start < streams.count {
            var end = start
            var size = 0
            while end < streams.count, end == start || size + bytes(streams[end]) <= limit {
                size += bytes(streams[end])
                end += 1
            }
            try body(streams[start..<end])
            start = end
        }
    }

    /// Encodes a group on all workers; the results keep its order.
    func map<Stream: Sendable, Result: Sendable>(
        _ group: ArraySlice<Stream>, _ body: @escaping @Sendable (Stream) throws -> Result
    ) throws -> [Result] {
        let results = Mutex([Result?](repeating: nil, count: group.count))
        try workPool.forEach(group.count) { _, index in
            let result = try body(group[group.startIndex + index])
            results.withLock { $0[index] = result }
        }
        return results.withLock { $0.compactMap(\.self) }
    }
}

extension EntryColumns {
    /// The entries of one day, of sorted ones.
    func within(day: Int64) -> EntryColumns {
        guard let first = times.first, let last = times.last else { return self }
        if LogStore.day(first) == day, LogStore.day(last) == day { return self }
        return selecting((0..<count).filter { LogStore.day(times[$0]) == day })
    }

    /// A run of the entries.
    func slice(_ range: Range<Int>) -> EntryColumns {
        if range == 0..<count { return self }
        var run = EntryColumns()
        run.append(range, of: self)
        return run
    }
}

extension BlockEncoder {
    static func encode(_ entries: EntryColumns, effort: Effort, cuts: [Range<Int>]) -> [EncodedBlock] {
        cuts.map { encode(entries.slice($0), effort: effort) }
    }
}
