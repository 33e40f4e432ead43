import Bytes
import Reconciliation
import Testing

@Suite("Work queue")
struct WorkQueueTests {
    let start = Timestamp(seconds: 1000)

    @Test("a key that is added twice is worked on once, in the order of the first adding")
    func addsOnce() {
        var queue = WorkQueue<String>()
        for key in ["a", "b", "a", "c", "b"] { queue.add(key) }
        #expect(queue.count == 3)
        #expect([queue.next(), queue.next(), queue.next(), queue.next()] == ["a", "b", "c", nil])
    }

    @Test("a key that changes while it is worked on comes back once, after it is finished")
    func comesBack() {
        var queue = WorkQueue<String>()
        queue.add("a")
        _ = queue.next()
        queue.add("a")
        queue.add("a")
        #expect(queue.next() == nil)
        queue.finish("a")
        #expect(queue.next() == "a")
        queue.finish("a")
        #expect(queue.next() == nil)
    }

    @Test("of several times asked for, the earliest counts, and the key comes once")
    func earliestCounts() {
        var queue = WorkQueue<String>()
        queue.add("a", at: start + .seconds(10))
        queue.add("a", at: start + .seconds(5))
        queue.add("a", at: start + .seconds(20))
        #expect(queue.nextDue() == start + .seconds(5))
        queue.releaseDue(now: start + .seconds(4))
        #expect(queue.next() == nil)
        queue.releaseDue(now: start + .seconds(30))
        #expect(queue.next() == "a")
        queue.finish("a")
        #expect(queue.next() == nil)
        #expect(queue.nextDue() == nil)
    }

    @Test("failures in a row double the delay up to the last one, and forgetting starts anew")
    func backsOff() {
        var queue = WorkQueue<String>(backoff: Backoff(first: .milliseconds(10), last: .milliseconds(50)))
        let delays = (0..<5).map { _ in queue.retry("a", now: start) }
        #expect(delays == [10, 20, 40, 50, 50].map { Duration.milliseconds($0) })
        queue.forget("a")
        #expect(queue.retry("a", now: start) == .milliseconds(10))
    }

    @Test("whatever is done with it, no key is worked on twice at once, and none is lost")
    func agreesWithModel() {
        for seed in 1...50 as ClosedRange<UInt64> {
            var random = Xoshiro256(seed: seed)
            var queue = WorkQueue<Int>()
            var wanted: Set<Int> = []
            var working: Set<Int> = []
            for _ in 0..<300 {
                let key = random.next(below: 8)
                switch random.next(below: 3) {
                case 0:
                    queue.add(key)
                    wanted.insert(key)
                case 1:
                    if let next = queue.next() {
                        #expect(working.insert(next).inserted && wanted.remove(next) != nil, "seed \(seed)")
                    } else {
                        #expect(wanted.subtracting(working).isEmpty, "seed \(seed)")
                    }
                default:
                    guard let done = working.sorted().first else { continue }
                    queue.finish(done)
                    working.remove(done)
                }
            }
        }
    }
}

@Suite("Token bucket")
struct TokenBucketTests {
    @Test("a burst is given at once, then as many as the rate says, and never more than the burst is saved")
    func bursts() {
        var bucket = TokenBucket(rate: 2, burst: 3)
        var now = Timestamp(seconds: 50)
        #expect((0..<4).map { _ in bucket.take(now: now) } == [true, true, true, false])
        #expect(bucket.nextToken(now: now)! <= now + .milliseconds(501))
        now = now + .milliseconds(500)
        #expect(bucket.take(now: now) == true)
        #expect(bucket.take(now: now) == false)
        now = now + .seconds(100)
        #expect((0..<4).map { _ in bucket.take(now: now) } == [true, true, true, false])
    }

    @Test("a clock that is set back neither gives nor takes tokens")
    func clockBack() {
        var bucket = TokenBucket(rate: 1, burst: 1)
        #expect(bucket.take(now: Timestamp(seconds: 100)) == true)
        #expect(bucket.take(now: Timestamp(seconds: 40)) == false)
        #expect(bucket.take(now: Timestamp(seconds: 41)) == true)
    }

    @Test("a bucket without a rate never has a next token once it is empty")
    func stopped() {
        var bucket = TokenBucket(rate: 0, burst: 1)
        let now = Timestamp(seconds: 1)
        #expect(bucket.take(now: now) == true)
        #expect(bucket.nextToken(now: now) == nil)
    }
}

@Suite("Expectations")
struct ExpectationsTests {
    let now = Timestamp(seconds: 1000)

    @Test("a key is fulfilled when every creation and deletion asked for was seen")
    func fulfils() {
        var expectations = Expectations<String>()
        expectations.expect("rc", creations: 2, deletions: ["x"], now: now)
        expectations.observeCreation("rc")
        expectations.observeCreation("rc")
        #expect(expectations.isFulfilled("rc", now: now) == false)
        expectations.observeDeletion("rc", uid: "other")
        #expect(expectations.isFulfilled("rc", now: now) == false)
        expectations.observeDeletion("rc", uid: "x")
        #expect(expectations.isFulfilled("rc", now: now) == true)
    }

    @Test("what is never seen stops a controller for a while only")
    func expires() {
        var expectations = Expectations<String>(patience: .seconds(10))
        expectations.expect("rc", creations: 1, now: now)
        #expect(expectations.isFulfilled("rc", now: now + .seconds(9)) == false)
        #expect(expectations.deadline(of: "rc") == now + .seconds(10))
        #expect(expectations.isFulfilled("rc", now: now + .seconds(10)) == true)
    }

    @Test("a clock that is set back begins the patience anew, so that a lost answer holds nobody up until it has caught up")
    func setBack() {
        var expectations = Expectations<String>(patience: .seconds(10))
        expectations.expect("rc", creations: 1, now: now)
        let earlier = now - .seconds(3600)
        #expect(expectations.isFulfilled("rc", now: earlier) == false)
        #expect(expectations.deadline(of: "rc") == earlier + .seconds(10))
        #expect(expectations.isFulfilled("rc", now: earlier + .seconds(9)) == false)
        #expect(expectations.isFulfilled("rc", now: earlier + .seconds(10)) == true)
    }
}
