import Bytes

extension TableColumns {
    static let replicationControllers: [TableColumn] = [
        name,
        TableColumn("Desired", "integer", "Replicas that are wanted.") { $0.count("spec", "replicas") },
        TableColumn("Current", "integer", "Replicas that exist.") { $0.count("status", "replicas") },
        TableColumn("Ready", "integer", "Replicas that are ready.") { $0.count("status", "readyReplicas") },
        age,
        TableColumn("Containers", wide: true, "Names of the template's containers.") { containers($0, "name") },
        TableColumn("Images", wide: true, "Images of the template's containers.") { containers($0, "image") },
        TableColumn("Selector", wide: true, "Labels of the pods it keeps.") { $0.pairs("spec", "selector") },
    ]

    static let podTemplates: [TableColumn] = [
        name,
        TableColumn("Containers", "Names of the template's containers.") { row in
            .string(row.array("template", "spec", "containers").map { $0["name"]?.stringValue ?? "" }.joined(separator: ","))
        },
        TableColumn("Images", "Images of the template's containers.") { row in
            .string(row.array("template", "spec", "containers").map { $0["image"]?.stringValue ?? "" }.joined(separator: ","))
        },
        TableColumn("Pod Labels", "Labels of the pods made from it.") { $0.pairs("template", "metadata", "labels") },
    ]

    static let scales: [TableColumn] = [
        name,
        TableColumn("Desired", "integer", "Replicas that are wanted.") { $0.count("spec", "replicas") },
        TableColumn("Available", "integer", "Replicas that exist.") { $0.count("status", "replicas") },
        age,
    ]

    private static func containers(_ row: TableRow, _ field: String) -> JSONValue {
        .string(row.array("spec", "template", "spec", "containers").map { $0[field]?.stringValue ?? "" }.joined(separator: ","))
    }

    static let horizontalPodAutoscalersV1: [TableColumn] = [
        name,
        TableColumn("Reference", "What is scaled.") { .string(reference($0["spec", "scaleTargetRef"])) },
        TableColumn("Targets", "What is measured and what is aimed at.") { row in
            guard let target = row["spec", "targetCPUUtilizationPercentage"]?.intValue else { return "<none>" }
            let current = row["status", "currentCPUUtilizationPercentage"]?.intValue.map { "\($0)%" } ?? "<unknown>"
            return .string("cpu: \(current)/\(target)%")
        },
        TableColumn("MinPods", "integer") { minimum($0) },
        TableColumn("MaxPods", "integer") { $0.count("spec", "maxReplicas") },
        TableColumn("Replicas", "integer") { $0.count("status", "currentReplicas") },
        age,
    ]

    static let horizontalPodAutoscalers: [TableColumn] = [
        name,
        TableColumn("Reference", "What is scaled.") { .string(reference($0["spec", "scaleTargetRef"])) },
        TableColumn("Targets", "What is measured and what is aimed at.") { .string(targets($0)) },
        TableColumn("MinPods", "integer", "The lowest replica count.") { minimum($0) },
        TableColumn("MaxPods", "integer", "The highest replica count.") { $0.count("spec", "maxReplicas") },
        TableColumn("Replicas", "integer", "What the workload has.") { $0.count("status", "currentReplicas") },
        age,
    ]

    private static func minimum(_ row: TableRow) -> JSONValue { row["spec", "minReplicas"].map { $0 } ?? "<unset>" }

    private static func reference(_ target: JSONValue?) -> String {
        "\(target?["kind"]?.stringValue ?? "")/\(target?["name"]?.stringValue ?? "")"
    }

    /// - Source: Kubernetes `formatHPAMetrics`.
    private static func targets(_ row: TableRow) -> String {
        let metrics = row.array("spec", "metrics")
        if metrics.isEmpty { return "<none>" }
        let currents = row.array("status", "currentMetrics")
        var parts: [String] = []
        for (index, metric) in metrics.prefix(2).enumerated() {
            let current = currents.indices.contains(index) ? currents[index] : nil
            parts.append(target(metric, current))
        }
        if metrics.count > 2 { return parts.joined(separator: ", ") + " + \(metrics.count - 2) more..." }
        return parts.joined(separator: ", ")
    }

