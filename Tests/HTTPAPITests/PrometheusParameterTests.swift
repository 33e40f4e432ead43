import Bytes
import Testing

@testable import HTTPAPI

@Suite("Parameters of the Prometheus API")
struct PrometheusParameterTests {
    struct Time: CustomTestStringConvertible {
        var text: String
        /// Nanoseconds; nil for what is refused.
        var time: Int64?
        var testDescription: String { text }
    }

    @Test(
        "times are seconds, RFC 3339, or the ends of time as Go prints them",
        arguments: [
            Time(text: "123.4", time: 123_400_000_000), Time(text: "-2", time: -2_000_000_000),
            Time(text: "1970-01-01T01:02:03+01:00", time: 123_000_000_000),
            Time(text: "-292273086-05-16T16:47:06Z", time: .min), Time(text: "292277025-08-18T07:12:54.999999999Z", time: .max),
            Time(text: "1e30", time: .max), Time(text: "-9223372036854775.808", time: .min), Time(text: "9223372036854775.807", time: .max),
            Time(text: "abc"), Time(text: "NaN"), Time(text: "1970-01-01 00:00:00Z"),
        ])
    func times(_ one: Time) {
        let parameters = QueryParameters("time=\(one.text.replacing("+", with: "%2B"))"[...])
        let time = try? PrometheusParameters.time(parameters, "time", default: .epoch)
        #expect(time?.nanoseconds == one.time)
        #expect((try? PrometheusParameters.requiredTime(parameters, "time"))?.nanoseconds == one.time)
    }

    private static func message(_ body: () throws -> Void) -> String {
        do { try body() } catch let error as PrometheusParameters.Invalid { return error.message } catch { return "\(error)" }
        return ""
    }

    @Test("what is refused is told in Prometheus' words")
    func messages() {
        let parameters = QueryParameters("time=abc&start=x&step=y&big=1e30&lookback_delta=x&limit=many&other=-1"[...])
        let cases: [(String, () throws -> Void)] = [
            (
                #"invalid parameter "time": invalid time value for 'time': cannot parse "abc" to a valid timestamp"#,
                { _ = try PrometheusParameters.time(parameters, "time", default: .epoch) }
            ),
            (
                #"invalid parameter "start": cannot parse "x" to a valid timestamp"#,
                { _ = try PrometheusParameters.requiredTime(parameters, "start") }
            ),
            (#"invalid parameter "end": cannot parse "" to a valid timestamp"#, { _ = try PrometheusParameters.requiredTime(parameters, "end") }),
            (
                #"invalid parameter "step": cannot parse "y" to a valid duration"#,
                { _ = try PrometheusParameters.requiredDuration(parameters, "step") }
            ),
            (
                #"invalid parameter "big": cannot parse "1e30" to a valid duration. It overflows int64"#,
                { _ = try PrometheusParameters.duration(parameters, "big") }
            ),
            (
                #"error parsing lookback delta duration: cannot parse "x" to a valid duration"#,
                { _ = try PrometheusParameters.lookback(parameters) }
            ),
            (#"invalid parameter "limit": strconv.Atoi: parsing "many": invalid syntax"#, { _ = try PrometheusParameters.limit(parameters) }),
            (#"invalid parameter "other": limit must be non-negative"#, { _ = try PrometheusParameters.limit(parameters, "other") }),
        ]
        for (expected, body) in cases { #expect(Self.message(body) == expected) }
    }

    @Test("no length to look back, zero and a negative one mean the default", arguments: [("", nil), ("0", nil), ("-5", nil), ("30", 30), ("1m", 60)])
    func lookback(text: String, seconds: Int?) throws {
        let parameters = QueryParameters("lookback_delta=\(text)"[...])
        #expect(try PrometheusParameters.lookback(parameters) == seconds.map { .seconds($0) })
    }

    @Test("booleans are those of Go", arguments: [
        ("1", true), ("t", true), ("T", true), ("True", true), ("0", false), ("f", false), ("FALSE", false), ("yes", nil), ("tRUE", nil),
    ])
    func flags(text: String, expected: Bool?) { #expect(PrometheusParameters.flag(text) == expected) }

    @Test("an escape that is none is noticed and shown", arguments: [
        ("a=%zz", "%zz"), ("a=%4", "%4"), ("a=%&b=1", "%"), ("%x=1", "%x"), ("a=%41%4g", "%4g"), ("a=%41", nil), ("", nil),
    ])
    func escapes(text: String, escape: String?) { #expect(QueryParameters(text[...]).brokenEscape == escape) }
}

@Suite("Search for names")
struct SearchQueryTests {
    private func score(_ text: String, _ query: String) throws -> Double? { try SearchQuery(QueryParameters(query[...])).score(text) }

    @Test(
        "a subsequence is found at any threshold, a prefix is as good as the whole, and long runs are better than short ones",
        arguments: [
            ("go_gc_duration", "search[]=go_g", 1.0), ("go_gc_duration", "search[]=", 1.0), ("go_gc_duration", "", 1.0),
            // A run of one letter and one of two, "o_" between them, and nine letters behind.
            ("go_gc_duration", "search[]=ggc", (5 - 2.0 / 14 - 9.0 / 28) / 9),
            ("go_gc_duration", "search[]=GO_G", nil), ("go_gc_duration", "search[]=GO_G&case_sensitive=F", 1.0),
            ("go_gc_duration", "search[]=xyz", nil),
            ("go_gc_duration", "search[]=ggc&fuzz_threshold=90", nil), ("a", "search[]=ab", nil),
            ("go_gc_duration", "search[]=gc&fuzz_alg=jarowinkler", 0.9), ("go_gc_duration", "search[]=ggc&fuzz_alg=jarowinkler", nil),
            ("go_gc_duration", "search[]=xyz&search[]=go", 1.0),
        ] as [(String, String, Double?)])
    func scores(text: String, query: String, expected: Double?) throws {
        let found = try score(text, query)
        #expect(found == expected || abs((found ?? -1) - (expected ?? -9)) < 1e-12, "\(String(describing: found))")
    }

    @Test("likeness by Jaro and Winkler counts half a transposition", arguments: [
        ("MARTHA", "MARHTA", 0.961), ("DIXON", "DICKSONX", 0.813), ("DWAYNE", "DUANE", 0.84),
    ])
    func jaroWinkler(left: String, right: String, expected: Double) {
        #expect(abs(Similarity.jaroWinkler(Array(left.utf8), Array(right.utf8)) - expected) < 0.001)
    }

    @Test("what cannot be searched for is told with the parameter's name", arguments: [
        ("case_sensitive=maybe", #"invalid case_sensitive "maybe": must be boolean"#),
        ("fuzz_threshold=101", #"invalid fuzz_threshold "101": must be 0-100"#),
        ("fuzz_alg=x", #"unsupported fuzz_alg "x": must be one of [subsequence jarowinkler]"#),
    ])
    func refusals(query: String, message: String) {
        let error = #expect(throws: PrometheusParameters.Invalid.self) { _ = try SearchQuery(QueryParameters(query[...])) }
        #expect(error?.message == message)
    }
}
