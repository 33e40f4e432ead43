import Bytes

extension FieldRules {
    private mutating func checkBounds(_ minimum: Int?, _ maximum: Int, allowsZero: Bool) {
        let low = minimum ?? 1
        if low < (allowsZero ? 0 : 1) {
            add(.invalid("spec.minReplicas", low, "must be greater than or equal to \(allowsZero ? 0 : 1)"))
        }
        if maximum < 1 { add(.invalid("spec.maxReplicas", maximum, "must be greater than 0")) }
        if maximum < low, maximum >= 1 { add(.invalid("spec.maxReplicas", maximum, "must be greater than or equal to `minReplicas`")) }
    }

    mutating func checkAutoscaler(_ scaler: HorizontalPodAutoscalerV1) {
        checkBounds(scaler.spec.minReplicas, scaler.spec.maxReplicas, allowsZero: true)
        if let percent = scaler.spec.targetCPUUtilizationPercentage, percent < 1 {
            add(.invalid("spec.targetCPUUtilizationPercentage", percent, "must be greater than 0"))
        }
    }

    mutating func checkAutoscaler(_ scaler: HorizontalPodAutoscaler) {
        checkBounds(scaler.spec.minReplicas, scaler.spec.maxReplicas, allowsZero: true)
        if scaler.spec.minReplicas == 0, !scaler.spec.metrics.contains(where: { $0.type == "Object" || $0.type == "External" }) {
            add(.forbidden("spec.metrics", "must specify at least one Object or External metric to support scaling to zero replicas"))
        }
        for (index, metric) in scaler.spec.metrics.enumerated() {
            let place = "spec.metrics[\(index)]"
            let parts: [(String, String, Bool)] = [
                ("Object", "object", metric.object != nil), ("Pods", "pods", metric.pods != nil), ("Resource", "resource", metric.resource != nil),
                ("ContainerResource", "containerResource", metric.containerResource != nil), ("External", "external", metric.external != nil),
            ]
            for (type, field, isGiven) in parts {
                if type == metric.type, !isGiven { add(.required("\(place).\(field)", "must populate information for the given metric source")) }
                if type != metric.type, isGiven { add(.forbidden("\(place).\(field)", "must populate the given metric source only")) }
            }
            if let resource = metric.resource { checkTarget(resource.target, "\(place).resource.target", isResource: true) }
            if let resource = metric.containerResource { checkTarget(resource.target, "\(place).containerResource.target", isResource: true) }
            if let pods = metric.pods, pods.target.averageValue == nil {
                add(.required("\(place).pods.target.averageValue", "must specify a positive target averageValue"))
            }
            if let object = metric.object { checkTarget(object.target, "\(place).object.target", isResource: false) }
            if let external = metric.external { checkTarget(external.target, "\(place).external.target", isResource: false) }
        }
        checkBehavior(scaler.spec.behavior)
    }

    private mutating func checkTarget(_ target: MetricTarget, _ field: String, isResource: Bool) {
        if let percent = target.averageUtilization, percent < 1 { add(.invalid("\(field).averageUtilization", percent, "must be greater than 0")) }
        for (amount, name) in [(target.value, "value"), (target.averageValue, "averageValue")] {
            if let amount, amount.sign <= 0 { add(.invalid("\(field).\(name)", text: amount.description, "must be positive")) }
        }
        if isResource {
            if target.averageUtilization == nil, target.averageValue == nil {
                add(.required("\(field).averageUtilization", "must set either a target raw value or a target utilization"))
            } else if target.averageUtilization != nil, target.averageValue != nil {
                add(.forbidden("\(field).averageValue", "may not set both a target raw value and a target utilization"))
            }
        } else if target.value == nil, target.averageValue == nil {
            add(.required("\(field).averageValue", "must set either a target value for metric or a per-pod target"))
        }
    }

