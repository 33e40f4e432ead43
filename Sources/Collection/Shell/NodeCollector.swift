import Bytes
package import ClusterAPI
package import Environment
import Reconciliation
import Synchronization
package import Telemetry

/// The node collector's shell: a sweep over containers and host every interval.
package final class NodeCollector: Sendable {
    package struct Configuration: Sendable {
        package var nodeName: String
        package var layout: NodeLayout
        package var interval: Duration
        /// What the agent says of itself, as names and values of series.
        package var ownFigures: @Sendable () -> [(name: String, value: Double)] = { [] }

        package init(nodeName: String, layout: NodeLayout, interval: Duration = .seconds(10)) {
            self.nodeName = nodeName
            self.layout = layout
            self.interval = interval
        }
    }

    private struct State {
        var containers: ContainerSweep
        var host: HostSampler
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

    /// Hands what the informer learns to the shared state.
    private struct Observer: ActorCore {
        let collector: NodeCollector

        var watches: [WatchInterest] {
            [WatchInterest(Pod.resource, fields: .field("spec.nodeName", equals: collector.configuration.nodeName))]
        }

        mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
            if case .objects(Pod.resource, let changes) = event { collector.state.withLock { state in _ = state.pods.apply(changes) } }
            return []
        }
    }

    private func sweeps() async {
        var grid = SweepGrid(configuration.interval, clock: clock)
        while !Task.isCancelled {
            // Reading files blocks: it runs on the low-priority threads. What fails is tried again with the next sweep.
            _ = try? await pool.run { self.sweep() }
            do { try await grid.wait(clock) } catch { return }
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
            for figure in configuration.ownFigures() {
                let labels = Labels([
                    (name: Labels.metricName, value: figure.name), (name: "instance", value: configuration.nodeName), (name: "job", value: "skysail-agent"),
                ])
                batch.addSample(series: batch.addSeries(labels), time: now.milliseconds, value: figure.value)
            }
            return batch
        }
        // A store that is read-only for the moment says so itself; the next sweep tries again.
        _ = try? samples.append(batch)
    }
}
