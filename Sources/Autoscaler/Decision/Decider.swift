package import Bytes

/// One evaluation: readings to proposals to one count, through stabilization and limits.
///
/// - Source: rules 5 to 12 of the HorizontalPodAutoscaler. The same function serves both kinds of autoscaler, the simulation and backtests.
package enum Decider {
    package static func decide(_ input: DecisionInput, history: inout ScalingHistory, now: Timestamp) -> Decision {
        var decision = Decision(time: now, current: input.specReplicas, desired: input.specReplicas)
        decision.set("AbleToScale", true, "SucceededGetScale", "the HPA controller was able to get the target's current scale")
        decision.limits = input.boundNotes
        let current = input.specReplicas
        noteZero(input, &decision)
        if let obstacle = input.obstacle {
            decision.set("ScalingActive", false, obstacle.reason, obstacle.message)
            return decision
        }
        if current == 0 && (input.minimum != 0 || !input.hasScaledToZero) {
            decision.set("ScalingActive", false, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero")
            return decision
        }
        if current > input.maximum {
            decision.desired = input.maximum
            decision.rescaleReason = "Current number of replicas above Spec.MaxReplicas"
            decision.limit("maximum", from: current, to: input.maximum)
        } else if current < input.minimum {
            decision.desired = input.minimum
            decision.rescaleReason = "Current number of replicas below Spec.MinReplicas"
            decision.limit("minimum", from: current, to: input.minimum)
        } else {
            guard let proposed = propose(input, &decision, now) else { return decision }
            decision.recommended = proposed.replicas
            decision.desired = bound(proposed.replicas, input, &history, &decision, now)
            if decision.desired > current {
                decision.rescaleReason = "\(proposed.name) above target"
            } else if decision.desired < current {
                decision.rescaleReason = "All metrics below target"
            }
        }
        pause(input, &decision)
        if decision.changes {
            decision.set(
                "AbleToScale", true, "SucceededRescale", "the HPA controller was able to update the target scale to \(decision.desired)")
            noteZero(input, &decision)
        } else {
            decision.rescaleReason = ""
        }
        return decision
    }

    /// Writes down whose zero it is, so that it is known after a restart: only our own may be left again.
    private static func noteZero(_ input: DecisionInput, _ decision: inout Decision) {
        guard input.minimum == 0 else { return }
        if decision.desired == 0, decision.current > 0 || input.hasScaledToZero {
            decision.set("ScaledToZero", true, "ScaledToZero", "the HPA controller scaled the target to zero")
        } else {
            decision.set("ScaledToZero", false, "NotScaledToZero", "the HPA controller has not scaled the target to zero")
        }
    }

    /// The largest proposal; nil when nothing may be changed, with the condition that says why.
    private static func propose(_ input: DecisionInput, _ decision: inout Decision, _ now: Timestamp) -> (replicas: Int, name: String)? {
        let rules = input.behavior
        let calculator = ReplicaCalculator(
            tolerance: .init(up: rules?.up.tolerance ?? input.tolerance, down: rules?.down.tolerance ?? input.tolerance),
            timing: input.timing, now: now)
        var best: (replicas: Int, name: String)?
        var failures: [(reason: String, message: String)] = []
        for reading in input.readings {
            do throws(ReplicaCalculator.Failure) {
                let proposal = try self.proposal(reading, input, calculator)
                decision.proposals.append(
                    Decision.Proposal(
                        reading: reading, replicas: proposal.replicas, utilization: proposal.utilization, usage: proposal.usage,
                        formula: proposal.formula))
                if best.map({ proposal.replicas > $0.replicas }) ?? true { best = (proposal.replicas, reading.name) }
            } catch {
                let reason = if case .failed(let reason, _) = reading.values { reason } else { failureReason(reading) }
                let message = reading.failure.prefix + error.message
                failures.append((reason, message))
                var failed = reading
                if failed.state == .fresh { failed.state = .failed }
                decision.proposals.append(Decision.Proposal(reading: failed, replicas: nil, formula: message))
            }
        }
        if let formula = input.formula, let combined = combine(formula, decision.proposals) {
            best = (combined, "formula \(formula.text)")
        }
        decision.failures = failures.map { Decision.Failure(reason: $0.reason, message: $0.message) }
        if let failure = failures.first, best.map({ $0.replicas < input.specReplicas }) ?? true {
            decision.set("ScalingActive", false, failure.reason, "the HPA was unable to compute the replica count: \(failure.message)")
            if let best { decision.limits.append("a metric is missing, so \(input.specReplicas) is not lowered to \(best.replicas)") }
            return nil
        }
        guard var best else {
            decision.set("ScalingActive", false, "InvalidMetricSourceType", "the HPA has no metric to compute a replica count from")
            return nil
        }
        for forecast in input.forecasts {
            // What cannot be calculated is no reason to do or to leave anything.
            guard let proposal = try? self.proposal(forecast, input, calculator) else { continue }
            decision.proposals.append(
                Decision.Proposal(reading: forecast, replicas: proposal.replicas, usage: proposal.usage, formula: proposal.formula))
            if proposal.replicas > best.replicas { best = (proposal.replicas, forecast.name) }
        }
        decision.set("ScalingActive", true, "ValidMetricFound", "the HPA was able to successfully calculate a replica count from \(best.name)")
        // What a limit cut away could have stood against shrinking.
        if best.replicas < input.specReplicas, let partial = input.readings.first(where: { $0.state == .partial || $0.state == .stale || $0.state == .held }) {
            decision.limits.append("\(partial.name) is \(partial.state.rawValue.lowercased()), so \(input.specReplicas) is not lowered to \(best.replicas)")
            return (input.specReplicas, best.name)
        }
        return best
    }

    private static func combine(_ formula: Formula, _ proposals: [Decision.Proposal]) -> Int? {
        let values = Dictionary(proposals.compactMap { one in one.replicas.map { (one.reading.name, $0) } }, uniquingKeysWith: { first, _ in first })
        return formula.evaluate(values).map(ReplicaCalculator.ceiling)
    }

    private static func failureReason(_ reading: Reading) -> String {
        if !reading.failure.reason.isEmpty { return reading.failure.reason }
        return switch reading.values {
        case .pods: reading.container == nil ? "FailedGetResourceMetric" : "FailedGetContainerResourceMetric"
        case .total, .fixed, .failed: "FailedGetExternalMetric"
        }
    }

    private static func proposal(_ reading: Reading, _ input: DecisionInput, _ calculator: ReplicaCalculator)
        throws(ReplicaCalculator.Failure) -> ReplicaCalculator.Proposal
    {
        switch (reading.values, reading.target) {
        case (.failed(_, let message), _):
            throw ReplicaCalculator.Failure(message: message)
        case (.fixed(let replicas), _):
            ReplicaCalculator.Proposal(replicas: replicas, utilization: nil, usage: 0, formula: "data is missing: fallback to \(replicas)")
        case (.pods(let metrics), .utilization(let target)):
            try calculator.utilization(
                target: target, resource: reading.resource, container: reading.container, pods: input.pods, metrics: metrics, current: input.specReplicas)
        case (.pods(let metrics), .averageValue(let target)), (.pods(let metrics), .value(let target)):
            try calculator.average(target: target, pods: input.pods, metrics: metrics, current: input.specReplicas, isCPU: reading.resource == "cpu")
        case (.total(let values), .averageValue(let target)):
            try calculator.valuePerPod(target: target, values: values, statusReplicas: input.statusReplicas)
        case (.total(let values), .value(let target)):
            try calculator.value(target: target, values: values, pods: input.pods, current: input.specReplicas)
        case (.total, .utilization):
            throw ReplicaCalculator.Failure(message: "a value that is not a pod's has no utilization")
        }
    }

    /// Stabilization, then minimum, maximum and velocity.
    private static func bound(
        _ proposed: Int, _ input: DecisionInput, _ history: inout ScalingHistory, _ decision: inout Decision, _ now: Timestamp
    ) -> Int {
        let current = input.specReplicas
        let stabilized: Int
        if let behavior = input.behavior {
            stabilized = history.stabilize(
                desired: proposed, current: current, upSeconds: behavior.up.stabilizationSeconds, downSeconds: behavior.down.stabilizationSeconds,
                now: now)
        } else {
            stabilized = history.stabilizeDown(desired: proposed, downSeconds: ScalingRules.defaultDown.stabilizationSeconds, now: now)
        }
        decision.limit("stabilization window", from: proposed, to: stabilized)
        if stabilized == proposed {
            decision.set("AbleToScale", true, "ReadyForNewScale", "recommended size matches current size")
        } else if proposed >= current && input.behavior != nil {
            decision.set(
                "AbleToScale", true, "ScaleUpStabilized", "recent recommendations were lower than current one, applying the lowest recent recommendation")
        } else {
            decision.set(
                "AbleToScale", true, "ScaleDownStabilized", "recent recommendations were higher than current one, applying the highest recent recommendation")
        }
        let (replicas, reason) =
            if let behavior = input.behavior {
                ReplicaLimits.clamp(
                    desired: stabilized, current: current, minimum: input.minimum, maximum: input.maximum, behavior: behavior, history: history,
                    now: now)
            } else {
                ReplicaLimits.clamp(desired: stabilized, current: current, minimum: input.minimum, maximum: input.maximum)
            }
        decision.limit(reason.rawValue, from: stabilized, to: replicas)
        decision.set("ScalingLimited", reason != .withinRange, reason.rawValue, reason.message)
        return replicas
    }

    private static func pause(_ input: DecisionInput, _ decision: inout Decision) {
        if (input.isUpPaused && decision.desired > decision.current) || (input.isDownPaused && decision.desired < decision.current) {
            decision.limit("paused", from: decision.desired, to: decision.current)
            decision.desired = decision.current
        }
    }
}
