import Bytes
package import ClusterAPI
package import Environment
import Reconciliation
import Synchronization
package import Telemetry

/// Ships the log lines of this node's containers to a log store.
package final class LogTailer: Sendable {
    package struct Configuration: Sendable {
        package var nodeName: String
        package var layout: NodeLayout
        package var checkpointPath: String
        /// Labels of pods that become labels of their streams, beside `app`.
        package var podLabels: [String]
        package var interval: Duration

        package init(
            nodeName: String, layout: NodeLayout, checkpointPath: String, podLabels: [String] = [], interval: Duration = .milliseconds(250)
        ) {
            self.nodeName = nodeName
            self.layout = layout
            self.checkpointPath = checkpointPath
            self.podLabels = podLabels
            self.interval = interval
        }
    }

    private struct State: Sendable {
        var core: TailCore
        /// When each container was first seen without its pod's labels.
        var firstSeen: [ContainerIdentity: UInt64] = [:]
        var unmarked: [[TailCore.Key: Int64]] = []
        var position: UInt64 = 0
        var isDirty = false
        var checkpointedAt: UInt64 = 0
    }

    private let configuration: Configuration
    private let client: any ClusterClient
    private let entries: any EntryAppender
    private let files: any FileSystem
    private let clock: any WallClock
    private let workers: any WorkPool
    private let state: Mutex<State>

    /// Bytes that are read before the store is handed a batch.
    private static let batchSize = 2 << 20
    /// How long the lines of a pod wait for its labels.
    private static let patience: Duration = .seconds(10)
    private static let checkpointInterval: Duration = .seconds(1)

    package init(
        _ configuration: Configuration, client: any ClusterClient, entries: any EntryAppender, files: any FileSystem, clock: any WallClock,
        workers: any WorkPool = SerialWorkPool()
    ) {
        self.configuration = configuration
        self.client = client
        self.entries = entries
        self.files = files
        self.clock = clock
        self.workers = workers
        let checkpoint = TailCheckpoint((try? files.contents(configuration.checkpointPath)) ?? [])
        let core = TailCore(
            .init(nodeName: configuration.nodeName, layout: configuration.layout, podLabels: configuration.podLabels), checkpoint: checkpoint)
        state = Mutex(State(core: core))
    }

    /// Ships until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in
                let user = UserIdentity.node(configuration.nodeName)
                let runner = ActorRunner(
                    PodLabelActor(configuration.nodeName) { [weak self] uid, labels in self?.state.withLock { $0.core.setLabels(labels, podUID: uid) } },
                    client: client, clock: clock, configuration: .init(name: "log-tailer", user: user))
                await runner.run()
            }
            while !Task.isCancelled {
                // A full batch means that there is more: no pause then.
                if await !ship(waits: true) {
                    do { try await clock.sleep(for: configuration.interval) } catch { break }
                }
            }
            group.cancelAll()
        }
    }

    /// Ships everything that is on disk, for a clean stop; after `run` has returned.
    package func drain() async {
        while await ship(waits: false) {}
        await settle()
    }

    /// Reads once and hands over; says whether there may be more at once.
    private func ship(waits: Bool) async -> Bool {
        let read = try? await workers.run { [self] in readBatch(waits: waits) }
        guard let batch = read ?? nil else {
            await settle()
            return false
        }
        guard let position = await append(batch.lines) else { return false }
        state.withLock { state in
            state.unmarked.append(batch.offsets)
            state.position = max(state.position, position)
        }
        await settle(isForced: false)
        return batch.lines.lineArena.count >= Self.batchSize / 2
    }

    private func readBatch(waits: Bool) -> TailCore.Batch? {
        let now = clock.monotonicNanoseconds()
        let patience = UInt64(Self.patience.saturatedNanoseconds)
        return state.withLock { state -> TailCore.Batch? in
            state.core.discover(files)
            let core = state.core
            var firstSeen = state.firstSeen
            let batch = state.core.read(limit: Self.batchSize) { container in
                if !waits || core.knows(podUID: container.pod.uid) { return true }
                let since = firstSeen[container] ?? now
                firstSeen[container] = since
                return now &- since >= patience
            }
            state.firstSeen = firstSeen.filter { !core.knows(podUID: $0.key.pod.uid) }
            return batch
        }
    }

    /// Hands lines over, as often as it takes; the position to wait for, or nil when the task was cancelled.
    private func append(_ lines: LogWriteBatch) async -> UInt64? {
        if lines.isEmpty { return 0 }
        while true {
            do throws(StoreError) {
                return try await handOver(lines)
            } catch {
                // A store that is full or away takes the same lines later; they are safe on disk meanwhile.
                do { try await clock.sleep(for: .seconds(1)) } catch { return nil }
            }
        }
    }

    private func handOver(_ lines: LogWriteBatch) async throws(StoreError) -> UInt64 {
        let entries = entries
        let result: Result<UInt64, StoreError>? = try? await workers.run {
            do throws(StoreError) { return .success(try entries.append(lines).position) } catch { return .failure(error) }
        }
        guard let result else { throw StoreError(.cancelled, "cannot hand over lines: the workers have ended") }
        return try result.get()
    }

    /// Waits until what was handed over is durable, then writes the checkpoint.
    private func settle(isForced: Bool = true) async {
        let now = clock.monotonicNanoseconds()
        let (position, marks, isDue) = state.withLock { state in
            (state.position, state.unmarked, now &- state.checkpointedAt >= UInt64(Self.checkpointInterval.saturatedNanoseconds))
        }
        guard !marks.isEmpty, isForced || isDue else { return }
        do throws(StoreError) {
            if position > 0 { try await entries.waitUntilDurable(position) }
        } catch {
            return
        }
        let checkpoint = state.withLock { state -> TailCheckpoint? in
            state.checkpointedAt = now
            state.unmarked.removeFirst(marks.count)
            var hasMoved = false
            for mark in marks where state.core.markDurable(mark) { hasMoved = true }
            return hasMoved ? state.core.makeCheckpoint() : nil
        }
        guard let checkpoint else { return }
        let (files, path) = (files, configuration.checkpointPath)
        try? await workers.run { try files.replaceContents(path, with: checkpoint.bytes) }
    }
}

/// Follows this node's pods for their labels.
private struct PodLabelActor: ActorCore {
    let watches: [WatchInterest]
    private let set: @Sendable (_ uid: String, _ labels: [String: String]?) -> Void

    init(_ nodeName: String, set: @escaping @Sendable (_ uid: String, _ labels: [String: String]?) -> Void) {
        watches = [WatchInterest(Pod.resource, fields: .field("spec.nodeName", equals: nodeName))]
        self.set = set
    }

    mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
        guard case .objects(_, let changes) = event else { return [] }
        for change in changes {
            // A pod that is gone keeps its labels: its last lines may still be on disk.
            guard let snapshot = change.snapshot, !snapshot.bytes.isEmpty, let pod = try? Pod(json: snapshot.bytes) else { continue }
            set(pod.metadata.uid, pod.metadata.labels)
        }
        return []
    }
}
