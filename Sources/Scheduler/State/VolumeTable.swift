package import ClusterAPI

/// The claims and volumes, as far as they decide where a pod can run.
package struct VolumeTable: Sendable {
    package enum ClaimStatus: Equatable, Sendable {
        case missing
        /// Deleted, and held back until nobody uses it: nobody begins to.
        case going
        case unbound
        /// Unbound until a pod that uses it has a node.
        case waiting
        /// On its way to the volume that it was given when its pod had a node.
        case underWay
        /// Bound; to a volume that only nodes matching one of the terms reach, if there are terms.
        case bound([NodeTerm]?)
    }

    private struct Claim: Sendable {
        var volume: String
        var isBound: Bool
        /// Only one pod may use it at a time, on whatever node.
        var isExclusive: Bool
        var isGoing: Bool
    }

    /// For the claims that wait for a node.
    package var offers = VolumeOffers()
    private var claims: [NamespacedName: Claim] = [:]
    private var terms: [String: [NodeTerm]] = [:]
    /// The uids of the pods that were given each claim.
    private var holders: [NamespacedName: [String]] = [:]

    package init() {}

    package mutating func setClaim(_ key: NamespacedName, volume: String, isBound: Bool, isExclusive: Bool = false, isGoing: Bool = false) {
        claims[key] = Claim(volume: volume, isBound: isBound, isExclusive: isExclusive, isGoing: isGoing)
    }

    package mutating func removeClaim(_ key: NamespacedName) { claims[key] = nil }

    package mutating func setVolume(_ name: String, terms newTerms: [NodeTerm]?) { terms[name] = newTerms }

    package mutating func removeVolume(_ name: String) { terms[name] = nil }

    /// Whether a claim that one pod may use at a time is another pod's.
    package func isTaken(_ claim: String, in namespace: String, by uid: String) -> Bool {
        let key = NamespacedName(namespace: namespace, name: claim)
        guard claims[key]?.isExclusive == true, let uids = holders[key] else { return false }
        return uids.contains { $0 != uid }
    }

    package mutating func hold(_ claim: String, in namespace: String, by uid: String) {
        let key = NamespacedName(namespace: namespace, name: claim)
        if holders[key]?.contains(uid) != true { holders[key, default: []].append(uid) }
    }

    package mutating func release(_ claim: String, in namespace: String, by uid: String) {
        let key = NamespacedName(namespace: namespace, name: claim)
        holders[key]?.removeAll { $0 == uid }
        if holders[key]?.isEmpty == true { holders[key] = nil }
    }

    package func status(of claim: String, in namespace: String) -> ClaimStatus {
        let key = NamespacedName(namespace: namespace, name: claim)
        guard let claim = claims[key] else { return .missing }
        if claim.isGoing { return .going }
        if claim.isBound, !claim.volume.isEmpty { return .bound(terms[claim.volume]) }
        switch offers.standing(of: key) {
        case .other: return .unbound
        case .waiting: return .waiting
        case .underWay: return .underWay
        }
    }
}
