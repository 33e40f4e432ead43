/// A volume that two pods of one node may not share, or only for reading.
///
/// - Source: the predicate NoDiskConflict. Volumes of other kinds never conflict.
package struct ExclusiveVolume: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case gcePersistentDisk, awsElasticBlockStore, rbd, iscsi }

    package var kind: Kind
    /// What tells one disk from another: the disk's name, the volume's id, or monitors, pool and image.
    package var identity: String
    package var isReadOnly: Bool

    package init(_ kind: Kind, _ identity: String, isReadOnly: Bool) {
        self.kind = kind
        self.identity = identity
        self.isReadOnly = isReadOnly
    }

    package func conflicts(with other: ExclusiveVolume) -> Bool {
        guard kind == other.kind, identity == other.identity else { return false }
        // An EBS volume is attached to one pod only, also when both would only read.
        return kind == .awsElasticBlockStore || !(isReadOnly && other.isReadOnly)
    }
}
