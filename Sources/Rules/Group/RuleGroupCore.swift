package import Bytes
import OrderedCollections
package import QueryLanguage
package import Telemetry

/// A rule group as a value: `begin`, then per rule an answer in and samples out, then `finish`.
///
/// Rules go one after the other since a later one may read what an earlier one wrote in the same evaluation. Evaluating changes nothing
/// but the value; whoever drives it appends the samples and keeps the outcome.
/// - Invariant: `states` has one element per rule of the definition.
package struct RuleGroupCore: Sendable {
    /// Renders a template for one element of an answer.
    package typealias Renderer = @Sendable (_ text: String, _ labels: Labels, _ value: Double) -> String

    /// What follows from one evaluation of the group.
    package struct Outcome: Sendable {
        package var notifications: [AlertNotification] = []
        /// Rules that are gone from the definition, by identity.
        package var retired: [UInt64] = []
        /// Whether an alert came, went or changed its state.
        package var hasTransition = false
    }

    /// How often a receiver that wants it hears of a firing alert again. - Source: Prometheus `--rules.alert.resend-delay`.
    package static let resendDelay = Duration.seconds(60)
    /// How long a resolved alert is kept. - Source: Prometheus `resolvedRetention`.
    package static let resolvedRetention = Duration.seconds(15 * 60)

    package private(set) var definition: RuleGroupDefinition
    package private(set) var identities: [UInt64]
    package var states: [RuleState]
    package private(set) var lastEvaluation: Timestamp?
    package private(set) var lastDuration = Duration.zero

    /// What rules left behind that are gone from the definition, to be ended at the next evaluation.
    private var leftSeries: [Labels] = []
    private var left: [(identity: UInt64, notifications: [AlertNotification])] = []
    var hasTransition = false

    package init(_ definition: RuleGroupDefinition) {
        self.definition = definition
        identities = definition.identities
        states = definition.rules.map { _ in RuleState() }
    }

    /// Continues where a record left off. Rules that the definition no longer has end at the next evaluation.
    package init(_ definition: RuleGroupDefinition, restoring record: RuleGroupRecord) {
        self.init(definition)
        lastEvaluation = record.lastEvaluation
        for (identity, rule) in record.rules {
            var state = RuleState()
            state.alerts = OrderedDictionary(uniqueKeysWithValues: rule.alerts.map { ($0.labels, $0) })
            state.series = OrderedSet(rule.series)
            if let index = identities.firstIndex(of: identity) { states[index] = state } else {
                leave(state, identity: identity, name: rule.alerts.first?.labels["alertname"] ?? "", expression: "")
            }
        }
    }

    /// Takes in an edited definition; rules of the same identity keep their state.
    package mutating func replace(_ new: RuleGroupDefinition) {
        let old = Dictionary(uniqueKeysWithValues: zip(identities, zip(definition.rules, states)))
        let known = identities
        definition = new
        identities = new.identities
        states = identities.map { old[$0]?.1 ?? RuleState() }
        for identity in known where !identities.contains(identity) {
            let (rule, state) = old[identity]!
            leave(state, identity: identity, name: rule.name, expression: rule.expression)
        }
    }

    private mutating func leave(_ state: RuleState, identity: UInt64, name: String, expression: String) {
        leftSeries += state.series
        let firing = state.alerts.values.filter { $0.state == .firing }
        left.append((identity, firing.map { AlertNotification(alertName: name, expression: expression, alert: $0, isChange: true) }))
    }

    // MARK: Evaluating

    /// Begins an evaluation. While nobody evaluated the rules, no time counts towards `for`.
    ///
    /// - Returns: stale markers of series that no rule writes any more.
    package mutating func begin(at now: Timestamp) -> SampleWriteBatch {
        hasTransition = false
        if let lastEvaluation, now - lastEvaluation > definition.interval * 2 {
            let gap = now - lastEvaluation - definition.interval
            for index in states.indices {
                for key in states[index].alerts.keys where states[index].alerts[key]!.state == .pending {
                    states[index].alerts[key]!.activeAt = states[index].alerts[key]!.activeAt + gap
                }
            }
        }
        var batch = SampleWriteBatch()
        for labels in leftSeries { addStale(labels, at: now, to: &batch) }
        leftSeries = []
        return batch
    }

    /// Takes in the answer to one rule.
    ///
    /// - Returns: its samples: what it records, or `ALERTS` and `ALERTS_FOR_STATE`, and stale markers. None when the rule failed: then its
    ///   alerts and series stay as they were.
    package mutating func evaluate(
        rule index: Int, _ answer: Result<Evaluation, QueryError>, at now: Timestamp, took duration: Duration = .zero, render: Renderer
    ) -> SampleWriteBatch {
        states[index].lastEvaluation = now
        states[index].lastDuration = duration
        var batch = SampleWriteBatch()
        do throws(QueryError) {
            let evaluation = try answer.get()
            let elements = try Self.elements(evaluation.value)
            var written: OrderedSet<Labels> = []
            switch definition.rules[index].kind {
            case .recording: written = try record(index, elements, at: now, into: &batch)
            case .alerting:
                written = try updateAlerts(index, elements, isPartial: evaluation.isPartial, at: now, render: render, into: &batch)
            }
            if evaluation.isPartial {
                written.formUnion(states[index].series)
            } else {
                for labels in states[index].series where !written.contains(labels) { addStale(labels, at: now, to: &batch) }
            }
            states[index].series = written
            states[index].health = .ok
            states[index].lastError = ""
            states[index].warnings = evaluation.warnings + (evaluation.isPartial ? ["the answer is partial: no alert resolves by it"] : [])
        } catch {
            states[index].health = .err
            states[index].lastError = error.message
            return SampleWriteBatch()
        }
        return batch
    }

    /// Ends an evaluation: who is to be told what.
    package mutating func finish(at now: Timestamp, took duration: Duration = .zero) -> Outcome {
        lastEvaluation = now
        lastDuration = duration
        var outcome = Outcome()
        outcome.retired = left.map(\.identity)
        for one in left.flatMap(\.notifications) { outcome.notifications.append(resolved(one, at: now)) }
        outcome.hasTransition = hasTransition || !left.isEmpty
        left = []
        let resends = definition.receivers.contains { $0.kind == .alertmanager }
        let validity = max(Self.resendDelay, definition.interval) * 4
        for (index, rule) in definition.rules.enumerated() where !states[index].alerts.isEmpty {
            for key in states[index].alerts.keys {
                var alert = states[index].alerts[key]!
                let isChange = alert.hasUntoldChange
                let isDue = resends && alert.state != .pending && alert.lastSentAt.map { $0 + Self.resendDelay < now } ?? false
                guard isChange || isDue, !definition.receivers.isEmpty else { continue }
                alert.lastSentAt = now
                alert.validUntil = now + validity
                states[index].alerts[key] = alert
                outcome.notifications.append(
                    AlertNotification(alertName: rule.name, expression: rule.expression, alert: alert, isChange: isChange))
            }
        }
        return outcome
    }

    /// The whole evaluation with answers that are known beforehand.
    package mutating func evaluate(_ answers: [Result<Evaluation, QueryError>], at now: Timestamp, render: Renderer)
        -> (samples: [SampleWriteBatch], outcome: Outcome)
    {
        precondition(answers.count == definition.rules.count, "one answer per rule")
        var samples = [begin(at: now)]
        for (index, answer) in answers.enumerated() { samples.append(evaluate(rule: index, answer, at: now, render: render)) }
        return (samples.filter { !$0.isEmpty }, finish(at: now))
    }

    /// Ends the group: stale markers for all its series, and the end of what fires.
    package mutating func retire(at now: Timestamp) -> (samples: SampleWriteBatch, notifications: [AlertNotification]) {
        replace(RuleGroupDefinition(id: definition.id, interval: definition.interval, rules: [], receivers: definition.receivers))
        let samples = begin(at: now)
        return (samples, finish(at: now).notifications)
    }

    private func resolved(_ notification: AlertNotification, at now: Timestamp) -> AlertNotification {
        var notification = notification
        (notification.alert.state, notification.alert.resolvedAt, notification.alert.lastSentAt) = (.inactive, now, now)
        return notification
    }

    // MARK: Samples

    /// When a sample of this evaluation counts: as far back as the expressions look. Milliseconds.
    func sampleTime(_ now: Timestamp) -> Int64 { (now - definition.queryOffset).milliseconds }

    private func addStale(_ labels: Labels, at now: Timestamp, to batch: inout SampleWriteBatch) {
        let series = batch.addSeries(labels)
        batch.addSample(series: series, time: sampleTime(now), value: StalenessMarker.value)
    }

    static func elements(_ value: QueryValue) throws(QueryError) -> [VectorElement] {
        switch value {
        case .vector(let elements): return elements
        case .scalar(let point): return [VectorElement(labels: .empty, time: point.time, value: point.value)]
        case .string, .matrix, .streams: throw QueryError(.execution, "rule result is not a vector or scalar")
        }
    }

    private func record(_ index: Int, _ elements: [VectorElement], at now: Timestamp, into batch: inout SampleWriteBatch) throws(QueryError)
        -> OrderedSet<Labels>
    {
        let rule = definition.rules[index]
        if definition.limit > 0, elements.count > definition.limit {
            throw QueryError(.limit, "exceeded limit of \(definition.limit) with \(elements.count) series")
        }
        var written: OrderedSet<Labels> = []
        for element in elements {
            var builder = LabelsBuilder(element.labels)
            builder.set(Labels.metricName, rule.name)
            for label in rule.labels { builder.set(label.name, label.text) }
            let labels = builder.labels
            guard written.append(labels).inserted else {
                throw QueryError(.execution, "vector contains metrics with the same labelset after applying rule labels")
            }
            let series = batch.addSeries(labels)
            if let histogram = element.histogram {
                batch.histograms.append(.init(series: series, time: sampleTime(now), histogram: histogram))
            } else {
                batch.addSample(series: series, time: sampleTime(now), value: element.value)
            }
        }
        return written
    }
}
