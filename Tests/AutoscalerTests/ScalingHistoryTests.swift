import Bytes
import Testing

@testable import Autoscaler

@Suite("What an autoscaler remembers")
struct ScalingHistoryTests {
    let now = Timestamp(seconds: 1_700_000_000)

    @Test("a clock set back neither ends a window early nor keeps it for ever", arguments: [10, 3000])
    func clockSetBack(seconds: Int) {
        var history = ScalingHistory()
        history.begin(current: 8, now: now)
        _ = history.stabilize(desired: 8, current: 8, upSeconds: 0, downSeconds: 60, now: now)
        var time = now - .seconds(seconds)
        func settled() -> Int {
            history.begin(current: 8, now: time)
            return history.stabilize(desired: 2, current: 8, upSeconds: 0, downSeconds: 60, now: time)
        }
        // The window counts from the moment at which the clock was seen to be back.
        for _ in 0..<4 {
            #expect(settled() == 8)
            time = time + .seconds(15)
        }
        #expect(settled() == 2)
    }

    @Test("changes of the future count as of now, so that velocity stays bounded and comes free again")
    func eventsOfTheFuture() {
        var history = ScalingHistory()
        history.recordChange(from: 2, to: 6, behavior: ScalingBehavior(), now: now + .seconds(3000))
        history.begin(current: 6, now: now)
        #expect(ScalingHistory.change(of: history.upEvents, inLast: 15, now: now) == 4)
        #expect(ScalingHistory.change(of: history.upEvents, inLast: 15, now: now + .seconds(15)) == 0)
    }

    @Test("after a silence the size found counts as a recommendation", arguments: [(15, 2), (21, 8), (4000, 8)])
    func silence(seconds: Int, expected: Int) {
        var history = ScalingHistory()
        history.begin(current: 3, now: now - .seconds(100))
        _ = history.stabilize(desired: 2, current: 2, upSeconds: 0, downSeconds: 60, now: now)
        let later = now + .seconds(seconds)
        history.begin(current: 8, now: later)
        #expect(history.stabilize(desired: 2, current: 8, upSeconds: 0, downSeconds: 60, now: later + .seconds(1)) == expected)
    }

    @Test("what no window needs any more is forgotten")
    func bounded() {
        var history = ScalingHistory()
        for second in stride(from: 0, to: 8000, by: 5) {
            history.begin(current: 2, now: now + .seconds(second))
            history.recommendations.append(.init(replicas: 2, time: now + .seconds(second)))
        }
        #expect(history.recommendations.count <= 1500)
    }
}
