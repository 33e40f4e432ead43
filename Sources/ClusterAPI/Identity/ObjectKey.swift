/// The name of one object among all; cluster-scoped objects have no namespace.
package struct ObjectKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var resource: Resource
    package var namespace: String?
    package var name: String

    package init(resource: Resource, namespace: String?, name: String) {
        self.resource = resource
        self.namespace = namespace
        self.name = name
    }

    package init<Object: ClusterObject>(_ type: Object.Type, namespace: String? = nil, name: String) {
        self.init(resource: type.resource, namespace: type.isNamespaced ? namespace : nil, name: name)
    }

    package var namespacedName: NamespacedName { NamespacedName(namespace: namespace ?? "", name: name) }

    /// "pods/default/web".
    package var description: String { "\(resource)/\(namespacedName)" }

    package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        if left.resource != right.resource { return left.resource < right.resource }
        return left.namespacedName < right.namespacedName
    }
}

/// The name of an object within its resource; the namespace is empty for cluster-scoped objects.
package struct NamespacedName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var namespace: String
    package var name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// "default/web", "node-1".
    package var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

    package static func < (left: NamespacedName, right: NamespacedName) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}
