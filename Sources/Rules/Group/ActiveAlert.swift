package import Bytes
package import Telemetry

/// One alert of a rule: a label set for which the expression holds, or held until a while ago.
///
/// - Source: Prometheus `rules.Alert` and the alert generator specification.
package struct ActiveAlert: Hashable, Sendable {
    package enum State: UInt8, Sendable, CustomStringConvertible {
        /// Resolved; kept for a while so that its end is told.
        case inactive = 0
        case pending, firing

        package var description: String {
            switch self {
            case .inactive: "inactive"
            case .pending: "pending"
            case .firing: "firing"
            }
        }
    }

    /// Those of the series, of the rule, and `alertname`: they identify the alert.
    package var labels: Labels
    /// Rendered anew at each evaluation.
    package var annotations: [Rule.Template]
    package var value: Double
    package var state: State
    package var activeAt: Timestamp
    package var firedAt: Timestamp?
    package var resolvedAt: Timestamp?
    /// Since when only `keepFiringFor` holds it.
    package var keepFiringSince: Timestamp?
    package var lastSentAt: Timestamp?
    /// Until when a receiver may believe it without hearing again.
    package var validUntil: Timestamp?

    package init(labels: Labels, annotations: [Rule.Template] = [], value: Double, state: State = .pending, activeAt: Timestamp) {
        self.labels = labels
        self.annotations = annotations
        self.value = value
        self.state = state
        self.activeAt = activeAt
    }

    /// Whether a change of state has not been told yet.
    var hasUntoldChange: Bool {
        switch state {
        case .pending: return false
        case .firing: return lastSentAt == nil
        case .inactive:
            guard let resolvedAt else { return false }
            return lastSentAt.map { resolvedAt > $0 } ?? true
        }
    }
}

/// An alert's state that receivers are to be told.
package struct AlertNotification: Hashable, Sendable {
    package var alertName: String
    package var expression: String
    package var alert: ActiveAlert
    /// False when nothing changed and the receiver only wants to hear again that it still holds.
    package var isChange: Bool

    package init(alertName: String, expression: String, alert: ActiveAlert, isChange: Bool) {
        self.alertName = alertName
        self.expression = expression
        self.alert = alert
        self.isChange = isChange
    }

    package var isResolved: Bool { alert.state == .inactive }
}
