import Bytes
package import ClusterAPI
package import Environment
import Reconciliation
import Synchronization
package import Telemetry

/// Writes the state of the cluster as series every interval: once in a cluster, beside the server, whatever nodes there are.
package final class ClusterStateCollector: Sendable {
    private let client: any ClusterClient
    private let samples: any SampleAppender
    private let pool: any WorkPool
    private let clock: any WallClock
    private let interval: Duration
    private let core = Mutex(ClusterStateCore())
    private let isSynced = Mutex(Set<Resource>())

    package init(client: any ClusterClient, samples: any SampleAppender, pool: any WorkPool, clock: any WallClock, interval: Duration) {
        self.client = client
        self.samples = samples
        self.pool = pool
        self.clock = clock
        self.interval = interval
    }

    /// Runs until the task is cancelled.
    package func run() async {
        let watcher = ActorRunner(
            Observer(collector: self), client: client, clock: clock, configuration: .init(name: "cluster-state", user: .system))
        await withDiscardingTaskGroup { group in
            group.addTask { await watcher.run() }
            group.addTask { [self] in
                var grid = SweepGrid(interval, clock: clock)
                while !Task.isCancelled {
                    let isKnown = (try? await pool.run { self.sweep() }) ?? true
                    // At the start the cluster is known within moments, and nobody should wait an interval to see it.
                    do { if isKnown { try await grid.wait(clock) } else { try await clock.sleep(for: .milliseconds(100)) } } catch { return }
                }
            }
        }
    }

    private struct Observer: ActorCore {
        let collector: ClusterStateCollector

        var watches: [WatchInterest] { ClusterStateCore().watches }

        mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
            if case .synced(let resource) = event { collector.isSynced.withLock { _ = $0.insert(resource) } }
            return collector.core.withLock { $0.handle(event, now: now) }
        }
    }

    /// - Returns: whether the whole cluster is known; until then nothing is written.
    private func sweep() -> Bool {
        // Half of the cluster looks as if the other half were gone.
        let watched = ClusterStateCore().watches.count
        guard isSynced.withLock({ $0.count == watched }) else { return false }
        let now = clock.now()
        // On a copy: a sweep over ten thousand pods takes a part of a second on a thread of low priority, and whoever brings changes meanwhile
        // would wait for it on one of the few threads that all tasks share.
        var copy = core.withLock { $0 }
        let batch = copy.samples(now: now)
        core.withLock { $0.goOn(after: copy) }
        // A store that is read-only for the moment says so itself; the next sweep tries again.
        _ = try? samples.append(batch)
        return true
    }
}
