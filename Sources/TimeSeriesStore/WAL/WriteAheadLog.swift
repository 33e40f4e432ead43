import Bytes
import Environment
import Synchronization
import Telemetry

/// The log in which every accepted append rests until its generation is in blocks.
///
/// Appenders encode into a shared buffer and then ask for it to be written; whoever gets the writer's lock first writes everything
/// that has gathered (group commit), the others find their bytes written. A failed write fails all that was in the buffer and begins a new
/// *definition epoch*: later records name their series again, so none refers to a record that is not there.
/// - Isolation: thread-safe. Lock order: syncing, writer, pending, durability.
final class WriteAheadLog: Sendable {
    private struct Pending {
        var buffer = ByteWriter()
        /// Position behind the buffer.
        var end: UInt64 = 0
        var epoch: UInt32 = 1
    }

    private struct Writer {
        var file: (any OpenFile)?
        var path = ""
        /// Where the next record goes in the file.
        var offset: Int64 = 0
        var written: UInt64 = 0
        /// Positions that were promised to a buffer whose write failed; the newest failures.
        var failures: [(after: UInt64, through: UInt64, error: StoreError)] = []
        /// Earlier segments that hold bytes not yet synced, with the position behind them.
        var unsynced: [(file: any OpenFile, end: UInt64)] = []
    }

    private struct Durability {
        var synced: UInt64 = 0
        var isClosed = false
        var waiters: [(position: UInt64, continuation: CheckedContinuation<StoreError?, Never>)] = []
    }

    private let fileSystem: any FileSystem
    private let pending = Mutex(Pending())
    private let writer = Mutex(Writer())
    private let durability = Mutex(Durability())
    private let syncing = Mutex(())

    init(fileSystem: any FileSystem) { self.fileSystem = fileSystem }

    /// Series named in an earlier epoch must be named again.
    var epoch: UInt32 { pending.withLock { $0.epoch } }
    var synced: UInt64 { durability.withLock { $0.synced } }
    var written: UInt64 { writer.withLock { $0.written } }

    // MARK: Appending

    /// Encodes a record behind all earlier ones and returns the position behind it.
    ///
    /// - Throws: when a write failed since the caller learnt the epoch; its record would name series that the log lost.
    func enqueue(_ record: RecordWriter, epoch: UInt32) throws(StoreError) -> UInt64 {
        try pending.withLock { (pending) throws(StoreError) in
            guard pending.epoch == epoch else { throw StoreError(.readOnly, "cannot write the metrics log: an earlier write failed") }
            let before = pending.buffer.count
            record.encode(into: &pending.buffer)
            pending.end += UInt64(pending.buffer.count - before)
            return pending.end
        }
    }

    /// Returns when everything up to the position is written, by this or another caller.
    func commit(_ position: UInt64) throws(StoreError) {
        try writer.withLock { (writer) throws(StoreError) in
            if let failure = writer.failures.first(where: { position > $0.after && position <= $0.through }) { throw failure.error }
            if writer.written >= position { return }
            try write(&writer)
        }
    }

    private func write(_ writer: inout Writer) throws(StoreError) {
        let (buffer, end) = pending.withLock { pending in
            var taken = ByteWriter()
            swap(&taken, &pending.buffer)
            return (taken, pending.end)
        }
        if buffer.count == 0 { return }
        guard let file = writer.file else { throw StoreError(.closed, "cannot write the metrics log: it is closed") }
        do {
            try file.write(buffer.bytes.span, at: writer.offset)
            writer.offset += Int64(buffer.count)
            writer.written = end
        } catch {
            // A prefix may stand in the file; the next record overwrites it, and cutting it off keeps it from being replayed.
            try? file.truncate(to: writer.offset)
            let failure = StoreError(file: error, doing: "write the metrics log")
            let through = pending.withLock { pending in
                pending.buffer.removeAll()
                pending.epoch += 1
                return pending.end
            }
            writer.failures.append((writer.written, through, failure))
            if writer.failures.count > 64 { writer.failures.removeFirst() }
            writer.written = through
            throw failure
        }
        // One large batch should not hold its memory for ever.
        pending.withLock { pending in
            if pending.buffer.count == 0 && buffer.bytes.capacity <= 4 << 20 {
                var recycled = buffer
                recycled.removeAll(keepingCapacity: true)
                pending.buffer = recycled
            }
        }
    }

    // MARK: Segments

    /// Begins a new segment; what is pending goes to the old one first.
    func rotate(to path: String, header: [UInt8]) throws(StoreError) {
        try writer.withLock { (writer) throws(StoreError) in
            if writer.file != nil { try write(&writer) }
            do throws(FileError) {
                let file = try fileSystem.open(path, .readWrite)
                try file.truncate(to: 0)
                try file.write(header.span, at: 0)
                try fileSystem.syncDirectory(String(path[..<path.lastIndex(of: "/")!]))
                if let old = writer.file { writer.unsynced.append((old, writer.written)) }
                writer.file = file
                writer.path = path
                writer.offset = Int64(header.count)
            } catch {
                throw StoreError(file: error, doing: "begin a segment of the metrics log")
            }
            pending.withLock { $0.epoch += 1 }
        }
    }

    // MARK: Durability

    /// Makes everything written so far survive a power loss and wakes who waits for it.
    func sync() throws(StoreError) {
        try syncing.withLock { (_) throws(StoreError) in
            let (files, position) = writer.withLock { writer in
                var files = writer.unsynced.map(\.file)
                if let file = writer.file { files.append(file) }
                return (files, writer.written)
            }
            if position == synced { return }
            do throws(FileError) {
                for file in files { try file.sync() }
            } catch {
                throw StoreError(file: error, doing: "sync the metrics log")
            }
            writer.withLock { writer in
                writer.unsynced.removeAll { $0.end <= position }
            }
            markDurable(through: position)
        }
    }

    /// A published block holds everything up to the position: its segments need no sync any more.
    func markDurableByBlock(through position: UInt64) {
        writer.withLock { $0.unsynced.removeAll { $0.end <= position } }
        markDurable(through: position)
    }

    private func markDurable(through position: UInt64) {
        let woken = durability.withLock { durability in
            durability.synced = max(durability.synced, position)
            let reached = durability.synced
            let woken = durability.waiters.filter { $0.position <= reached }.map(\.continuation)
            durability.waiters.removeAll { $0.position <= reached }
            return woken
        }
        for continuation in woken { continuation.resume(returning: nil) }
    }

    func waitUntilDurable(_ position: UInt64) async throws(StoreError) {
        let failure: StoreError? = await withCheckedContinuation { continuation in
            let answer: StoreError?? = durability.withLock { durability in
                if durability.synced >= position { return .some(nil) }
                if durability.isClosed { return StoreError(.closed, "cannot wait for the metrics log: the store is closed") }
                durability.waiters.append((position, continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
        if let failure { throw failure }
    }

    func close() {
        let file = writer.withLock { writer in
            let file = writer.file
            writer.file = nil
            writer.unsynced = []
            return file
        }
        try? file?.close()
        let waiters = durability.withLock { durability in
            durability.isClosed = true
            let waiters = durability.waiters.map(\.continuation)
            durability.waiters = []
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: StoreError(.closed, "the metrics store was closed")) }
    }
}

extension StoreError {
    /// What a failed file operation means to a caller of the store.
    init(file error: FileError, doing what: String) {
        switch error.cause {
        case .full, .readOnly:
            self.init(.readOnly, "cannot \(what): \(error.reason) (\(error.path)); the store is read-only until there is room")
        default: self.init(.environment, "cannot \(what): \(error)")
        }
    }
}
