package import Bytes
import Synchronization
package import Telemetry

/// Delete requests as the Loki API shows them, over what the store keeps of them.
package final class LogDeletes: Sendable {
    /// A request that the store has not yet carried out everywhere.
    package struct Pending: Sendable {
        package var id: UInt64
        package var query: String
        /// Nanoseconds; `end` is exclusive.
        package var start: Int64
        package var end: Int64
        package var createdAt: Timestamp

        package init(id: UInt64, query: String, start: Int64, end: Int64, createdAt: Timestamp) {
            self.id = id
            self.query = query
            self.start = start
            self.end = end
            self.createdAt = createdAt
        }
    }

    package struct Record: Sendable {
        package var request: Pending
        package var isProcessed: Bool
    }

    package typealias Create =
        @Sendable (_ query: String, [LabelMatcher], [LineFilter], _ start: Int64, _ end: Int64) throws(StoreError) -> Pending

    /// Requests that have been carried out are remembered up to this number.
    private static let memory = 1000

    private let create: Create
    private let pending: @Sendable () -> [Pending]
    private let cancel: @Sendable (UInt64) throws(StoreError) -> Bool
    /// What this process was asked, newest last.
    private let known = Mutex<[Pending]>([])

    package init(
        create: @escaping Create, pending: @escaping @Sendable () -> [Pending],
        cancel: @escaping @Sendable (UInt64) throws(StoreError) -> Bool
    ) {
        self.create = create
        self.pending = pending
        self.cancel = cancel
    }

    func add(_ query: String, _ matchers: [LabelMatcher], _ filters: [LineFilter], _ start: Int64, _ end: Int64) throws(StoreError) {
        let request = try create(query, matchers, filters, start, end)
        known.withLock { known in
            known.append(request)
            if known.count > Self.memory { known.removeFirst() }
        }
    }

    /// All requests of this process and those from before that are still pending, oldest first.
    func records() -> [Record] {
        let (known, open) = (known.withLock { $0 }, pending())
        let openIDs = Set(open.map(\.id))
        let names = Dictionary(known.map { ($0.id, $0) }) { $1 }
        let done = known.filter { !openIDs.contains($0.id) }.map { Record(request: $0, isProcessed: true) }
        return (done + open.map { Record(request: names[$0.id] ?? $0, isProcessed: false) }).sorted { $0.request.id < $1.request.id }
    }

    enum Cancellation { case cancelled, processed, unknown }

    func remove(_ id: UInt64) throws(StoreError) -> Cancellation {
        if try cancel(id) {
            known.withLock { $0.removeAll { $0.id == id } }
            return .cancelled
        }
        return known.withLock { $0.contains { $0.id == id } } ? .processed : .unknown
    }
}
