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
        /// The scale to be written; nil when nothing changes or only a recommendation is wanted. Refused when the target has changed meanwhile.
        package var scale: APIRequest?
        package var status: APIRequest?
        /// To be told once the scale is written.
        package var event: EventDraft?
        /// To be told in any case.
        package var warnings: [EventDraft] = []
    }

    package static let component = "horizontal-pod-autoscaler"
    package static let watches = [
        WatchInterest(HorizontalPodAutoscaler.resource), WatchInterest(AutoscalingPolicy.resource),
        WatchInterest(ReplicationController.resource), WatchInterest(Pod.resource),
    ]

    var horizontals = InformerCache<HorizontalPodAutoscaler>()
    var policies = InformerCache<AutoscalingPolicy>()
    var controllers = InformerCache<ReplicationController>()
    var pods = InformerCache<Pod>(indexes: [ObjectIndex { pod in [pod.metadata.namespace ?? ""] }])
    private var histories: [ScalerID: ScalingHistory]
    /// Last usable reading of each signal, for the policy `LastValue`, and since when a signal is missing, for `Fallback`.
    private var lastReadings: [ScalerID: [String: (reading: Reading, time: Timestamp)]] = [:]
    private var missingSince: [ScalerID: [String: Timestamp]] = [:]
    /// What was told last of each object, so that a trouble that stays is not told every round.
    var told: [ScalerID: (text: String, time: Timestamp)] = [:]
    /// What was learned of signals that policies want to be forecast.
    var knowledge: [Lesson: Knowledge] = [:]
    private var guardian: ClockGuard
    private let timing: PodGroups.Timing
    private let zones: @Sendable (String) -> TimeZoneRules?

    /// - Parameters:
    ///   - histories: rebuilt from decision records after a restart.
    ///   - zones: the rules of a time zone by its name; nil for one that nobody knows.
    package init(
        histories: [ScalerID: ScalingHistory] = [:], timing: PodGroups.Timing = PodGroups.Timing(),
        zones: @escaping @Sendable (String) -> TimeZoneRules? = { $0 == "UTC" ? .utc : nil }
    ) {
        self.histories = histories
        self.timing = timing
        self.zones = zones
        guardian = ClockGuard(newest: histories.values.flatMap { $0.recommendations.map(\.time) }.max())
    }

    /// Whether the first lists of all that it watches are complete: before that it decides nothing.
    package var isSynced: Bool { horizontals.isSynced && policies.isSynced && controllers.isSynced && pods.isSynced }

    /// The longest time that may pass until the next round.
    package var longestInterval: Duration { scalers.map(\.interval).min() ?? .seconds(5) }

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
            told[id] = nil
        }
    }

    var scalers: [Scaler] {
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
        let scalers = scalers
        let rivals = rivals(among: scalers)
        let distrust = guardian.distrust(now)
        return scalers.map { scaler in evaluate(scaler, answers, rivals: rivals[scaler.id] ?? [], distrust, now) }
    }

    private mutating func evaluate(
        _ scaler: Scaler, _ answers: Answers, rivals: [ScalerID], _ distrust: DecisionInput.Obstacle?, _ now: Timestamp
    ) -> Outcome {
        guard let target = scaleTarget(scaler) else { return unreachable(scaler, now) }
        let controller = target.controller
        var history = histories[scaler.id] ?? ScalingHistory()
        let specReplicas = controller.spec.replicas ?? 1
        history.begin(current: specReplicas, now: now)
        var input = input(for: scaler, target, answers, now)
        input.hasScaledToZero = history.hasScaledToZero || (specReplicas == 0 && recordsOwnZero(scaler))
        var scaler = scaler
        var schedules: ScheduleCalendar.Bounds?
        if !scaler.calendar.entries.isEmpty {
            schedules = scaler.calendar.bounds(minimum: scaler.minimum, maximum: scaler.maximum, at: now, zones)
            if let schedules {
                (input.minimum, input.maximum, input.boundNotes) = (schedules.minimum, schedules.maximum, schedules.notes)
                (scaler.minimum, scaler.maximum) = (schedules.minimum, schedules.maximum)
            }
        }
        input.forecasts = forecasts(scaler, input.readings, now: now)
        input.obstacle = obstacle(scaler, controller, rivals) ?? distrust
        var decision = Decider.decide(input, history: &history, now: now)
        if let schedules { decision.add(ScheduleCalendar.condition(schedules)) }
        if let condition = forecastCondition(scaler) { decision.add(condition) }
        if decision.changes && scaler.mode == .auto {
            history.recordChange(from: decision.current, to: decision.desired, behavior: scaler.behavior ?? ScalingBehavior(), now: now)
        }
        histories[scaler.id] = history
        return outcome(scaler, decision, target, now)
    }

    private mutating func input(for scaler: Scaler, _ target: ScaleTarget, _ answers: Answers, _ now: Timestamp) -> DecisionInput {
        let controller = target.controller
        let observed = pods.objects(at: 0, scaler.id.name.namespace).filter(target.selects)
        let observations = observed.map(PodObservation.init)
        var input = DecisionInput(
            minimum: scaler.minimum, maximum: scaler.maximum, specReplicas: controller.spec.replicas ?? 1,
            statusReplicas: controller.status.replicas, pods: observations,
            readings: scaler.signals.map { reading($0, of: scaler, observations, answers, now) })
        input.behavior = scaler.behavior
        input.tolerance = scaler.tolerance
        input.timing = timing
        if let warmUp = scaler.warmUp { input.timing.warmUp = warmUp }
        input.isUpPaused = scaler.isUpPaused
        input.isDownPaused = scaler.isDownPaused
        input.formula = scaler.formula
        return input
    }

    /// What stands against a calculation from the start.
    private func obstacle(_ scaler: Scaler, _ controller: ReplicationController, _ rivals: [ScalerID]) -> DecisionInput.Obstacle? {
        if controller.spec.selector.isEmpty {
            return .init(reason: "InvalidSelector", message: "the HPA target's scale is missing a selector")
        }
        if !rivals.isEmpty {
            let selector = LabelRequirements(matching: controller.spec.selector).description
            let names = rivals.map { "\($0.name.namespace)/\($0.name.name)" }.joined(separator: " ")
            return .init(reason: "AmbiguousSelector", message: "pods by selector \(selector) are controlled by multiple HPAs: [\(names)]")
        }
        if let error = scaler.formulaError { return .init(reason: "InvalidFormula", message: error) }
        // A floor that cannot be read might stand above what is there: nothing is changed.
        if let problem = scaler.calendar.problem { return .init(reason: "InvalidSchedule", message: problem) }
        if let zone = scaler.calendar.unknownZone(zones) {
            return .init(reason: "InvalidSchedule", message: "the time zone \"\(zone)\" is not known on this machine")
        }
        return nil
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
        // A time in the future is from before the clock was set back.
        let since = min(missingSince[scaler.id]?[signal.name] ?? now, now)
        missingSince[scaler.id, default: [:]][signal.name] = since
        switch signal.missing {
        case .hold: break
        case .lastValue(let duration):
            if let last = lastReadings[scaler.id]?[signal.name], last.time <= now, now - last.time <= duration {
                reading = last.reading
                reading.state = .held
            }
        case .fallback(let after, let replicas):
            if now - since >= after { reading.values = .fixed(replicas) }
        }
        return reading
    }
}
