package import Bytes
package import ClusterAPI
package import Reconciliation

/// Sees to it that every namespace has its ServiceAccount `default`.
package struct ServiceAccountReconciler: Reconciler {
    package typealias Key = String

    private static let name = "default"
    private var namespaces = InformerCache<Namespace>()
    private var accounts = InformerCache<ServiceAccount>()

    package init() {}

    package var watches: [WatchInterest] { [WatchInterest(Namespace.resource), WatchInterest(ServiceAccount.resource)] }

    package mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [String] {
        if resource == Namespace.resource { return namespaces.apply(events).map(\.key.name) }
        return accounts.apply(events).compactMap { $0.key.name == Self.name && $0.new == nil ? $0.key.namespace : nil }
    }

    package mutating func reconcile(_ key: String, now: Timestamp) -> ReconcileStep {
        guard let namespace = namespaces[namespace: nil, name: key], namespace.metadata.deletionTimestamp == nil,
            accounts[namespace: key, name: Self.name] == nil
        else { return .done }
        return ReconcileStep([
            .create(
                ServiceAccount {
                    $0.metadata.namespace = key
                    $0.metadata.name = Self.name
                })
        ])
    }
}
