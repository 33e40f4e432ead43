package import Bytes

/// What an autoscaler remembers between evaluations: recommendations for stabilization, and its own changes for velocity.
///
/// It can be rebuilt from the decision records after a restart.
package struct ScalingHistory: Sendable, Equatable {
    package struct Recommendation: Sendable, Equatable {
        package var replicas: Int
        package var time: Timestamp

        package init(replicas: Int, time: Timestamp) {
            self.replicas = replicas
            self.time = time
        }
    }

    /// A change of the replica count by so many, always positive.
    package struct Event: Sendable, Equatable {
        package var change: Int
        package var time: Timestamp
        package var isOutdated: Bool

        package init(change: Int, time: Timestamp, isOutdated: Bool = false) {
            self.change = change
            self.time = time
            self.isOutdated = isOutdated
        }
    }

    package var recommendations: [Recommendation] = []
    package var upEvents: [Event] = []
    package var downEvents: [Event] = []
    /// Whether the last change brought the target to zero: only then may it be brought back by itself.
    package var hasScaledToZero = false

    /// A longer silence without a recommendation says nothing of the load that was.
    package static let longestSilence = Duration.seconds(20)
    /// The longest stabilization window and the longest period that the API takes.
    private static let longestWindow = Duration.seconds(3600)
    private static let longestPeriod = Duration.seconds(1800)

    package init() {}

    /// Brings the memory in line with the clock and the target before a round.
    ///
    /// - What lies in the future was remembered before the clock was set back: it counts as of now, so no window ends early and none stays for ever.
    /// - At first sight, and after a silence (a restart, an outage of the data, a clock set forward), the size found counts as a recommendation of
    ///   now: the window begins anew instead of having passed unseen.
    package mutating func begin(current: Int, now: Timestamp) {
        recommendations.removeAll { $0.time < now - Self.longestWindow }
        upEvents.removeAll { $0.time < now - Self.longestPeriod }
        downEvents.removeAll { $0.time < now - Self.longestPeriod }
        for index in recommendations.indices { recommendations[index].time = min(recommendations[index].time, now) }
        for index in upEvents.indices { upEvents[index].time = min(upEvents[index].time, now) }
        for index in downEvents.indices { downEvents[index].time = min(downEvents[index].time, now) }
        let last = recommendations.map(\.time).max()
        if last.map({ now - $0 > Self.longestSilence }) ?? true { recommendations.append(Recommendation(replicas: current, time: now)) }
        if current > 0 { hasScaledToZero = false }
    }

    /// Clamps a recommendation by the lowest of the up window and the highest of the down window, and remembers it.
    ///
    /// An entry older than both windows is reused, so the history stays as long as the windows need.
    package mutating func stabilize(desired: Int, current: Int, upSeconds: Int, downSeconds: Int, now: Timestamp) -> Int {
        let upCutoff = now - .seconds(upSeconds)
        let downCutoff = now - .seconds(downSeconds)
        var (lowest, highest) = (desired, desired)
        var reusable: Int?
        for (index, entry) in recommendations.enumerated() {
            if entry.time > upCutoff { lowest = min(lowest, entry.replicas) }
            if entry.time > downCutoff { highest = max(highest, entry.replicas) }
            if entry.time < upCutoff && entry.time < downCutoff { reusable = index }
        }
        remember(desired, at: reusable, now)
        return min(max(current, lowest), highest)
    }

    /// The form without `behavior`: only shrinking is stabilized.
    package mutating func stabilizeDown(desired: Int, downSeconds: Int, now: Timestamp) -> Int {
        let cutoff = now - .seconds(downSeconds)
        var highest = desired
        var reusable: Int?
        for (index, entry) in recommendations.enumerated() {
            if entry.time < cutoff { reusable = index } else { highest = max(highest, entry.replicas) }
        }
        remember(desired, at: reusable, now)
        return highest
    }

    private mutating func remember(_ replicas: Int, at index: Int?, _ now: Timestamp) {
        let entry = Recommendation(replicas: replicas, time: now)
        if let index { recommendations[index] = entry } else { recommendations.append(entry) }
    }

    /// Remembers a change that was written.
    package mutating func recordChange(from old: Int, to new: Int, behavior: ScalingBehavior, now: Timestamp) {
        hasScaledToZero = new == 0
        if new > old { Self.record(new - old, in: &upEvents, behavior.up, now) }
        if new < old { Self.record(old - new, in: &downEvents, behavior.down, now) }
    }

    package static func record(_ change: Int, in events: inout [Event], _ rules: ScalingRules, _ now: Timestamp) {
        let cutoff = now - .seconds(rules.longestPeriodSeconds)
        for index in events.indices where events[index].time < cutoff { events[index].isOutdated = true }
        let event = Event(change: change, time: now)
        if let index = events.lastIndex(where: \.isOutdated) { events[index] = event } else { events.append(event) }
    }

    /// How much the events of the last period changed.
    package static func change(of events: [Event], inLast seconds: Int, now: Timestamp) -> Int {
        let cutoff = now - .seconds(seconds)
        return events.reduce(0) { $1.time > cutoff ? $0 + $1.change : $0 }
    }
}
