package import Bytes
package import ClusterAPI
package import Reconciliation

/// Empties a namespace that is to go, and lets it go when nothing is left in it.
package struct NamespaceReconciler: Reconciler {
    package typealias Key = String

    private enum Phase: Sendable { case emptying, checking }

    /// The resources that live in namespaces, in a fixed order; events go last since the end of the others makes some.
    private let resources: [Resource]
    private var namespaces = InformerCache<Namespace>()
    private var phases: [String: Phase] = [:]

    /// How long content that ends gracefully is waited for before looking again.
    private static let patience = Duration.seconds(1)

    package init(resources: [Resource]) {
        self.resources = resources.sorted { ($0 == Event.resource ? 1 : 0, $0) < ($1 == Event.resource ? 1 : 0, $1) }
    }

    package var watches: [WatchInterest] { [WatchInterest(Namespace.resource)] }

    package mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [String] {
        namespaces.apply(events).compactMap { $0.new?.metadata.deletionTimestamp != nil ? $0.key.name : nil }
    }

    package mutating func reconcile(_ key: String, now: Timestamp) -> ReconcileStep {
        guard let namespace = namespaces[namespace: nil, name: key], namespace.metadata.deletionTimestamp != nil,
            namespace.spec.finalizers.contains("kubernetes")
        else { return .done }
        phases[key] = .emptying
        return ReconcileStep(
            resources.map {
                APIRequest(
                    .deleteCollection, $0, namespace: key, options: RequestOptions { $0.propagationPolicy = .background })
            })
    }

    package mutating func proceed(_ key: String, after answers: [RequestOutcome], now: Timestamp) -> ReconcileStep {
        if answers.contains(where: { $0.deservesRetry && $0.error?.code != 405 }) {
            phases[key] = nil
            return .retry
        }
        switch phases.removeValue(forKey: key) {
        case .emptying:
            phases[key] = .checking
            return ReconcileStep(
                resources.map { APIRequest(.list, $0, namespace: key, options: RequestOptions { $0.limit = 1 }) })
        case .checking:
            let isEmpty = answers.allSatisfy { outcome in
                guard case .success(let response) = outcome.result else { return true }
                return (try? ListPage(response, of: outcome.request.resource))?.items.isEmpty ?? false
            }
            guard var namespace = namespaces[namespace: nil, name: key] else { return .done }
            guard isEmpty else { return tellWhatRemains(of: namespace, answers, now: now) }
            namespace.spec.finalizers.removeAll { $0 == "kubernetes" }
            return ReconcileStep([.update(namespace, subresource: "finalize")])
        case nil: return .done
        }
    }

    /// Says in the namespace's conditions what it still waits for, so that a finalizer that nobody removes is found.
    private func tellWhatRemains(of namespace: Namespace, _ answers: [RequestOutcome], now: Timestamp) -> ReconcileStep {
        var resources: [String] = []
        var finalizers: Set<String> = []
        for answer in answers {
            guard case .success(let response) = answer.result, let page = try? ListPage(response, of: answer.request.resource), !page.items.isEmpty
            else { continue }
            resources.append("\(answer.request.resource)")
            for item in page.items { finalizers.formUnion(ObjectMeta(ofObject: item.bytes)?.finalizers ?? []) }
        }
        var updated = namespace
        func set(_ type: String, _ reason: String, _ message: String, _ isTrue: Bool) {
            let old = updated.status.conditions.first { $0.type == type }
            let status = isTrue ? "True" : "False"
            if old == nil && !isTrue || old?.status == status && old?.message == message { return }
            updated.status.conditions.removeAll { $0.type == type }
            updated.status.conditions.append(
                NamespaceCondition {
                    ($0.type, $0.status, $0.reason, $0.message) = (type, status, reason, message)
                    $0.lastTransitionTime = old?.status == status ? old?.lastTransitionTime : now
                })
        }
        set("NamespaceContentRemaining", "SomeResourcesRemain", "Some resources are remaining: " + resources.joined(separator: ", "), true)
        set(
            "NamespaceFinalizersRemaining", finalizers.isEmpty ? "ContentHasNoFinalizers" : "SomeFinalizersRemain",
            finalizers.isEmpty
                ? "All content-preserving finalizers finished"
                : "Some content in the namespace has finalizers remaining: " + finalizers.sorted().joined(separator: ", "), !finalizers.isEmpty)
        guard updated.status != namespace.status else { return .again(after: Self.patience) }
        return ReconcileStep([.updateStatus(updated)], again: Self.patience)
    }
}
