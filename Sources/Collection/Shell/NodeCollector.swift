import Bytes
package import ClusterAPI
package import Environment
import Reconciliation
import Synchronization
package import Telemetry

/// The collector's shell: a sweep over containers and host every interval, and the cluster's state beside it.
package final class NodeCollector: Sendable {
    package struct Configuration: Sendable {
        package var nodeName: String
        package var layout: NodeLayout
        package var interval: Duration
        /// Whether the series of the cluster's objects are written too: once in a cluster, on the server's own node.
        package var includesClusterState = true

        package init(nodeName: String, layout: NodeLayout, interval: Duration = .seconds(10)) {
            self.nodeName = nodeName
            self.layout = layout
            self.interval = interval
        }
    }

    private struct State {
        var containers: ContainerSweep
        var host: HostSampler
        var cluster = ClusterStateCore()
        var pods = InformerCache<Pod>()
    }

    private let configuration: Configuration
    private let client: any ClusterClient
    private let samples: any SampleAppender
    private let pool: any WorkPool
    private let clock: any WallClock
    private let state: Mutex<State>

    package init(
        _ configuration: Configuration, client: any ClusterClient, samples: any SampleAppender, files: any FileSystem, pool: any WorkPool,
        clock: any WallClock
    ) {
        self.configuration = configuration
        self.client = client
        self.samples = samples
        self.pool = pool
        self.clock = clock
        state = Mutex(
            State(
                containers: ContainerSweep(node: configuration.nodeName, layout: configuration.layout, files: files),
                host: HostSampler(node: configuration.nodeName, files: files)))
    }

    /// Runs until the task is cancelled.
    package func run() async {
        let watcher = ActorRunner(
            Observer(collector: self), client: client, clock: clock,
            configuration: .init(name: "collector", user: .node(configuration.nodeName)))
        await withDiscardingTaskGroup { group in
            group.addTask { await watcher.run() }
            group.addTask { await self.sweeps() }
        }
    }

    /// Hands what the informers learn to the shared state.
    private struct Observer: ActorCore {
        let collector: NodeCollector

        var watches: [WatchInterest] { ClusterStateCore().watches }

        mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
            collector.state.withLock { state in
                if case .objects(Pod.resource, let changes) = event { _ = state.pods.apply(changes) }
                return state.cluster.handle(event, now: now)
            }
        }
    }

    /// Sweeps stand on a grid of the interval, so a slow one delays none that follows.
    private func sweeps() async {
        let interval = UInt64(configuration.interval.saturatedNanoseconds)
        var due = clock.monotonicNanoseconds()
        while !Task.isCancelled {
            // Reading files blocks: it runs on the low-priority threads. What fails is tried again with the next sweep.
            _ = try? await pool.run { self.sweep() }
            due &+= interval
            let now = clock.monotonicNanoseconds()
            if due <= now {
                due = now
            } else {
                do { try await clock.sleep(for: .nanoseconds(Int64(due - now))) } catch { return }
            }
        }
    }

    private func sweep() {
        let now = clock.now()
        let batch = state.withLock { state in
            var batch = SampleWriteBatch()
            var pods: [String: Pod] = [:]
            state.pods.forEachUnordered { _, pod in
                if pod.spec.nodeName == configuration.nodeName { pods[pod.metadata.uid] = pod }
            }
            state.containers.sample(pods: pods, time: now.milliseconds, into: &batch)
            state.host.sample(time: now.milliseconds, into: &batch)
            if configuration.includesClusterState { batch.append(state.cluster.samples(now: now)) }
            return batch
        }
        // A store that is read-only for the moment says so itself; the next sweep tries again.
        _ = try? samples.append(batch)
    }
}

extension SampleWriteBatch {
    /// Adds another batch's float samples to this one.
    mutating func append(_ other: SampleWriteBatch) {
        let seriesOffset = UInt32(series.count)
        let arenaOffset = labelArena.count
        labelArena += other.labelArena
        series += other.series.map {
            Series(labels: $0.labels.lowerBound + arenaOffset..<$0.labels.upperBound + arenaOffset, hash: $0.hash)
        }
        sampleSeries += other.sampleSeries.map { $0 + seriesOffset }
        sampleTimes += other.sampleTimes
        sampleValues += other.sampleValues
    }
}
