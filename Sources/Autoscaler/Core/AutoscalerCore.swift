package import Bytes
package import ClusterAPI
package import QueryLanguage
package import Reconciliation

/// The autoscaler as a value: what it has seen of the cluster, what it asks of the stores, what it decides.
///
/// A round is `queries` → (somebody evaluates them) → `decide`. It reads levels and can be thrown away: its memory of recommendations
/// is rebuilt from the decision records.
package struct AutoscalerCore: Sendable {
    /// One query's answer; nil values never arise: a failed query is a failure with its reason.
    package typealias Answers = [SignalQuery: Result<Evaluation, QueryError>]

    /// What follows from one object's evaluation.
    package struct Outcome: Sendable {
        package var record: DecisionRecord
        /// The scale to be written; nil when nothing changes or only a recommendation is wanted.
        package var scale: APIRequest?
        package var status: APIRequest?
        package var event: EventDraft?
    }

    package static let watches = [
        WatchInterest(HorizontalPodAutoscaler.resource), WatchInterest(AutoscalingPolicy.resource),
        WatchInterest(ReplicationController.resource), WatchInterest(Pod.resource),
    ]

    private var horizontals = InformerCache<HorizontalPodAutoscaler>()
    private var policies = InformerCache<AutoscalingPolicy>()
    private var controllers = InformerCache<ReplicationController>()
    private var pods = InformerCache<Pod>(indexes: [ObjectIndex { pod in [pod.metadata.namespace ?? ""] }])
    private var histories: [ScalerID: ScalingHistory]
    /// Last usable reading of each signal, for the policy `LastValue`, and since when a signal is missing, for `Fallback`.
    private var lastReadings: [ScalerID: [String: (reading: Reading, time: Timestamp)]] = [:]
    private var missingSince: [ScalerID: [String: Timestamp]] = [:]
    private let timing: PodGroups.Timing

    /// - Parameter histories: rebuilt from decision records after a restart.
    package init(histories: [ScalerID: ScalingHistory] = [:], timing: PodGroups.Timing = PodGroups.Timing()) {
        self.histories = histories
        self.timing = timing
    }

    /// Whether the first lists of all that it watches are complete: before that it decides nothing.
    package var isSynced: Bool { horizontals.isSynced && policies.isSynced && controllers.isSynced && pods.isSynced }

    package mutating func observe(_ event: ActorEvent) {
        switch event {
        case .objects(let resource, let changes):
            switch resource {
            case HorizontalPodAutoscaler.resource: forget(horizontals.apply(changes).filter { $0.new == nil }, .horizontal)
            case AutoscalingPolicy.resource: forget(policies.apply(changes).filter { $0.new == nil }, .policy)
            case ReplicationController.resource: _ = controllers.apply(changes)
            case Pod.resource: _ = pods.apply(changes)
            default: break
            }
        case .synced(let resource):
            switch resource {
            case HorizontalPodAutoscaler.resource: horizontals.markSynced()
            case AutoscalingPolicy.resource: policies.markSynced()
            case ReplicationController.resource: controllers.markSynced()
            case Pod.resource: pods.markSynced()
            default: break
            }
        case .reply, .wake: break
        }
    }

    private mutating func forget<Object>(_ gone: [ObjectChange<Object>], _ kind: Scaler.Kind) {
        for change in gone {
            let id = ScalerID(kind: kind.rawValue, name: change.key)
            histories[id] = nil
            lastReadings[id] = nil
            missingSince[id] = nil
        }
    }

    private var scalers: [Scaler] {
        (horizontals.sortedObjects.map { Scaler($0) } + policies.sortedObjects.map { Scaler($0) }).filter { $0.mode != .off }
    }

    /// What a round has to ask, each question once, in a stable order.
    package func queries() -> [SignalQuery] {
        var seen: Set<SignalQuery> = []
        var queries: [SignalQuery] = []
        for scaler in scalers {
            for signal in scaler.signals {
                switch signal.source {
                case .resource(let query, _, _), .podsMetric(let query), .total(let query):
                    if seen.insert(query).inserted { queries.append(query) }
                case .unusable: break
                }
            }
        }
        return queries
    }

    /// Decides for every object, with the answers of this round.
    package mutating func decide(_ answers: Answers, now: Timestamp) -> [Outcome] {
        guard isSynced else { return [] }
        let claims = claims()
        return scalers.map { scaler in evaluate(scaler, answers, ambiguous: (claims[targetName(scaler)] ?? 0) > 1, now) }
    }

    /// How many active autoscalers want to write each target.
    private func claims() -> [NamespacedName: Int] {
        scalers.reduce(into: [:]) { claims, scaler in
            if scaler.mode == .auto { claims[targetName(scaler), default: 0] += 1 }
        }
    }

    /// The target by name; the one that stays, when it is one of the two of a rolling update.
    private func targetName(_ scaler: Scaler) -> NamespacedName {
        scaleTarget(scaler)?.name ?? NamespacedName(namespace: scaler.id.name.namespace, name: scaler.target.name)
    }

    private func scaleTarget(_ scaler: Scaler) -> ScaleTarget? {
        let namespace = scaler.id.name.namespace
        guard scaler.target.kind == "ReplicationController", let named = controllers[namespace: namespace, name: scaler.target.name] else {
            return nil
        }
        return ScaleTarget(named) { controllers[namespace: namespace, name: $0] }
    }

    private mutating func evaluate(_ scaler: Scaler, _ answers: Answers, ambiguous: Bool, _ now: Timestamp) -> Outcome {
        guard let target = scaleTarget(scaler) else { return unreachable(scaler, now) }
        let controller = target.controller
        let observed = pods.objects(at: 0, scaler.id.name.namespace).filter(target.selects)
        let observations = observed.map(PodObservation.init)
        let specReplicas = controller.spec.replicas ?? 1
        var input = DecisionInput(
            minimum: scaler.minimum, maximum: scaler.maximum, specReplicas: specReplicas, statusReplicas: controller.status.replicas,
            pods: observations, readings: scaler.signals.map { reading($0, of: scaler, observations, answers, now) })
        input.behavior = scaler.behavior
        input.tolerance = scaler.tolerance
        input.timing = timing
        input.isUpPaused = scaler.isUpPaused
        input.isDownPaused = scaler.isDownPaused
        input.formula = scaler.formula
        input.hasScaledToZero = histories[scaler.id]?.downEvents.isEmpty == false
        if controller.spec.selector.isEmpty {
            input.obstacle = .init(reason: "InvalidSelector", message: "the HPA target's scale is missing a selector")
        } else if ambiguous {
            input.obstacle = .init(
                reason: "AmbiguousSelector", message: "the pods of \(scaler.target.name) are controlled by several autoscalers; leave one")
        } else if let error = scaler.formulaError {
            input.obstacle = .init(reason: "InvalidFormula", message: error)
        }
        var history = histories[scaler.id] ?? ScalingHistory()
        if histories[scaler.id] == nil {
            // The size it finds counts as a recommendation of now, so the first window does not shrink it.
            history.recommendations = [.init(replicas: specReplicas, time: now)]
        }
        let decision = Decider.decide(input, history: &history, now: now)
        if decision.changes && scaler.mode == .auto {
            history.recordChange(from: decision.current, to: decision.desired, behavior: scaler.behavior ?? ScalingBehavior(), now: now)
        }
        histories[scaler.id] = history
        return outcome(scaler, decision, target, now)
    }

    // MARK: Readings

    private mutating func reading(
        _ signal: Scaler.Signal, of scaler: Scaler, _ pods: [PodObservation], _ answers: Answers, _ now: Timestamp
    ) -> Reading {
        var reading = SignalReader.read(signal, pods: pods, answers: answers, now: now)
        if reading.state == .fresh || reading.state == .partial {
            missingSince[scaler.id]?[signal.name] = nil
            if reading.state == .fresh { lastReadings[scaler.id, default: [:]][signal.name] = (reading, now) }
            return reading
        }
        let since = missingSince[scaler.id]?[signal.name] ?? now
        missingSince[scaler.id, default: [:]][signal.name] = since
        switch signal.missing {
        case .hold: break
        case .lastValue(let duration):
            if let last = lastReadings[scaler.id]?[signal.name], now - last.time <= duration {
                reading = last.reading
                reading.state = .held
            }
        case .fallback(let after, let replicas):
            if now - since >= after { reading.values = .fixed(replicas) }
        }
        return reading
    }

    // MARK: Outcomes

    private func unreachable(_ scaler: Scaler, _ now: Timestamp) -> Outcome {
        var decision = Decision(time: now, current: 0, desired: 0)
        let message =
            scaler.target.kind == "ReplicationController"
            ? "the HPA controller was unable to get the target's current scale: replicationcontrollers \"\(scaler.target.name)\" not found"
            : "the HPA controller was unable to get the target's current scale: \(scaler.target.kind) cannot be scaled here"
        decision.set("AbleToScale", false, "FailedGetScale", message)
        let status = statusRequest(scaler, decision, controller: nil, now)
        return Outcome(record: DecisionRecord(scaler, decision), scale: nil, status: status, event: nil)
    }

    private func outcome(_ scaler: Scaler, _ decision: Decision, _ target: ScaleTarget, _ now: Timestamp) -> Outcome {
        var outcome = Outcome(record: DecisionRecord(scaler, decision), scale: nil, status: nil, event: nil)
        if decision.changes && scaler.mode == .auto {
            outcome.scale = target.scaleRequest(to: decision.desired)
            let reference: ObjectReference =
                switch scaler.id.kind {
                case Scaler.Kind.horizontal.rawValue: horizontals[scaler.id.name].map(\.reference) ?? ObjectReference()
                default: policies[scaler.id.name].map(\.reference) ?? ObjectReference()
                }
            outcome.event = EventDraft(
                .normal, "SuccessfulRescale", "New size: \(decision.desired); reason: \(decision.rescaleReason)", regarding: reference,
                component: "horizontal-pod-autoscaler")
        }
        outcome.status = statusRequest(scaler, decision, controller: target.controller, now)
        return outcome
    }

    private func statusRequest(_ scaler: Scaler, _ decision: Decision, controller: ReplicationController?, _ now: Timestamp) -> APIRequest? {
        if scaler.id.kind == Scaler.Kind.horizontal.rawValue {
            guard let old = horizontals[scaler.id.name] else { return nil }
            var new = old
            new.status = StatusWriter.status(of: old, decision, currentReplicas: controller?.status.replicas, now)
            return new.status == old.status ? nil : .updateStatus(new)
        }
        guard let old = policies[scaler.id.name] else { return nil }
        var new = old
        new.status = StatusWriter.status(of: old, scaler, decision, currentReplicas: controller?.status.replicas, now)
        return new.status == old.status ? nil : .updateStatus(new)
    }
}
