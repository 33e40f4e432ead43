import ClusterAPI
import Reconciliation

/// Autoscalers that stand in each other's way.
extension AutoscalerCore {
    /// The target by name; the one that stays, when it is one of the two of a rolling update.
    func targetName(_ scaler: Scaler) -> NamespacedName {
        scaleTarget(scaler)?.name ?? NamespacedName(namespace: scaler.id.name.namespace, name: scaler.target.name)
    }

    func scaleTarget(_ scaler: Scaler) -> ScaleTarget? {
        let namespace = scaler.id.name.namespace
        guard scaler.target.kind == "ReplicationController", let named = controllers[namespace: namespace, name: scaler.target.name] else {
            return nil
        }
        return ScaleTarget(named) { controllers[namespace: namespace, name: $0] }
    }

    private struct Pair: Hashable {
        var key: String
        var value: String
    }

    /// For each autoscaler that shares its target, or a pod of it, with another one that writes: all of them, itself included.
    func rivals(among scalers: [Scaler]) -> [ScalerID: [ScalerID]] {
        let writing = scalers.filter { $0.mode == .auto }
        var groups: [ScalerID: Set<ScalerID>] = [:]
        func join(_ ids: [ScalerID]) {
            for id in ids { groups[id, default: []].formUnion(ids) }
        }
        for claimants in Dictionary(grouping: writing, by: targetName).values where claimants.count > 1 { join(claimants.map(\.id)) }
        for (namespace, neighbours) in Dictionary(grouping: writing, by: { $0.id.name.namespace }) where neighbours.count > 1 {
            // Found by one of its pairs, a selector need not be tried on every pod.
            var selectors: [Pair: [(id: ScalerID, selector: LabelRequirements)]] = [:]
            for scaler in neighbours {
                for selector in scaleTarget(scaler)?.selectors ?? [] {
                    guard let first = selector.min(by: { $0.key < $1.key }) else { continue }
                    selectors[Pair(key: first.key, value: first.value), default: []].append((scaler.id, LabelRequirements(matching: selector)))
                }
            }
            for pod in pods.objects(at: 0, namespace) {
                var claimants: Set<ScalerID> = []
                for (key, value) in pod.metadata.labels {
                    for (id, selector) in selectors[Pair(key: key, value: value)] ?? [] where selector.matches(pod.metadata.labels) { claimants.insert(id) }
                }
                if claimants.count > 1 { join(claimants.sorted()) }
            }
        }
        // A recommending one writes nothing, so it neither disturbs nor is disturbed.
        return groups.mapValues { $0.sorted() }
    }
}
