package import Environment

/// How a remote appender sends.
package struct ShippingOptions: Sendable {
    /// Where batches rest while the server is away.
    package struct Disk: Sendable {
        package var directory: String
        package var files: any FileSystem
        package var workers: any WorkPool
        /// Bytes of batches on disk at most.
        package var capacity: Int
        /// Whether the oldest batches give way when it is full; else nothing more is taken until there is room.
        package var dropsOldest: Bool

        package init(directory: String, files: any FileSystem, workers: any WorkPool, capacity: Int, dropsOldest: Bool) {
            self.directory = directory
            self.files = files
            self.workers = workers
            self.capacity = capacity
            self.dropsOldest = dropsOldest
        }
    }

    /// Bytes of encoded batches that wait in memory at most, the one in flight among them.
    package var queueBytes = 16 << 20
    /// nil: nothing outlives the process but what the server has.
    package var disk: Disk?
    /// For one request.
    package var timeout: Duration = .seconds(30)
    /// Of the chance in the pauses between attempts.
    package var seed: UInt64 = 0
    /// Takes one line for each refusal, and one when an outage begins and ends.
    package var report: @Sendable (String) -> Void = { _ in }

    package init() {}

    package init(_ fill: (inout ShippingOptions) -> Void) { fill(&self) }
}

/// What became of the samples or entries that a remote appender was given.
package struct ShippingCounts: Equatable, Sendable {
    /// Acknowledged by the server.
    package var sent = 0
    /// Refused by the server for good: statuses of the 400s.
    package var refused = 0
    /// Given up since a bound was reached: never taken, or the oldest on disk.
    package var overflowed = 0
    /// Attempts that had to be repeated.
    package var retries = 0
    /// Bytes that wait in memory, and on disk.
    package var queuedBytes = 0
    package var diskBytes = 0
    /// The server's words of the newest refusal.
    package var lastRefusal = ""
    /// Whether nothing has come through since an attempt failed.
    package private(set) var isOut = false

    package init() {}

    /// As series of whoever ships, by what is shipped.
    package func figures(_ what: String) -> [(name: String, value: Double)] {
        [
            ("skysail_shipped_\(what)_total", Double(sent)), ("skysail_refused_\(what)_total", Double(refused)),
            ("skysail_dropped_\(what)_total", Double(overflowed)), ("skysail_shipping_retries_\(what)_total", Double(retries)),
            ("skysail_shipping_queue_\(what)_memory_bytes", Double(queuedBytes)), ("skysail_shipping_queue_\(what)_disk_bytes", Double(diskBytes)),
        ]
    }

    /// Whether an outage is over.
    mutating func settle(sent count: Int) -> Bool {
        sent += count
        defer { isOut = false }
        return isOut
    }

    /// Whether the failure is the first since something came through.
    mutating func beginOutage() -> Bool {
        defer { isOut = true }
        return !isOut
    }
}
