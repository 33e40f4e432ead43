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

    /// The ends of time as Go prints them, which clients send for "from the beginning" and "to the end".
    private static let earliestText = "-292273086-05-16T16:47:06Z"
    private static let latestText = "292277025-08-18T07:12:54.999999999Z"
    static let earliest = Timestamp(nanoseconds: .min)
    static let latest = Timestamp(nanoseconds: .max)

    /// - Source: Prometheus `web/api/v1`: float seconds with at most millisecond precision, RFC 3339, or one of the ends of time.
    /// - Throws: what is wrong, without the name of the parameter.
    private static func time(_ text: String) throws(Invalid) -> Timestamp {
        if let seconds = DecimalNumber.parse(text), seconds.isFinite {
            let milliseconds = (seconds * 1000).rounded()
            // What lies further than our years do is as far as they go.
            return abs(milliseconds) < 9.2e15 ? Timestamp(milliseconds: Int64(milliseconds)) : seconds < 0 ? earliest : latest
        }
        if text == earliestText { return earliest }
        if text == latestText { return latest }
        guard !text.contains(" "), let time = Timestamp(rfc3339: text) else {
            throw Invalid(message: "cannot parse \(Literals.quote(text)) to a valid timestamp")
        }
        return Timestamp(milliseconds: time.milliseconds)
    }

    /// An optional time.
    static func time(_ parameters: QueryParameters, _ name: String, default fallback: Timestamp) throws(Invalid) -> Timestamp {
        do {
            return try plainTime(parameters, name, default: fallback)
        } catch {
            throw invalid(name, error.message)
        }
    }

    /// The same, told without the parameter's name in front.
    static func plainTime(_ parameters: QueryParameters, _ name: String, default fallback: Timestamp) throws(Invalid) -> Timestamp {
        guard let text = parameters[name], !text.isEmpty else { return fallback }
        do {
            return try time(text)
        } catch {
            throw Invalid(message: "invalid time value for '\(name)': \(error.message)")
        }
    }

    static func requiredTime(_ parameters: QueryParameters, _ name: String) throws(Invalid) -> Timestamp {
        do {
            return try time(parameters[name] ?? "")
        } catch {
            throw invalid(name, error.message)
        }
    }

    /// Float seconds or a duration like `1h30m`.
    private static func duration(_ text: String) throws(Invalid) -> Duration {
        if let seconds = DecimalNumber.parse(text), !seconds.isNaN {
            guard abs(seconds) < 9.2e9 else { throw Invalid(message: "cannot parse \(Literals.quote(text)) to a valid duration. It overflows int64") }
            return .nanoseconds(Int64((seconds * 1e9).rounded()))
        }
        guard let milliseconds = try? PrometheusDuration.parse(text) else {
            throw Invalid(message: "cannot parse \(Literals.quote(text)) to a valid duration")
        }
        return .milliseconds(milliseconds)
    }

    static func requiredDuration(_ parameters: QueryParameters, _ name: String) throws(Invalid) -> Duration {
        do {
            return try duration(parameters[name] ?? "")
        } catch {
            throw invalid(name, error.message)
        }
    }

    static func duration(_ parameters: QueryParameters, _ name: String) throws(Invalid) -> Duration? {
        (parameters[name] ?? "").isEmpty ? nil : try requiredDuration(parameters, name)
    }

    /// How far an instant looks back; nil for the default, which zero and negative lengths mean too.
    static func lookback(_ parameters: QueryParameters) throws(Invalid) -> Duration? {
        guard let text = parameters["lookback_delta"], !text.isEmpty else { return nil }
        do {
            let length = try duration(text)
            return length > .zero ? length : nil
        } catch {
            throw Invalid(message: "error parsing lookback delta duration: \(error.message)")
        }
    }

    /// 0 when absent: no limit.
    static func limit(_ parameters: QueryParameters, _ name: String = "limit") throws(Invalid) -> Int {
        guard let text = parameters[name], !text.isEmpty else { return 0 }
        guard let limit = Int(text) else { throw invalid(name, "strconv.Atoi: parsing \(Literals.quote(text)): invalid syntax") }
        guard limit >= 0 else { throw invalid(name, "limit must be non-negative") }
        return limit
    }

    /// - Source: Go's `strconv.ParseBool`; nil for what it refuses.
    static func flag(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }

    private static func invalid(_ name: String, _ message: String) -> Invalid { Invalid(message: "invalid parameter \"\(name)\": \(message)") }
}
