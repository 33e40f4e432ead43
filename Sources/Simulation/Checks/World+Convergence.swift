import APIServer
import Bytes
import ClusterAPI
import Reconciliation

/// Whether the world has come to rest where everybody wants it.
extension World {
    /// Lets time pass until everything is as it should be and stays so for a while.
    ///
    /// - Throws: a broken promise, also when it takes longer than `limit`.
    package mutating func converge(within limit: Duration) throws(BrokenPromise) {
        let end = now + limit
        let step = Duration.seconds(5)
        var calm = 0
        var missing: [String] = []
        while now < end {
            try run(for: step)
            missing = discrepancies()
            calm = missing.isEmpty ? calm + 1 : 0
            if calm == 3 { break }
        }
        guard calm == 3 else {
            throw BrokenPromise(
                "the cluster converges", missing.joined(separator: "; "), at: now, seed: seed, faults: configuration.faults, trace: trace.tail)
        }
        let (churn, scalings) = (checker.podChurn, metering?.checker.count)
        try run(for: .seconds(60))
        let unrest = discrepancies()
        guard checker.podChurn == churn, metering?.checker.count == scalings, unrest.isEmpty else {
            throw BrokenPromise(
                "what has converged stays so", unrest.isEmpty ? "pods come and go" : unrest.joined(separator: "; "), at: now, seed: seed,
                faults: configuration.faults, trace: trace.tail)
        }
    }

    /// What is not as it should be, in words.
    func discrepancies() -> [String] {
        var found: [String] = []
        let pods = all(Pod.self)
        let controllers = all(ReplicationController.self)
        for controller in controllers {
            let own = pods.filter { pod in pod.metadata.ownerReferences.contains { $0.uid == controller.metadata.uid } }
            let active = own.filter { $0.metadata.deletionTimestamp == nil && $0.status.phase != "Failed" }
            let ready = active.filter(\.reportsReady)
            let wanted = controller.spec.replicas ?? 1
            let status = controller.status
            if active.count != wanted || own.count != wanted || (configuration.faults.crashes == nil && ready.count != wanted) {
                found.append("\(controller.namespacedName) has \(own.count) pods, \(ready.count) ready, of \(wanted)")
            } else if status.replicas != wanted {
                found.append("\(controller.namespacedName) counts \(status.replicas) of \(wanted)")
            }
        }
        let uids = Set(controllers.map(\.metadata.uid))
        for pod in pods {
            if let owner = pod.metadata.ownerReferences.first, !uids.contains(owner.uid) { found.append("\(pod.namespacedName) has lost its owner") }
            if pod.spec.nodeName == nil { found.append("\(pod.namespacedName) has no node") }
        }
        found += misleadingEndpoints(pods)
        found += wrongCounts()
        for node in all(Node.self) where node.status.conditions.first(where: { $0.type == "Ready" })?.status != "True" || !node.spec.taints.isEmpty {
            found.append("\(node.metadata.name) is not ready")
        }
        return found
    }

    private func misleadingEndpoints(_ pods: [Pod]) -> [String] {
        // A pod that crashes now and then may do so at this moment.
        guard configuration.faults.crashes == nil else { return [] }
        var found: [String] = []
        let endpoints = Dictionary(uniqueKeysWithValues: all(Endpoints.self).map { ($0.namespacedName, $0) })
        for service in all(Service.self) where !service.spec.selector.isEmpty {
            let wanted = pods.filter { pod in
                pod.reportsReady && pod.metadata.deletionTimestamp == nil && pod.metadata.namespace == service.metadata.namespace
                    && service.spec.selector.allSatisfy { pod.metadata.labels[$0.key] == $0.value }
            }
            let addresses = endpoints[service.namespacedName]?.subsets.flatMap(\.addresses).map(\.ip).sorted() ?? []
            if addresses != wanted.compactMap(\.status.podIP).sorted() {
                found.append("\(service.namespacedName) leads to \(addresses.count) of \(wanted.count) pods")
            }
        }
        return found
    }

    /// All objects of a kind as the API server has them now.
    func all<Object: ClusterObject>(_ type: Object.Type) -> [Object] {
        do {
            return try server.handle(APIRequest(.list, Object.resource), now: now).list(of: type).items
        } catch {
            preconditionFailure("cannot list \(Object.resource): \(error)")
        }
    }
}

extension Pod {
    var reportsReady: Bool { status.conditions.contains { $0.type == "Ready" && $0.status == "True" } }
}
