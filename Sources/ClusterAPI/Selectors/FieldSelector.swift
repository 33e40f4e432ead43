/// Conditions on fields of an object, by their paths: `spec.nodeName=n1,status.phase!=Failed`.
package struct FieldSelector: Hashable, Sendable, CustomStringConvertible {
    package struct Requirement: Hashable, Sendable {
        package var path: String
        package var isEqual: Bool
        package var value: String

        package init(path: String, isEqual: Bool = true, value: String) {
            self.path = path
            self.isEqual = isEqual
            self.value = value
        }
    }

    package var requirements: [Requirement]

    package init(_ requirements: [Requirement] = []) { self.requirements = requirements }

    /// Selects by one field.
    package static func field(_ path: String, equals value: String) -> FieldSelector {
        FieldSelector([Requirement(path: path, value: value)])
    }

    /// Reads the string form; `\,` `\=` and `\\` stand for the characters themselves.
    ///
    /// - Source: Kubernetes `fields.ParseSelector`.
    package init(parsing text: String) throws(SelectorError) {
        requirements = []
        for term in Self.split(text) where !term.isEmpty {
            let path: Substring
            let rest: Substring
            var isEqual = true
            if let place = term.firstIndex(of: "=") {
                path = term[..<place]
                rest = term[term.index(after: place)...]
            } else {
                throw SelectorError(text: text, message: "invalid selector: '\(text)'; can't understand '\(term)'")
            }
            var name = path
            var value = rest
            if name.hasSuffix("!") {
                isEqual = false
                name = name.dropLast()
            } else if value.hasPrefix("=") {
                value = value.dropFirst()
            }
            requirements.append(Requirement(path: String(name), isEqual: isEqual, value: Self.unescaped(value)))
        }
    }

    private static func split(_ text: String) -> [String] {
        var terms = [""]
        var isEscaped = false
        for character in text {
            if isEscaped {
                terms[terms.count - 1].append(character)
                isEscaped = false
            } else if character == "," {
                terms.append("")
            } else {
                isEscaped = character == "\\"
                terms[terms.count - 1].append(character)
            }
        }
        return terms
    }

    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if !isEscaped, character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
                isEscaped = false
            }
        }
        return result
    }

    package var isEmpty: Bool { requirements.isEmpty }

    /// Whether all conditions hold; `value` gives the text of a field, the empty string when it is absent.
    package func matches(_ value: (String) -> String) -> Bool {
        for requirement in requirements where (value(requirement.path) == requirement.value) != requirement.isEqual { return false }
        return true
    }

    /// The value that a field must have, when the selector fixes it.
    package func value(requiredFor path: String) -> String? {
        requirements.first { $0.isEqual && $0.path == path }?.value
    }

    package var description: String {
        requirements.map { requirement in
            var value = ""
            for character in requirement.value {
                if character == "\\" || character == "," || character == "=" { value.append("\\") }
                value.append(character)
            }
            return "\(requirement.path)\(requirement.isEqual ? "=" : "!=")\(value)"
        }.joined(separator: ",")
    }
}
