extension PersistentVolume {
    package var storage: Quantity { spec.capacity["storage"] ?? .zero }

    /// Whether the volume is one that the claim asks for: class, mode, accesses, size and labels. Whether it is free is another question.
    ///
    /// - Source: Kubernetes `volume/persistentvolume.FindMatchingVolume`.
    package func suits(_ claim: PersistentVolumeClaim) -> Bool {
        guard metadata.deletionTimestamp == nil, (spec.storageClassName ?? "") == (claim.spec.storageClassName ?? ""),
            (spec.volumeMode ?? "Filesystem") == (claim.spec.volumeMode ?? "Filesystem"),
            Set(claim.spec.accessModes).isSubset(of: spec.accessModes), storage >= (claim.spec.resources?.requests["storage"] ?? .zero)
        else { return false }
        guard let selector = claim.spec.selector else { return true }
        return (try? LabelRequirements(selector))?.matches(metadata.labels) ?? false
    }
}

extension StorageClass {
    /// Whether claims of the class get their volumes only when a pod that uses them has a node.
    package var waitsForFirstConsumer: Bool { volumeBindingMode == "WaitForFirstConsumer" }
}
