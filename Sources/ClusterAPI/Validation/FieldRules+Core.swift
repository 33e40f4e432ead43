extension FieldRules {
    mutating func checkController(_ controller: ReplicationController) {
        let spec = controller.spec
        checkNotNegative(spec.replicas, "spec.replicas")
        checkNotNegative(spec.minReadySeconds, "spec.minReadySeconds")
        if spec.selector.isEmpty { add(.required("spec.selector")) }
        guard let template = spec.template else {
            add(.required("spec.template"))
            return
        }
        if !LabelRequirements(matching: spec.selector).matches(template.metadata.labels), !spec.selector.isEmpty {
            add(.invalid("spec.template.metadata.labels", Self.goMap(template.metadata.labels), "`selector` does not match template `labels`"))
        }
        checkLabels(template.metadata.labels, "spec.template.metadata.labels")
        checkPodSpec(template.spec, "spec.template.spec")
        if let policy = template.spec.restartPolicy, policy != "Always", ["OnFailure", "Never"].contains(policy) {
            add(.notSupported("spec.template.spec.restartPolicy", text: policy, ["Always"]))
        }
        if template.spec.activeDeadlineSeconds != nil {
            add(.forbidden("spec.template.spec.activeDeadlineSeconds", "activeDeadlineSeconds in ReplicationController is not Supported"))
        }
    }

    /// As Go prints a map of strings: sorted, with escapes.
    private static func goMap(_ labels: [String: String]) -> String {
        "map[string]string{"
            + labels.sorted { $0.key < $1.key }.map { "\(FieldError.quoted($0.key)):\(FieldError.quoted($0.value))" }.joined(separator: ", ") + "}"
    }

    mutating func checkService(_ service: Service) {
        let spec = service.spec
        let type = spec.type ?? "ClusterIP"
        let isHeadless = spec.clusterIP == "None"
        if spec.ports.isEmpty, !isHeadless, type != "ExternalName" { add(.required("spec.ports")) }
        if type == "ExternalName" {
            let name = spec.externalName ?? ""
            if name.isEmpty {
                add(.required("spec.externalName"))
            } else {
                check(name.hasSuffix(".") ? String(name.dropLast()) : name, "spec.externalName", NameRules.dns1123Subdomain)
            }
            if let address = spec.clusterIP, !address.isEmpty { add(.forbidden("spec.clusterIP", "may not be set for ExternalName services")) }
        }
        if type == "LoadBalancer" || type == "NodePort", isHeadless {
            add(.invalid("spec.clusterIP", text: "None", "may not be set to 'None' for \(type) services"))
        }
        checkLabels(spec.selector, "spec.selector")
        var names: Set<String> = []
        var numbers: Set<String> = []
        var nodePorts: Set<String> = []
        for (index, port) in spec.ports.enumerated() {
            let place = "spec.ports[\(index)]"
            let name = port.name ?? ""
            if name.isEmpty {
                if spec.ports.count > 1 { add(.required("\(place).name")) }
            } else {
                check(name, "\(place).name", NameRules.dns1123Label)
                if !names.insert(name).inserted { add(.duplicate("\(place).name", text: name)) }
            }
            for problem in NameRules.portNumber(port.port) { add(.invalid("\(place).port", port.port, problem)) }
            if let target = port.targetPort { checkPort(target, "\(place).targetPort") }
            let transport = port.protocol ?? "TCP"
            if !numbers.insert("\(transport)/\(port.port)").inserted {
                add(FieldError(.duplicate, place, "Duplicate value: {\"protocol\":\"\(transport)\",\"port\":\(port.port)}"))
            }
            if let nodePort = port.nodePort, nodePort != 0 {
                if type == "ClusterIP" { add(.forbidden("\(place).nodePort", "may not be used when `type` is 'ClusterIP'")) }
                checkRange(nodePort, "\(place).nodePort", 1...65535)
                if !nodePorts.insert("\(transport)/\(nodePort)").inserted {
                    add(FieldError(.duplicate, "\(place).nodePort", "Duplicate value: \(nodePort)"))
                }
            }
        }
        for (index, address) in spec.externalIPs.enumerated() where !Self.isAddress(address) {
            add(.invalid("spec.externalIPs[\(index)]", text: address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"))
        }
        if let address = spec.clusterIP, !address.isEmpty, address != "None", !Self.isAddress(address) {
            add(.invalid("spec.clusterIPs[0]", text: address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"))
        }
        if let timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds {
            checkRange(timeout, "spec.sessionAffinityConfig.clientIP.timeoutSeconds", 1...86400)
        }
    }

    /// Dotted quads without leading zeros, or colon-separated groups of hexadecimal digits.
    static func isAddress(_ text: String) -> Bool {
        if text.contains(":") {
            let groups = text.split(separator: ":", omittingEmptySubsequences: false)
            let isCompressed = text.contains("::")
            guard groups.count <= 9, isCompressed || groups.count == 8, text.components(of: "::") <= 1 else { return false }
            return groups.allSatisfy { $0.count <= 4 && $0.allSatisfy(\.isHexDigit) } && text.contains(where: { $0 != ":" }) || text == "::"
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
    }

    mutating func checkEndpoints(_ endpoints: Endpoints) {
        for (index, subset) in endpoints.subsets.enumerated() {
            let place = "subsets[\(index)]"
            if subset.addresses.isEmpty, subset.notReadyAddresses.isEmpty { add(.required(place, "must specify `addresses` or `notReadyAddresses`")) }
            for (list, name) in [(subset.addresses, "addresses"), (subset.notReadyAddresses, "notReadyAddresses")] {
                for (number, address) in list.enumerated() where !Self.isAddress(address.ip) {
                    add(.invalid("\(place).\(name)[\(number)].ip", text: address.ip, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"))
                }
            }
            for (number, port) in subset.ports.enumerated() {
                for problem in NameRules.portNumber(port.port) { add(.invalid("\(place).ports[\(number)].port", port.port, problem)) }
                if subset.ports.count > 1, (port.name ?? "").isEmpty { add(.required("\(place).ports[\(number)].name")) }
            }
        }
    }

    /// 1 MiB, as Kubernetes has it.
    private static let contentLimit = 1_048_576

    mutating func checkConfigMap(_ map: ConfigMap) {
        var size = 0
        for (key, value) in map.data.sorted(by: { $0.key < $1.key }) {
            check(key, "data[\(key)]", NameRules.configMapKey)
            if map.binaryData[key] != nil { add(.invalid("data[\(key)]", text: key, "duplicate of key present in binaryData")) }
            size += value.utf8.count
        }
        for (key, value) in map.binaryData.sorted(by: { $0.key < $1.key }) {
            check(key, "binaryData[\(key)]", NameRules.configMapKey)
            size += value.bytes?.count ?? 0
        }
        if size > Self.contentLimit { add(.tooLong("[]", limit: Self.contentLimit)) }
    }

    mutating func checkSecret(_ secret: Secret) {
        var size = 0
        for (key, value) in secret.data.sorted(by: { $0.key < $1.key }) {
            check(key, "data[\(key)]", NameRules.configMapKey)
            size += value.bytes?.count ?? 0
        }
        for key in secret.stringData.keys.sorted() { check(key, "stringData[\(key)]", NameRules.configMapKey) }
        if size > Self.contentLimit { add(.tooLong("data", limit: Self.contentLimit)) }
        let required: [String: [String]] = [
            "kubernetes.io/dockercfg": [".dockercfg"], "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
            "kubernetes.io/ssh-auth": ["ssh-privatekey"], "kubernetes.io/tls": ["tls.crt", "tls.key"],
        ]
        for key in required[secret.type ?? ""] ?? [] where secret.data[key] == nil && secret.stringData[key] == nil {
            add(.required("data[\(key)]"))
        }
    }

    mutating func checkNode(_ node: Node) {
        for (index, taint) in node.spec.taints.enumerated() {
            let place = "spec.taints[\(index)]"
            check(taint.key, "\(place).key", NameRules.qualifiedName)
            if let value = taint.value, !value.isEmpty { check(value, "\(place).value", NameRules.labelValue) }
        }
        checkUnique(node.spec.taints.map { "\($0.key):\($0.effect)" }) { "spec.taints[\($0)]" }
        checkNotNegative(node.status.capacity, "status.capacity")
    }

    mutating func checkLease(_ lease: Lease) {
        if let seconds = lease.spec.leaseDurationSeconds, seconds <= 0 { add(.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")) }
        checkNotNegative(lease.spec.leaseTransitions, "spec.leaseTransitions")
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
