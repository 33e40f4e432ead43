import Bytes
import ClusterAPI
import Reconciliation

/// The part of the ring that reads the stores and writes replica counts.
extension World {
    /// Puts the stores, the meters and the autoscaler into a world that has run without them.
    mutating func beginAutoscaling(seed: UInt64) {
        guard metering == nil else { return }
        var seeds = SplitMix64(seed: seed)
        let telemetry = SimulatedTelemetry(now: now, seed: seeds.next())
        metering = Metering(telemetry: telemetry, random: Xoshiro256(seed: seeds.next()))
        actors.append(SimulatedActor(name: SimulatedAutoscaler.name) { SimulatedAutoscaler(telemetry) })
        start(actors.count - 1)
        agenda.add(.sample, at: now)
    }

    mutating func setLoad(_ milliCPU: Int64, of controller: String) {
        guard let index = metering?.loads.firstIndex(where: { $0.controller == controller }) else {
            metering?.loads.append(LoadModel(controller: controller, start: now, milliCPU: milliCPU))
            return
        }
        metering?.loads[index].change(to: milliCPU, at: now)
    }

    /// What the pods of the last minutes did not tell is not told afterwards either.
    mutating func silenceMeters(for duration: Duration) {
        trace.add(now, "nothing is measured for \(Trace.seconds(duration)) s")
        metering?.silentUntil = now + duration
    }

    /// A controller that an HPA holds at a share of the CPU that its pods request.
    @discardableResult
    mutating func createHorizontal(
        _ name: String, requestMilliCPU: Int64, percent: Int, minimum: Int, maximum: Int, window: Duration
    ) -> Result<APIResponse, StatusError> {
        metering?.goals.append(
            ScalingGoal(
                controller: name, milliCPUPerReplica: max(1, requestMilliCPU * Int64(percent) / 100), minimum: minimum, maximum: maximum,
                window: window, isMeasuredOnPods: true))
        let scaler = HorizontalPodAutoscaler {
            ($0.metadata.namespace, $0.metadata.name) = ("default", name)
            $0.spec.scaleTargetRef = Self.target(name)
            $0.spec.minReplicas = minimum
            $0.spec.maxReplicas = maximum
            $0.spec.metrics = [
                MetricSpec { metric in
                    metric.type = "Resource"
                    metric.resource = ResourceMetricSource {
                        $0.name = "cpu"
                        $0.target.type = "Utilization"
                        $0.target.averageUtilization = percent
                    }
                }
            ]
            $0.spec.behavior = Self.behavior(window)
        }
        return apply(.create(scaler), by: "user")
    }

    /// A controller that a policy holds at an amount of load per replica.
    @discardableResult
    mutating func createPolicy(
        _ name: String, milliCPUPerReplica: Int64, minimum: Int, maximum: Int, window: Duration
    ) -> Result<APIResponse, StatusError> {
        metering?.goals.append(
            ScalingGoal(
                controller: name, milliCPUPerReplica: max(1, milliCPUPerReplica), minimum: minimum, maximum: maximum, window: window,
                isMeasuredOnPods: false))
        let policy = AutoscalingPolicy {
            ($0.metadata.namespace, $0.metadata.name) = ("default", name)
            $0.spec.scaleTargetRef = Self.target(name)
            $0.spec.minReplicas = minimum
            $0.spec.maxReplicas = maximum
            $0.spec.signals = [
                PolicySignal {
                    $0.name = "demand"
                    $0.promql = "sum(shop_demand_millicores{app=\"\(name)\"})"
                    $0.target.type = "AverageValue"
                    $0.target.averageValue = Quantity(milli: milliCPUPerReplica * 1000)
                }
            ]
            $0.spec.behavior = Self.behavior(window)
        }
        return apply(.create(policy), by: "user")
    }

    private static func target(_ name: String) -> CrossVersionObjectReference {
        CrossVersionObjectReference {
            $0.apiVersion = "v1"
            $0.kind = "ReplicationController"
            $0.name = name
        }
    }

    private static func behavior(_ window: Duration) -> HorizontalPodAutoscalerBehavior {
        HorizontalPodAutoscalerBehavior {
            $0.scaleDown = HPAScalingRules {
                $0.stabilizationWindowSeconds = Int(window.components.seconds)
                $0.policies = [
                    HPAScalingPolicy {
                        $0.type = "Percent"
                        $0.value = 100
                        $0.periodSeconds = 15
                    }
                ]
            }
        }
    }

    /// The present replica count of a controller, if it is there.
    func replicas(of controller: String) -> Int? {
        all(ReplicationController.self).first { $0.metadata.namespace == "default" && $0.metadata.name == controller }?.spec.replicas
    }

    /// Autoscaled controllers whose count is not right for their load, in words.
    func wrongCounts() -> [String] {
        guard let metering else { return [] }
        return metering.goals.compactMap { goal in
            guard let load = metering.loads.first(where: { $0.controller == goal.controller }), let count = replicas(of: goal.controller) else { return nil }
            let demand = load.demand(at: now)
            if goal.isRight(count, for: demand) { return nil }
            return "\(goal.controller) has \(count) replicas for a load of \(demand)m: \(lastSentence(of: goal.controller) ?? "nothing was decided")"
        }
    }

    /// What the autoscaler itself says of its last decision.
    private func lastSentence(of controller: String) -> String? {
        let records = metering?.telemetry.records(around: now + autoscalerClockOffset) ?? []
        return records.lazy.reversed().compactMap { try? JSONValue.parse($0) }.first { $0["autoscaler"]?.stringValue == controller }?["sentence"]?
            .stringValue
    }
}
