import Posix
import Synchronization

/// A switch that is thrown once, and that threads can wait for.
final class StopFlag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set() { value.store(true, ordering: .releasing) }

    /// Sleeps in short naps until the switch is thrown or the time is over.
    func wait(upTo limit: Duration) {
        let clock = SystemClock()
        let end = clock.monotonicNanoseconds() &+ UInt64(max(0, limit / .nanoseconds(1)))
        while !isSet {
            let now = clock.monotonicNanoseconds()
            guard now < end else { return }
            PosixThread.sleep(nanoseconds: min(end - now, 50_000_000))
        }
    }
}
