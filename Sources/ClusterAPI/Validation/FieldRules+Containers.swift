import Bytes

extension FieldRules {
    mutating func checkContainer(_ container: Container, _ field: String, volumes: Set<String>) {
        if !container.name.isEmpty { check(container.name, "\(field).name", NameRules.dns1123Label) }
        let image = container.image ?? ""
        if image.isEmpty {
            add(.required("\(field).image"))
        } else if image.first == " " || image.last == " " {
            add(.invalid("\(field).image", text: image, "must not have leading or trailing whitespace"))
        }
        checkPorts(container.ports, "\(field).ports")
        for (index, variable) in container.env.enumerated() where !variable.name.isEmpty {
            let place = "\(field).env[\(index)]"
            check(variable.name, "\(place).name", NameRules.environmentVariable)
            if let source = variable.valueFrom {
                let given = [source.fieldRef != nil, source.resourceFieldRef != nil, source.configMapKeyRef != nil, source.secretKeyRef != nil].count { $0 }
                if given == 0 {
                    add(.invalid("\(place).valueFrom", text: "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"))
                } else if given > 1 {
                    add(.invalid("\(place).valueFrom", text: "", "may not have more than one field specified at a time"))
                }
                if !(variable.value ?? "").isEmpty {
                    add(.invalid("\(place).valueFrom", text: "", "may not be specified when `value` is not empty"))
                }
            }
        }
        var paths: Set<String> = []
        for (index, mount) in container.volumeMounts.enumerated() {
            let place = "\(field).volumeMounts[\(index)]"
            if !mount.name.isEmpty, !volumes.contains(mount.name) { add(.notFound("\(place).name", text: mount.name)) }
            if !mount.mountPath.isEmpty, !paths.insert(mount.mountPath).inserted {
                add(.invalid("\(place).mountPath", text: mount.mountPath, "must be unique"))
            }
            if let path = mount.subPath, path.hasPrefix("/") { add(.invalid("\(place).subPath", text: path, "must be a relative path")) }
            if let path = mount.subPath, path.split(separator: "/").contains("..") {
                add(.invalid("\(place).subPath", text: path, "must not contain '..'"))
            }
        }
        checkResources(container.resources, "\(field).resources")
        checkProbe(container.livenessProbe, "\(field).livenessProbe", allowsSuccesses: false)
        checkProbe(container.readinessProbe, "\(field).readinessProbe", allowsSuccesses: true)
        checkProbe(container.startupProbe, "\(field).startupProbe", allowsSuccesses: false)
        checkHandler(container.lifecycle?.postStart, "\(field).lifecycle.postStart")
        checkHandler(container.lifecycle?.preStop, "\(field).lifecycle.preStop")
        if container.securityContext?.privileged == true, container.securityContext?.allowPrivilegeEscalation == false {
            add(.invalid("\(field).securityContext", text: "", "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"))
        }
        if container.securityContext?.runAsNonRoot == true, container.securityContext?.runAsUser == 0 {
            add(.invalid("\(field).securityContext.runAsUser", 0, "must be non-zero when `runAsNonRoot` is true"))
        }
    }

