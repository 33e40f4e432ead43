import Bytes

extension TableColumns {
    static let pods: [TableColumn] = [
        name,
        TableColumn("Ready", "How many of the pod's containers are ready.") { row in
            let statuses = row.array("status", "containerStatuses")
            let ready = statuses.count { $0["ready"]?.boolValue == true } + restartableInits(row).count { $0["ready"]?.boolValue == true }
            return .string("\(ready)/\(row.array("spec", "containers").count + restartableNames(row).count)")
        },
        TableColumn("Status", "Where the pod is in its life, or why it does not go on.") { .string(podStatus($0)) },
        TableColumn("Restarts", "How often containers were restarted, and when last.") { .string(podRestarts($0)) },
        age,
        TableColumn("IP", wide: true, "Address of the pod.") { row in
            row.text("status", "podIP", or: "<none>")
        },
        TableColumn("Node", wide: true, "Node that the pod is bound to.") { $0.text("spec", "nodeName", or: "<none>") },
        TableColumn("Nominated Node", wide: true, "Node that preemption makes room on.") { $0.text("status", "nominatedNodeName", or: "<none>") },
        TableColumn("Readiness Gates", wide: true, "Conditions beyond the containers' readiness, and how many hold.") { row in
            let gates = row.array("spec", "readinessGates")
            if gates.isEmpty { return "<none>" }
            let holding = gates.count { gate in
                row.array("status", "conditions").contains { $0["type"] == gate["conditionType"] && $0["status"] == "True" }
            }
            return .string("\(holding)/\(gates.count)")
        },
    ]

    private static func restartableNames(_ row: TableRow) -> [JSONValue] {
        row.array("spec", "initContainers").filter { $0["restartPolicy"] == "Always" }.compactMap { $0["name"] }
    }

    private static func restartableInits(_ row: TableRow) -> [JSONValue] {
        let names = restartableNames(row)
        return row.array("status", "initContainerStatuses").filter { status in names.contains { $0 == status["name"] } }
    }

    /// - Source: Kubernetes `pkg/printers/internalversion`, `printPod`.
    private static func podStatus(_ row: TableRow) -> String {
        var reason = row["status", "reason"]?.stringValue ?? row["status", "phase"]?.stringValue ?? "Unknown"
        if row.array("status", "conditions").contains(where: { $0["type"] == "PodScheduled" && $0["reason"] == "SchedulingGated" }) {
            reason = "SchedulingGated"
        }
        let inits = row.array("status", "initContainerStatuses")
        let initCount = row.array("spec", "initContainers").count
        var isInitializing = false
        for (index, status) in inits.enumerated() {
            let isSidecar = restartableNames(row).contains { $0 == status["name"] }
            let terminated = status["state"]?["terminated"]
            if terminated?["exitCode"]?.intValue == 0 { continue }
            if isSidecar, status["started"]?.boolValue == true { continue }
            isInitializing = true
            if let terminated {
                if let why = terminated["reason"]?.stringValue, !why.isEmpty {
                    reason = "Init:\(why)"
                } else {
                    reason = exitReason(terminated, prefix: "Init:")
                }
            } else if let why = status["state"]?["waiting"]?["reason"]?.stringValue, !why.isEmpty, why != "PodInitializing" {
                reason = "Init:\(why)"
            } else {
                reason = "Init:\(index)/\(initCount)"
            }
            break
        }
        let isInitialized = row.array("status", "conditions").contains { $0["type"] == "Initialized" && $0["status"] == "True" }
        if !isInitializing || isInitialized {
            var hasRunning = false
            for status in row.array("status", "containerStatuses").reversed() {
                let waiting = status["state"]?["waiting"]?["reason"]?.stringValue ?? ""
                let terminated = status["state"]?["terminated"]
                if !waiting.isEmpty {
                    reason = waiting
                } else if let terminated {
                    let why = terminated["reason"]?.stringValue ?? ""
                    reason = why.isEmpty ? exitReason(terminated, prefix: "") : why
                } else if status["ready"]?.boolValue == true, status["state"]?["running"] != nil {
                    hasRunning = true
                }
            }
            if reason == "Completed", hasRunning {
                let isReady = row.array("status", "conditions").contains { $0["type"] == "Ready" && $0["status"] == "True" }
                reason = isReady ? "Running" : "NotReady"
            }
        }
        if row["metadata", "deletionTimestamp"] != nil {
            if row["status", "reason"] == "NodeLost" { return "Unknown" }
            let phase = row["status", "phase"]?.stringValue
            if phase != "Succeeded", phase != "Failed" { return "Terminating" }
        }
        return reason
    }

    private static func exitReason(_ terminated: JSONValue, prefix: String) -> String {
        if let signal = terminated["signal"]?.intValue, signal != 0 { return "\(prefix)Signal:\(signal)" }
        return "\(prefix)ExitCode:\(terminated["exitCode"]?.intValue ?? 0)"
    }

    private static func podRestarts(_ row: TableRow) -> String {
        var count = 0
        var last: Timestamp?
        for status in row.array("status", "containerStatuses") + restartableInits(row) {
            count += status["restartCount"]?.intValue ?? 0
            if let text = status["lastState"]?["terminated"]?["finishedAt"]?.stringValue, let time = Timestamp(rfc3339: text) {
                last = max(last ?? time, time)
            }
        }
        guard count > 0, let last else { return "\(count)" }
        return "\(count) (\(AgeText.text(row.now - last)) ago)"
    }
}
