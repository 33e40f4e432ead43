import Bytes

extension TableColumns {
    static let componentStatuses: [TableColumn] = [
        name,
        TableColumn("Status", "Whether the part is well.") { row in
            let status = healthy(row)?["status"]?.stringValue
            return .string(status == "True" ? "Healthy" : status == "False" ? "Unhealthy" : "Unknown")
        },
        TableColumn("Message", "What the part says of itself.") { .string(healthy($0)?["message"]?.stringValue ?? "") },
        TableColumn("Error", "Why it cannot be asked.") { .string(healthy($0)?["error"]?.stringValue ?? "") },
    ]

    private static func healthy(_ row: TableRow) -> JSONValue? { row.array("conditions").first { $0["type"] == "Healthy" } }

    static let nodes: [TableColumn] = [
        name,
        TableColumn("Status", "Whether the node is ready, and whether it takes new pods.") { row in
            var words: [String] = []
            for condition in row.array("status", "conditions") where condition["type"] == "Ready" {
                words.append(condition["status"] == "True" ? "Ready" : "NotReady")
            }
            if words.isEmpty { words.append("Unknown") }
            if row["spec", "unschedulable"]?.boolValue == true { words.append("SchedulingDisabled") }
            return .string(words.joined(separator: ","))
        },
        TableColumn("Roles", "From labels that begin with node-role.kubernetes.io/.") { row in
            let labels = row["metadata", "labels"]?.objectValue ?? JSONObject()
            var roles: Set<String> = []
            for (key, value) in labels {
                if key.hasPrefix("node-role.kubernetes.io/") { roles.insert(String(key.dropFirst(24))) }
                if key == "kubernetes.io/role", let role = value.stringValue { roles.insert(role) }
            }
            roles.remove("")
            return .string(roles.isEmpty ? "<none>" : roles.sorted().joined(separator: ","))
        },
        age,
        TableColumn("Version", "Version of the agent.") { $0.text("status", "nodeInfo", "kubeletVersion") },
        TableColumn("Internal-IP", wide: true) { nodeAddress($0, "InternalIP") },
        TableColumn("External-IP", wide: true) { nodeAddress($0, "ExternalIP") },
        TableColumn("OS-Image", wide: true) { $0.text("status", "nodeInfo", "osImage", or: "<unknown>") },
        TableColumn("Kernel-Version", wide: true) { $0.text("status", "nodeInfo", "kernelVersion", or: "<unknown>") },
        TableColumn("Container-Runtime", wide: true) { $0.text("status", "nodeInfo", "containerRuntimeVersion", or: "<unknown>") },
    ]

    private static func nodeAddress(_ row: TableRow, _ type: String) -> JSONValue {
        row.array("status", "addresses").first { $0["type"]?.stringValue == type }?["address"] ?? "<none>"
    }

    static let namespaces: [TableColumn] = [
        name, TableColumn("Status", "Active or Terminating.") { $0.text("status", "phase") }, age,
    ]

    static let configMaps: [TableColumn] = [
        name,
        TableColumn("Data", "How many entries it has.") { row in
            .string("\((row["data"]?.objectValue?.count ?? 0) + (row["binaryData"]?.objectValue?.count ?? 0))")
        },
        age,
    ]

    static let secrets: [TableColumn] = [
        name,
        TableColumn("Type", "What it is for.") { $0.text("type") },
        TableColumn("Data", "How many entries it has.") { .string("\($0["data"]?.objectValue?.count ?? 0)") },
        age,
    ]

    static let serviceAccounts: [TableColumn] = [
        name, TableColumn("Secrets", "How many secrets it may use.") { .string("\($0.array("secrets").count)") }, age,
    ]

    static let limitRanges: [TableColumn] = [
        name, TableColumn("Created At", "When it was created.") { $0.text("metadata", "creationTimestamp") },
    ]

    static let resourceQuotas: [TableColumn] = [
        name,
        TableColumn("Request", "What is used of what may be requested.") { .string(quota($0, limits: false)) },
        TableColumn("Limit", "What is used of what limits may add up to.") { .string(quota($0, limits: true)) },
        age,
    ]

    private static func quota(_ row: TableRow, limits: Bool) -> String {
        guard let hard = row["status", "hard"]?.objectValue ?? row["spec", "hard"]?.objectValue else { return "" }
        return hard.sortedByKey().filter { $0.key.hasPrefix("limits.") == limits }.map { name, value in
            "\(name): \(row["status", "used"]?[name]?.stringValue ?? "0")/\(value.stringValue ?? "")"
        }.joined(separator: ", ")
    }

