package import Bytes
package import ClusterAPI
package import Reconciliation

/// Binds PersistentVolumeClaims to PersistentVolumes that are there, and tells the phase of both.
///
/// A volume is given away by writing its `claimRef` with the version seen: of two claims exactly one gets it, whoever asks. For claims of a
/// class that waits for the first consumer the scheduler does that, once it has a node for a pod that uses the claim.
package struct VolumeBindingReconciler: Reconciler {
    package enum Key: Hashable, Sendable {
        case claim(NamespacedName)
        case volume(String)
    }

    private static let boundAnnotation = "pv.kubernetes.io/bind-completed"

    private static let waitingMessage = "waiting for first consumer to be created before binding"

    private var classes = InformerCache<StorageClass>()
    private var claims = InformerCache<PersistentVolumeClaim>()
    private var volumes = InformerCache<PersistentVolume>(indexes: [
        ObjectIndex { volume in
            volume.spec.claimRef.map { ["\($0.namespace ?? "")/\($0.name ?? "")"] } ?? [""]
        }
    ])

    package init() {}

    package var watches: [WatchInterest] {
        [WatchInterest(PersistentVolumeClaim.resource), WatchInterest(PersistentVolume.resource), WatchInterest(StorageClass.resource)]
    }

    package mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [Key] {
        if resource == PersistentVolumeClaim.resource {
            return claims.apply(events).flatMap { change -> [Key] in
                let volume = change.latest.spec.volumeName.map { [Key.volume($0)] } ?? []
                let claimed = volumes.keys(at: 0, "\(change.key)").map { Key.volume($0.name) }
                return [.claim(change.key)] + volume + claimed
            }
        }
        if resource == StorageClass.resource {
            let changed = Set(classes.apply(events).map(\.key.name))
            return claims.sortedObjects.filter { $0.isUnbound && changed.contains($0.spec.storageClassName ?? "") }.map { .claim($0.namespacedName) }
        }
        return volumes.apply(events).flatMap { change -> [Key] in
            var keys: [Key] = [.volume(change.key.name)]
            if let reference = change.latest.spec.claimRef {
                keys.append(.claim(NamespacedName(namespace: reference.namespace ?? "", name: reference.name ?? "")))
            } else {
                // A free volume may be what a waiting claim waits for.
                keys += claims.sortedObjects.filter(\.isUnbound).map { .claim($0.namespacedName) }
            }
            return keys
        }
    }

    package mutating func reconcile(_ key: Key, now: Timestamp) -> ReconcileStep {
        switch key {
        case .claim(let name): claims[name].map(bind) ?? .done
        case .volume(let name): volumes[namespace: nil, name: name].map { phase(of: $0, now: now) } ?? .done
        }
    }

    // MARK: Claims

    private func bind(_ claim: PersistentVolumeClaim) -> ReconcileStep {
        if claim.metadata.deletionTimestamp != nil { return .done }
        let wanted = claim.spec.volumeName ?? ""
        guard let volume = wanted.isEmpty ? choose(for: claim) : volumes[namespace: nil, name: wanted] else {
            var step = setPhase(claim, wanted.isEmpty || claim.status.phase != "Bound" ? "Pending" : "Lost", nil)
            if wanted.isEmpty, waits(claim) {
                step.events.append(Event(about: claim, .normal, reason: "WaitForFirstConsumer", message: Self.waitingMessage))
            }
            return step
        }
        if let reference = volume.spec.claimRef, let uid = reference.uid, !uid.isEmpty, uid != claim.metadata.uid {
            return setPhase(claim, claim.status.phase == "Bound" ? "Lost" : "Pending", nil)
        }
        if volume.spec.claimRef?.uid != claim.metadata.uid {
            var taken = volume
            taken.spec.claimRef = claim.reference
            taken.spec.claimRef?.resourceVersion = nil
            return ReconcileStep([.update(taken)])
        }
        if wanted.isEmpty {
            var bound = claim
            bound.spec.volumeName = volume.metadata.name
            bound.metadata.annotations[Self.boundAnnotation] = "yes"
            return ReconcileStep([.update(bound)])
        }
        return setPhase(claim, "Bound", volume)
    }

    /// The smallest free volume that fits; of equal ones the first by name. One that was reserved for the claim comes first.
    private func choose(for claim: PersistentVolumeClaim) -> PersistentVolume? {
        if let reserved = volumes.objects(at: 0, "\(claim.namespacedName)").first(where: { volume in
            let uid = volume.spec.claimRef?.uid ?? ""
            return uid.isEmpty || uid == claim.metadata.uid
        }) {
            return reserved
        }
        if waits(claim) { return nil }
        return volumes.objects(at: 0, "").filter { ($0.status.phase ?? "Available") == "Available" && $0.suits(claim) }
            .min { ($0.storage, $0.metadata.name) < ($1.storage, $1.metadata.name) }
    }

    private func waits(_ claim: PersistentVolumeClaim) -> Bool {
        classes[namespace: nil, name: claim.spec.storageClassName ?? ""]?.waitsForFirstConsumer ?? false
    }

    private func setPhase(_ claim: PersistentVolumeClaim, _ phase: String, _ volume: PersistentVolume?) -> ReconcileStep {
        var updated = claim
        updated.status.phase = phase
        updated.status.accessModes = volume?.spec.accessModes ?? []
        updated.status.capacity = volume?.spec.capacity ?? [:]
        return updated.status == claim.status ? .done : ReconcileStep([.updateStatus(updated)])
    }

    // MARK: Volumes

    private func phase(of volume: PersistentVolume, now: Timestamp) -> ReconcileStep {
        var updated = volume
        updated.status.message = nil
        if let reference = volume.spec.claimRef, let uid = reference.uid, !uid.isEmpty {
            let claim = claims[namespace: reference.namespace, name: reference.name ?? ""]
            if claim?.metadata.uid == uid {
                updated.status.phase = "Bound"
            } else if volume.spec.persistentVolumeReclaimPolicy == "Delete" {
                updated.status.phase = "Failed"
                updated.status.message = "cannot delete the volume's storage: no provisioner made it"
            } else {
                updated.status.phase = "Released"
            }
        } else {
            updated.status.phase = "Available"
        }
        guard updated.status != volume.status else { return .done }
        if updated.status.phase != volume.status.phase { updated.status.lastPhaseTransitionTime = now }
        return ReconcileStep([.updateStatus(updated)])
    }
}

extension PersistentVolumeClaim {
    fileprivate var isUnbound: Bool { (spec.volumeName ?? "").isEmpty }
}
