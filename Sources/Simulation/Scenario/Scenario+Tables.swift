import Bytes
import ClusterAPI

/// What a script can look at.
extension Scenario {
    /// The rows of a table by its name; nil when there is none of that name.
    func table(_ name: String) -> [String]? {
        switch name {
        case "pods": Self.aligned(["NAME", "READY", "STATUS", "NODE", "RESTARTS"], pods())
        case "rcs": Self.aligned(["NAME", "DESIRED", "CURRENT", "READY"], controllers())
        case "nodes": Self.aligned(["NAME", "STATUS", "PODS", "TAINTS"], nodes())
        case "endpoints": Self.aligned(["NAME", "READY", "NOT READY"], endpoints())
        case "quotas": Self.aligned(["NAME", "USED"], quotas())
        case "hpas": Self.aligned(["NAME", "TARGET", "CURRENT", "DESIRED", "ACTIVE", "REASON"], autoscalers())
        case "events": Self.aligned(["REASON", "OBJECT", "COUNT", "MESSAGE"], events())
        default: nil
        }
    }

    private func pods() -> [[String]] {
        world.all(Pod.self).map { pod in
            let isGoing = pod.metadata.deletionTimestamp != nil
            return [
                aliases[pod.metadata.uid] ?? pod.metadata.name, pod.reportsReady ? "True" : "False",
                isGoing ? "Terminating" : pod.status.phase ?? "", pod.spec.nodeName ?? "<none>",
                String(pod.status.containerStatuses.first?.restartCount ?? 0),
            ]
        }
        .sorted { Self.naturally($0[0], $1[0]) }
    }

    private func controllers() -> [[String]] {
        world.all(ReplicationController.self).map {
            [
                $0.metadata.name, String($0.spec.replicas ?? 1), String($0.status.replicas),
                String($0.status.readyReplicas ?? 0),
            ]
        }
    }

    private func nodes() -> [[String]] {
        let pods = world.all(Pod.self)
        return world.all(Node.self).map { node in
            let ready =
                switch node.status.conditions.first(where: { $0.type == "Ready" })?.status {
                case "True": "Ready"
                case "Unknown": "Unknown"
                default: "NotReady"
                }
            let taints = node.spec.taints.map { "\($0.key):\($0.effect)" }.sorted().joined(separator: ",")
            return [
                node.metadata.name, node.spec.unschedulable == true ? "\(ready),SchedulingDisabled" : ready,
                String(pods.count { $0.spec.nodeName == node.metadata.name }), taints.isEmpty ? "<none>" : taints,
            ]
        }
    }

    /// Autoscalers of both kinds, with the reason of the condition that says whether they can work.
    private func autoscalers() -> [[String]] {
        func active(_ conditions: [(type: String, status: String, reason: String)]) -> [String] {
            let condition = conditions.first { $0.type == "ScalingActive" }
            return [condition?.status ?? "Unknown", condition?.reason ?? ""]
        }
        let horizontals = world.all(HorizontalPodAutoscaler.self).map { one in
            [
                one.metadata.name, "\(one.spec.scaleTargetRef.name)", String(one.status.currentReplicas ?? 0), String(one.status.desiredReplicas),
            ] + active(one.status.conditions.map { ($0.type, $0.status, $0.reason ?? "") })
        }
        let policies = world.all(AutoscalingPolicy.self).map { one in
            [
                one.metadata.name, "\(one.spec.scaleTargetRef.name)", String(one.status.replicas ?? 0), String(one.status.desiredReplicas ?? 0),
            ] + active(one.status.conditions.map { ($0.type, $0.status, $0.reason) })
        }
        return horizontals + policies
    }

    private func endpoints() -> [[String]] {
        func names(_ addresses: [EndpointAddress]) -> String {
            let names = addresses.compactMap { address in address.targetRef?.uid.flatMap { aliases[$0] } ?? address.ip }
            return names.isEmpty ? "<none>" : names.sorted(by: Self.naturally).joined(separator: ",")
        }
        return world.all(Endpoints.self).map {
            [$0.metadata.name, names($0.subsets.flatMap(\.addresses)), names($0.subsets.flatMap(\.notReadyAddresses))]
        }
    }

    private func quotas() -> [[String]] {
        world.all(ResourceQuota.self).map { quota in
            let used = quota.status.hard.keys.sorted().map { "\($0)=\(quota.status.used[$0] ?? .zero)/\(quota.status.hard[$0]!)" }
            return [quota.metadata.name, used.joined(separator: " ")]
        }
    }

    private func events() -> [[String]] {
        var rows: [[String]: Int] = [:]
        for event in world.all(Event.self) {
            let object = event.involvedObject
            let subject = object.uid.flatMap { aliases[$0] } ?? object.name ?? ""
            var message = event.message ?? ""
            for pod in world.all(Pod.self) {
                if let alias = aliases[pod.metadata.uid] { message = message.replacing(pod.metadata.name, by: alias) }
            }
            rows[[event.reason ?? "", "\((object.kind ?? "").lowercased())/\(subject)", message], default: 0] += event.count ?? 1
        }
        return rows.map { [$0.key[0], $0.key[1], String($0.value), $0.key[2]] }.sorted { ($0[1], $0[0], $0[3]) < ($1[1], $1[0], $1[3]) }
    }

    /// Columns aligned as kubectl does, without white space at the ends of lines.
    private static func aligned(_ head: [String], _ rows: [[String]]) -> [String] {
        let all = [head] + rows
        let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 3) }
            }
            return line
        }
    }

    /// `web-2` before `web-10`.
    private static func naturally(_ left: String, _ right: String) -> Bool {
        func split(_ text: String) -> (String, Int) {
            guard let dash = text.lastIndex(of: "-"), let number = Int(text[text.index(after: dash)...]) else { return (text, 0) }
            return (String(text[..<dash]), number)
        }
        return split(left) < split(right)
    }
}

extension String {
    /// Every occurrence of a word by another.
    fileprivate func replacing(_ word: String, by other: String) -> String {
        guard !word.isEmpty else { return self }
        var result = ""
        var rest = self[...]
        while let range = rest.firstRange(of: word) {
            result += rest[..<range.lowerBound] + other
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
