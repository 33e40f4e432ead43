import Bytes
package import ClusterAPI
package import Environment
import Reconciliation
import Synchronization
package import Telemetry

/// Ships the log lines of this node's containers, and of files it is pointed at, to a log store.
package final class LogTailer: Sendable {
    package struct Configuration: Sendable {
        package var nodeName: String
        package var layout: NodeLayout
        package var checkpointPath: String
        /// Labels of pods that become labels of their streams, beside `app`.
        package var podLabels: [String] = []
        /// Files that are no containers' of the cluster.
        package var sources: [FileSource] = []
        package var interval: Duration = .milliseconds(250)
        /// Time between two looks for files that are new or gone.
        package var discoveryInterval: Duration = .seconds(1)
        /// Takes one line for each thing that an operator should know.
        package var report: @Sendable (String) -> Void = { _ in }

        package init(nodeName: String, layout: NodeLayout, checkpointPath: String) {
            self.nodeName = nodeName
            self.layout = layout
            self.checkpointPath = checkpointPath
        }
    }

    private struct State: Sendable {
        var core: TailCore
        /// When each pod was first seen without its labels.
        var firstSeen: [String: UInt64] = [:]
        var unmarked: [[FileKey: TailMark]] = []
        var position: UInt64 = 0
        var checkpointedAt: UInt64 = 0
        var discoveredAt: UInt64?
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
            .init(
                nodeName: configuration.nodeName, layout: configuration.layout, podLabels: configuration.podLabels,
                sources: configuration.sources), checkpoint: checkpoint)
        state = Mutex(State(core: core))
    }

    /// Ships until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in
                let user = UserIdentity.node(configuration.nodeName)
                let runner = ActorRunner(
                    PodWatchActor(configuration.nodeName) { [weak self] change in self?.take(change) },
                    client: client, clock: clock, configuration: .init(name: "log-tailer", user: user))
                await runner.run()
            }
            while !Task.isCancelled {
                // A full batch means that there is more: no pause then.
                if await !ship(isLast: false) {
                    do { try await clock.sleep(for: configuration.interval) } catch { break }
                }
            }
            group.cancelAll()
        }
    }

    /// Ships everything that is on disk, for a clean stop of the node; after `run` has returned and the containers have ended.
    package func drain() async {
        while await ship(isLast: true) {}
        await settle()
    }

    /// What the tailer says of itself, as names and values of series.
    package var figures: [(name: String, value: Double)] {
        let counts = state.withLock { $0.core.counts }
        return [
            ("skysail_tail_odd_lines_total", Double(counts.oddLines)), ("skysail_tail_failed_reads_total", Double(counts.failedReads)),
            ("skysail_tail_damaged_files_total", Double(counts.damagedFiles)), ("skysail_tail_lost_bytes_total", Double(counts.lostBytes)),
        ]
    }

    private func take(_ change: WatchEvent) {
        guard let snapshot = change.snapshot else { return }
        state.withLock { state in
            if case .deleted = change { return state.core.removePod(snapshot.uid) }
            guard !snapshot.bytes.isEmpty, let pod = try? Pod(json: snapshot.bytes) else { return }
            state.core.setPod(pod.metadata.uid, labels: pod.metadata.labels, annotations: pod.metadata.annotations)
        }
    }

    /// Reads once and hands over; says whether there may be more at once.
    private func ship(isLast: Bool) async -> Bool {
        let read = try? await workers.run { [self] in readBatch(isLast: isLast) }
        guard let (batch, notices) = read else { return false }
        for notice in notices { configuration.report(notice) }
        guard let batch else {
            await settle()
            return false
        }
        guard let position = await append(batch.lines) else { return false }
        state.withLock { state in
            state.unmarked.append(batch.marks)
            state.position = max(state.position, position)
        }
        await settle(isForced: false)
        // Without a line in it: the whole batch was parts of one.
        return batch.lines.isEmpty || batch.lines.lineArena.count >= Self.batchSize / 2
    }

    private func readBatch(isLast: Bool) -> (TailCore.Batch?, notices: [String]) {
        let now = TailCore.Moment(time: clock.now(), monotonic: clock.monotonicNanoseconds())
        let patience = UInt64(Self.patience.saturatedNanoseconds)
        let discovery = UInt64(configuration.discoveryInterval.saturatedNanoseconds)
        return state.withLock { state in
            if isLast || state.discoveredAt.map({ now.monotonic &- $0 >= discovery }) ?? true {
                state.core.discover(files, now: now)
                state.discoveredAt = now.monotonic
            }
            var firstSeen = state.firstSeen
            let batch = state.core.read(limit: Self.batchSize, now: now, isLast: isLast) { target, isKnown in
                guard let uid = target.podUID, !isLast, !isKnown else { return true }
                let since = firstSeen[uid] ?? now.monotonic
                firstSeen[uid] = since
                return now.monotonic &- since >= patience
            }
            state.firstSeen = firstSeen.isEmpty ? firstSeen : firstSeen.filter { !state.core.knows(podUID: $0.key) }
            return (batch, state.core.takeNotices())
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

/// Follows this node's pods for their labels and annotations.
private struct PodWatchActor: ActorCore {
    let watches: [WatchInterest]
    private let take: @Sendable (WatchEvent) -> Void

    init(_ nodeName: String, take: @escaping @Sendable (WatchEvent) -> Void) {
        watches = [WatchInterest(Pod.resource, fields: .field("spec.nodeName", equals: nodeName))]
        self.take = take
    }

    mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
        guard case .objects(_, let changes) = event else { return [] }
        for change in changes { take(change) }
        return []
    }
}
