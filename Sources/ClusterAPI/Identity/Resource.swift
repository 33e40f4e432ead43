/// A collection of objects, whatever the version it is read at: the group and the plural name of its kind.
package struct Resource: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var group: String
    package var plural: String

    package init(group: String = "", plural: String) {
        self.group = group
        self.plural = plural
    }

    /// "pods", "leases.coordination.k8s.io".
    package var description: String { group.isEmpty ? plural : "\(plural).\(group)" }

    package static func < (left: Resource, right: Resource) -> Bool {
        (left.group, left.plural) < (right.group, right.plural)
    }
}
