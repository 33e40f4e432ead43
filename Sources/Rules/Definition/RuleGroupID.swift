package import ClusterAPI

/// Names a rule group among all that are known: a group of a file, or an object.
package struct RuleGroupID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package enum Kind: UInt8, Sendable { case file, object }

    package var kind: Kind
    /// Path of the file, or namespace of the object.
    package var source: String
    package var name: String

    package init(kind: Kind, source: String, name: String) {
        self.kind = kind
        self.source = source
        self.name = name
    }

    package init(object: NamespacedName) { self.init(kind: .object, source: object.namespace, name: object.name) }

    /// The object's name; nil for a group of a file.
    package var object: NamespacedName? { kind == .object ? NamespacedName(namespace: source, name: name) : nil }

    /// What Prometheus' API shows as the group's file.
    package var file: String { kind == .file ? source : "rulegroups/\(source)/\(name)" }

    package var description: String { kind == .file ? "\(source);\(name)" : "\(source)/\(name)" }

    package static func < (left: RuleGroupID, right: RuleGroupID) -> Bool {
        (left.kind.rawValue, left.source, left.name) < (right.kind.rawValue, right.source, right.name)
    }
}