    private static func target(_ metric: JSONValue, _ status: JSONValue?) -> String {
        let type = metric["type"]?.stringValue ?? ""
        let field = type.isEmpty ? "" : type.prefix(1).lowercased() + type.dropFirst()
        let target = metric[field]?["target"]
        let current = status?[field]?["current"]
        func value(_ name: String) -> String { current?[name]?.stringValue ?? "<unknown>" }
        switch type {
        case "Resource", "ContainerResource":
            let name = metric[field]?["name"]?.stringValue ?? ""
            if let average = target?["averageValue"]?.stringValue { return "\(name): \(value("averageValue"))/\(average)" }
            let percent = current?["averageUtilization"]?.intValue.map { "\($0)%" } ?? "<unknown>"
            return "\(name): \(percent)/" + (target?["averageUtilization"]?.intValue.map { "\($0)%" } ?? "<auto>")
        case "Pods": return "\(value("averageValue"))/\(target?["averageValue"]?.stringValue ?? "")"
        case "Object", "External":
            if let average = target?["averageValue"]?.stringValue { return "\(value("averageValue"))/\(average) (avg)" }
            return "\(value("value"))/\(target?["value"]?.stringValue ?? "")"
        default: return "<unknown type>"
        }
    }

    static let autoscalingPolicies: [TableColumn] = [
        name,
        TableColumn("Reference", "What is scaled.") { .string(reference($0["spec", "scaleTargetRef"])) },
        TableColumn("Mode", "Off, Recommend or Auto.") { $0.text("spec", "mode") },
        TableColumn("Min", "integer") { $0.count("spec", "minReplicas") },
        TableColumn("Max", "integer") { $0.count("spec", "maxReplicas") },
        TableColumn("Replicas", "integer", "What the workload has.") { $0.count("status", "replicas") },
        TableColumn("Desired", "integer", "What the last decision wants.") { $0.count("status", "desiredReplicas") },
        TableColumn("Reason", "Why this count.") { $0.text("status", "lastDecision", "reason") },
        age,
        TableColumn("Signals", wide: true, "Names of the signals.") { row in
            .string(row.array("spec", "signals").map { $0["name"]?.stringValue ?? "" }.joined(separator: ","))
        },
        TableColumn("Message", wide: true, "The last decision in a sentence.") { $0.text("status", "lastDecision", "message") },
    ]

    static let ruleGroups: [TableColumn] = [
        name,
        TableColumn("Interval", "Time between two evaluations.") { $0.text("spec", "interval") },
        TableColumn("Rules", "integer", "How many rules it has.") { .number($0.array("spec", "rules").count) },
        TableColumn("Firing", "integer", "How many of its alerts fire.") { row in
            .number(row.array("status", "rules").count { $0["state"] == "firing" })
        },
        TableColumn("Failing", "integer", "How many of its rules cannot be evaluated.") { row in
            .number(row.array("status", "rules").count { $0["health"] == "err" })
        },
        age,
    ]

    static let dashboards: [TableColumn] = [
        name,
        TableColumn("Title", "Title in the console.") { $0.text("spec", "json", "title") },
        TableColumn("Folder", wide: true) { $0.text("spec", "folder") },
        age,
    ]

    static let nodeMetrics: [TableColumn] = [
        name,
        TableColumn("CPU") { $0.text("usage", "cpu") },
        TableColumn("Memory") { $0.text("usage", "memory") },
        TableColumn("Window") { $0.text("window") },
    ]

    static let podMetrics: [TableColumn] = [
        name,
        TableColumn("CPU") { usage($0, "cpu") },
        TableColumn("Memory") { usage($0, "memory") },
        TableColumn("Window") { $0.text("window") },
    ]

    private static func usage(_ row: TableRow, _ resource: String) -> JSONValue {
        var sum = Quantity.zero
        for container in row.array("containers") {
            if let text = container["usage"]?[resource]?.stringValue, let amount = Quantity(text) { sum += amount }
        }
        return .string(sum.description)
    }
}
