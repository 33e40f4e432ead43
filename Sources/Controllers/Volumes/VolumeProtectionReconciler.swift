package import Bytes
package import ClusterAPI
package import Reconciliation

/// Holds back claims that a pod uses and volumes that a claim has: it takes their protecting finalizer away once they are deleted and free.
///
/// Whether a claim is free is asked of the API, not of the cache: a pod that was bound a moment ago may not be seen here yet. A pod that has
/// no node does not count, since the scheduler places none whose claim is going.
package struct VolumeProtectionReconciler: Reconciler {
    package enum Key: Hashable, Sendable {
        case claim(NamespacedName)
        case volume(String)
    }

    static let claimFinalizer = "kubernetes.io/pvc-protection"
    static let volumeFinalizer = "kubernetes.io/pv-protection"

    private var claims = InformerCache<PersistentVolumeClaim>()
    private var volumes = InformerCache<PersistentVolume>()
    /// The claims of the pods that use any, and the pods of each claim: what else there is to pods is not kept.
    private var claimsByPod: [NamespacedName: [NamespacedName]] = [:]
    private var podsByClaim: [NamespacedName: Set<NamespacedName>] = [:]

    package init() {}

    package var watches: [WatchInterest] {
        [WatchInterest(PersistentVolumeClaim.resource), WatchInterest(PersistentVolume.resource), WatchInterest(Pod.resource)]
    }

    package mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [Key] {
        switch resource {
        case PersistentVolumeClaim.resource: return claims.apply(events).map { .claim($0.key) }
        case PersistentVolume.resource: return volumes.apply(events).map { .volume($0.key.name) }
        default:
            return events.flatMap { event -> [Key] in
                switch event {
                case .added(let snapshot), .modified(let snapshot):
                    guard let pod = try? snapshot.object(as: Pod.self) else { return [] }
                    return note(snapshot.key.namespacedName, Self.claims(of: pod))
                case .deleted(let snapshot): return note(snapshot.key.namespacedName, [])
                case .bookmark, .failed: return []
                }
            }
        }
    }

    /// Takes in which claims a pod uses now; the deleted ones among those it used before or uses now.
    private mutating func note(_ pod: NamespacedName, _ used: [NamespacedName]) -> [Key] {
        let before = claimsByPod[pod] ?? []
        if before == used { return [] }
        for claim in before {
            podsByClaim[claim]?.remove(pod)
            if podsByClaim[claim]?.isEmpty == true { podsByClaim[claim] = nil }
        }
        for claim in used { podsByClaim[claim, default: []].insert(pod) }
        claimsByPod[pod] = used.isEmpty ? nil : used
        return Set(before + used).filter { claims[$0]?.metadata.deletionTimestamp != nil }.sorted().map(Key.claim)
    }

    package mutating func reconcile(_ key: Key, now: Timestamp) -> ReconcileStep {
        switch key {
        case .claim(let name):
            guard var claim = claims[name] else { return .done }
            let isHeld = claim.metadata.finalizers.contains(Self.claimFinalizer)
            if claim.metadata.deletionTimestamp == nil {
                if isHeld { return .done }
                claim.metadata.finalizers.append(Self.claimFinalizer)
                return ReconcileStep([.update(claim)])
            }
            guard isHeld, podsByClaim[name] == nil else { return .done }
            return ReconcileStep([APIRequest(.list, Pod.resource, namespace: name.namespace)])
        case .volume(let name):
            guard var volume = volumes[namespace: nil, name: name] else { return .done }
            let isHeld = volume.metadata.finalizers.contains(Self.volumeFinalizer)
            if volume.metadata.deletionTimestamp == nil {
                if isHeld { return .done }
                volume.metadata.finalizers.append(Self.volumeFinalizer)
                return ReconcileStep([.update(volume)])
            }
            guard isHeld, volume.status.phase != "Bound" else { return .done }
            volume.metadata.finalizers.removeAll { $0 == Self.volumeFinalizer }
            return ReconcileStep([.update(volume)])
        }
    }

    package mutating func proceed(_ key: Key, after answers: [RequestOutcome], now: Timestamp) -> ReconcileStep {
        if answers.contains(where: \.deservesRetry) { return .retry }
        guard case .claim(let name) = key, let answer = answers.first, answer.request.verb == .list, case .success(let response) = answer.result
        else { return .done }
        guard let list = try? response.list(of: Pod.self) else { return .retry }
        // Its news will name the claim again.
        if list.items.contains(where: { Self.claims(of: $0).contains(name) }) { return .done }
        guard var claim = claims[name], claim.metadata.deletionTimestamp != nil else { return .done }
        claim.metadata.finalizers.removeAll { $0 == Self.claimFinalizer }
        return ReconcileStep([.update(claim)])
    }

    /// The claims that a pod uses: none before it has a node and none after its end.
    private static func claims(of pod: Pod) -> [NamespacedName] {
        guard !(pod.spec.nodeName ?? "").isEmpty, pod.status.phase != "Succeeded", pod.status.phase != "Failed" else { return [] }
        return pod.spec.volumes.compactMap { volume in
            volume.persistentVolumeClaim.map { NamespacedName(namespace: pod.metadata.namespace ?? "", name: $0.claimName) }
        }
    }
}
