import Bytes
import ClusterAPI
import Telemetry

/// The load that the pods carry and the samples that tell of it.
struct Metering: Sendable {
    let telemetry: SimulatedTelemetry
    var random: Xoshiro256
    var loads: [LoadModel] = []
    var goals: [ScalingGoal] = []
    var checker = ScalingChecker()
    /// Milliseconds of CPU that each container used since its last start.
    var usage: [String: Usage] = [:]
    var lastTick: Timestamp?
    /// Nothing is measured until then.
    var silentUntil: Timestamp?

    struct Usage: Sendable {
        var restarts: Int
        var milliseconds = 0.0
    }
}

extension World {
    /// How often the nodes measure.
    static let samplingInterval = Duration.seconds(5)

    /// Lets the pods of one tick work, and sends what is measured of it on its way.
    mutating func sample() {
        guard var metering else { return }
        defer {
            self.metering = metering
            agenda.add(.sample, at: now + Self.samplingInterval)
        }
        let pods = all(Pod.self).filter { $0.metadata.deletionTimestamp == nil && $0.spec.nodeName != nil }
        let elapsed = (metering.lastTick.map { now - $0 } ?? .zero).inSeconds * 1000
        metering.lastTick = now
        var byNode: [String: [SimulatedTelemetry.Sample]] = [:]
        let stamp = now + autoscalerClockOffset
        for load in metering.loads {
            let own = pods.filter { $0.metadata.labels["app"] == load.controller }
            let working = own.filter { $0.reportsReady && isNodeUp($0.spec.nodeName ?? "") }
            let share = working.isEmpty ? 0 : Double(load.demand(at: now)) / Double(working.count)
            for pod in own where pod.status.phase == "Running" && isNodeUp(pod.spec.nodeName ?? "") {
                let restarts = pod.status.containerStatuses.first?.restartCount ?? 0
                var usage = metering.usage[pod.metadata.uid] ?? Metering.Usage(restarts: restarts)
                if usage.restarts != restarts { usage = Metering.Usage(restarts: restarts) }
                if pod.reportsReady { usage.milliseconds += share * elapsed / 1000 }
                metering.usage[pod.metadata.uid] = usage
                if metering.random.nextUnit() < faults.missingSamples { continue }
                let labels = Labels([
                    (name: "__name__", value: "container_cpu_usage_seconds_total"), (name: "namespace", value: pod.metadata.namespace ?? ""),
                    (name: "pod", value: pod.metadata.name), (name: "container", value: "main"),
                ])
                byNode[pod.spec.nodeName ?? "", default: []].append(.init(labels: labels, time: stamp, value: usage.milliseconds / 1000))
            }
            // What waits at the door is told by somebody who is on no node.
            let labels = Labels([(name: "__name__", value: "shop_demand_millicores"), (name: "app", value: load.controller)])
            if metering.random.nextUnit() >= faults.missingSamples {
                byNode["", default: []].append(.init(labels: labels, time: stamp, value: Double(load.demand(at: now))))
            }
        }
        if metering.silentUntil.map({ now < $0 }) ?? false { return }
        for node in byNode.keys.sorted() {
            let delay = shippingDelay(node, &metering.random)
            agenda.add(.ship(byNode[node] ?? []), at: now + delay)
        }
    }

    /// A node that is cut off keeps its samples and ships them when it is back; others are late now and then.
    private func shippingDelay(_ node: String, _ random: inout Xoshiro256) -> Duration {
        if let until = actors.first(where: { $0.name == node })?.partitionedUntil, until > now { return until - now }
        if random.nextUnit() < faults.lateSamples { return .milliseconds(Int64(random.next(below: 30_000))) }
        return .milliseconds(Int64(random.next(below: 200)))
    }

    private func isNodeUp(_ name: String) -> Bool { actors.first { $0.name == name }?.isRunning ?? false }

    /// The stores stand on the machine of the autoscaler and share its clock, right or wrong.
    var autoscalerClockOffset: Duration { actors.first { $0.name == SimulatedAutoscaler.name }?.clockOffset ?? .zero }

    func ship(_ samples: [SimulatedTelemetry.Sample]) {
        metering?.telemetry.setTime(now + autoscalerClockOffset)
        metering?.telemetry.append(samples)
    }

    /// Restarts the stores, sometimes by a power cut, and looks whether all that was acknowledged is there.
    mutating func restartStores() {
        guard let telemetry = metering?.telemetry else { return }
        let powerCut = happens(0.5) ? random.next() : nil
        trace.add(now, powerCut == nil ? "the stores restart" : "the stores lose power")
        telemetry.restart(powerCut: powerCut)
        let audit = telemetry.audit()
        metering?.checker.audited(expected: audit.expected, found: audit.found)
    }
}
