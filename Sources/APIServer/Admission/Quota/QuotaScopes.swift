import Bytes
import ClusterAPI

/// Which objects a quota is about: all of its namespace, or the pods that all its scopes describe.
///
/// - Source: Kubernetes `pkg/quota/v1/evaluator/core/pods.go`, `podMatchesScopeFunc`.
enum QuotaScopes {
    static func match(_ quota: ResourceQuota, _ object: JSONValue, _ resource: Resource) -> Bool {
        let selectors = quota.spec.scopes.map { ($0, "Exists", [String]()) }
            + (quota.spec.scopeSelector?.matchExpressions ?? []).map { ($0.scopeName, $0.operator, $0.values) }
        if selectors.isEmpty { return true }
        guard resource == Resource(plural: "pods") else { return false }
        return selectors.allSatisfy { match($0.0, $0.1, $0.2, object) }
    }

    private static func match(_ scope: String, _ operation: String, _ values: [String], _ pod: JSONValue) -> Bool {
        switch scope {
        case "Terminating": return isTerminating(pod)
        case "NotTerminating": return !isTerminating(pod)
        case "BestEffort": return QualityOfService.of(pod) == .bestEffort
        case "NotBestEffort": return QualityOfService.of(pod) != .bestEffort
        case "CrossNamespacePodAffinity": return hasCrossNamespaceAffinity(pod)
        case "PriorityClass":
            let name = pod.text("spec", "priorityClassName")
            switch operation {
            case "In": return values.contains(name)
            case "NotIn": return !values.contains(name)
            case "DoesNotExist": return name.isEmpty
            default: return !name.isEmpty
            }
        default: return false
        }
    }

    private static func isTerminating(_ pod: JSONValue) -> Bool { (pod.integer("spec", "activeDeadlineSeconds") ?? -1) >= 0 }

    private static func hasCrossNamespaceAffinity(_ pod: JSONValue) -> Bool {
        for side in ["podAffinity", "podAntiAffinity"] {
            let affinity = pod.value(at: "spec", "affinity", side)
            let required = affinity?["requiredDuringSchedulingIgnoredDuringExecution"]?.arrayValue ?? []
            let preferred = (affinity?["preferredDuringSchedulingIgnoredDuringExecution"]?.arrayValue ?? []).compactMap { $0["podAffinityTerm"] }
            for term in required + preferred where !(term["namespaces"]?.arrayValue ?? []).isEmpty || term["namespaceSelector"] != nil {
                return true
            }
        }
        return false
    }
}
