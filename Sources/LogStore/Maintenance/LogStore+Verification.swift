import Bytes
import Environment
import Synchronization
package import Telemetry

/// What a full check of a store found.
package struct LogStoreVerification: Sendable {
    package var parts = 0
    package var blocks = 0
    package var entries = 0
    package var logRecords = 0
    /// Entries of the log that are in no part yet.
    package var logEntries = 0
    /// Each names a file and what is wrong with it.
    package var problems: [String] = []
    /// What a crash has left and the next start mends by itself.
    package var notes: [String] = []
}

/// How a store is doing, for `/metrics` and status pages.
package struct LogStoreStatus: Sendable {
    package var streams: Int
    package var headEntries: Int
    package var headBytes: Int
    package var parts: Int
    package var partBytes: Int64
    package var entries: Int
    package var lineBytes: Int
    package var pendingDeletes: Int
    /// Why appends are refused at present.
    package var readOnlyReason: String?
    /// What was set aside as unreadable.
    package var damage: [String]
    package var incidents: [String]
    /// Why the last maintenance step failed.
    package var failure: String?
}

extension LogStore {
    package var status: LogStoreStatus {
        return state.withLock { state in
            let heads = [state.frozen?.head, state.head].compactMap(\.self)
            return LogStoreStatus(
                streams: state.index.count, headEntries: heads.reduce(0) { $0 + $1.entries }, headBytes: heads.reduce(0) { $0 + $1.bytes },
                parts: state.parts.count, partBytes: state.parts.reduce(0) { $0 + $1.part.size },
                entries: state.parts.reduce(0) { $0 + $1.part.summary.entries },
                lineBytes: state.parts.reduce(0) { $0 + $1.part.summary.lineBytes }, pendingDeletes: state.deletes.count,
                readOnlyReason: state.readOnlyReason, damage: state.damage, incidents: state.incidents, failure: state.failure)
        }
    }

    /// Reads everything the store has on disk and checks it: every checksum, and that every line can be put together again.
    package func verify(budget: QueryBudget = .unlimited) throws(StoreError) -> LogStoreVerification {
        var found = LogStoreVerification()
        found.problems = missing()
        for open in state.withLock({ $0.parts.map(\.part) }) {
            found.parts += 1
            do {
                let part = try Part(path: open.path, fileSystem: fileSystem)
                for index in part.blocks.indices {
                    try budget.check()
                    found.blocks += 1
                    found.entries += part.blocks[index].entries
                    do throws(any Error) { try Self.verify(part, index) } catch let failure as PartFailure {
                        found.problems.append("block \(index) of \(part.streams[Int(part.blocks[index].stream)]): \(failure)")
                    }
                }
            } catch let failure as PartFailure {
                // A merge may have replaced it meanwhile.
                if fileSystem.exists(open.path) { found.problems.append(String(describing: failure)) }
            } catch { throw error.asStoreError }
        }
        do throws(FileError) {
            let durable = durability.position
            for name in try fileSystem.list(segments.directory) {
                guard let number = segments.number(name) else { continue }
                let contents = LogSegmentContents.read(try fileSystem.contents(segments.path(number)))
                found.logRecords += contents.batches.count
                found.logEntries += contents.batches.reduce(0) { $0 + $1.count }
                for range in contents.gaps {
                    let gap = LogGap(
                        path: segments.path(number), range: range,
                        position: LogSegments.position(segment: number, offset: Int64(range.lowerBound)))
                    if gap.isDamage(durable: durable) { found.problems.append(gap.description) }
                }
            }
        } catch { throw error.asStoreError }
        return found
    }

    static func verify(_ part: Part, _ index: Int) throws {
        let block = part.blocks[index]
        _ = try part.copy(index)
        _ = try part.words(index)
        let entries = try UnitReader.entries(part, index, deletes: [], budget: .unlimited)
        guard entries.count == block.entries, entries.lineArena.count == block.lineBytes else {
            throw PartFailure(
                part.path,
                CorruptBytes("block", offset: Int(block.offset), expected: "\(block.entries) entries of \(block.lineBytes) bytes"))
        }
    }

    /// Links everything into a new directory that opens as a store of its own, while this one goes on.
    ///
    /// The directory must lie on the same volume.
    package func snapshot(into directory: String) throws(StoreError) {
        let now = clock.now()
        try maintenance.withLock { (_) throws(StoreError) in
            try flushing.withLock { (_) throws(StoreError) in try flushAllLocked(now: now) }
            let (parts, requests, last) = state.withLock { ($0.parts.map(\.part), $0.deletes, $0.lastDelete) }
            do throws(FileError) {
                try fileSystem.createDirectory(directory + "/parts")
                for part in parts {
                    try fileSystem.linkFile(part.path, to: PartWriter.path(part.sequence, in: directory + "/parts"))
                }
                try fileSystem.syncDirectory(directory + "/parts")
                try DeleteJournal(directory: directory, fileSystem: fileSystem).save(requests, last: last)
                try fileSystem.syncDirectory(directory)
            } catch { throw error.asStoreError }
        }
    }
}