    private mutating func checkPorts(_ ports: [ContainerPort], _ field: String) {
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let place = "\(field)[\(index)]"
            if let name = port.name, !name.isEmpty {
                check(name, "\(place).name", NameRules.portName)
                if !names.insert(name).inserted { add(.duplicate("\(place).name", text: name)) }
            }
            if port.containerPort == 0 {
                add(.required("\(place).containerPort"))
            } else {
                checkRange(port.containerPort, "\(place).containerPort", 1...65535)
            }
            if let hostPort = port.hostPort, hostPort != 0 { checkRange(hostPort, "\(place).hostPort", 1...65535) }
        }
    }

    /// Resources whose requests may not be exceeded by limits must be equal, or at least not above.
    mutating func checkResources(_ resources: ResourceRequirements?, _ field: String) {
        guard let resources else { return }
        for (name, limit) in resources.limits.sorted(by: { $0.key < $1.key }) {
            checkResourceName(name, "\(field).limits[\(name)]")
            if limit < .zero { add(.invalid("\(field).limits[\(name)]", text: limit.description, "must be greater than or equal to 0")) }
        }
        for (name, request) in resources.requests.sorted(by: { $0.key < $1.key }) {
            let place = "\(field).requests[\(name)]"
            checkResourceName(name, place)
            if request < .zero { add(.invalid(place, text: request.description, "must be greater than or equal to 0")) }
            guard let limit = resources.limits[name] else {
                if Self.mayNotBeOvercommitted(name) { add(.required("\(field).limits", "Limit must be set for non overcommitable resources")) }
                continue
            }
            if request > limit {
                add(.invalid("\(field).requests", text: request.description, "must be less than or equal to \(name) limit of \(limit)"))
            } else if request != limit, Self.mayNotBeOvercommitted(name) {
                add(.invalid("\(field).requests", text: request.description, "must be equal to \(name) limit of \(limit)"))
            }
        }
    }

    private static func mayNotBeOvercommitted(_ name: String) -> Bool {
        name.hasPrefix("hugepages-") || (name.contains("/") && !name.contains("kubernetes.io/"))
    }

    private mutating func checkResourceName(_ name: String, _ field: String) {
        check(name, field, NameRules.qualifiedName)
        let standard: Set<String> = ["cpu", "memory", "ephemeral-storage", "storage"]
        if !name.contains("/"), !standard.contains(name), !name.hasPrefix("hugepages-"), !name.hasPrefix("requests."), !name.hasPrefix("limits.") {
            add(.invalid(field, text: name, "must be a standard resource type or fully qualified"))
        }
    }

    private mutating func checkProbe(_ probe: Probe?, _ field: String, allowsSuccesses: Bool) {
        guard let probe else { return }
        let given = [probe.exec != nil, probe.httpGet != nil, probe.tcpSocket != nil, probe.grpc != nil].count { $0 }
        if given == 0 { add(.required(field, "must specify a handler type")) }
        if given > 1 { add(.forbidden(field, "may not specify more than 1 handler type")) }
        for (value, name) in [
            (probe.initialDelaySeconds, "initialDelaySeconds"), (probe.timeoutSeconds, "timeoutSeconds"), (probe.periodSeconds, "periodSeconds"),
            (probe.successThreshold, "successThreshold"), (probe.failureThreshold, "failureThreshold"),
        ] { checkNotNegative(value, "\(field).\(name)") }
        if !allowsSuccesses, let threshold = probe.successThreshold, threshold != 1 {
            add(.invalid("\(field).successThreshold", threshold, "must be 1"))
        }
        if let get = probe.httpGet { checkPort(get.port, "\(field).httpGet.port") }
        if let socket = probe.tcpSocket { checkPort(socket.port, "\(field).tcpSocket.port") }
        if let exec = probe.exec, exec.command.isEmpty { add(.required("\(field).exec.command")) }
    }

    private mutating func checkHandler(_ handler: LifecycleHandler?, _ field: String) {
        guard let handler else { return }
        let given = [handler.exec != nil, handler.httpGet != nil, handler.tcpSocket != nil, handler.sleep != nil].count { $0 }
        if given == 0 { add(.required(field, "must specify a handler type")) }
        if given > 1 { add(.forbidden(field, "may not specify more than 1 handler type")) }
        if let get = handler.httpGet { checkPort(get.port, "\(field).httpGet.port") }
        if let exec = handler.exec, exec.command.isEmpty { add(.required("\(field).exec.command")) }
    }

    mutating func checkPort(_ port: IntOrString, _ field: String) {
        switch port {
        case .int(let number):
            for problem in NameRules.portNumber(number) { add(.invalid(field, number, problem)) }
        case .string(let name): check(name, field, NameRules.portName)
        }
    }

    mutating func checkVolumes(_ volumes: [Volume], _ field: String) {
        checkUnique(volumes.map(\.name)) { "\(field)[\($0)].name" }
        for (index, volume) in volumes.enumerated() {
            let place = "\(field)[\(index)]"
            if !volume.name.isEmpty { check(volume.name, "\(place).name", NameRules.dns1123Label) }
            guard case .object(let members) = volume.jsonValue else { continue }
            let sources = members.keys.filter { $0 != "name" }
            if sources.isEmpty { add(.required(place, "must specify a volume type")) }
            for extra in sources.dropFirst() { add(.forbidden("\(place).\(extra)", "may not specify more than 1 volume type")) }
            if let path = volume.hostPath?.path, path.split(separator: "/").contains("..") {
                add(.invalid("\(place).hostPath.path", text: path, "must not contain '..'"))
            }
            if let limit = volume.emptyDir?.sizeLimit, limit < .zero {
                add(.forbidden("\(place).emptyDir.sizeLimit", "SizeLimit field must be a valid resource quantity"))
            }
            if let mode = volume.configMap?.defaultMode { checkMode(mode, "\(place).configMap.defaultMode") }
            if let mode = volume.secret?.defaultMode { checkMode(mode, "\(place).secret.defaultMode") }
            if let secret = volume.secret, (secret.secretName ?? "").isEmpty { add(.required("\(place).secret.secretName")) }
            if let map = volume.configMap, (map.name ?? "").isEmpty { add(.required("\(place).configMap.name")) }
        }
    }

    private mutating func checkMode(_ mode: Int, _ field: String) {
        if !(0...0o777).contains(mode) { add(.invalid(field, mode, "must be a number between 0 and 0777 (octal), both inclusive")) }
    }
}
