import Bytes
import ClusterAPI

/// Decisions as the status of their objects. A status changes only when something that a user would see has changed.
enum StatusWriter {
    /// Beside Kubernetes' own conditions: why the count is what it is, in one sentence, for `kubectl describe hpa`.
    static let lastDecision = "LastDecision"

    static func status(of hpa: HorizontalPodAutoscaler, _ decision: Decision, record: DecisionRecord, hasTarget: Bool, _ now: Timestamp) -> HorizontalPodAutoscalerStatus {
        var status = hpa.status
        status.observedGeneration = hpa.metadata.generation
        // A target that cannot be read says nothing of its size: what was last known stays.
        if hasTarget { (status.currentReplicas, status.desiredReplicas) = (decision.current, decision.desired) }
        if decision.changes { status.lastScaleTime = now }
        let measured = zip(hpa.spec.metrics, decision.proposals).compactMap { spec, proposal in metricStatus(spec, proposal) }
        if !measured.isEmpty || decision.proposals.isEmpty == false { status.currentMetrics = measured }
        let old = hpa.status.conditions.first { $0.type == Self.lastDecision }
        var conditions = decision.conditions
        // The sentence carries figures that differ every round: it is written when the decision is another one.
        if old?.reason != record.reason || decision.changes { conditions.append(.init(Self.lastDecision, true, record.reason, record.sentence)) }
        status.conditions = conditions.map { condition in
            let text = condition.isTrue ? "True" : "False"
            var made = HorizontalPodAutoscalerCondition()
            (made.type, made.status, made.reason, made.message) = (condition.type, text, condition.reason, condition.message)
            let old = hpa.status.conditions.first { $0.type == condition.type }
            made.lastTransitionTime = old?.status == text ? old?.lastTransitionTime : now
            return made
        }
        // What this evaluation did not come to stays as it was last seen, as Kubernetes has it.
        status.conditions += hpa.status.conditions.filter { old in !conditions.contains { $0.type == old.type } }
        return status
    }

    private static func metricStatus(_ spec: MetricSpec, _ proposal: Decision.Proposal) -> MetricStatus? {
        guard let usage = proposal.usage else { return nil }
        var current = MetricValueStatus()
        switch proposal.reading.target {
        case .utilization:
            current.averageUtilization = proposal.utilization
            current.averageValue = Quantity(milli: usage)
        case .averageValue: current.averageValue = Quantity(milli: usage)
        case .value: current.value = Quantity(milli: usage)
        }
        var status = MetricStatus()
        status.type = spec.type
        switch spec.type {
        case "Resource":
            var made = ResourceMetricStatus()
            (made.name, made.current) = (spec.resource?.name ?? "", current)
            status.resource = made
        case "ContainerResource":
            var made = ContainerResourceMetricStatus()
            (made.name, made.container, made.current) = (spec.containerResource?.name ?? "", spec.containerResource?.container ?? "", current)
            status.containerResource = made
        case "Pods":
            var made = PodsMetricStatus()
            (made.metric, made.current) = (spec.pods?.metric ?? MetricIdentifier(), current)
            status.pods = made
        case "Object":
            var made = ObjectMetricStatus()
            (made.metric, made.current) = (spec.object?.metric ?? MetricIdentifier(), current)
            made.describedObject = spec.object?.describedObject ?? CrossVersionObjectReference()
            status.object = made
        default:
            var made = ExternalMetricStatus()
            (made.metric, made.current) = (spec.external?.metric ?? MetricIdentifier(), current)
            status.external = made
        }
        return status
    }

    static func status(
        of policy: AutoscalingPolicy, _ scaler: Scaler, _ decision: Decision, currentReplicas: Int?, _ now: Timestamp
    ) -> AutoscalingPolicyStatus {
        var status = policy.status
        status.observedGeneration = policy.metadata.generation
        if let currentReplicas { (status.replicas, status.desiredReplicas) = (currentReplicas, decision.desired) }
        if decision.changes && scaler.mode == .auto { status.lastScaleTime = now }
        status.conditions = decision.conditions.map { condition in
            var made = Condition()
            let text = condition.isTrue ? "True" : "False"
            (made.type, made.status, made.reason, made.message) = (condition.type, text, condition.reason, condition.message)
            let old = policy.status.conditions.first { $0.type == condition.type }
            made.lastTransitionTime = old?.status == text ? old?.lastTransitionTime ?? now : now
            return made
        }
        let record = DecisionRecord(scaler, decision)
        let last = policy.status.lastDecision
        if last?.to != decision.desired || last?.from != decision.current || last?.reason != record.reason || last?.limits != decision.limits {
            status.lastDecision = record.statusForm
        }
        return status
    }
}
