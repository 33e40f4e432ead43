package import Bytes

/// The bounds of one step: minimum, maximum and velocity.
package enum ReplicaLimits {
    /// Why a count was chosen, in the words of the ScalingLimited condition.
    package enum Reason: String, Sendable {
        case withinRange = "DesiredWithinRange"
        case scaleUpLimit = "ScaleUpLimit"
        case scaleDownLimit = "ScaleDownLimit"
        case tooMany = "TooManyReplicas"
        case tooFew = "TooFewReplicas"

        package var message: String {
            switch self {
            case .withinRange: "the desired count is within the acceptable range"
            case .scaleUpLimit: "the desired replica count is increasing faster than the maximum scale rate"
            case .scaleDownLimit: "the desired replica count is decreasing faster than the maximum scale rate"
            case .tooMany: "the desired replica count is more than the maximum replica count"
            case .tooFew: "the desired replica count is less than the minimum replica count"
            }
        }
    }

    /// Without `behavior`: a step at most doubles, or reaches four.
    package static func clamp(desired: Int, current: Int, minimum: Int, maximum: Int) -> (replicas: Int, reason: Reason) {
        let upLimit = max(2 * current, 4)
        if desired < minimum { return (minimum, .tooFew) }
        let (highest, reason) = maximum > upLimit ? (upLimit, Reason.scaleUpLimit) : (maximum, .tooMany)
        return desired > highest ? (highest, reason) : (desired, .withinRange)
    }

    /// With `behavior`: policies bound how much may be added or removed in a period.
    package static func clamp(
        desired: Int, current: Int, minimum: Int, maximum: Int, behavior: ScalingBehavior, history: ScalingHistory, now: Timestamp
    ) -> (replicas: Int, reason: Reason) {
        if desired > current {
            let limit = max(current, upLimit(current, behavior.up, history, now))
            let (highest, reason) = maximum > limit ? (limit, Reason.scaleUpLimit) : (maximum, .tooMany)
            if desired > highest { return (highest, reason) }
        } else if desired < current {
            let limit = min(current, downLimit(current, behavior.down, history, now))
            let (lowest, reason) = minimum < limit ? (limit, Reason.scaleDownLimit) : (minimum, .tooFew)
            if desired < lowest { return (lowest, reason) }
        }
        return (desired, .withinRange)
    }

    private static func upLimit(_ current: Int, _ rules: ScalingRules, _ history: ScalingHistory, _ now: Timestamp) -> Int {
        let proposals = rules.policies.map { policy in
            let start = periodStart(current, policy.periodSeconds, history, now)
            return switch policy.amount {
            case .pods(let pods): start + pods
            case .percent(let percent): Int((Double(start) * (1 + Double(percent) / 100)).rounded(.up))
            }
        }
        return switch rules.selection {
        case .max: proposals.max() ?? current
        case .min: proposals.min() ?? current
        case .disabled: current
        }
    }

    private static func downLimit(_ current: Int, _ rules: ScalingRules, _ history: ScalingHistory, _ now: Timestamp) -> Int {
        let proposals = rules.policies.map { policy in
            let start = periodStart(current, policy.periodSeconds, history, now)
            return switch policy.amount {
            case .pods(let pods): start - pods
            case .percent(let percent): Int(Double(start) * (1 - Double(percent) / 100))
            }
        }
        // The most change is the lowest count.
        return switch rules.selection {
        case .max: proposals.min() ?? current
        case .min: proposals.max() ?? current
        case .disabled: current
        }
    }

    /// The count as it was when the period began.
    private static func periodStart(_ current: Int, _ seconds: Int, _ history: ScalingHistory, _ now: Timestamp) -> Int {
        current - ScalingHistory.change(of: history.upEvents, inLast: seconds, now: now)
            + ScalingHistory.change(of: history.downEvents, inLast: seconds, now: now)
    }
}
