package import Bytes
import HeapModule

/// The times at which an actor wants to be woken, and the one timer that runs for the earliest of them.
package struct WakeTimes: Sendable {
    private var times: Heap<Int64> = []
    /// When the timer that counts ends; an older, later one may still run, and its end then means nothing.
    private var armed: Timestamp?
    private var lastTime: Timestamp?

    package init() {}

    package mutating func ask(_ time: Timestamp) { times.insert(time.nanoseconds) }

    package mutating func timerFired(end: Timestamp) {
        if armed == end { armed = nil }
    }

    /// Whether a time has come; all that have are taken. When the clock was set back, the times go back with it.
    package mutating func takeDue(now: Timestamp) -> Bool {
        if let lastTime, now < lastTime {
            let difference = (now - lastTime).saturatedNanoseconds
            times = Heap(times.unordered.map { $0 &+ difference })
            armed = nil
        }
        lastTime = now
        var isDue = false
        while let first = times.min, first <= now.nanoseconds {
            times.removeMin()
            isDue = true
        }
        return isDue
    }

    /// The end of a new timer to be started; nil when none is needed, or one runs that ends early enough.
    package mutating func armTimer(now: Timestamp, longest: Duration) -> Timestamp? {
        guard let first = times.min else { return nil }
        let end = min(Timestamp(nanoseconds: first), now + longest)
        if let armed, armed <= end { return nil }
        armed = end
        return end
    }
}
