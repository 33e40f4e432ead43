import Bytes
import Environment
import Telemetry

@testable import LogStore

/// A store on a simulated disk and clock, with the plain model it is compared with.
struct StoreWorld {
    static let noon = Timestamp(nanoseconds: 1_790_000_000_000_000_000)

    let files = MemoryFileSystem()
    let clock = ManualClock(now: StoreWorld.noon)
    var configuration: LogStoreConfiguration
    private(set) var store: LogStore
    var model = PlainLog()

    init(configure: (inout LogStoreConfiguration) -> Void = { _ in }) throws {
        configuration = LogStoreConfiguration(directory: "/data/logs")
        configuration.retention = .zero
        configuration.reserveBytes = 0
        configure(&configuration)
        store = try LogStore.open(configuration, fileSystem: files, workPool: SerialWorkPool(), clock: clock)
    }

    /// The process dies without a word, and starts again.
    mutating func restart() throws {
        files.killProcess()
        try reopen()
    }

    /// Power is lost: what no sync covered may be gone.
    mutating func crash(seed: UInt64) throws {
        files.crash(seed: seed)
        try reopen()
    }

    mutating func reopen() throws {
        store = try LogStore.open(configuration, fileSystem: files, workPool: SerialWorkPool(), clock: clock)
    }

    @discardableResult
    mutating func append(_ entries: [PlainLog.Entry]) throws -> AppendTicket {
        let ticket = try store.append(PlainLog.batch(entries))
        model.entries.formUnion(entries)
        return ticket
    }

    /// All entries that a scan delivers, as the model has them.
    func read(
        _ matchers: [LabelMatcher] = [], start: Int64 = .min, end: Int64 = .max, filters: [LineFilter] = [],
        order: LogScan.Order = .unordered, limit: Int = 0
    ) throws -> (entries: [PlainLog.Entry], summary: ScanSummary) {
        let scan = LogScan(matchers: matchers, start: start, end: end, filters: filters, order: order, limit: limit)
        let found = Collector()
        let summary = try store.scan(scan, budget: .unlimited) { _, chunk throws(StoreError) in
            found.add(chunk)
            return .proceed
        }
        return (found.entries, summary)
    }
}
