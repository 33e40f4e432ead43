import Bytes
import ClusterAPI
import NodeAgent

/// `spec.json` of a shim's folder (`docs/formats/shim-folder.md`).
extension ContainerSpec {
    var json: JSONValue {
        var object: JSONValue = [
            "version": 1,
            "namespace": .string(id.pod.namespace),
            "pod": .string(id.pod.name),
            "podUID": .string(id.pod.uid),
            "container": .string(id.name),
            "restart": .number(id.restart),
            "image": .string(image),
            "command": .array(command.map { .string($0) }),
            "environment": .array(environment.map { ["name": .string($0.name), "value": .string($0.value)] }),
            "cpuShares": .number(Int64(resources.cpuShares)),
            "cpuPeriodMicroseconds": .number(Int64(resources.cpuPeriodMicroseconds)),
            "outOfMemoryScore": .number(resources.outOfMemoryScore),
            "mounts": .array(
                mounts.map { ["source": .string($0.source), "target": .string($0.target), "isReadOnly": .bool($0.isReadOnly)] }),
            "hostname": .string(hostname),
            "address": .string(address),
            "logPath": .string(logPath),
            "cgroup": .string(cgroup),
            "stopSignal": .number(Int64(stopSignal)),
        ]
        if let workingDirectory { object["workingDirectory"] = .string(workingDirectory) }
        if let quota = resources.cpuQuotaMicroseconds { object["cpuQuotaMicroseconds"] = .number(Int64(quota)) }
        if let limit = resources.memoryLimitBytes { object["memoryLimitBytes"] = .number(Int64(clamping: limit)) }
        if let limit = resources.processLimit { object["processLimit"] = .number(Int64(clamping: limit)) }
        if let identity {
            object["identity"] = [
                "user": .number(Int64(identity.user)), "group": .number(Int64(identity.group)),
                "supplementalGroups": .array(identity.supplementalGroups.map { .number(Int64($0)) }),
            ]
        }
        return object
    }

    /// Reads a folder's `spec.json`; nil when it is not what this release writes.
    init?(json: JSONValue, folder: String) {
        guard json["version"]?.intValue == 1, let namespace = json["namespace"]?.stringValue,
            let pod = json["pod"]?.stringValue, let podUID = json["podUID"]?.stringValue, let container = json["container"]?.stringValue,
            let restart = json["restart"]?.intValue, let command = json["command"]?.arrayValue, let logPath = json["logPath"]?.stringValue,
            let cgroup = json["cgroup"]?.stringValue
        else { return nil }
        var resources = ContainerResources()
        if let shares = json["cpuShares"]?.int64Value { resources.cpuShares = UInt64(clamping: shares) }
        if let period = json["cpuPeriodMicroseconds"]?.int64Value { resources.cpuPeriodMicroseconds = UInt64(clamping: period) }
        resources.cpuQuotaMicroseconds = json["cpuQuotaMicroseconds"]?.int64Value.map { UInt64(clamping: $0) }
        resources.memoryLimitBytes = json["memoryLimitBytes"]?.int64Value.map { UInt64(clamping: $0) }
        resources.processLimit = json["processLimit"]?.int64Value.map { UInt64(clamping: $0) }
        resources.outOfMemoryScore = json["outOfMemoryScore"]?.intValue ?? 0
        self.init(
            id: ContainerIdentity(pod: PodIdentity(namespace: namespace, name: pod, uid: podUID), name: container, restart: restart),
            image: json["image"]?.stringValue ?? "",
            command: command.compactMap(\.stringValue),
            environment: (json["environment"]?.arrayValue ?? []).map {
                Variable(name: $0["name"]?.stringValue ?? "", value: $0["value"]?.stringValue ?? "")
            },
            workingDirectory: json["workingDirectory"]?.stringValue,
            identity: json["identity"].map {
                Identity(
                    user: UInt32(clamping: $0["user"]?.int64Value ?? 0), group: UInt32(clamping: $0["group"]?.int64Value ?? 0),
                    supplementalGroups: ($0["supplementalGroups"]?.arrayValue ?? []).compactMap(\.int64Value).map { UInt32(clamping: $0) })
            },
            resources: resources,
            mounts: (json["mounts"]?.arrayValue ?? []).map {
                Mount(
                    source: $0["source"]?.stringValue ?? "", target: $0["target"]?.stringValue ?? "",
                    isReadOnly: $0["isReadOnly"]?.boolValue ?? false)
            },
            hostname: json["hostname"]?.stringValue ?? "", address: json["address"]?.stringValue ?? "",
            folder: folder, logPath: logPath, cgroup: cgroup,
            stopSignal: Int32(clamping: json["stopSignal"]?.int64Value ?? 15))
    }
}
