import APIServer
import Bytes
import ClusterAPI

/// Watches every commit for what must never be, whatever goes wrong.
///
/// - A revision never goes back, and each commit's changes come in order.
/// - A pod that is bound is never bound to another node, and never unbound.
/// - The pods on a node never request more than the node has, nor are they more than it takes.
/// - A ResourceQuota is never exceeded.
struct SafetyChecker {
    private struct Room: Sendable {
        var milliCPU: Int64
        var memory: Int64
        var pods: Int
    }

    private struct Placement: Sendable {
        var node: String
        var milliCPU: Int64
        var memory: Int64
    }

    private let pods: WatchCursor
    private let quotas: WatchCursor
    private var free: [String: Room] = [:]
    private var placements: [String: Placement] = [:]
    private var bindings: [String: String] = [:]
    private var revision: UInt64 = 0
    private var lastPodRevision: UInt64 = 0
    /// Pods that came and went, for who wants to know whether anything still moves.
    private(set) var podChurn = 0

    init(_ server: APIServer) {
        do {
            pods = try server.cursor(WatchRequest(Pod.resource))
            quotas = try server.cursor(WatchRequest(ResourceQuota.resource))
        } catch {
            preconditionFailure("cannot watch a server that has just been made: \(error)")
        }
    }

    mutating func addNode(_ name: String, milliCPU: Int64, memory: Int64, pods: Int) {
        free[name] = Room(milliCPU: milliCPU, memory: memory, pods: pods)
    }

    mutating func check(_ newRevision: UInt64) throws(BrokenPromise) {
        guard newRevision >= revision else { throw BrokenPromise("revisions never go back", "\(newRevision) follows \(revision)") }
        revision = newRevision
        for event in pods.drain() {
            guard let snapshot = event.snapshot else { continue }
            guard snapshot.revision >= lastPodRevision else {
                throw BrokenPromise("news come in order", "\(snapshot.key)@\(snapshot.revision) follows \(lastPodRevision)")
            }
            lastPodRevision = snapshot.revision
            if case .deleted = event {
                podChurn += 1
                release(snapshot.uid)
                bindings[snapshot.uid] = nil
            } else {
                if case .added = event { podChurn += 1 }
                guard let pod = try? snapshot.object(as: Pod.self) else {
                    throw BrokenPromise("what is stored can be read", "\(snapshot.key)")
                }
                try check(pod)
            }
        }
        for event in quotas.drain() {
            if let quota = try? event.snapshot?.object(as: ResourceQuota.self) { try check(quota) }
        }
    }

    private mutating func check(_ pod: Pod) throws(BrokenPromise) {
        let (uid, node) = (pod.metadata.uid, pod.spec.nodeName ?? "")
        if let bound = bindings[uid], bound != node {
            throw BrokenPromise("a pod is bound once", "\(pod.namespacedName) was on \(bound) and is on \(node.isEmpty ? "none" : node)")
        }
        guard !node.isEmpty else { return }
        bindings[uid] = node
        if pod.status.phase == "Succeeded" || pod.status.phase == "Failed" { return release(uid) }
        guard placements[uid] == nil, free[node] != nil else { return }
        let placement = Placement(
            node: node, milliCPU: pod.spec.containers.reduce(0) { $0 + ($1.resources?.requests["cpu"]?.milliValue ?? 0) },
            memory: pod.spec.containers.reduce(0) { $0 + ($1.resources?.requests["memory"]?.value ?? 0) })
        placements[uid] = placement
        free[node]!.milliCPU -= placement.milliCPU
        free[node]!.memory -= placement.memory
        free[node]!.pods -= 1
        let room = free[node]!
        guard room.milliCPU >= 0, room.memory >= 0, room.pods >= 0 else {
            throw BrokenPromise(
                "no node is overfilled",
                "\(pod.namespacedName) on \(node) leaves \(room.milliCPU)m CPU, \(room.memory) bytes, \(room.pods) pods")
        }
    }

    private func check(_ quota: ResourceQuota) throws(BrokenPromise) {
        for (name, used) in quota.status.used.sorted(by: { $0.key < $1.key }) {
            guard let hard = quota.status.hard[name], used > hard else { continue }
            throw BrokenPromise("a quota is never exceeded", "\(quota.namespacedName): \(name) \(used) of \(hard)")
        }
    }

    private mutating func release(_ uid: String) {
        guard let placement = placements.removeValue(forKey: uid) else { return }
        free[placement.node]!.milliCPU += placement.milliCPU
        free[placement.node]!.memory += placement.memory
        free[placement.node]!.pods += 1
    }
}
