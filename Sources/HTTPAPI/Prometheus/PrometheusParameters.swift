import Bytes

/// Reads the parameter forms of the Prometheus API: times as Unix seconds or RFC 3339, lengths as seconds or durations.
enum PrometheusParameters {
    struct Invalid: Error {
        var name: String
        var message: String
    }

    /// - Source: Prometheus `web/api/v1` `parseTime`: float seconds with at most millisecond precision, else RFC 3339.
    static func time(_ text: String, name: String) throws(Invalid) -> Timestamp {
        if let seconds = DecimalNumber.parse(Array(text.utf8)[...]), seconds.isFinite {
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

    /// - Source: Prometheus `parseDuration`: float seconds or a duration like `1h30m`.
    static func duration(_ text: String, name: String) throws(Invalid) -> Duration {
        if let seconds = DecimalNumber.parse(Array(text.utf8)[...]) {
            guard seconds.isFinite, abs(seconds) < 9.2e9 else { throw invalid(name, text, "a valid duration") }
            return .nanoseconds(Int64((seconds * 1e9).rounded()))
        }
        guard let duration = PrometheusDuration.parse(text) else { throw invalid(name, text, "a valid duration") }
        return duration
    }

    static func limit(_ parameters: QueryParameters, _ name: String = "limit") throws(Invalid) -> Int {
        guard let text = parameters[name], !text.isEmpty else { return 0 }
        guard let limit = Int(text), limit >= 0 else { throw invalid(name, text, "a non-negative number") }
        return limit
    }

    private static func invalid(_ name: String, _ text: String, _ expected: String) -> Invalid {
        Invalid(name: name, message: "invalid parameter \"\(name)\": cannot parse \"\(text)\" to \(expected)")
    }
}
