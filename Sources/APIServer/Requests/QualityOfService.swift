import Bytes
import ClusterAPI

/// How well a pod is protected, by what its containers ask for.
///
/// - Source: Kubernetes `pkg/apis/core/helper/qos`.
enum QualityOfService: String {
    case guaranteed = "Guaranteed"
    case burstable = "Burstable"
    case bestEffort = "BestEffort"

    static func of(_ pod: JSONValue) -> QualityOfService {
        let containers = ["initContainers", "containers"].flatMap { pod["spec"]?[$0]?.arrayValue ?? [] }
        var asksForSomething = false
        var isGuaranteed = true
        for container in containers {
            let requests = amounts(container, "requests")
            let limits = amounts(container, "limits")
            if !requests.isEmpty || !limits.isEmpty { asksForSomething = true }
            for resource in ["cpu", "memory"] where limits[resource] == nil || (requests[resource] ?? limits[resource]) != limits[resource] {
                isGuaranteed = false
            }
        }
        return asksForSomething ? (isGuaranteed ? .guaranteed : .burstable) : .bestEffort
    }

    private static func amounts(_ container: JSONValue, _ part: String) -> [String: Quantity] {
        var amounts: [String: Quantity] = [:]
        for (name, value) in container.value(at: "resources", part)?.objectValue ?? JSONObject() where name == "cpu" || name == "memory" {
            if let quantity = value.stringValue.flatMap({ Quantity($0) }), quantity.sign > 0 { amounts[name] = quantity }
        }
        return amounts
    }
}
