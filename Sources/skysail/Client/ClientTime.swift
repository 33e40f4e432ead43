import Bytes
import Posix
import QueryLanguage

/// Times on the command line: `now`, `-1h`, RFC 3339, or Unix seconds.
enum ClientTime {
    /// The time as Unix seconds, as the Prometheus API takes it.
    static func resolve(_ text: String) throws -> String {
        let milliseconds = try timestamp(text).milliseconds
        return "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst())"
    }

    static func timestamp(_ text: String) throws -> Timestamp {
        let now = SystemClock().now()
        if text == "now" { return now }
        if text.hasPrefix("-"), let back = try? PrometheusDuration.parse(String(text.dropFirst())) { return now - .milliseconds(back) }
        if let time = Timestamp(rfc3339: text) { return time }
        if let seconds = DecimalNumber.parse(text), seconds.isFinite { return Timestamp(milliseconds: Int64(seconds * 1000)) }
        throw Failure("cannot read '\(text)' as a time: write now, -1h, 2026-01-31T12:00:00Z or Unix seconds", code: 2)
    }
}
