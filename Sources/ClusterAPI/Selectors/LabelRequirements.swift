package import Bytes

/// A compiled label selector: all requirements must hold. None at all selects everything.
package struct LabelRequirements: Hashable, Sendable, CustomStringConvertible {
    package var requirements: [LabelRequirement]

    package init(_ requirements: [LabelRequirement] = []) { self.requirements = requirements }

    /// The selector of a ReplicationController or Service: every pair must be there.
    package init(matching labels: [String: String]) {
        requirements = labels.sorted { $0.key < $1.key }.map { LabelRequirement(key: $0.key, operation: .equals, values: [$0.value]) }
    }

    /// - Throws: an operator that does not exist, or one with the wrong count of values.
    package init(_ selector: LabelSelector) throws(SelectorError) {
        self.init(matching: selector.matchLabels)
        for expression in selector.matchExpressions {
            let operation: LabelRequirement.Operator
            switch expression.operator {
            case "In": operation = .isIn
            case "NotIn": operation = .isNotIn
            case "Exists": operation = .exists
            case "DoesNotExist": operation = .doesNotExist
            default: throw SelectorError(text: expression.operator, message: "\"\(expression.operator)\" is not a valid label selector operator")
            }
            let wantsValues = operation == .isIn || operation == .isNotIn
            guard expression.values.isEmpty != wantsValues else {
                throw SelectorError(
                    text: expression.key,
                    message: wantsValues
                        ? "for 'in', 'notin' operators, values set can't be empty" : "values set must be empty for exists and does not exist")
            }
            requirements.append(LabelRequirement(key: expression.key, operation: operation, values: expression.values))
        }
    }

    package var isEmpty: Bool { requirements.isEmpty }

    package func matches(_ labels: [String: String]) -> Bool {
        for requirement in requirements where !requirement.matches(labels[requirement.key]) { return false }
        return true
    }

    /// The same over the member `metadata.labels` of a tree.
    package func matches(_ labels: JSONObject?) -> Bool {
        for requirement in requirements where !requirement.matches(labels?[requirement.key]?.stringValue) { return false }
        return true
    }

    package var description: String { requirements.map(\.description).joined(separator: ",") }
}

/// A selector that cannot be read.
package struct SelectorError: Error, Equatable, Sendable, CustomStringConvertible {
    package var text: String
    package var message: String

    package init(text: String, message: String) {
        self.text = text
        self.message = message
    }

    package var description: String { message }
}
