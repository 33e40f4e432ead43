package import Bytes

/// One condition on a label: `name="v"`, `name!="v"`, `name=~"re"`, `name!~"re"`.
///
/// A label that is absent counts as the empty string. Regular expressions match the whole value (RE2 syntax).
package struct LabelMatcher: Sendable {
    package enum Operation: String, Sendable, CaseIterable {
        case equal = "="
        case notEqual = "!="
        case matchesExpression = "=~"
        case matchesNotExpression = "!~"
    }

    package let name: String
    package let operation: Operation
    package let value: String
    /// The compiled expression of the two regular-expression operations.
    package let expression: RegularExpression?

    /// - Throws: `PatternError` when a regular expression does not compile.
    package init(_ name: String, _ operation: Operation, _ value: String) throws(PatternError) {
        self.name = name
        self.operation = operation
        self.value = value
        switch operation {
        case .equal, .notEqual: expression = nil
        case .matchesExpression, .matchesNotExpression: expression = try RegularExpression(value, options: .anchored)
        }
    }

    /// An equality, which cannot fail.
    package init(_ name: String, equals value: String) {
        self.name = name
        operation = .equal
        self.value = value
        expression = nil
    }

    package func matches(_ candidate: String) -> Bool {
        switch operation {
        case .equal: candidate.utf8.elementsEqual(value.utf8)
        case .notEqual: !candidate.utf8.elementsEqual(value.utf8)
        case .matchesExpression: expression!.matches(candidate)
        case .matchesNotExpression: !expression!.matches(candidate)
        }
    }

    package func matches(_ labels: Labels) -> Bool { matches(labels[name] ?? "") }

    /// Whether a series without the label passes.
    package var matchesEmpty: Bool { matches("") }
}

extension LabelMatcher: Hashable, CustomStringConvertible {
    package static func == (left: LabelMatcher, right: LabelMatcher) -> Bool {
        left.name == right.name && left.operation == right.operation && left.value == right.value
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(operation)
        hasher.combine(value)
    }

    package var description: String { "\(name)\(operation.rawValue)\"\(Labels.escape(value))\"" }
}
