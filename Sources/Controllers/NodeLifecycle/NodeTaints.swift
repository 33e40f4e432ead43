import Bytes
import ClusterAPI

/// The taints that a node's condition calls for.
enum NodeTaints {
    static let notReady = "node.kubernetes.io/not-ready"
    static let unreachable = "node.kubernetes.io/unreachable"
    static let unschedulable = "node.kubernetes.io/unschedulable"

    /// Condition, the status that calls for the taint, and the taint's key.
    private static let byCondition: [(condition: String, status: String, key: String)] = [
        ("Ready", "False", notReady), ("Ready", "Unknown", unreachable), ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"), ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
        ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ]

    /// Puts the taints of effect NoSchedule in step with conditions and cordon, and takes away NoExecute taints whose cause is over.
    /// Those that evict are added by `evicting` only, which is rate-limited.
    static func adjusted(_ taints: [Taint], conditions: [NodeCondition], isCordoned: Bool, now: Timestamp) -> [Taint] {
        var wanted = byCondition.filter { rule in conditions.contains { $0.type == rule.condition && $0.status == rule.status } }.map(\.key)
        if isCordoned { wanted.append(unschedulable) }
        let owned = byCondition.map(\.key) + [unschedulable]
        var result = taints.filter { taint in
            if taint.effect == "NoExecute" { return !owned.contains(taint.key) || wanted.contains(taint.key) }
            guard taint.effect == "NoSchedule" else { return true }
            return !owned.contains(taint.key) || wanted.contains(taint.key)
        }
        for key in wanted where !result.contains(where: { $0.key == key && $0.effect == "NoSchedule" }) {
            result.append(
                Taint {
                    ($0.key, $0.effect) = (key, "NoSchedule")
                    $0.timeAdded = now
                })
        }
        return result
    }

    /// The taint that makes pods leave, by the node's readiness; nil for a node that is ready.
    static func evicting(_ readiness: String?) -> String? {
        switch readiness {
        case "False": notReady
        case "Unknown": unreachable
        default: nil
        }
    }
}
