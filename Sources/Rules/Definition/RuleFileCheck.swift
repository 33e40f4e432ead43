/// Checks a rule file before it is used: fields, names, durations, templates, and when told how its expressions.
package enum RuleFileCheck {
    /// One thing that is wrong: `line:column: message`.
    package struct Problem: Hashable, Sendable, CustomStringConvertible {
        package var line: Int
        package var column: Int
        package var message: String

        package var description: String { "\(line):\(column): \(message)" }
    }

    package static func problems(in text: String, expressions check: ExpressionCheck? = nil) -> [Problem] {
        RuleFile(text, path: "", expressions: check).problems.map { Problem(line: $0.line, column: $0.column, message: $0.message) }
    }
}
