extension FieldRules {
    mutating func checkLimitRange(_ limits: LimitRange) {
        var types: Set<String> = []
        for (index, item) in limits.spec.limits.enumerated() {
            let place = "spec.limits[\(index)]"
            if !item.type.isEmpty, !types.insert(item.type).inserted { add(.duplicate("\(place).type", text: item.type)) }
            if item.type == "Pod" {
                if !item.`default`.isEmpty { add(.forbidden("\(place).default", "may not be specified when `type` is 'Pod'")) }
                if !item.defaultRequest.isEmpty { add(.forbidden("\(place).defaultRequest", "may not be specified when `type` is 'Pod'")) }
            }
            if item.type == "PersistentVolumeClaim", item.min["storage"] == nil, item.max["storage"] == nil {
                add(.required("\(place).limits", "either minimum or maximum storage value is required, but neither was provided"))
            }
            checkLimitItem(item, place)
        }
    }

    private mutating func checkLimitItem(_ item: LimitRangeItem, _ place: String) {
        let names = Set(item.min.keys).union(item.max.keys).union(item.`default`.keys).union(item.defaultRequest.keys)
            .union(item.maxLimitRequestRatio.keys)
        for name in names.sorted() {
            let (low, high) = (item.min[name], item.max[name])
            let (limit, request, ratio) = (item.`default`[name], item.defaultRequest[name], item.maxLimitRequestRatio[name])
            func above(_ left: Quantity?, _ right: Quantity?) -> Bool {
                guard let left, let right else { return false }
                return left > right
            }
            if above(low, high) { add(.invalid("\(place).min[\(name)]", text: "\(low!)", "min value \(low!) is greater than max value \(high!)")) }
            if above(low, request) {
                add(.invalid("\(place).defaultRequest[\(name)]", text: "\(request!)", "min value \(low!) is greater than default request value \(request!)"))
            }
            if above(request, high) {
                add(.invalid("\(place).defaultRequest[\(name)]", text: "\(request!)", "default request value \(request!) is greater than max value \(high!)"))
            }
            if above(request, limit) {
                add(.invalid("\(place).defaultRequest[\(name)]", text: "\(request!)", "default request value \(request!) is greater than default limit value \(limit!)"))
            }
            if above(low, limit) {
                add(.invalid("\(place).default[\(name)]", text: "\(limit!)", "min value \(low!) is greater than default value \(limit!)"))
            }
            if above(limit, high) {
                add(.invalid("\(place).default[\(name)]", text: "\(limit!)", "default value \(limit!) is greater than max value \(high!)"))
            }
            if let ratio {
                if ratio < Quantity(1) { add(.invalid("\(place).maxLimitRequestRatio[\(name)]", text: "\(ratio)", "ratio \(ratio) is less than 1")) }
                if let low, let high, low.sign > 0, ratio.double > high.double / low.double {
                    add(.invalid("\(place).maxLimitRequestRatio[\(name)]", text: "\(ratio)", "ratio \(ratio) is greater than max/min = \(high.double / low.double)"))
                }
            }
        }
    }

    mutating func checkQuota(_ quota: ResourceQuota) {
        checkNotNegative(quota.spec.hard, "spec.hard")
        for (name, amount) in quota.spec.hard.sorted(by: { $0.key < $1.key }) {
            check(name, "spec.hard[\(name)]", NameRules.qualifiedName)
            let isCount = name.hasPrefix("count/") || ["pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps",
                "persistentvolumeclaims", "services.nodeports", "services.loadbalancers"].contains(name)
            if isCount, amount.milliValue % 1000 != 0 { add(.invalid("spec.hard[\(name)]", text: amount.description, "must be an integer")) }
        }
        let known = ["BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating"]
        for scope in quota.spec.scopes where !known.contains(scope) { add(.invalid("spec.scopes", text: scope, "unsupported scope")) }
        for (left, right) in [("Terminating", "NotTerminating"), ("BestEffort", "NotBestEffort")]
        where quota.spec.scopes.contains(left) && quota.spec.scopes.contains(right) {
            add(.invalid("spec.scopes", text: quota.spec.scopes.joined(separator: ","), "conflicting scopes"))
        }
    }

    private static let accessModes = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]

    mutating func checkPersistentVolume(_ volume: PersistentVolume) {
        let spec = volume.spec
        if spec.accessModes.isEmpty { add(.required("spec.accessModes")) }
        for (index, mode) in spec.accessModes.enumerated() where !Self.accessModes.contains(mode) {
            add(.notSupported("spec.accessModes[\(index)]", text: mode, Self.accessModes))
        }
        if let storage = spec.capacity["storage"] {
            if storage.sign <= 0 { add(.invalid("spec.capacity[storage]", text: storage.description, "must be greater than zero")) }
        } else {
            add(.required("spec.capacity"))
        }
    }

    mutating func checkClaim(_ claim: PersistentVolumeClaim) {
        let spec = claim.spec
        if spec.accessModes.isEmpty { add(.required("spec.accessModes", "at least 1 access mode is required")) }
        for (index, mode) in spec.accessModes.enumerated() where !Self.accessModes.contains(mode) {
            add(.notSupported("spec.accessModes[\(index)]", text: mode, Self.accessModes))
        }
        if let storage = spec.resources?.requests["storage"] {
            if storage.sign <= 0 { add(.invalid("spec.resources[storage]", text: storage.description, "must be greater than zero")) }
        } else {
            add(.required("spec.resources[storage]"))
        }
    }
}
