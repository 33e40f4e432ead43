import ClusterAPI

/// How much of a ResourceQuota the objects of its namespace use.
///
/// - Source: Kubernetes' quota evaluators; the rules stand in `limits.md` of the facts.
struct QuotaUsage {
    /// The resources whose objects are counted under a short name, too.
    static let countedResources: [(name: String, resource: Resource)] = [
        ("services", Service.resource), ("replicationcontrollers", ReplicationController.resource),
        ("resourcequotas", ResourceQuota.resource), ("persistentvolumeclaims", PersistentVolumeClaim.resource),
        ("configmaps", ConfigMap.resource), ("secrets", Secret.resource),
    ]

    private let quota: ResourceQuota
    private(set) var used: [String: Quantity]

    init(_ quota: ResourceQuota) {
        self.quota = quota
        used = quota.spec.hard.mapValues { _ in .zero }
    }

    mutating func add(_ name: String, _ amount: Quantity) {
        if let sum = used[name] { used[name] = sum + amount }
    }

    mutating func add(_ pod: Pod) {
        guard matchesScopes(pod) else { return }
        add("count/pods", Quantity(1))
        // An ended pod keeps its name, but no node's resources.
        guard !pod.isOver else { return }
        add("pods", Quantity(1))
        for (name, amount) in pod.amounts(\.requests) {
            add(name, amount)
            add("requests.\(name)", amount)
        }
        for (name, amount) in pod.amounts(\.limits) { add("limits.\(name)", amount) }
    }

    mutating func add(_ service: Service) {
        let nodePorts = service.spec.type == "NodePort" || service.spec.type == "LoadBalancer" ? service.spec.ports.count : 0
        add("services.nodeports", Quantity(nodePorts))
        add("services.loadbalancers", Quantity(service.spec.type == "LoadBalancer" ? 1 : 0))
    }

    mutating func add(_ claim: PersistentVolumeClaim) {
        let storage = claim.spec.resources?.requests["storage"] ?? .zero
        add("requests.storage", storage)
        if let storageClass = claim.spec.storageClassName, !storageClass.isEmpty {
            add("\(storageClass).storageclass.storage.k8s.io/requests.storage", storage)
            add("\(storageClass).storageclass.storage.k8s.io/persistentvolumeclaims", Quantity(1))
        }
    }

    mutating func count(_ resource: Resource, _ number: Int) {
        add("count/\(resource)", Quantity(number))
        for (name, counted) in Self.countedResources where counted == resource { add(name, Quantity(number)) }
    }

    private func matchesScopes(_ pod: Pod) -> Bool {
        quota.spec.scopes.allSatisfy { scope in
            switch scope {
            case "Terminating": pod.spec.activeDeadlineSeconds != nil
            case "NotTerminating": pod.spec.activeDeadlineSeconds == nil
            case "BestEffort": pod.isBestEffort
            case "NotBestEffort": !pod.isBestEffort
            case "PriorityClass": !(pod.spec.priorityClassName ?? "").isEmpty
            default: true
            }
        }
            && (quota.spec.scopeSelector?.matchExpressions ?? []).allSatisfy { requirement in
                guard requirement.scopeName == "PriorityClass" else { return true }
                let name = pod.spec.priorityClassName ?? ""
                return switch requirement.operator {
                case "In": requirement.values.contains(name)
                case "NotIn": !requirement.values.contains(name)
                case "Exists": !name.isEmpty
                default: name.isEmpty
                }
            }
    }
}

extension Pod {
    var isBestEffort: Bool {
        (spec.containers + spec.initContainers).allSatisfy { container in
            (container.resources?.requests.isEmpty ?? true) && (container.resources?.limits.isEmpty ?? true)
        }
    }

    /// The sum over the containers, or the largest init container where that is more.
    func amounts(_ list: KeyPath<ResourceRequirements, [String: Quantity]>) -> [String: Quantity] {
        var sums: [String: Quantity] = [:]
        for container in spec.containers {
            for (name, amount) in container.resources?[keyPath: list] ?? [:] { sums[name, default: .zero] += amount }
        }
        for container in spec.initContainers {
            for (name, amount) in container.resources?[keyPath: list] ?? [:] { sums[name] = max(sums[name] ?? .zero, amount) }
        }
        return sums
    }
}
