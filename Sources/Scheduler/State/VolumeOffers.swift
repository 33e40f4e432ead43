import Bytes
import ClusterAPI

/// Claims that wait for the node of their first pod, and the volumes that are free for them.
///
/// ```
///  waiting ──a pod has a node──► promised ──the API shows the volume's claim──► given ──the claim is bound──► (no longer here)
///     ▲                             │ the request failed
///     └─────────────────────────────┘
/// ```
/// - Invariant: no volume is promised to two claims.
package struct VolumeOffers: Sendable {
    private var waitingClasses: Set<String> = []
    /// Claims without a volume, of whatever class: the class may become known after its claims.
    private var claims: [NamespacedName: PersistentVolumeClaim] = [:]
    /// Volumes that nobody has, or that were given to a claim which does not know it yet.
    private var volumes: [String: PersistentVolume] = [:]
    private var terms: [String: [NodeTerm]] = [:]
    private var promises: [NamespacedName: String] = [:]

    // MARK: What the API shows

    mutating func set(_ storageClass: StorageClass) {
        if storageClass.waitsForFirstConsumer {
            waitingClasses.insert(storageClass.metadata.name)
        } else {
            waitingClasses.remove(storageClass.metadata.name)
        }
    }

    mutating func removeClass(_ name: String) { waitingClasses.remove(name) }

    mutating func set(_ claim: PersistentVolumeClaim) {
        if (claim.spec.volumeName ?? "").isEmpty {
            claims[claim.namespacedName] = claim
        } else {
            removeClaim(claim.namespacedName)
        }
    }

    mutating func removeClaim(_ key: NamespacedName) {
        claims[key] = nil
        promises[key] = nil
    }

    mutating func set(_ volume: PersistentVolume) {
        let name = volume.metadata.name
        let phase = volume.status.phase ?? "Available"
        guard phase == "Available" || (volume.spec.claimRef != nil && phase == "Bound") || phase == "Pending" else { return removeVolume(name) }
        volumes[name] = volume
        terms[name] = volume.spec.nodeAffinity?.required?.nodeSelectorTerms.map(NodeTerm.init)
        // Somebody else's now: who was promised it chooses again.
        if let owner = volume.spec.claimRef?.claimKey { promises = promises.filter { $0.value != name || $0.key == owner } }
    }

    mutating func removeVolume(_ name: String) {
        volumes[name] = nil
        terms[name] = nil
        promises = promises.filter { $0.value != name }
    }

    // MARK: What a pod needs

    enum Standing: Equatable, Sendable {
        /// Its class gives it a volume at once, or it is not known.
        case other
        case waiting
        /// It was promised or given a volume and is not bound to it yet.
        case underWay
    }

    func standing(of key: NamespacedName) -> Standing {
        guard let claim = claims[key], waitingClasses.contains(claim.spec.storageClassName ?? "") else { return .other }
        return promises[key] != nil || given(to: claim) != nil ? .underWay : .waiting
    }

    private func given(to claim: PersistentVolumeClaim) -> PersistentVolume? {
        volumes.values.first { $0.spec.claimRef?.claimKey == claim.namespacedName && $0.spec.claimRef?.uid == claim.metadata.uid }
    }

    /// A volume for each of the claims that wait, all of which the node reaches: the smallest that suits, the largest claim first.
    ///
    /// - Returns: nil when there is none for one of them.
    func choose(for keys: [NamespacedName], on node: NodeState) -> [(claim: PersistentVolumeClaim, volume: PersistentVolume)]? {
        var taken = Set(promises.values)
        var chosen: [(PersistentVolumeClaim, PersistentVolume)] = []
        let waiting = Set(keys).filter { standing(of: $0) == .waiting }.compactMap { claims[$0] }
        for claim in waiting.sorted(by: { ($1.size, $0.metadata.name) < ($0.size, $1.metadata.name) }) {
            let candidates = volumes.values.filter { volume in
                let owner = volume.spec.claimRef?.claimKey
                return !taken.contains(volume.metadata.name) && (owner == nil || owner == claim.namespacedName) && volume.suits(claim)
                    && (terms[volume.metadata.name]?.contains { $0.matches(node) } ?? true)
            }
            // One that was reserved for the claim by name comes first.
            let best = candidates.min {
                ($0.spec.claimRef == nil ? 1 : 0, $0.storage, $0.metadata.name) < ($1.spec.claimRef == nil ? 1 : 0, $1.storage, $1.metadata.name)
            }
            guard let best else { return nil }
            taken.insert(best.metadata.name)
            chosen.append((claim, best))
        }
        return chosen
    }

    mutating func promise(_ volume: String, to claim: NamespacedName) { promises[claim] = volume }

    mutating func withdraw(_ claim: NamespacedName) { promises[claim] = nil }
}

extension PersistentVolumeClaim {
    fileprivate var size: Quantity { spec.resources?.requests["storage"] ?? .zero }
}

extension ObjectReference {
    fileprivate var claimKey: NamespacedName { NamespacedName(namespace: namespace ?? "", name: name ?? "") }
}
