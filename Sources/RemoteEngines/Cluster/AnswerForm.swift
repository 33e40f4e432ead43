import Bytes
import ClusterAPI
import Environment

/// Answers of an API server over HTTP as the values that actors know.
enum AnswerForm {
    /// - Throws: what the server refused, in its own words where its body is a Status.
    static func response(_ answer: FetchResponse) throws(StatusError) -> APIResponse {
        guard (200..<300).contains(answer.status) else { throw error(answer) }
        return APIResponse(
            code: answer.status, body: answer.body, warnings: answer.headers.filter { $0.name.lowercased() == "warning" }.compactMap { warning($0.value) })
    }

    static func error(_ answer: FetchResponse) -> StatusError {
        var error = StatusError(json: answer.body) ?? plain(answer)
        if error.retryAfterSeconds == nil, let seconds = retryAfter(answer.headers) {
            var details = error.details ?? StatusError.Details()
            details.retryAfterSeconds = seconds
            error.details = details
        }
        return error
    }

    /// No answer came: as if the server were away for a moment.
    static func error(unreachable cause: String) -> StatusError {
        StatusError(
            code: 503, reason: .serviceUnavailable, message: "the API server cannot be reached: \(cause)",
            details: StatusError.Details(retryAfterSeconds: 1))
    }

    /// An error without a Status, as a proxy in between answers it.
    ///
    /// - Source: Kubernetes `apimachinery` `NewGenericServerResponse`.
    private static func plain(_ answer: FetchResponse) -> StatusError {
        let reason: StatusError.Reason =
            switch answer.status {
            case 400: .badRequest
            case 401: .unauthorized
            case 403: .forbidden
            case 404: .notFound
            case 405: .methodNotAllowed
            case 406: .notAcceptable
            case 409: .conflict
            case 410: .gone
            case 413: .requestEntityTooLarge
            case 415: .unsupportedMediaType
            case 422: .invalid
            case 429: .tooManyRequests
            case 500: .internalError
            case 503: .serviceUnavailable
            case 504: .timeout
            default: .unknown
            }
        let line = AnswerText.firstLine(answer.body)
        return StatusError(
            code: answer.status, reason: reason, message: line.isEmpty ? "the API server answered \(answer.status)" : line)
    }

    /// The seconds of a `Retry-After`; its form with a date is not used by API servers.
    static func retryAfter(_ headers: [(name: String, value: String)]) -> Int? {
        headers.first { $0.name.lowercased() == "retry-after" }.flatMap { Int($0.value) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// The text of `299 - "text"`.
    ///
    /// - Source: RFC 7234 section 5.5.
    static func warning(_ value: String) -> String? {
        guard let quote = value.firstIndex(of: "\"") else { return nil }
        var text = ""
        var isEscaped = false
        for character in value[value.index(after: quote)...] {
            if isEscaped {
                text.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                return text
            } else {
                text.append(character)
            }
        }
        return nil
    }
}

/// What a server said in plain text.
enum AnswerText {
    private static let limit = 300

    /// The first line, cut where it would only fill logs.
    static func firstLine(_ body: [UInt8]) -> String {
        String(decoding: body.prefix(limit).prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
    }
}
