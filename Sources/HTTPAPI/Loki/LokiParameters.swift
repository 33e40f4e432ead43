import Bytes
import QueryLanguage
import Telemetry

/// Reads the parameter forms of the Loki API: times as nanoseconds, as float seconds or as RFC 3339.
///
/// - Source: Loki `pkg/loghttp` params: a number with a dot is seconds, one of at most ten digits is seconds, anything longer nanoseconds.
enum LokiParameters {
    struct Invalid: Error {
        var message: String
        var status = 400
    }

    static func time(_ text: String) throws(Invalid) -> Timestamp {
        if text.utf8.contains(UInt8(ascii: ".")), let seconds = DecimalNumber.parse(text), seconds.isFinite, abs(seconds) < 9.2e9 {
            return Timestamp(nanoseconds: Int64((seconds * 1e9).rounded()))
        }
        if let number = Int64(text) {
            return text.utf8.count <= 10 ? Timestamp(seconds: number) : Timestamp(nanoseconds: number)
        }
        guard let time = Timestamp(rfc3339: text) else { throw Invalid(message: "could not parse '\(text)' as a time") }
        return time
    }

    /// The window of a request: `start`, `end`, `since`; the last hour when nothing is said.
    static func window(_ parameters: QueryParameters, now: Timestamp, default length: Duration = .seconds(3600)) throws(Invalid)
        -> (start: Timestamp, end: Timestamp)
    {
        var end = now
        if let text = parameters["end"], !text.isEmpty { end = try time(text) }
        var since = length
        if let text = parameters["since"], !text.isEmpty {
            guard let milliseconds = try? PrometheusDuration.parse(text) else { throw Invalid(message: "could not parse 'since' parameter: \(text)") }
            since = .milliseconds(milliseconds)
        }
        var start = min(end, now) - since
        if let text = parameters["start"], !text.isEmpty { start = try time(text) }
        guard end >= start else { throw Invalid(message: "end timestamp must not be before or equal to start time") }
        return (start, end)
    }

    static func limit(_ parameters: QueryParameters) throws(Invalid) -> Int {
        guard let text = parameters["limit"], !text.isEmpty else { return 100 }
        guard let limit = Int(text) else { throw Invalid(message: "strconv.Atoi: parsing \"\(text)\": invalid syntax") }
        guard limit > 0 else { throw Invalid(message: "limit must be a positive value") }
        return limit
    }

    static func direction(_ parameters: QueryParameters) throws(Invalid) -> LogScan.Direction {
        switch parameters["direction"]?.lowercased() {
        case nil, "", "backward": return .backward
        case "forward": return .forward
        case let other?: throw Invalid(message: "invalid direction '\(other)'")
        }
    }

    /// The least distance between two entries of a log answer; zero when every entry is wanted.
    static func interval(_ parameters: QueryParameters) throws(Invalid) -> Duration {
        guard let text = parameters["interval"], !text.isEmpty else { return .zero }
        let interval = try duration(text, "interval")
        guard interval >= .zero else { throw Invalid(message: "interval must be >= 0") }
        return interval
    }

    /// Seconds as a decimal number, or a duration with units.
    private static func duration(_ text: String, _ name: String) throws(Invalid) -> Duration {
        if let seconds = DecimalNumber.parse(text), seconds.isFinite, abs(seconds) < 9.2e9 {
            return .nanoseconds(Int64((seconds * 1e9).rounded()))
        }
        guard let milliseconds = try? PrometheusDuration.parse(text) else {
            throw Invalid(message: "cannot parse \(Literals.quote(text)) to a valid duration (\(name))")
        }
        return .milliseconds(milliseconds)
    }

    /// A count of something, at least one.
    static func count(_ parameters: QueryParameters, _ name: String, orElse missing: Int) throws(Invalid) -> Int {
        guard let text = parameters[name], !text.isEmpty else { return missing }
        guard let count = Int(text), count > 0 else { throw Invalid(message: "\(name) must be a positive value") }
        return count
    }

    /// The step of a metric query; when nothing is said, a 250th of the window, at least a second.
    static func step(_ parameters: QueryParameters, start: Timestamp, end: Timestamp) throws(Invalid) -> Duration {
        guard let text = parameters["step"], !text.isEmpty else {
            return .seconds(max(1, Int64((end - start) / .seconds(250))))
        }
        let step = try duration(text, "step")
        guard step > .zero else {
            throw Invalid(message: "zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        return step
    }
}
