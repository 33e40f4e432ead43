/// The refusals of the API with Kubernetes' codes, reasons and wording.
///
/// - Source: Kubernetes `apimachinery/pkg/api/errors`.
extension StatusError {
    package static func notFound(_ resource: Resource, _ name: String) -> StatusError {
        StatusError(
            code: 404, reason: .notFound, message: "\(resource) \"\(name)\" not found",
            details: Details(name: name, group: resource.group, kind: resource.plural))
    }

    /// The path names nothing that is served.
    package static let unknownPath = StatusError(
        code: 404, reason: .notFound, message: "the server could not find the requested resource", details: Details())

    package static func alreadyExists(_ resource: Resource, _ name: String) -> StatusError {
        StatusError(
            code: 409, reason: .alreadyExists, message: "\(resource) \"\(name)\" already exists",
            details: Details(name: name, group: resource.group, kind: resource.plural))
    }

    package static func conflict(_ resource: Resource, _ name: String, _ cause: String) -> StatusError {
        StatusError(
            code: 409, reason: .conflict, message: "Operation cannot be fulfilled on \(resource) \"\(name)\": \(cause)",
            details: Details(name: name, group: resource.group, kind: resource.plural))
    }

    /// Somebody else wrote in between.
    package static func modified(_ resource: Resource, _ name: String) -> StatusError {
        conflict(resource, name, "the object has been modified; please apply your changes to the latest version and try again")
    }

    /// An apply would take fields from other managers.
    package static func applyConflict(causes: [Cause]) -> StatusError {
        StatusError(
            code: 409, reason: .conflict,
            message: causes.count == 1
                ? "Apply failed with 1 conflict: \(causes[0].message): \(causes[0].field)"
                : "Apply failed with \(causes.count) conflicts: " + causes.map { "\($0.message): \($0.field)" }.joined(separator: "\n"),
            details: Details(causes: causes))
    }

    /// The object breaks rules of its kind; the message lists all of them.
    package static func invalid(_ kind: GroupVersionKind, _ name: String, _ errors: [FieldError]) -> StatusError {
        StatusError(
            code: 422, reason: .invalid,
            message: "\(Resource(group: kind.group, plural: kind.kind)) \"\(name)\" is invalid: \(FieldError.joined(errors))",
            details: Details(
                name: name, group: kind.group, kind: kind.kind,
                causes: errors.map { Cause(reason: $0.reason.rawValue, message: $0.body, field: $0.field) }))
    }

    package static func forbidden(_ resource: Resource, _ name: String, _ cause: String) -> StatusError {
        let subject = name.isEmpty ? "\(resource)" : "\(resource) \"\(name)\""
        return StatusError(
            code: 403, reason: .forbidden, message: "\(subject) is forbidden: \(cause)",
            details: Details(name: name, group: resource.group, kind: resource.plural))
    }

    package static func badRequest(_ message: String) -> StatusError {
        StatusError(code: 400, reason: .badRequest, message: message)
    }

    package static let unauthorized = StatusError(code: 401, reason: .unauthorized, message: "Unauthorized")

    package static func methodNotAllowed(_ resource: Resource, _ verb: String) -> StatusError {
        StatusError(
            code: 405, reason: .methodNotAllowed, message: "\(verb) is not supported on resources of kind \"\(resource)\"",
            details: Details(group: resource.group, kind: resource.plural))
    }

    /// The path is served, but not in this way.
    package static let methodNotAllowed = StatusError(
        code: 405, reason: .methodNotAllowed, message: "the server does not allow this method on the requested resource", details: Details())

    package static func unsupportedMediaType(_ accepted: [String]) -> StatusError {
        StatusError(
            code: 415, reason: .unsupportedMediaType,
            message: "the body of the request was in an unknown format - accepted media types include: \(accepted.joined(separator: ", "))")
    }

    package static func notAcceptable(_ accepted: [String]) -> StatusError {
        StatusError(
            code: 406, reason: .notAcceptable,
            message: "only the following media types are accepted: \(accepted.joined(separator: ", "))")
    }

    package static func tooLarge(_ message: String) -> StatusError {
        StatusError(code: 413, reason: .requestEntityTooLarge, message: "Request entity too large: \(message)")
    }

    /// A revision that is no longer kept; the client lists anew.
    package static func expired(_ message: String) -> StatusError {
        StatusError(code: 410, reason: .expired, message: message)
    }

    package static func tooOldResourceVersion(_ wanted: UInt64, oldest: UInt64) -> StatusError {
        expired("too old resource version: \(wanted) (\(oldest))")
    }

    package static func tooManyRequests(_ message: String, retryAfterSeconds: Int) -> StatusError {
        StatusError(
            code: 429, reason: .tooManyRequests, message: message, details: Details(retryAfterSeconds: retryAfterSeconds))
    }

    package static func internalError(_ message: String) -> StatusError {
        StatusError(
            code: 500, reason: .internalError, message: "Internal error occurred: \(message)",
            details: Details(causes: [Cause(reason: "", message: message)]))
    }

    package static func unavailable(_ message: String) -> StatusError {
        StatusError(code: 503, reason: .serviceUnavailable, message: message)
    }

    package static func timeout(_ message: String, retryAfterSeconds: Int = 0) -> StatusError {
        StatusError(
            code: 504, reason: .timeout, message: "Timeout: \(message)", details: Details(retryAfterSeconds: retryAfterSeconds))
    }

    /// The client has seen a newer state than this server has. - Source: Kubernetes `storage.NewTooLargeResourceVersionError`.
    package static func tooLargeResourceVersion(_ wanted: UInt64, current: UInt64) -> StatusError {
        var error = timeout("Too large resource version: \(wanted), current: \(current)", retryAfterSeconds: 1)
        error.details?.causes = [Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version")]
        return error
    }

    package var isNotFound: Bool { reason == .notFound }
    package var isAlreadyExists: Bool { reason == .alreadyExists }
    package var isConflict: Bool { reason == .conflict }
    package var isExpired: Bool { reason == .expired || reason == .gone }
}
