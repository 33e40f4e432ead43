package import Bytes

/// A refusal or failure as the API words it: Kubernetes' `Status`.
package struct StatusError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: String, Sendable {
        case unknown = ""
        case unauthorized = "Unauthorized"
        case forbidden = "Forbidden"
        case notFound = "NotFound"
        case alreadyExists = "AlreadyExists"
        case conflict = "Conflict"
        case gone = "Gone"
        case invalid = "Invalid"
        case serverTimeout = "ServerTimeout"
        case timeout = "Timeout"
        case tooManyRequests = "TooManyRequests"
        case badRequest = "BadRequest"
        case methodNotAllowed = "MethodNotAllowed"
        case notAcceptable = "NotAcceptable"
        case requestEntityTooLarge = "RequestEntityTooLarge"
        case unsupportedMediaType = "UnsupportedMediaType"
        case internalError = "InternalError"
        case expired = "Expired"
        case serviceUnavailable = "ServiceUnavailable"
    }

    /// One cause among several: a field and what is wrong with it.
    package struct Cause: Hashable, Sendable {
        package var reason: String
        package var message: String
        package var field: String

        package init(reason: String, message: String, field: String = "") {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    package struct Details: Equatable, Sendable {
        package var name = ""
        package var group = ""
        /// The plural resource, or the kind for `Invalid`.
        package var kind = ""
        package var uid = ""
        package var causes: [Cause] = []
        package var retryAfterSeconds = 0

        package init(name: String = "", group: String = "", kind: String = "", causes: [Cause] = [], retryAfterSeconds: Int = 0) {
            self.name = name
            self.group = group
            self.kind = kind
            self.causes = causes
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    /// HTTP status code.
    package var code: Int
    package var reason: Reason
    package var message: String
    package var details: Details?

    package init(code: Int, reason: Reason, message: String, details: Details? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    package var description: String { message }

    /// Nil unless the caller should try again after so long.
    package var retryAfterSeconds: Int? {
        guard let seconds = details?.retryAfterSeconds, seconds > 0 else { return nil }
        return seconds
    }

    // MARK: JSON

    package var body: [UInt8] {
        var writer = JSONWriter(capacity: 256)
        encode(into: &writer)
        return writer.bytes
    }

    package func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("kind", "Status")
        writer.member("apiVersion", "v1")
        writer.key("metadata")
        writer.beginObject()
        writer.endObject()
        writer.member("status", "Failure")
        writer.member("message", message)
        if reason != .unknown { writer.member("reason", reason.rawValue) }
        if let details {
            writer.key("details")
            writer.beginObject()
            if !details.name.isEmpty { writer.member("name", details.name) }
            if !details.group.isEmpty { writer.member("group", details.group) }
            if !details.kind.isEmpty { writer.member("kind", details.kind) }
            if !details.uid.isEmpty { writer.member("uid", details.uid) }
            if !details.causes.isEmpty {
                writer.key("causes")
                writer.beginArray()
                for cause in details.causes {
                    writer.beginObject()
                    if !cause.reason.isEmpty { writer.member("reason", cause.reason) }
                    if !cause.message.isEmpty { writer.member("message", cause.message) }
                    if !cause.field.isEmpty { writer.member("field", cause.field) }
                    writer.endObject()
                }
                writer.endArray()
            }
            if details.retryAfterSeconds > 0 { writer.member("retryAfterSeconds", details.retryAfterSeconds) }
            writer.endObject()
        }
        writer.member("code", code)
        writer.endObject()
    }

    /// Reads a Status that a remote server answered; nil when the body is none.
    package init?(json bytes: [UInt8]) {
        guard let status = try? Status(json: bytes), let code = status.code else { return nil }
        self.init(
            code: code, reason: Reason(rawValue: status.reason ?? "") ?? .unknown, message: status.message ?? "",
            details: status.details.map { details in
                Details(
                    name: details.name ?? "", group: details.group ?? "", kind: details.kind ?? "",
                    causes: details.causes.map { Cause(reason: $0.reason ?? "", message: $0.message ?? "", field: $0.field ?? "") },
                    retryAfterSeconds: details.retryAfterSeconds ?? 0)
            })
    }
}
