import Environment
import Synchronization
import Telemetry

/// Wakes a loop when something changed, or when its time has come.
final class ChangeSignal: Sendable {
    private let signal = FreshnessSignal()
    private let counter = Atomic<Int64>(0)

    /// Changes so far.
    var count: Int64 { counter.load(ordering: .acquiring) }

    func raise() { signal.raise(newest: counter.add(1, ordering: .acquiringAndReleasing).newValue) }

    /// Returns at the first change after `count`, or when the pause is over.
    func wait(after count: Int64, atMost pause: Duration, _ clock: any WallClock) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await clock.sleep(for: pause) }
            group.addTask { [signal] in _ = await signal.wait(after: count) }
            await group.next()
            group.cancelAll()
        }
    }
}
