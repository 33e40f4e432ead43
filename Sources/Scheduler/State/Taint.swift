/// What keeps pods off a node unless they tolerate it.
package struct NodeTaint: Hashable, Sendable {
    package enum Effect: String, Hashable, Sendable {
        case noSchedule = "NoSchedule"
        case preferNoSchedule = "PreferNoSchedule"
        case noExecute = "NoExecute"
    }

    package var key: String
    package var value: String
    package var effect: Effect

    package init(key: String, value: String = "", effect: Effect) {
        self.key = key
        self.value = value
        self.effect = effect
    }
}

/// A pod's consent to a taint.
package struct PodToleration: Hashable, Sendable {
    /// Empty: every key.
    package var key: String
    /// Meaningless when `exists`.
    package var value: String
    package var exists: Bool
    /// nil: every effect.
    package var effect: NodeTaint.Effect?

    package init(key: String = "", value: String = "", exists: Bool = false, effect: NodeTaint.Effect? = nil) {
        self.key = key
        self.value = value
        self.exists = exists
        self.effect = effect
    }

    package func tolerates(_ taint: NodeTaint) -> Bool {
        if let effect, effect != taint.effect { return false }
        if !key.isEmpty, key != taint.key { return false }
        return exists || value == taint.value
    }
}
