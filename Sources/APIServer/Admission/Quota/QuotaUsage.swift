import Bytes
import ClusterAPI

/// What an object counts for in ResourceQuotas, by the quotas' names for it.
///
/// - Source: Kubernetes `pkg/quota/v1/evaluator/core`.
enum QuotaUsage {
    private static let namedCounts: Set<String> = [
        "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "services", "persistentvolumeclaims",
    ]

    static func countName(_ resource: Resource) -> String { "count/\(resource)" }

    static func of(_ object: JSONValue, _ resource: Resource, now: Timestamp) -> [String: Quantity] {
        var usage = [countName(resource): Quantity(1)]
        guard resource.group.isEmpty else { return usage }
        if namedCounts.contains(resource.plural) { usage[resource.plural] = Quantity(1) }
        switch resource.plural {
        case "pods": if !isOver(object, now) { usage.merge(pod(object)) { $1 } }
        case "services": usage.merge(service(object)) { $1 }
        case "persistentvolumeclaims": usage.merge(claim(object)) { $1 }
        default: break
        }
        return usage
    }

    /// A pod that ended, or that a lost node should long have ended, takes nothing any more.
    private static func isOver(_ pod: JSONValue, _ now: Timestamp) -> Bool {
        let phase = pod.text("status", "phase")
        if phase == "Failed" || phase == "Succeeded" { return true }
        guard let deletion = Timestamp(rfc3339: pod.text("metadata", "deletionTimestamp")) else { return false }
        return now > deletion
    }

    // MARK: Pods

    private static func pod(_ pod: JSONValue) -> [String: Quantity] {
        let containers = (pod["spec"]?["containers"]?.arrayValue ?? []).map(ContainerAmounts.init)
        let initContainers = (pod["spec"]?["initContainers"]?.arrayValue ?? []).map(ContainerAmounts.init)
        var usage = ["pods": Quantity(1)]
        for (name, amount) in total(containers.map(\.requests), initContainers.map(\.requests)) {
            usage["requests.\(name)"] = amount
            if ["cpu", "memory", "ephemeral-storage"].contains(name) { usage[name] = amount }
        }
        // Limits of extended resources equal their requests and are not counted.
        for (name, amount) in total(containers.map(\.limits), initContainers.map(\.limits))
        where ["cpu", "memory", "ephemeral-storage"].contains(name) {
            usage["limits.\(name)"] = amount
        }
        return usage
    }

    private static func total(_ parts: [[String: Quantity]], _ initial: [[String: Quantity]]) -> [String: Quantity] {
        let sum = parts.reduce(into: [String: Quantity]()) { $0.merge($1) { $0 + $1 } }
        return initial.reduce(sum) { $0.merging($1) { max($0, $1) } }
    }

    /// Tracked amounts that a pod's containers must name, each with the containers that do not.
    static func missing(_ pod: JSONValue, tracked: Set<String>) -> [(name: String, containers: [String])] {
        let containers = ["containers", "initContainers"].flatMap { pod["spec"]?[$0]?.arrayValue ?? [] }
        return ["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"].filter(tracked.contains).compactMap { name in
            let parts = name.split(separator: ".")
            let part = parts.count == 2 ? String(parts[0]) : "requests"
            let amount = String(parts[parts.count - 1])
            let silent = containers.filter { $0.value(at: "resources", part, amount) == nil }.map { $0.text("name") }
            return silent.isEmpty ? nil : (name, silent.sorted())
        }
    }

    // MARK: Services and claims

    private static func service(_ service: JSONValue) -> [String: Quantity] {
        let ports = service["spec"]?["ports"]?.arrayValue?.count ?? 0
        var usage = ["services": Quantity(1), "services.nodeports": Quantity(0), "services.loadbalancers": Quantity(0)]
        switch service.text("spec", "type") {
        case "NodePort": usage["services.nodeports"] = Quantity(ports)
        case "LoadBalancer":
            usage["services.loadbalancers"] = Quantity(1)
            if service["spec"]?["allocateLoadBalancerNodePorts"]?.boolValue != false { usage["services.nodeports"] = Quantity(ports) }
        default: break
        }
        return usage
    }

    private static func claim(_ claim: JSONValue) -> [String: Quantity] {
        var usage = ["persistentvolumeclaims": Quantity(1)]
        let storage = ContainerAmounts.amounts(claim["spec"]?["resources"]?["requests"])["storage"]
        if let storage { usage["requests.storage"] = storage }
        let storageClass = claim.text("spec", "storageClassName")
        if !storageClass.isEmpty {
            usage["\(storageClass).storageclass.storage.k8s.io/persistentvolumeclaims"] = Quantity(1)
            if let storage { usage["\(storageClass).storageclass.storage.k8s.io/requests.storage"] = storage }
        }
        return usage
    }
}
