import Bytes
import Environment
import LogStore
import Posix
import Telemetry
import TimeSeriesStore

/// The two stores, opened, and the threads that maintain them.
final class TelemetryStores: Sendable {
    let metrics: TimeSeriesStore
    let logs: LogStore
    private let isStopping = StopFlag()

    init(_ data: DataDirectory, _ settings: Settings, pool: any WorkPool, clock: any WallClock) throws {
        let files = PosixFileSystem()
        do throws(StoreError) {
            var samples = settings.metrics
            samples.directory = data.metrics
            metrics = try TimeSeriesStore.open(samples, fileSystem: files, workPool: pool, clock: clock)
            var entries = settings.logs
            entries.directory = data.logs
            logs = try LogStore.open(entries, fileSystem: files, workPool: pool, clock: clock)
        } catch {
            throw Failure("\(error)")
        }
    }

    /// Starts a thread for each store's maintenance: writing blocks, merging, retention.
    func startMaintenance(clock: any WallClock) {
        let (metrics, logs, isStopping) = (metrics, logs, isStopping)
        Self.maintain("metrics", isStopping, clock) { metrics.maintain(now: $0) }
        Self.maintain("logs", isStopping, clock) { logs.maintain(now: $0) }
        Self.syncLogs(logs, isStopping, clock)
    }

    /// Makes the log of entries durable on time, however long a merge takes. A failure is told by the maintenance, which meets it too.
    private static func syncLogs(_ logs: LogStore, _ isStopping: StopFlag, _ clock: any WallClock) {
        PosixThread.start(name: "logs-sync") {
            while !isStopping.isSet {
                let now = clock.now()
                let due = (try? logs.syncIfDue(now: now)) ?? now + .seconds(1)
                isStopping.wait(upTo: min(max(due - clock.now(), .milliseconds(10)), .seconds(1)))
            }
        }
    }

    private static func maintain(
        _ name: String, _ isStopping: StopFlag, _ clock: any WallClock, _ step: @escaping @Sendable (Timestamp) -> Timestamp
    ) {
        PosixThread.start(name: "\(name)-upkeep") {
            PosixThread.lowerPriority(by: 10)
            while !isStopping.isSet {
                let due = step(clock.now())
                // Short naps, so that a stop is not kept waiting and a full head is seen to soon.
                isStopping.wait(upTo: min(max(due - clock.now(), .milliseconds(100)), .seconds(1)))
            }
        }
    }

    /// Brings both stores to their resting form.
    func flush() throws {
        try metrics.flush()
        try logs.flush()
    }

    func close() {
        isStopping.set()
        metrics.close()
        // What was acknowledged is in the log already; a last sync that fails loses nothing that the next start would not replay.
        try? logs.close()
    }
}
