import Bytes
package import ClusterAPI

extension PodRequirements {
    /// Reads what the scheduler needs out of a pod.
    package convenience init(_ pod: Pod) {
        let spec = pod.spec
        let affinity = spec.affinity?.nodeAffinity
        let scoring = Self.scoringAmounts(of: spec)
        self.init(
            key: pod.namespacedName, uid: pod.metadata.uid, schedulerName: spec.schedulerName ?? "default-scheduler",
            labels: pod.metadata.labels, priority: spec.priority ?? 0, created: pod.metadata.creationTimestamp ?? .epoch, request: Self.request(of: spec), scoringMilliCPU: scoring.milliCPU,
            scoringMemory: scoring.memory, hostPorts: Self.hostPorts(of: spec),
            exclusiveVolumes: spec.volumes.compactMap(ExclusiveVolume.init),
            claims: spec.volumes.compactMap { $0.persistentVolumeClaim?.claimName }, wantedNode: spec.nodeName ?? "",
            nodeSelector: spec.nodeSelector,
            requiredTerms: affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms.map(NodeTerm.init),
            preferredTerms: affinity?.preferredDuringSchedulingIgnoredDuringExecution
                .map { PreferredTerm(weight: $0.weight, NodeTerm($0.preference)) } ?? [],
            tolerations: spec.tolerations.map(PodToleration.init))
    }

    /// The sum over the containers, or the largest init container if that is more; sidecars run beside all that follow them.
    ///
    /// - Source: Kubernetes' `PodRequests` with sidecar containers and pod overhead.
    static func request(of spec: PodSpec) -> ResourceAmounts {
        var running = ResourceAmounts.zero
        for container in spec.containers { running += ResourceAmounts(container.resources?.requests ?? [:]) }
        var sidecars = ResourceAmounts.zero
        var starting = ResourceAmounts.zero
        for container in spec.initContainers {
            let own = ResourceAmounts(container.resources?.requests ?? [:])
            if container.restartPolicy == "Always" {
                sidecars += own
                starting = starting.union(sidecars)
            } else {
                var beside = sidecars
                beside += own
                starting = starting.union(beside)
            }
        }
        running += sidecars
        var total = running.union(starting)
        total += ResourceAmounts(spec.overhead)
        return total
    }

    private static func scoringAmounts(of spec: PodSpec) -> (milliCPU: Int64, memory: Int64) {
        var milliCPU: Int64 = 0
        var memory: Int64 = 0
        for container in spec.containers {
            let requests = container.resources?.requests ?? [:]
            milliCPU += requests["cpu"]?.milliValue ?? defaultScoringMilliCPU
            memory += requests["memory"]?.value ?? defaultScoringMemory
        }
        let request = request(of: spec)
        return (max(milliCPU, request.milliCPU), max(memory, request.memory))
    }

    private static func hostPorts(of spec: PodSpec) -> [HostPort] {
        var ports: [HostPort] = []
        for container in spec.containers {
            for port in container.ports {
                let number = port.hostPort ?? (spec.hostNetwork == true ? port.containerPort : 0)
                guard number > 0 else { continue }
                ports.append(HostPort(address: port.hostIP ?? "", transport: port.protocol ?? "TCP", port: number))
            }
        }
        return ports
    }
}

extension ResourceAmounts {
    /// Reads a resource list; `pods` is no amount of this kind.
    package init(_ list: [String: Quantity]) {
        self.init()
        for (name, quantity) in list {
            switch name {
            case "cpu": milliCPU = quantity.milliValue
            case "memory": memory = quantity.value
            case "ephemeral-storage": ephemeralStorage = quantity.value
            case "pods": continue
            default: self[extended: name] = quantity.value
            }
        }
    }
}

extension ExclusiveVolume {
    /// nil for a volume that many pods of a node may use at once.
    package init?(_ volume: Volume) {
        if let disk = volume.gcePersistentDisk {
            self.init(.gcePersistentDisk, disk.pdName, isReadOnly: disk.readOnly ?? false)
        } else if let disk = volume.awsElasticBlockStore {
            self.init(.awsElasticBlockStore, disk.volumeID, isReadOnly: disk.readOnly ?? false)
        } else if let image = volume.rbd {
            let monitors = image.monitors.sorted().joined(separator: ",")
            self.init(.rbd, "\(monitors)/\(image.pool ?? "rbd")/\(image.image)", isReadOnly: image.readOnly ?? false)
        } else if let target = volume.iscsi {
            self.init(.iscsi, "\(target.iqn)/\(target.lun)", isReadOnly: target.readOnly ?? false)
        } else {
            return nil
        }
    }
}

extension NodeTerm {
    package init(_ term: NodeSelectorTerm) {
        self.init(term.matchExpressions.compactMap(Requirement.init), fields: term.matchFields.compactMap(Requirement.init))
    }
}

extension NodeTerm.Requirement {
    /// nil for an operator that validation does not let through.
    init?(_ requirement: NodeSelectorRequirement) {
        guard let operation = Operator(rawValue: requirement.operator) else { return nil }
        self.init(requirement.key, operation, requirement.values)
    }
}

extension PodToleration {
    package init(_ toleration: Toleration) {
        self.init(
            key: toleration.key ?? "", value: toleration.value ?? "", exists: toleration.operator == "Exists",
            effect: toleration.effect.flatMap(NodeTaint.Effect.init))
    }
}

extension NodeTaint {
    package init?(_ taint: Taint) {
        guard let effect = Effect(rawValue: taint.effect) else { return nil }
        self.init(key: taint.key, value: taint.value ?? "", effect: effect)
    }
}
