package import Bytes
package import ClusterAPI
package import ObjectStore
import Synchronization

/// The API over an object engine: requests are decided on a state of the store and committed against it.
///
/// `handle` is the synchronous way, for engines that commit at once (the simulation); `perform` is the one that waits for the disk
/// without holding a thread.
/// - Isolation: callable from any thread.
package final class APIServer: Sendable {
    package let configuration: APIServerConfiguration
    package let table: SchemaTable
    let engine: any ObjectEngine
    let core: RequestCore
    let hub: WatchHub
    let digests = DigestCache()
    private let fields: FieldIndexes
    private let metrics: ResourceMetrics?
    private let snapshots = SnapshotRing()
    let eventAges = EventAges()
    private let random: Mutex<Xoshiro256>

    /// - Parameters:
    ///   - seed: where drawn names and uids come from; random in production, fixed in the simulation.
    ///   - metrics: what answers `metrics.k8s.io`; nil when nothing is measured.
    package init(
        engine: any ObjectEngine, configuration: APIServerConfiguration = APIServerConfiguration(), table: SchemaTable = .standard, seed: UInt64,
        metrics: ResourceMetrics? = nil
    ) {
        self.metrics = metrics
        self.engine = engine
        self.configuration = configuration
        self.table = table
        core = RequestCore(table: table, configuration: configuration)
        random = Mutex(Xoshiro256(seed: seed))
        fields = FieldIndexes(engine: engine, digests: digests)
        let hub = WatchHub(engine: engine, digests: digests, fields: fields)
        self.hub = hub
        engine.observe { hub.publish($0) }
    }

    // MARK: Requests

    /// Answers a request on an engine whose commits are done when they return.
    package func handle(_ request: APIRequest, now: Timestamp) throws(StatusError) -> APIResponse {
        for _ in 0..<configuration.attemptLimit {
            switch try decide(request, now) {
            case .answer(let response): return response
            case .each(let requests, let response):
                for single in requests {
                    do throws(StatusError) {
                        _ = try handle(single, now: now)
                    } catch where error.isNotFound {}
                }
                return response
            case .commit(let batch, let answer):
                let result = Mutex<Result<CommitOutcome, ObjectStoreError>?>(nil)
                engine.commit(batch) { outcome in result.withLock { $0 = outcome } }
                guard let outcome = result.withLock({ $0 }) else {
                    preconditionFailure("a synchronous request needs an engine that commits at once")
                }
                if let response = try Self.response(outcome, answer) { return response }
            }
        }
        throw Self.contention
    }

    /// Answers a request once what it writes is durable.
    package func perform(_ request: APIRequest, now: Timestamp) async throws(StatusError) -> APIResponse {
        if request.resource.group == Self.metricsGroup, let metrics {
            try authorize(request)
            return try await measure(request, metrics, now: now)
        }
        for _ in 0..<configuration.attemptLimit {
            switch try decide(request, now) {
            case .answer(let response): return response
            case .each(let requests, let response):
                for single in requests {
                    do throws(StatusError) {
                        _ = try await perform(single, now: now)
                    } catch where error.isNotFound {}
                }
                return response
            case .commit(let batch, let answer):
                let result = await withCheckedContinuation { continuation in
                    engine.commit(batch) { continuation.resume(returning: $0) }
                }
                if let response = try Self.response(result, answer) { return response }
            }
        }
        throw Self.contention
    }

    private static let contention = StatusError.timeout("too many writers at once; please try again", retryAfterSeconds: 1)

    private func decide(_ request: APIRequest, _ now: Timestamp) throws(StatusError) -> Decision {
        try authorize(request)
        let seed = random.withLock { $0.next() }
        var context = RequestContext(
            index: engine.index, now: now, random: Xoshiro256(seed: seed), digests: digests, fields: fields, snapshots: snapshots)
        return try core.decide(request, &context)
    }

    /// Writes what no request asks for; a compare that does not hold means that it is there.
    func commit(_ batch: CommitBatch) async { _ = try? await engine.commit(batch) }

    func commitNow(_ batch: CommitBatch) { engine.commit(batch) { _ in } }

    private func authorize(_ request: APIRequest) throws(StatusError) {
        if let refusal = configuration.authorize(request.user, request) { throw .forbidden(request.resource, request.name ?? "", refusal) }
    }

    /// Nil when the commit met a conflict and the request has to be decided anew.
    private static func response(
        _ result: Result<CommitOutcome, ObjectStoreError>, _ answer: (UInt64) -> APIResponse
    ) throws(StatusError) -> APIResponse? {
        switch result {
        case .success(.committed(let revision)): return answer(revision)
        case .success(.conflict): return nil
        case .failure(let error):
            switch error.code {
            case .full, .readOnly: throw StatusError(code: 507, reason: .internalError, message: error.description)
            case .closed: throw .unavailable(error.description)
            default: throw .internalError(error.description)
            }
        }
    }

    // MARK: State

    /// The newest durable revision.
    package var revision: UInt64 { engine.index.revision }

    func records(_ resource: Resource) -> [Record] { engine.index.records(prefix: StorageKey.prefix(resource, nil)) }

    /// How many objects there are, by resource, for metrics and the console.
    package func objectCounts() -> [Resource: Int] {
        var counts: [Resource: Int] = [:]
        engine.index.visit(prefix: "") { record in
            if let key = StorageKey.parse(record.key) { counts[key.resource, default: 0] += 1 }
            return true
        }
        return counts
    }
}
