import Bytes
import ClusterAPI

/// Many runs, each from its seed: faults and work at first, then rest.
package struct Campaign: Sendable {
    /// How long faults and users are at work.
    package var storm = Duration.seconds(60)
    /// How long the cluster may take to come to rest afterwards.
    package var limit = Duration.seconds(600)
    package var nodeCount = 3
    /// Whether autoscalers follow a load, and metrics fail too.
    package var hasAutoscalers = false
    /// Reads missing data as zero, which the checks must find: the canary.
    package var readsMissingAsZero = false

    package init() {}

    /// What a run came to.
    package struct Outcome: Sendable, Equatable {
        /// Equal for equal runs.
        package var traceHash: UInt64
        package var lineCount: Int
        package var faults: FaultPlan
        /// How often an autoscaler changed a replica count.
        package var scalings = 0
        /// How much virtual time it took to come to rest.
        package var calmAfter: Duration
    }

    /// Runs one seed. - Throws: the first broken promise.
    package func run(_ seed: UInt64) throws(BrokenPromise) -> Outcome { try trace(seed).outcome }

    /// The same, with the last lines of what happened.
    package func trace(_ seed: UInt64) throws(BrokenPromise) -> (outcome: Outcome, lines: [String]) {
        var seeds = SplitMix64(seed: seed)
        var random = Xoshiro256(seed: seeds.next())
        var configuration = World.Configuration()
        configuration.nodeCount = nodeCount
        configuration.faults = .swarm(&random)
        configuration.heartbeat = .seconds(20)
        if hasAutoscalers {
            configuration.faults.addMetricFaults(&random)
            // The canary needs something to be wrong about, for longer than any window.
            if readsMissingAsZero { configuration.faults.silences = .seconds(15) }
            configuration.startDelay = .seconds(5 + random.next(below: 55))
        }
        var world = World(seed: seed, configuration: configuration)
        let stormEnd = world.now + storm
        if hasAutoscalers { world.beginRing(seed: seeds.next(), until: stormEnd, readsMissingAsZero: readsMissingAsZero) }
        world.begin(Workload(seed: seeds.next(), podLimit: (hasAutoscalers ? 2 : 4) * nodeCount, until: stormEnd))
        try world.run(for: storm)
        world.heal()
        world.tidyUp()
        let start = world.now
        try world.converge(within: limit)
        var outcome = Outcome(
            traceHash: world.trace.hash, lineCount: world.trace.lineCount, faults: configuration.faults,
            calmAfter: world.now - start)
        outcome.scalings = world.metering?.checker.count ?? 0
        return (outcome, world.trace.tail)
    }
}
