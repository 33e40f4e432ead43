import ClusterAPI

/// Velocity and stabilization of one direction.
package struct ScalingRules: Sendable, Equatable {
    package enum Selection: String, Sendable { case max = "Max", min = "Min", disabled = "Disabled" }

    package enum Amount: Sendable, Equatable {
        case pods(Int)
        case percent(Int)
    }

    package struct Policy: Sendable, Equatable {
        package var amount: Amount
        package var periodSeconds: Int

        package init(_ amount: Amount, periodSeconds: Int) {
            self.amount = amount
            self.periodSeconds = periodSeconds
        }
    }

    package var selection: Selection
    package var stabilizationSeconds: Int
    package var policies: [Policy]
    /// nil: the autoscaler's own.
    package var tolerance: Double?

    package init(selection: Selection, stabilizationSeconds: Int, policies: [Policy], tolerance: Double? = nil) {
        self.selection = selection
        self.stabilizationSeconds = stabilizationSeconds
        self.policies = policies
        self.tolerance = tolerance
    }

    /// Four pods or a doubling every 15 s, whichever is more, at once.
    package static let defaultUp = ScalingRules(
        selection: .max, stabilizationSeconds: 0,
        policies: [Policy(.pods(4), periodSeconds: 15), Policy(.percent(100), periodSeconds: 15)])
    /// All at once, but only to the highest recommendation of the last five minutes.
    package static let defaultDown = ScalingRules(
        selection: .max, stabilizationSeconds: 300, policies: [Policy(.percent(100), periodSeconds: 15)])

    var longestPeriodSeconds: Int { policies.map(\.periodSeconds).max() ?? 0 }

    /// Reads the API's form over defaults.
    init(_ rules: HPAScalingRules?, default fallback: ScalingRules) {
        self = fallback
        guard let rules else { return }
        if let selection = rules.selectPolicy.flatMap(Selection.init(rawValue:)) { self.selection = selection }
        if let seconds = rules.stabilizationWindowSeconds { stabilizationSeconds = seconds }
        if !rules.policies.isEmpty {
            policies = rules.policies.map {
                Policy($0.type == "Percent" ? .percent($0.value) : .pods($0.value), periodSeconds: $0.periodSeconds)
            }
        }
        tolerance = rules.tolerance.map { Double($0.milliValue) / 1000 }
    }
}

/// Both directions.
package struct ScalingBehavior: Sendable, Equatable {
    package var up: ScalingRules
    package var down: ScalingRules

    package init(up: ScalingRules = .defaultUp, down: ScalingRules = .defaultDown) {
        self.up = up
        self.down = down
    }

    init(_ behavior: HorizontalPodAutoscalerBehavior) {
        up = ScalingRules(behavior.scaleUp, default: .defaultUp)
        down = ScalingRules(behavior.scaleDown, default: .defaultDown)
    }
}
