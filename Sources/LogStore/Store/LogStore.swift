import Bytes
package import Environment
import Synchronization
package import Telemetry

/// The embedded log store: streams of entries in a write-ahead log, a head in memory, and immutable parts on disk.
///
/// - Isolation: every call is synchronous and thread-safe, but `waitUntilDurable`. Locks are taken in the order maintenance, flushing, writer, state.
package final class LogStore: EntryAppender, EntryReader {
    package let configuration: LogStoreConfiguration
    let fileSystem: any FileSystem
    let workPool: any WorkPool
    let clock: any WallClock
    let segments: LogSegments
    var partsDirectory: String { configuration.directory + "/parts" }
    var quarantineDirectory: String { configuration.directory + "/quarantine" }
    /// Held for the store's life, so that a second instance is refused.
    private let lock: any OpenFile

    let caches: PartCaches
    let state: Mutex<StoreState>
    let writer: Mutex<LogWriter>
    /// One maintenance step or merge runs at a time; what steps must remember between two.
    let maintenance = Mutex(MaintenanceState())
    /// When the log was last made durable on time.
    let lastSync = Mutex<Timestamp?>(nil)
    /// One head is written at a time; merges go on meanwhile, so that appenders never wait for one.
    let flushing = Mutex(())
    let durability: Durability

    /// Opens a store, reading back what the log and the parts hold; makes the directory when it is missing.
    ///
    /// - Throws: when the configuration is wrong, another process holds the directory, or it cannot be read. Damage does not throw: it is
    ///   set aside and named by `status`.
    package static func open(
        _ configuration: LogStoreConfiguration, fileSystem: any FileSystem, workPool: any WorkPool, clock: any WallClock
    ) throws(StoreError) -> LogStore {
        try configuration.validate()
        do { return try LogStore(configuration, fileSystem, workPool, clock) } catch let error as FileError where error.cause == .isLocked {
            throw StoreError(
                .environment, "cannot open the log store at \(configuration.directory): another process is using this data directory")
        } catch { throw StoreError(.environment, "cannot open the log store at \(configuration.directory): \(error.asStoreError)") }
    }

    private init(
        _ configuration: LogStoreConfiguration, _ fileSystem: any FileSystem, _ workPool: any WorkPool, _ clock: any WallClock
    ) throws {
        self.configuration = configuration
        self.fileSystem = fileSystem
        self.workPool = workPool
        self.clock = clock
        segments = LogSegments(directory: configuration.directory + "/wal")
        for directory in ["", "/wal", "/parts", "/quarantine"] { try fileSystem.createDirectory(configuration.directory + directory) }
        try fileSystem.syncDirectory(configuration.directory)
        lock = try fileSystem.open(configuration.directory + "/LOCK", .lock)
        caches = PartCaches(configuration)
        let recovered = try StoreRecovery.run(
            configuration, segments: segments, fileSystem: fileSystem, caches: caches, now: clock.now())
        state = Mutex(recovered.state)
        writer = Mutex(LogWriter(segments: segments, fileSystem: fileSystem, next: recovered.nextSegment))
        durability = Durability(through: LogSegments.position(segment: recovered.nextSegment, offset: 0))
        // Should this fail, on a full disk say, the log stays as it is and is read again next time.
        if recovered.hasGaps { try? flushHead(olderThan: nil, fullOnly: false) }
    }

    // MARK: - Writing

    package func append(_ batch: LogWriteBatch) throws(StoreError) -> AppendTicket {
        let now = clock.now()
        let (admitted, refused) = try admit(batch, now: now)
        guard let admitted, !admitted.isEmpty else {
            return AppendTicket(position: durability.position, accepted: 0, refused: refused)
        }
        let record = LogRecord.encode(admitted, durable: durability.position)
        let (position, news, headBytes) = try writer.withLock { writer throws(StoreError) in
            if writer.isClosed { throw StoreError(.closed, "the log store is closed") }
            do throws(FileError) { try writer.append(record) } catch { throw appendFailure(error) }
            let (news, bytes) = state.withLock { ($0.apply(admitted, now: now), $0.head.bytes) }
            return (writer.position, news, bytes)
        }
        if configuration.syncInterval == .zero { try syncLog() }
        for item in news { item.signal.raise(newest: item.newest) }
        // The appender whose entries fill the head writes it out: that is the back-pressure.
        if headBytes >= configuration.headBytes { relieve() }
        return AppendTicket(position: position, accepted: admitted.count, refused: refused)
    }

    package func waitUntilDurable(_ position: UInt64) async throws(StoreError) { try await durability.wait(for: position) }

    /// Writes a full head out. When that fails memory stays bounded: appends are refused until it succeeds.
    private func relieve() {
        do { try flushHead(olderThan: nil, fullOnly: true) } catch {
            state.withLock { state in
                if isOverfull(state) { state.readOnlyReason = "the log store is read-only: its head cannot be written to disk: \(error)" }
            }
        }
    }

    /// Whether the head holds more than may wait for the disk.
    func isOverfull(_ state: StoreState) -> Bool { state.head.bytes >= 2 * configuration.headBytes }

    private func appendFailure(_ error: FileError) -> StoreError {
        if error.cause == .full || error.cause == .readOnly {
            let reason = "the log store is read-only until there is room again: \(error)"
            state.withLock { $0.readOnlyReason = reason }
            return StoreError(.readOnly, reason)
        }
        return StoreError(.environment, String(describing: error))
    }

    /// Makes everything written so far durable.
    func syncLog() throws(StoreError) {
        let (files, position) = writer.withLock { $0.unsynced() }
        do {
            for file in files { try file.sync() }
            durability.advance(to: position)
        } catch {
            // What the kernel has of these files is unknown now. The head still has their entries: once they are in a part they are durable.
            state.withLock { $0.note(incident: "the log could not be synced and its entries were written to a part: \(error)") }
            try flushHead(olderThan: nil, fullOnly: false)
        }
    }

    // MARK: - Reading

    package var workerCount: Int { workPool.width }

    package func scan(
        _ scan: LogScan, budget: QueryBudget, consume: @Sendable (_ worker: Int, _ chunk: LogChunk) throws(StoreError) -> ScanDecision
    ) throws(StoreError) -> ScanSummary {
        let units = units(scan.matchers, start: scan.start, end: scan.end)
        let scanner = Scanner(scan, units, budget: budget)
        var summary: ScanSummary
        switch scan.order {
        case .unordered: summary = try scanner.runUnordered(on: workPool, consume)
        case .ordered(let direction): summary = try scanner.runOrdered(on: workPool, direction, consume)
        }
        summary.warnings += missing()
        return summary
    }

    package func freshness(_ matchers: [LabelMatcher]) -> FreshnessSignal {
        let signal = FreshnessSignal()
        state.withLock { $0.subscriptions.add(signal, matchers, streams: $0.index.select(matchers)) }
        return signal
    }

    func units(_ matchers: [LabelMatcher], start: Int64, end: Int64) -> [ScanUnit] {
        let now = clock.now()
        return state.withLock { state in
            state.units(matchers, start: start, end: end) { oldestKept(of: $0, now: now) }
        }
    }

    /// The oldest time that retention keeps of a stream.
    func oldestKept(of labels: Labels, now: Timestamp) -> Int64 {
        let retention = configuration.retention(of: labels)
        return retention == .zero ? .min : (now - retention).nanoseconds
    }

    // MARK: - Closing

    /// Syncs the log, ends all waits and refuses further appends. The head stays in the log.
    package func close() throws(StoreError) {
        let (files, position) = writer.withLock { $0.close() }
        do {
            for file in files { try file.sync() }
            durability.advance(to: position)
        } catch { throw error.asStoreError }
        durability.close()
        for signal in state.withLock({ $0.subscriptions.live }) { signal.close() }
    }
}
