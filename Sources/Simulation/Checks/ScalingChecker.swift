import Bytes

/// Watches every replica count that the autoscaler writes for what must never be, by the load that really was.
///
/// - A count stays between the autoscaler's minimum and maximum.
/// - Missing, late, stale or partial data never moves a count the wrong way: not below what the load of the last minutes always needed, not above
///   what it never needed.
/// - Within the stabilization window nothing goes below a count that was written in it.
/// - What a store acknowledged is there after its restart.
struct ScalingChecker: Sendable {
    /// One write of the autoscaler.
    struct Scaling: Sendable {
        var controller: String
        var old: Int
        var new: Int
        var time: Timestamp
    }

    /// How far back samples can speak of: the oldest value that is believed and its way; for counters the widest rate, too.
    private static func memory(_ goal: ScalingGoal) -> Duration { .seconds(goal.isMeasuredOnPods ? 240 : 100) }

    private var unchecked: [Scaling] = []
    private var written: [String: [Scaling]] = [:]
    private var jumps: [(time: Timestamp, size: Duration)] = []
    private var loss: (expected: Int, found: Int)?
    /// Changes of the count, for who wants to know whether anything still moves.
    private(set) var count = 0

    mutating func note(_ scaling: Scaling) {
        unchecked.append(scaling)
        count += 1
    }

    mutating func clockJumped(by size: Duration, at time: Timestamp) { jumps.append((time, size)) }

    mutating func audited(expected: Int, found: Int) {
        if expected != found { loss = (expected, found) }
    }

    mutating func check(_ goals: [ScalingGoal], _ loads: [LoadModel]) throws(BrokenPromise) {
        if let loss { throw BrokenPromise("what a store acknowledged survives", "\(loss.found) of \(loss.expected) samples and lines are left") }
        let scalings = unchecked
        unchecked = []
        for scaling in scalings {
            guard let goal = goals.first(where: { $0.controller == scaling.controller }),
                let load = loads.first(where: { $0.controller == scaling.controller })
            else { continue }
            try check(scaling, goal, load)
            written[scaling.controller, default: []].append(scaling)
        }
    }

    private func check(_ scaling: Scaling, _ goal: ScalingGoal, _ load: LoadModel) throws(BrokenPromise) {
        let what = "\(scaling.controller) from \(scaling.old) to \(scaling.new)"
        guard scaling.new >= goal.minimum, scaling.new <= goal.maximum else {
            throw BrokenPromise("replicas stay within their limits", "\(what), between \(goal.minimum) and \(goal.maximum)")
        }
        // Whoever else brought it outside, back inside is right.
        guard scaling.old >= goal.minimum, scaling.old <= goal.maximum else { return }
        let demand = load.extremes(from: scaling.time - Self.memory(goal) - goal.window, to: scaling.time)
        let (least, most) = (goal.replicas(for: demand.lowerBound), goal.replicas(for: demand.upperBound))
        // Starting pods are left out of the measure when it falls, as Kubernetes has it, so that counts on pods may fall short for a while: what is
        // measured scales the pods there are, and those whose nodes just died are taken to be at their target, so that half of the pods there are is
        // the least that a falling measure of the others gives.
        let floor = goal.isMeasuredOnPods ? (min(least, scaling.old) + 1) / 2 : least - (least + 7) / 8
        if scaling.new < scaling.old, scaling.new < floor {
            throw BrokenPromise("missing data never shrinks", "\(what), though never less than \(least) were needed")
        }
        let ceiling = goal.isMeasuredOnPods ? 2 * most + 1 : most + (most + 7) / 8
        if scaling.new > scaling.old, scaling.new > ceiling {
            throw BrokenPromise("missing data never grows", "\(what), though never more than \(most) were needed")
        }
        if scaling.new < scaling.old, let earlier = recent(scaling, goal), earlier.new > scaling.new {
            throw BrokenPromise(
                "nothing shrinks within the window",
                "\(what), \(Trace.seconds(scaling.time - earlier.time)) s after \(earlier.new) was written; the window is \(Trace.seconds(goal.window)) s")
        }
    }

    /// The highest count that was written within the window. A clock set forward shortens it, by no more than the silence that begins it anew.
    private func recent(_ scaling: Scaling, _ goal: ScalingGoal) -> Scaling? {
        // A decision is made a moment before it is written, by the way of the request.
        let start = scaling.time - goal.window + .seconds(1)
        let lost = jumps.filter { $0.time > start && $0.size > .zero }.reduce(Duration.zero) { $0 + min($1.size, .seconds(20)) }
        return (written[scaling.controller] ?? []).filter { $0.time > start + lost && $0.new > $0.old }.max { $0.new < $1.new }
    }
}
