package import Bytes
package import OrderedCollections
package import Telemetry

/// What a rule has come to: its health, its alerts, the series it wrote last.
package struct RuleState: Sendable {
    package enum Health: String, Sendable { case unknown, ok, err }

    package var health = Health.unknown
    /// Empty when healthy.
    package var lastError = ""
    package var warnings: [String] = []
    package var lastEvaluation: Timestamp?
    package var lastDuration = Duration.zero
    /// Pending, firing and lately resolved alerts by their labels.
    package var alerts: OrderedDictionary<Labels, ActiveAlert> = [:]
    /// Series of the last evaluation that gave an answer; those that vanish get a stale marker.
    package var series: OrderedSet<Labels> = []

    package init() {}

    package var activeAlerts: [ActiveAlert] { alerts.values.filter { $0.state != .inactive } }

    /// inactive, pending or firing: the strongest state of its alerts.
    package var state: ActiveAlert.State {
        alerts.values.reduce(.inactive) { $1.state.rawValue > $0.rawValue ? $1.state : $0 }
    }
}
