import Bytes
import OrderedCollections
import QueryLanguage
import Telemetry

/// The life of alerts: inactive → pending → firing → inactive.
///
/// - Source: Prometheus `rules/alerting.go` (`AlertingRule.Eval`) and the alert generator specification.
extension RuleGroupCore {
    /// Moves the alerts of one rule on by one answer and writes their series.
    ///
    /// An answer that is partial may start alerts and keep them, but never ends one or moves one on that it does not contain.
    mutating func updateAlerts(
        _ index: Int, _ elements: [VectorElement], isPartial: Bool, at now: Timestamp, render: Renderer, into batch: inout SampleWriteBatch
    ) throws(QueryError) -> OrderedSet<Labels> {
        let rule = definition.rules[index]
        let found = try Self.alerts(rule, elements, at: now, render: render)
        var alerts = states[index].alerts
        var changed = false
        for (labels, new) in found {
            if var known = alerts[labels], known.state != .inactive {
                (known.value, known.annotations) = (new.value, new.annotations)
                alerts[labels] = known
            } else {
                alerts[labels] = new
                changed = true
            }
        }
        var gone: [Labels] = []
        var activeCount = 0
        var written: OrderedSet<Labels> = []
        var samples = SampleWriteBatch()
        for labels in alerts.keys {
            var alert = alerts[labels]!
            let before = alert.state
            if found[labels] != nil {
                alert.keepFiringSince = nil
                if alert.state == .pending, now - alert.activeAt >= rule.holdDuration {
                    (alert.state, alert.firedAt) = (.firing, now)
                }
            } else if !isPartial {
                switch alert.state {
                case .pending: gone.append(labels)
                case .inactive:
                    if let resolvedAt = alert.resolvedAt, now - resolvedAt > Self.resolvedRetention { gone.append(labels) }
                case .firing:
                    let since = alert.keepFiringSince ?? now
                    if rule.keepFiringFor > .zero, now - since < rule.keepFiringFor { alert.keepFiringSince = since } else {
                        (alert.state, alert.resolvedAt, alert.keepFiringSince) = (.inactive, now, nil)
                    }
                }
            }
            alerts[labels] = alert
            if alert.state != before { changed = true }
            guard alert.state != .inactive, gone.last != labels else { continue }
            activeCount += 1
            write(alert, at: now, into: &samples, written: &written)
        }
        for labels in gone { alerts.removeValue(forKey: labels) }
        if definition.limit > 0, activeCount > definition.limit {
            states[index].alerts = [:]
            hasTransition = true
            throw QueryError(.limit, "exceeded limit of \(definition.limit) with \(activeCount) alerts")
        }
        states[index].alerts = alerts
        hasTransition = hasTransition || changed || !gone.isEmpty
        batch = samples
        return written
    }

    /// The alerts that an answer asks for.
    private static func alerts(_ rule: Rule, _ elements: [VectorElement], at now: Timestamp, render: Renderer) throws(QueryError)
        -> OrderedDictionary<Labels, ActiveAlert>
    {
        var found: OrderedDictionary<Labels, ActiveAlert> = [:]
        for element in elements {
            var builder = LabelsBuilder(element.labels)
            builder.remove(Labels.metricName)
            for label in rule.labels { builder.set(label.name, render(label.text, element.labels, element.value)) }
            builder.set("alertname", rule.name)
            let labels = builder.labels
            guard found[labels] == nil else {
                throw QueryError(.execution, "vector contains metrics with the same labelset after applying alert labels")
            }
            let annotations = rule.annotations.map { Rule.Template(name: $0.name, text: render($0.text, element.labels, element.value)) }
            found[labels] = ActiveAlert(labels: labels, annotations: annotations, value: element.value, activeAt: now)
        }
        return found
    }

    /// Writes the two series of an active alert.
    private func write(_ alert: ActiveAlert, at now: Timestamp, into batch: inout SampleWriteBatch, written: inout OrderedSet<Labels>) {
        var builder = LabelsBuilder(alert.labels)
        builder.set(Labels.metricName, "ALERTS")
        builder.set("alertstate", alert.state.description)
        let state = builder.labels
        builder = LabelsBuilder(alert.labels)
        builder.set(Labels.metricName, "ALERTS_FOR_STATE")
        let since = builder.labels
        for (labels, value) in [(state, 1), (since, Double(alert.activeAt.seconds))] where written.append(labels).inserted {
            let series = batch.addSeries(labels)
            batch.addSample(series: series, time: sampleTime(now), value: value)
        }
    }
}
