package import Bytes

/// Which faults a run suffers, and how often: a random subset per seed, so that some runs see one fault alone and some see all.
package struct FaultPlan: Sendable, Equatable {
    /// The longest way of a message between an actor and the API server.
    package var latency = Duration.milliseconds(5)
    /// The longest that news of a watch may lag behind.
    package var watchLag = Duration.milliseconds(20)

    // Probabilities per message.
    package var lostRequests = 0.0
    package var lostAnswers = 0.0
    package var refusedRequests = 0.0
    package var repeatedNews = 0.0
    /// A watch ends, sometimes with the word that its past is no longer kept.
    package var cutWatches = 0.0

    /// A sample is never taken, or comes late.
    package var missingSamples = 0.0
    package var lateSamples = 0.0
    // Probabilities per query.
    package var failedQueries = 0.0
    package var partialAnswers = 0.0

    // Mean virtual times between events; nil: never.
    package var actorRestarts: Duration?
    package var nodeDeaths: Duration?
    package var partitions: Duration?
    package var clockJumps: Duration?
    /// A pod's container ends by itself after so long on average.
    package var crashes: Duration?
    /// The stores end and open again, sometimes by a power cut.
    package var storeRestarts: Duration?
    /// Nothing at all is measured for a while.
    package var silences: Duration?

    /// How long a sender waits for an answer that does not come.
    package var requestTimeout = Duration.seconds(10)

    package init() {}

    package static let none = FaultPlan()

    /// Draws a subset of the faults, and how hard each is.
    package static func swarm(_ random: inout Xoshiro256) -> FaultPlan {
        var plan = FaultPlan()
        func isChosen() -> Bool { random.next(below: 2) == 0 }
        func probability(upTo most: Double) -> Double { isChosen() ? random.nextUnit() * most : 0 }
        func interval(_ shortest: Int, _ longest: Int) -> Duration? {
            isChosen() ? .seconds(shortest + random.next(below: longest - shortest)) : nil
        }
        if isChosen() { plan.latency = .milliseconds(5 + random.next(below: 500)) }
        if isChosen() { plan.watchLag = .milliseconds(20 + random.next(below: 3000)) }
        plan.lostRequests = probability(upTo: 0.1)
        plan.lostAnswers = probability(upTo: 0.1)
        plan.refusedRequests = probability(upTo: 0.2)
        plan.repeatedNews = probability(upTo: 0.2)
        plan.cutWatches = probability(upTo: 0.05)
        plan.actorRestarts = interval(5, 60)
        plan.nodeDeaths = interval(20, 90)
        plan.partitions = interval(10, 60)
        plan.clockJumps = interval(10, 60)
        plan.crashes = interval(10, 120)
        return plan
    }

    /// Adds a subset of what can go wrong with metrics. Pods do not crash here: a starting pod is left out of the measure, so that a fleet that
    /// crashes all the time has no measure to be held to.
    package mutating func addMetricFaults(_ random: inout Xoshiro256) {
        func isChosen() -> Bool { random.next(below: 2) == 0 }
        func probability(upTo most: Double) -> Double { isChosen() ? random.nextUnit() * most : 0 }
        crashes = nil
        missingSamples = probability(upTo: 0.5)
        lateSamples = probability(upTo: 0.3)
        failedQueries = probability(upTo: 0.4)
        partialAnswers = probability(upTo: 0.4)
        if isChosen() { storeRestarts = .seconds(10 + random.next(below: 40)) }
        if isChosen() { silences = .seconds(20 + random.next(below: 60)) }
    }

    package var description: String {
        var parts: [String] = ["latency \(latency)", "lag \(watchLag)"]
        for (name, value) in [
            ("lost requests", lostRequests), ("lost answers", lostAnswers), ("refused", refusedRequests), ("repeated", repeatedNews),
            ("cut", cutWatches), ("missing samples", missingSamples), ("late samples", lateSamples), ("failed queries", failedQueries),
            ("partial answers", partialAnswers),
        ] where value > 0 {
            parts.append("\(name) \(Int(value * 1000))‰")
        }
        for (name, value) in [
            ("restarts", actorRestarts), ("node deaths", nodeDeaths), ("partitions", partitions), ("clock jumps", clockJumps),
            ("crashes", crashes), ("store restarts", storeRestarts), ("silences", silences),
        ] {
            if let value { parts.append("\(name) every \(value)") }
        }
        return parts.joined(separator: ", ")
    }
}
