import Bytes
import ClusterAPI
import Reconciliation

/// Two autoscaled controllers under a load that comes and goes.
extension World {
    /// One is held by an HPA on the CPU of its pods, the other by a policy on the load itself.
    mutating func beginRing(seed: UInt64, until end: Timestamp, readsMissingAsZero: Bool) {
        var random = Xoshiro256(seed: seed)
        beginAutoscaling(seed: random.next())
        metering?.telemetry.setTroubles(
            .init(failedQueries: faults.failedQueries, partialAnswers: faults.partialAnswers, readsMissingAsZero: readsMissingAsZero))
        for name in ["shop", "worker"] {
            let window = Duration.seconds(60 + 30 * random.next(below: 3))
            let percent = 50 + 10 * random.next(below: 4)
            let perReplica = Int64(250 * percent / 100)
            let minimum = 1 + random.next(below: 2)
            let maximum = 7 + random.next(below: 4)
            // Half of the loads never fall low, so that a count that does is seen to be wrong.
            let least = random.next(below: 2) == 0 ? 2 : 8
            // Away from the edge between two counts: there utilization in whole percent makes either of them right, and a checker could not tell.
            func load() -> Int64 { perReplica * Int64(least + random.next(below: 15 - least)) / 2 - perReplica / 4 }
            setLoad(load(), of: name)
            apply(.create(Self.controller(name, replicas: minimum + random.next(below: 3), cpu: "250m")), by: "user")
            if name == "shop" {
                createHorizontal(name, requestMilliCPU: 250, percent: percent, minimum: minimum, maximum: maximum, window: window)
            } else {
                createPolicy(name, milliCPUPerReplica: perReplica, minimum: minimum, maximum: maximum, window: window)
            }
            var time = now + .seconds(10 + random.next(below: 20))
            while time < end {
                agenda.add(.load(name, milliCPU: load()), at: time)
                time = time + .seconds(10 + random.next(below: 40))
            }
        }
    }
}