    private mutating func checkBehavior(_ behavior: HorizontalPodAutoscalerBehavior?) {
        for (rules, name) in [(behavior?.scaleUp, "scaleUp"), (behavior?.scaleDown, "scaleDown")] {
            guard let rules else { continue }
            let place = "spec.behavior.\(name)"
            if let window = rules.stabilizationWindowSeconds, !(0...3600).contains(window) {
                add(.invalid("\(place).stabilizationWindowSeconds", window, window < 0 ? "must be greater than or equal to zero" : "must be less than or equal to 3600"))
            }
            if rules.policies.isEmpty { add(.required("\(place).policies", "must specify at least one Policy")) }
            for (index, policy) in rules.policies.enumerated() {
                if policy.value <= 0 { add(.invalid("\(place).policies[\(index)].value", policy.value, "must be greater than zero")) }
                if !(1...1800).contains(policy.periodSeconds) {
                    add(.invalid("\(place).policies[\(index)].periodSeconds", policy.periodSeconds, policy.periodSeconds < 1 ? "must be greater than zero" : "must be less than or equal to 1800"))
                }
            }
        }
    }

    mutating func checkPolicy(_ policy: AutoscalingPolicy) {
        let spec = policy.spec
        checkBounds(spec.minReplicas, spec.maxReplicas, allowsZero: true)
        checkUnique(spec.signals.map(\.name)) { "spec.signals[\($0)].name" }
        for (index, signal) in spec.signals.enumerated() {
            let place = "spec.signals[\(index)]"
            let given = [signal.promql != nil, signal.logql != nil, signal.resource != nil].count { $0 }
            if given == 0 { add(.required(place, "must specify one of: `promql`, `logql` or `resource`")) }
            if given > 1 { add(.forbidden(place, "may not specify more than one of `promql`, `logql` and `resource`")) }
            switch signal.target.type {
            case "Value" where signal.target.value == nil: add(.required("\(place).target.value"))
            case "AverageValue" where signal.target.averageValue == nil: add(.required("\(place).target.averageValue"))
            case "Utilization" where signal.target.averageUtilization == nil: add(.required("\(place).target.averageUtilization"))
            case "Utilization" where signal.resource == nil:
                add(.invalid("\(place).target.type", text: "Utilization", "only a resource has a utilization"))
            default: break
            }
            for (amount, name) in [(signal.target.value, "value"), (signal.target.averageValue, "averageValue")] {
                if let amount, amount.sign <= 0 { add(.invalid("\(place).target.\(name)", text: amount.description, "must be positive")) }
            }
            if let percent = signal.target.averageUtilization, percent < 1 {
                add(.invalid("\(place).target.averageUtilization", percent, "must be greater than 0"))
            }
            if signal.missing?.policy == "Fallback", signal.missing?.replicas == nil { add(.required("\(place).missing.replicas")) }
            checkNotNegative(signal.missing?.forSeconds, "\(place).missing.forSeconds")
        }
        if spec.combine?.type == "Formula", (spec.combine?.formula ?? "").isEmpty { add(.required("spec.combine.formula")) }
        checkBehavior(spec.behavior)
        for (index, schedule) in spec.schedules.enumerated() {
            let place = "spec.schedules[\(index)]"
            do throws(CronExpression.Malformed) { _ = try CronExpression(schedule.start) } catch {
                add(.invalid("\(place).start", text: schedule.start, error.message))
            }
            if schedule.durationSeconds <= 0 { add(.invalid("\(place).durationSeconds", schedule.durationSeconds, "must be greater than 0")) }
            if schedule.minReplicas == nil, schedule.maxReplicas == nil { add(.required(place, "must specify `minReplicas` or `maxReplicas`")) }
        }
    }

    mutating func checkRuleGroup(_ group: RuleGroup) {
        checkNotNegative(group.spec.limit, "spec.limit")
        for (index, rule) in group.spec.rules.enumerated() {
            let place = "spec.rules[\(index)]"
            switch (rule.alert ?? "", rule.record ?? "") {
            case ("", ""): add(.required(place, "must specify one of: `alert` or `record`"))
            case (let alert, let record) where !alert.isEmpty && !record.isEmpty:
                add(.forbidden("\(place).record", "may not be specified beside `alert`"))
            case (_, let record) where !record.isEmpty:
                if rule.for != nil { add(.forbidden("\(place).for", "a recording rule has no `for`")) }
                if !rule.annotations.isEmpty { add(.forbidden("\(place).annotations", "a recording rule has no annotations")) }
            default: break
            }
        }
        for (index, receiver) in group.spec.receivers.enumerated() {
            let given = [receiver.webhook != nil, receiver.alertmanager != nil, receiver.slack != nil].count { $0 }
            if given != 1 { add(.required("spec.receivers[\(index)]", "must specify one of: `webhook`, `alertmanager` or `slack`")) }
        }
    }
}
