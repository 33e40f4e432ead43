/// One alternative of a node affinity: all its requirements must hold.
package struct NodeTerm: Equatable, Sendable {
    package struct Requirement: Equatable, Sendable {
        package enum Operator: String, Sendable {
            case isIn = "In"
            case notIn = "NotIn"
            case exists = "Exists"
            case doesNotExist = "DoesNotExist"
            case greater = "Gt"
            case less = "Lt"
        }

        package var key: String
        package var operation: Operator
        package var values: [String]

        package init(_ key: String, _ operation: Operator, _ values: [String] = []) {
            self.key = key
            self.operation = operation
            self.values = values
        }

        func holds(_ value: String?) -> Bool {
            switch operation {
            case .isIn: value.map(values.contains) ?? false
            case .notIn: !(value.map(values.contains) ?? false)
            case .exists: value != nil
            case .doesNotExist: value == nil
            case .greater: compare(value) { $0 > $1 }
            case .less: compare(value) { $0 < $1 }
            }
        }

        private func compare(_ value: String?, _ holds: (Int64, Int64) -> Bool) -> Bool {
            guard let value = value.flatMap({ Int64($0) }), let limit = values.first.flatMap({ Int64($0) }) else { return false }
            return holds(value, limit)
        }
    }

    /// Over the node's labels.
    package var expressions: [Requirement]
    /// Over the node's fields, of which there is one: `metadata.name`.
    package var fields: [Requirement]

    package init(_ expressions: [Requirement], fields: [Requirement] = []) {
        self.expressions = expressions
        self.fields = fields
    }

    /// A term without requirements matches no node, as in Kubernetes.
    package func matches(_ node: NodeState) -> Bool {
        guard !(expressions.isEmpty && fields.isEmpty) else { return false }
        for field in fields where !field.holds(field.key == "metadata.name" ? node.name : nil) { return false }
        for expression in expressions where !expression.holds(node.labels[expression.key]) { return false }
        return true
    }
}
