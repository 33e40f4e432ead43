package import Bytes

/// A rate with a burst: tokens trickle in up to a limit, and each event takes one.
package struct TokenBucket: Equatable, Sendable {
    /// Tokens a second.
    package var rate: Double
    package var burst: Double
    private var tokens: Double
    private var filledAt: Timestamp?

    package init(rate: Double, burst: Double) {
        precondition(rate >= 0 && burst >= 0, "a bucket has a rate and a size")
        self.rate = rate
        self.burst = burst
        tokens = burst
    }

    /// Takes a token if there is one.
    package mutating func take(now: Timestamp) -> Bool {
        refill(now: now)
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }

    /// When the next token will be there; nil when it never will.
    package mutating func nextToken(now: Timestamp) -> Timestamp? {
        refill(now: now)
        if tokens >= 1 { return now }
        guard rate > 0, burst >= 1 else { return nil }
        // A nanosecond more than computed, so that rounding never asks for a wake-up just too early.
        return now + .nanoseconds(Int64((1 - tokens) / rate * 1e9) + 1)
    }

    /// Changes the rate from now on; what has been saved up stays, up to the burst.
    package mutating func setRate(_ newRate: Double, now: Timestamp) {
        refill(now: now)
        rate = newRate
    }

    private mutating func refill(now: Timestamp) {
        // A clock that was set back gives nothing and takes nothing.
        if let filledAt, now > filledAt {
            tokens = min(burst, tokens + (now - filledAt).inSeconds * rate)
        }
        filledAt = now
    }
}
