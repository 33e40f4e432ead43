package import Bytes
package import ClusterAPI
import Reconciliation

/// From decisions to requests and events.
extension AutoscalerCore {
    /// A trouble that stays is told again after so long.
    private static let reminderInterval = Duration.seconds(300)

    mutating func unreachable(_ scaler: Scaler, _ now: Timestamp) -> Outcome {
        var decision = Decision(time: now, current: 0, desired: 0)
        let cause =
            scaler.target.kind == "ReplicationController"
            ? "replicationcontrollers \"\(scaler.target.name)\" not found" : "\(scaler.target.kind) cannot be scaled here"
        decision.set("AbleToScale", false, "FailedGetScale", "the HPA controller was unable to get the target's current scale: \(cause)")
        var outcome = Outcome(
            record: DecisionRecord(scaler, decision), scale: nil, status: statusRequest(scaler, decision, controller: nil, now), event: nil)
        outcome.warnings = warn(scaler, [("FailedGetScale", cause)], now)
        return outcome
    }

    mutating func outcome(_ scaler: Scaler, _ decision: Decision, _ target: ScaleTarget, _ now: Timestamp) -> Outcome {
        var outcome = Outcome(record: DecisionRecord(scaler, decision), scale: nil, status: nil, event: nil)
        if decision.changes && scaler.mode == .auto {
            outcome.scale = target.scaleRequest(to: decision.desired)
            outcome.event = EventDraft(
                .normal, "SuccessfulRescale", "New size: \(decision.desired); reason: \(decision.rescaleReason)", regarding: reference(scaler.id),
                component: Self.component)
        }
        outcome.status = statusRequest(scaler, decision, controller: target.controller, now)
        outcome.warnings = warn(scaler, troubles(decision), now)
        return outcome
    }

    /// The status and the event of a scale that could not be written.
    package mutating func failedToScale(_ outcome: Outcome, _ error: StatusError, now: Timestamp) -> (status: APIRequest?, event: EventDraft?) {
        guard let scaler = scalers.first(where: { $0.id == outcome.record.scaler }) else { return (nil, nil) }
        var decision = outcome.record.decision
        decision.set(
            "AbleToScale", false, "FailedUpdateScale", "the HPA controller was unable to update the target scale: \(error.message)")
        let wanted = decision.desired
        decision.desired = decision.current
        let event = EventDraft(
            .warning, "FailedRescale", "New size: \(wanted); reason: \(decision.rescaleReason); error: \(error.message)",
            regarding: reference(scaler.id), component: Self.component)
        return (statusRequest(scaler, decision, controller: scaleTarget(scaler)?.controller, now), event)
    }

    private func troubles(_ decision: Decision) -> [(reason: String, message: String)] {
        guard let active = decision.condition("ScalingActive"), !active.isTrue, active.reason != "ScalingDisabled" else {
            return decision.failures.map { ($0.reason, $0.message) }
        }
        guard let first = decision.failures.first else { return [(active.reason, active.message)] }
        let summary = "invalid metrics (\(decision.failures.count) invalid out of \(decision.proposals.count)), first error is: \(first.message)"
        return decision.failures.map { ($0.reason, $0.message) } + [("FailedComputeMetricsReplicas", summary)]
    }

    private mutating func warn(_ scaler: Scaler, _ troubles: [(reason: String, message: String)], _ now: Timestamp) -> [EventDraft] {
        guard !troubles.isEmpty else {
            told[scaler.id] = nil
            return []
        }
        // Times in a message change every round and are no news.
        let text = troubles.map(\.reason).joined(separator: ",")
        if let last = told[scaler.id], last.text == text, last.time <= now, now - last.time < Self.reminderInterval { return [] }
        told[scaler.id] = (text, now)
        return troubles.map { EventDraft(.warning, $0.reason, $0.message, regarding: reference(scaler.id), component: Self.component) }
    }

    private func reference(_ id: ScalerID) -> ObjectReference {
        switch id.kind {
        case Scaler.Kind.horizontal.rawValue: horizontals[id.name].map(\.reference) ?? ObjectReference()
        default: policies[id.name].map(\.reference) ?? ObjectReference()
        }
    }

    /// Whether the object's own status says that its autoscaler brought the target to zero.
    func recordsOwnZero(_ scaler: Scaler) -> Bool {
        if scaler.id.kind == Scaler.Kind.horizontal.rawValue {
            return horizontals[scaler.id.name]?.status.conditions.contains { $0.type == "ScaledToZero" && $0.status == "True" } ?? false
        }
        return policies[scaler.id.name]?.status.conditions.contains { $0.type == "ScaledToZero" && $0.status == "True" } ?? false
    }

    private func statusRequest(_ scaler: Scaler, _ decision: Decision, controller: ReplicationController?, _ now: Timestamp) -> APIRequest? {
        if scaler.id.kind == Scaler.Kind.horizontal.rawValue {
            guard let old = horizontals[scaler.id.name] else { return nil }
            var new = old
            new.status = StatusWriter.status(of: old, decision, record: DecisionRecord(scaler, decision), hasTarget: controller != nil, now)
            return new.status == old.status ? nil : .updateStatus(new)
        }
        guard let old = policies[scaler.id.name] else { return nil }
        var new = old
        new.status = StatusWriter.status(of: old, scaler, decision, currentReplicas: controller?.status.replicas, now)
        return new.status == old.status ? nil : .updateStatus(new)
    }
}