    static let persistentVolumes: [TableColumn] = [
        name,
        TableColumn("Capacity") { $0.text("spec", "capacity", "storage") },
        TableColumn("Access Modes") { .string(accessModes($0.array("spec", "accessModes"))) },
        TableColumn("Reclaim Policy") { $0.text("spec", "persistentVolumeReclaimPolicy") },
        TableColumn("Status") { phase($0) },
        TableColumn("Claim") { row in
            guard let claim = row["spec", "claimRef"] else { return "" }
            return .string("\(claim["namespace"]?.stringValue ?? "")/\(claim["name"]?.stringValue ?? "")")
        },
        TableColumn("StorageClass") { $0.text("spec", "storageClassName") },
        TableColumn("VolumeAttributesClass") { $0.text("spec", "volumeAttributesClassName", or: "<unset>") },
        TableColumn("Reason") { $0.text("status", "reason") },
        age,
        TableColumn("VolumeMode", wide: true) { $0.text("spec", "volumeMode", or: "<unset>") },
    ]

    static let storageClasses: [TableColumn] = [
        TableColumn("Name", format: "name", "Name of the class, and whether claims get it that name none.") { row in
            let mark = row["metadata", "annotations", "storageclass.kubernetes.io/is-default-class"]
            return mark == "true" ? .string("\(row["metadata", "name"]?.stringValue ?? "") (default)") : row.text("metadata", "name")
        },
        TableColumn("Provisioner") { $0.text("provisioner") },
        TableColumn("ReclaimPolicy") { $0.text("reclaimPolicy", or: "Delete") },
        TableColumn("VolumeBindingMode") { $0.text("volumeBindingMode", or: "Immediate") },
        TableColumn("AllowVolumeExpansion") { .string($0["allowVolumeExpansion"]?.boolValue == true ? "true" : "false") },
        age,
    ]

    static let persistentVolumeClaims: [TableColumn] = [
        name,
        TableColumn("Status") { phase($0) },
        TableColumn("Volume") { $0.text("spec", "volumeName") },
        TableColumn("Capacity") { row in
            row["spec", "volumeName"] == nil ? "" : row.text("status", "capacity", "storage")
        },
        TableColumn("Access Modes") { row in
            row["spec", "volumeName"] == nil ? "" : .string(accessModes(row.array("status", "accessModes")))
        },
        TableColumn("StorageClass") { $0.text("spec", "storageClassName") },
        TableColumn("VolumeAttributesClass") { $0.text("spec", "volumeAttributesClassName", or: "<unset>") },
        age,
        TableColumn("VolumeMode", wide: true) { $0.text("spec", "volumeMode", or: "<unset>") },
    ]

    private static func phase(_ row: TableRow) -> JSONValue {
        row["metadata", "deletionTimestamp"] == nil ? row.text("status", "phase") : "Terminating"
    }

    private static func accessModes(_ modes: [JSONValue]) -> String {
        let short = ["ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"]
        let present = Set(modes.compactMap(\.stringValue))
        return ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"].filter(present.contains).compactMap { short[$0] }
            .joined(separator: ",")
    }

    static let leases: [TableColumn] = [
        name, TableColumn("Holder", "Who holds it.") { $0.text("spec", "holderIdentity") }, age,
    ]

    static let events: [TableColumn] = [
        TableColumn("Last Seen", "Time since it was seen last.") { row in
            row["lastTimestamp"] == nil ? (row["eventTime"] == nil ? row.age("firstTimestamp") : row.age("eventTime")) : row.age("lastTimestamp")
        },
        TableColumn("Type", "Normal or Warning.") { $0.text("type") },
        TableColumn("Reason", "Why, in one word.") { $0.text("reason") },
        TableColumn("Object", "What it is about.") { .string(regarding($0)) },
        TableColumn("Subobject", wide: true, "Which part of it.") { $0.text("involvedObject", "fieldPath") },
        TableColumn("Source", wide: true, "Who tells.") { row in
            let component = row["source", "component"]?.stringValue ?? row["reportingComponent"]?.stringValue ?? ""
            let host = row["source", "host"]?.stringValue ?? ""
            return .string(host.isEmpty ? component : "\(component), \(host)")
        },
        TableColumn("Message", "What happened.") { row in
            .string((row["message"]?.stringValue ?? "").split(separator: "\n").joined(separator: " "))
        },
        TableColumn("First Seen", wide: true, "Time since it was seen first.") { row in
            row["firstTimestamp"] == nil ? row.age("eventTime") : row.age("firstTimestamp")
        },
        TableColumn("Count", wide: true, "How often it was seen.") { row in
            .string("\(row["count"]?.intValue ?? row["series", "count"]?.intValue ?? 1)")
        },
        TableColumn("Name", format: "name", wide: true, "Name of the event.") { $0.text("metadata", "name") },
    ]

    private static func regarding(_ row: TableRow) -> String {
        let kind = (row["involvedObject", "kind"]?.stringValue ?? "").lowercased()
        let name = row["involvedObject", "name"]?.stringValue ?? ""
        return name.isEmpty ? kind : "\(kind)/\(name)"
    }
}
