import Bytes
import QueryLanguage

/// Reads the parameter forms of the Prometheus API: times as Unix seconds or RFC 3339, lengths as seconds or durations.
enum PrometheusParameters {
    struct Invalid: Error {
        var message: String
    }

    /// The text of a query or selector, which must be UTF-8.
    static func text(_ parameters: QueryParameters, _ name: String) throws(Invalid) -> String {
        if let bytes = parameters.malformed.first(where: { $0.name == name })?.bytes {
            var offset = 0
            while offset < bytes.count {
                let length = UTF8Validation.sequenceLength(bytes.span, at: offset)
                if length == 0 { break }
                offset += length
            }
            throw Invalid(message: "invalid parameter \"\(name)\": \(TextPosition(offset: offset, in: bytes)): parse error: invalid UTF-8 rune")
        }
        return parameters[name] ?? ""
    }

    /// - Source: Prometheus `web/api/v1`: float seconds with at most millisecond precision, else RFC 3339.
    static func time(_ text: String, name: String) throws(Invalid) -> Timestamp {
        if let seconds = DecimalNumber.parse(text), seconds.isFinite {
            let milliseconds = (seconds * 1000).rounded()
            guard abs(milliseconds) < 9.2e15 else { throw invalid(name, text, "a valid timestamp") }
            return Timestamp(milliseconds: Int64(milliseconds))
        }
        guard let time = Timestamp(rfc3339: text) else { throw invalid(name, text, "a valid timestamp") }
        return Timestamp(milliseconds: time.milliseconds)
    }

    static func time(_ parameters: QueryParameters, _ name: String, default fallback: Timestamp) throws(Invalid) -> Timestamp {
        guard let text = parameters[name], !text.isEmpty else { return fallback }
        return try time(text, name: name)
    }

    static func requiredTime(_ parameters: QueryParameters, _ name: String) throws(Invalid) -> Timestamp {
        try time(parameters[name] ?? "", name: name)
    }

    /// Float seconds or a duration like `1h30m`.
    static func duration(_ text: String, name: String) throws(Invalid) -> Duration {
        if let seconds = DecimalNumber.parse(text) {
            guard seconds.isFinite, abs(seconds) < 9.2e9 else { throw invalid(name, text, "a valid duration") }
            return .nanoseconds(Int64((seconds * 1e9).rounded()))
        }
        guard let milliseconds = try? PrometheusDuration.parse(text) else { throw invalid(name, text, "a valid duration") }
        return .milliseconds(milliseconds)
    }

    static func duration(_ parameters: QueryParameters, _ name: String) throws(Invalid) -> Duration? {
        guard let text = parameters[name], !text.isEmpty else { return nil }
        return try duration(text, name: name)
    }

    /// 0 when absent: no limit.
    static func limit(_ parameters: QueryParameters, _ name: String = "limit") throws(Invalid) -> Int {
        guard let text = parameters[name], !text.isEmpty else { return 0 }
        guard let limit = Int(text), limit >= 0 else { throw invalid(name, text, "a non-negative number") }
        return limit
    }

    private static func invalid(_ name: String, _ text: String, _ expected: String) -> Invalid {
        Invalid(message: "invalid parameter \"\(name)\": cannot parse \"\(text)\" to \(expected)")
    }
}
