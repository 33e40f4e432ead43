package import ClusterAPI

/// The claims and volumes, as far as they decide where a pod can run.
package struct VolumeTable: Sendable {
    package enum ClaimStatus: Equatable, Sendable {
        case missing
        case unbound
        /// Bound; to a volume that only nodes matching one of the terms reach, if there are terms.
        case bound([NodeTerm]?)
    }

    private struct Claim: Sendable {
        var volume: String
        var isBound: Bool
    }

    private var claims: [NamespacedName: Claim] = [:]
    private var terms: [String: [NodeTerm]] = [:]

    package init() {}

    package mutating func setClaim(_ key: NamespacedName, volume: String, isBound: Bool) {
        claims[key] = Claim(volume: volume, isBound: isBound)
    }

    package mutating func removeClaim(_ key: NamespacedName) { claims[key] = nil }

    package mutating func setVolume(_ name: String, terms newTerms: [NodeTerm]?) { terms[name] = newTerms }

    package mutating func removeVolume(_ name: String) { terms[name] = nil }

    package func status(of claim: String, in namespace: String) -> ClaimStatus {
        guard let claim = claims[NamespacedName(namespace: namespace, name: claim)] else { return .missing }
        return claim.isBound && !claim.volume.isEmpty ? .bound(terms[claim.volume]) : .unbound
    }
}
