/// Why a node cannot take a pod, in the words that users read.
package enum Rejection: Hashable, Sendable {
    case unschedulable
    case nodeName
    case nodeSelector
    case untoleratedTaint(key: String, value: String)
    case hostPorts
    case tooManyPods
    case insufficientCPU
    case insufficientMemory
    case insufficientEphemeralStorage
    case insufficient(resource: String)
    case volumeConflict
    case volumeNodeAffinity
    case noVolumeToBind

    /// - Source: the reasons of Kubernetes' plug-ins of the same names.
    package var reason: String {
        switch self {
        case .unschedulable: "node(s) were unschedulable"
        case .nodeName: "node(s) didn't match the requested node name"
        case .nodeSelector: "node(s) didn't match Pod's node affinity/selector"
        case .untoleratedTaint(let key, let value): "node(s) had untolerated taint {\(key): \(value)}"
        case .hostPorts: "node(s) didn't have free ports for the requested pod ports"
        case .tooManyPods: "Too many pods"
        case .insufficientCPU: "Insufficient cpu"
        case .insufficientMemory: "Insufficient memory"
        case .insufficientEphemeralStorage: "Insufficient ephemeral-storage"
        case .insufficient(let resource): "Insufficient \(resource)"
        case .volumeConflict: "node(s) had no available disk"
        case .volumeNodeAffinity: "node(s) had volume node affinity conflict"
        case .noVolumeToBind: "node(s) didn't find available persistent volumes to bind"
        }
    }
}

/// How many nodes were refused for which reasons; a node may be counted under several.
package struct RejectionTally: Sendable {
    private var counts: [(rejection: Rejection, count: Int)] = []

    package init() {}

    package var isEmpty: Bool { counts.isEmpty }

    package mutating func add(_ rejection: Rejection, count: Int = 1) {
        // Reasons are few, and the last one seen is the likeliest next.
        if let index = counts.lastIndex(where: { $0.rejection == rejection }) {
            counts[index].count += count
        } else {
            counts.append((rejection, count))
        }
    }

    package func count(of rejection: Rejection) -> Int { counts.first { $0.rejection == rejection }?.count ?? 0 }

    package func contains(where predicate: (Rejection) -> Bool) -> Bool { counts.contains { predicate($0.rejection) } }

    /// `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`, the parts sorted as text, as Kubernetes does.
    package func message(nodeCount: Int) -> String {
        let parts = counts.map { "\($0.count) \($0.rejection.reason)" }.sorted()
        return parts.isEmpty
            ? "0/\(nodeCount) nodes are available." : "0/\(nodeCount) nodes are available: \(parts.joined(separator: ", "))."
    }
}
