extension FieldRules {
    mutating func checkPodSpec(_ spec: PodSpec, _ field: String) {
        if spec.containers.isEmpty { add(.required("\(field).containers")) }
        let volumes = Set(spec.volumes.map(\.name))
        checkVolumes(spec.volumes, "\(field).volumes")
        var names: [(name: String, field: String)] = []
        for (index, container) in spec.initContainers.enumerated() {
            let place = "\(field).initContainers[\(index)]"
            names.append((container.name, "\(place).name"))
            checkContainer(container, place, volumes: volumes)
            if let policy = container.restartPolicy, policy != "Always" {
                add(.notSupported("\(place).restartPolicy", text: policy, ["Always"]))
            } else if container.restartPolicy == nil {
                for (probe, part) in [(container.livenessProbe, "livenessProbe"), (container.readinessProbe, "readinessProbe"), (container.startupProbe, "startupProbe")]
                where probe != nil {
                    add(.forbidden("\(place).\(part)", "may not be set for init containers without restartPolicy=Always"))
                }
            }
        }
        for (index, container) in spec.containers.enumerated() {
            let place = "\(field).containers[\(index)]"
            names.append((container.name, "\(place).name"))
            checkContainer(container, place, volumes: volumes)
            if container.restartPolicy != nil { add(.forbidden("\(place).restartPolicy", "may not be set for non-init containers")) }
        }
        var seen: Set<String> = []
        for (name, place) in names where !name.isEmpty && !seen.insert(name).inserted { add(.duplicate(place, text: name)) }
        checkHostPorts(spec, field)
        checkPodSettings(spec, field)
    }

    private mutating func checkPodSettings(_ spec: PodSpec, _ field: String) {
        checkNotNegative(spec.terminationGracePeriodSeconds, "\(field).terminationGracePeriodSeconds")
        if let deadline = spec.activeDeadlineSeconds { checkRange(deadline, "\(field).activeDeadlineSeconds", 1...Int(Int32.max)) }
        if let name = spec.nodeName, !name.isEmpty { check(name, "\(field).nodeName", NameRules.dns1123Subdomain) }
        if let name = spec.serviceAccountName, !name.isEmpty { check(name, "\(field).serviceAccountName", NameRules.dns1123Subdomain) }
        if let name = spec.hostname, !name.isEmpty { check(name, "\(field).hostname", NameRules.dns1123Label) }
        if let name = spec.subdomain, !name.isEmpty { check(name, "\(field).subdomain", NameRules.dns1123Label) }
        checkLabels(spec.nodeSelector, "\(field).nodeSelector")
        if spec.dnsPolicy == "None", spec.dnsConfig?.nameservers.isEmpty ?? true {
            add(.required("\(field).dnsConfig.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None"))
        }
        for (index, toleration) in spec.tolerations.enumerated() {
            let place = "\(field).tolerations[\(index)]"
            if let key = toleration.key, !key.isEmpty { check(key, "\(place).key", NameRules.qualifiedName) }
            if (toleration.key ?? "").isEmpty, toleration.operator != "Exists" {
                add(.invalid("\(place).operator", text: toleration.operator ?? "", "operator must be Exists when `key` is empty, which means \"match all values and all keys\""))
            }
            if toleration.operator == "Exists", !(toleration.value ?? "").isEmpty {
                add(.invalid("\(place).operator", text: toleration.value ?? "", "value must be empty when `operator` is 'Exists'"))
            }
            if toleration.tolerationSeconds != nil, toleration.effect != "NoExecute" {
                add(.invalid("\(place).effect", text: toleration.effect ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set"))
            }
        }
        for (index, gate) in spec.readinessGates.enumerated() {
            check(gate.conditionType, "\(field).readinessGates[\(index)].conditionType", NameRules.qualifiedName)
        }
        checkUnique(spec.schedulingGates.map(\.name)) { "\(field).schedulingGates[\($0)]" }
        checkAffinity(spec.affinity, "\(field).affinity")
        for (index, constraint) in spec.topologySpreadConstraints.enumerated() where constraint.maxSkew <= 0 {
            add(.invalid("\(field).topologySpreadConstraints[\(index)].maxSkew", constraint.maxSkew, "must be greater than zero"))
        }
    }

    private mutating func checkAffinity(_ affinity: Affinity?, _ field: String) {
        if let node = affinity?.nodeAffinity {
            let place = "\(field).nodeAffinity"
            if let required = node.requiredDuringSchedulingIgnoredDuringExecution {
                for (index, term) in required.nodeSelectorTerms.enumerated() {
                    checkTerm(term, "\(place).requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[\(index)]")
                }
            }
            for (index, preferred) in node.preferredDuringSchedulingIgnoredDuringExecution.enumerated() {
                let part = "\(place).preferredDuringSchedulingIgnoredDuringExecution[\(index)]"
                if !(1...100).contains(preferred.weight) { add(.invalid("\(part).weight", preferred.weight, "must be in the range 1-100")) }
                checkTerm(preferred.preference, "\(part).preference")
            }
        }
        for (terms, weighted, name) in [
            (
                affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
                affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [], "podAffinity"
            ),
            (
                affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
                affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [], "podAntiAffinity"
            ),
        ] {
            for (index, term) in terms.enumerated() where term.topologyKey.isEmpty {
                add(.required("\(field).\(name).requiredDuringSchedulingIgnoredDuringExecution[\(index)].topologyKey", "can not be empty"))
            }
            for (index, preferred) in weighted.enumerated() {
                let part = "\(field).\(name).preferredDuringSchedulingIgnoredDuringExecution[\(index)]"
                if !(1...100).contains(preferred.weight) { add(.invalid("\(part).weight", preferred.weight, "must be in the range 1-100")) }
                if preferred.podAffinityTerm.topologyKey.isEmpty { add(.required("\(part).podAffinityTerm.topologyKey", "can not be empty")) }
            }
        }
    }

    private mutating func checkTerm(_ term: NodeSelectorTerm, _ field: String) {
        for (index, requirement) in term.matchExpressions.enumerated() {
            let place = "\(field).matchExpressions[\(index)]"
            switch requirement.operator {
            case "In", "NotIn":
                if requirement.values.isEmpty { add(.required("\(place).values", "must be specified when `operator` is 'In' or 'NotIn'")) }
            case "Exists", "DoesNotExist":
                if !requirement.values.isEmpty { add(.forbidden("\(place).values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")) }
            case "Gt", "Lt":
                if requirement.values.count != 1 { add(.required("\(place).values", "must be specified single value when `operator` is 'Lt' or 'Gt'")) }
            default: break
            }
            check(requirement.key, "\(place).key", NameRules.qualifiedName)
        }
    }

    private mutating func checkHostPorts(_ spec: PodSpec, _ field: String) {
        var seen: Set<String> = []
        for (index, container) in spec.containers.enumerated() {
            for (number, port) in container.ports.enumerated() {
                guard let hostPort = port.hostPort, hostPort != 0 else { continue }
                let place = "\(field).containers[\(index)].ports[\(number)].hostPort"
                if !seen.insert("\(port.protocol ?? "TCP")/\(port.hostIP ?? "")/\(hostPort)").inserted {
                    add(FieldError(.duplicate, place, "Duplicate value: \(FieldError.quoted("\(port.protocol ?? "TCP")/\(port.hostIP ?? "")/\(hostPort)"))"))
                }
                if spec.hostNetwork == true, hostPort != port.containerPort {
                    add(.invalid("\(field).containers[\(index)].ports[\(number)].containerPort", port.containerPort, "must match `hostPort` when `hostNetwork` is true"))
                }
            }
        }
    }
}
