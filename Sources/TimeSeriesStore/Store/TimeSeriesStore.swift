import Environment
import Bytes
import Synchronization
import Telemetry

/// The embedded time-series store: write-ahead log and head in memory, compressed blocks on disk.
///
/// Samples come in any order of time inside the retention; where a series has two samples of one time, the one written last wins.
/// - Isolation: thread-safe and synchronous; calls block on files, so they belong on threads of our own. Lock order: maintenance, appending,
///   a generation's state, catalog.
package final class TimeSeriesStore: Sendable {
    let configuration: Configuration
    let fileSystem: any FileSystem
    let workPool: any WorkPool
    let clock: any WallClock
    let log: WriteAheadLog
    let subscriptions = Subscriptions()
    let catalog: Mutex<Catalog>
    /// Held while a batch enters head and log buffer, and while generations change.
    let appending = Mutex(())
    /// Held by whatever makes, unites or removes files.
    let maintenance: Mutex<MaintenanceState>
    let exemplarRing: Mutex<ExemplarRing>
    let metadataTable = Mutex(MetadataTable())
    let cache: BlockCache
    /// Coarser copies of old samples; none unless configured.
    let tiers: [Tier]
    /// Held as long as the store is open: letting go of the file lets go of the directory.
    private let lock: Mutex<(any OpenFile)?>

    init(
        configuration: Configuration, fileSystem: any FileSystem, workPool: any WorkPool, clock: any WallClock, lock: any OpenFile,
        log: WriteAheadLog, recovered: Recovered, tiers: [Tier]
    ) {
        self.configuration = configuration
        self.fileSystem = fileSystem
        self.workPool = workPool
        self.clock = clock
        self.lock = Mutex(lock)
        self.log = log
        cache = recovered.cache
        self.tiers = tiers
        var ring = ExemplarRing(limit: configuration.exemplarLimit)
        for exemplar in recovered.exemplars { ring.add(exemplar) }
        exemplarRing = Mutex(ring)
        catalog = Mutex(recovered.catalog)
        maintenance = Mutex(MaintenanceState())
        metadataTable.withLock { table in
            for entry in recovered.metadata { table.add(entry) }
        }
    }

    /// Syncs the log and lets go of the directory. Later calls throw `closed`.
    package func close() {
        maintenance.withLock { _ in
            try? log.sync()
            log.close()
            catalog.withLock { $0.readOnly = StoreError(.closed, "the metrics store is closed") }
            lock.withLock { $0 = nil }
        }
        for tier in tiers { tier.store.close() }
    }

    /// Why nothing can be appended now, or nil.
    package var readOnlyReason: String? { catalog.withLock { $0.readOnly?.description } }

    func path(_ name: String) -> String { configuration.directory + "/" + name }
    var logDirectory: String { path("wal") }
    var blockDirectory: String { path("blocks") }

    /// Milliseconds since the epoch.
    var nowMilliseconds: Int64 { clock.now().milliseconds }

    /// The earliest time that is kept of any series.
    func retentionStart(_ now: Int64) -> Int64 {
        let longest = configuration.longestRetention
        return longest == .zero ? 0 : max(0, now - longest.wholeMilliseconds)
    }
}

/// What the steps of maintenance remember between runs.
struct MaintenanceState: Sendable {
    /// Times in milliseconds of the clock that maintenance is given.
    var lastSync: Int64?
    var lastSpaceCheck: Int64?
    /// What retention by matchers found in blocks, so that each is looked through once for each cutoff that it passes.
    var expiries: [UInt64: BlockExpiry] = [:]
    /// What the last step failed at, for `status`.
    var lastError: StoreError?
}

/// What opening found on disk.
struct Recovered: Sendable {
    var catalog: Catalog
    var exemplars: [StoredExemplar] = []
    var metadata: [MetricMetadata] = []
    var cache: BlockCache
}
