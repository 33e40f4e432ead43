/// One field that breaks a rule, in Kubernetes' wording.
///
/// - Source: Kubernetes `util/validation/field`.
package struct FieldError: Hashable, Sendable, CustomStringConvertible {
    package enum Reason: String, Sendable {
        case notFound = "FieldValueNotFound"
        case required = "FieldValueRequired"
        case duplicate = "FieldValueDuplicate"
        case invalid = "FieldValueInvalid"
        case notSupported = "FieldValueNotSupported"
        case forbidden = "FieldValueForbidden"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"
        case internalError = "InternalError"
        case typeInvalid = "FieldValueTypeInvalid"
    }

    package var reason: Reason
    /// Path of the field: `spec.containers[0].name`.
    package var field: String
    /// The message without the path.
    package var body: String

    package init(_ reason: Reason, _ field: String, _ body: String) {
        self.reason = reason
        self.field = field
        self.body = body
    }

    package var description: String { field.isEmpty ? body : "\(field): \(body)" }

    /// One error as it is, several in brackets, without repetitions.
    package static func joined(_ errors: [FieldError]) -> String {
        var seen: Set<String> = []
        let texts = errors.map(\.description).filter { seen.insert($0).inserted }
        return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    }

    package static func required(_ field: String, _ detail: String = "") -> FieldError {
        FieldError(.required, field, "Required value" + (detail.isEmpty ? "" : ": \(detail)"))
    }

    /// `value` as it is to be shown; texts are quoted by `invalid(_:text:_:)`.
    package static func invalid(_ field: String, _ value: some CustomStringConvertible, _ detail: String) -> FieldError {
        FieldError(.invalid, field, "Invalid value: \(value)" + (detail.isEmpty ? "" : ": \(detail)"))
    }

    package static func invalid(_ field: String, text: String, _ detail: String) -> FieldError {
        invalid(field, quoted(text), detail)
    }

    package static func duplicate(_ field: String, text: String) -> FieldError {
        FieldError(.duplicate, field, "Duplicate value: \(quoted(text))")
    }

    package static func notFound(_ field: String, text: String) -> FieldError {
        FieldError(.notFound, field, "Not found: \(quoted(text))")
    }

    package static func forbidden(_ field: String, _ detail: String) -> FieldError {
        FieldError(.forbidden, field, "Forbidden: \(detail)")
    }

    package static func notSupported(_ field: String, text: String, _ supported: [String]) -> FieldError {
        FieldError(
            .notSupported, field,
            "Unsupported value: \(quoted(text)): supported values: \(supported.sorted().map(quoted).joined(separator: ", "))")
    }

    package static func tooLong(_ field: String, limit: Int) -> FieldError {
        FieldError(.tooLong, field, "Too long: may not be more than \(limit) bytes")
    }

    /// As Go's `%q` for texts without control characters.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(character)
            }
        }
        return result + "\""
    }
}
