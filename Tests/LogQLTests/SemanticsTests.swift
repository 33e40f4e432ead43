import Bytes
import Environment
import QueryLanguage
import Synchronization
import Telemetry
import Testing

@testable import LogQL

/// What Loki does where one would not guess it; each table states one rule.
@Suite("LogQL semantics")
struct SemanticsTests {
    typealias Line = (text: String, metadata: KeyValuePairs<String, String>)

    static func reader(_ lines: [Line], labels: KeyValuePairs<String, String> = ["app": "x", "env": "prod"]) -> MemoryEntryReader {
        MemoryEntryReader([(Labels(labels), lines.enumerated().map { offset, line in
            MemoryEntryReader.Entry(time: Int64(offset + 1) * 1_000_000_000, line: Array(line.text.utf8), metadata: Labels(line.metadata))
        })])
    }

    /// Each element of the answer as `labels value`, or the error.
    static func instant(_ query: String, _ lines: [Line]) -> [String] {
        do {
            let prepared = try LogQLEvaluator(reader: reader(lines), workPool: SerialWorkPool()).prepare(query)
            let value = try prepared.evaluate(at: Timestamp(seconds: 60), options: EvaluationOptions(), budget: QueryBudget()).value
            guard case .vector(let elements) = value else { return ["\(value)"] }
            return elements.map { element in
                let pairs = element.labels.pairs.filter { $0.name != "app" && $0.name != "env" }
                return (pairs.map { "\($0.name)=\($0.value)" } + [DecimalNumber.prometheusText(element.value)]).joined(separator: " ")
            }
        } catch {
            return ["error: \(error.message)"]
        }
    }

    @Test("structured metadata gives way to the stream's label, parsed values to both", arguments: [
        (#"{app="x"}"#, "env_extracted=canary region=eu 1"),
        (#"{app="x"} | logfmt"#, "env_extracted=parsed region=eu region_extracted=parsed zone=z 1"),
        (#"{app="x"} | logfmt env, region"#, "env_extracted=parsed region=eu region_extracted=parsed 1"),
        (#"{app="x"} | label_format old=env | logfmt"#, "env_extracted=parsed old=prod region=eu region_extracted=parsed zone=z 1"),
        (#"{app="x"} | drop env | logfmt | keep env_extracted"#, "env_extracted=parsed 1"),
    ])
    func conflicts(pipeline: String, expected: String) {
        #expect(Self.instant("count_over_time(\(pipeline) [1m])", [("env=parsed region=parsed zone=z", ["env": "canary", "region": "eu"])]) == [expected])
    }

    @Test("an entry that a parser failed on fails a metric query, unless the query asks for __error__", arguments: [
        ("count_over_time({app=\"x\"} | json [1m])", ["error: pipeline error: 'JSONParserErr'"]),
        ("sum(count_over_time({app=\"x\"} | json [1m]))", ["2"]),
        ("absent_over_time({app=\"x\"} | json [1m])", []),
        ("count_over_time({app=\"x\"} | json | __error__=\"\" [1m])", ["a=1 n=5 pod=p1 word=3 1"]),
        ("sum by (pod) (count_over_time({app=\"x\"} | json | __error__!=\"\" [1m]))", ["pod=p2 1"]),
        ("first_over_time({app=\"x\"} | json | __error__!=\"\" | unwrap n [1m]) by (pod)",
            ["__error__=JSONParserErr __error_details__=Malformed JSON error __preserve_error__=true pod=p2 7"]),
        ("first_over_time({app=\"x\"} | json | __error__!=\"\" | drop __preserve_error__ | unwrap n [1m]) by (pod)",
            ["error: pipeline error: 'JSONParserErr'"]),
        ("first_over_time({app=\"x\"} | json | drop __error__ | unwrap n [1m]) by (env)", ["5"]),
        ("first_over_time({app=\"x\"} | json | drop __error_details__ | unwrap n [1m]) by (env)", ["error: pipeline error: 'JSONParserErr'"]),
        ("first_over_time({app=\"x\"} | json | __error__=~\".*\" | unwrap word [1m]) by ()",
            ["__error__=SampleExtractionErr __error_details__=strconv.ParseFloat: parsing \"w2\": invalid syntax __preserve_error__=true 0",
             "error"]),
    ] as [(String, [String])])
    func errors(query: String, expected: [String]) {
        let found = Self.instant(query, [("{\"a\":1}", ["n": "5", "pod": "p1", "word": "3"]), ("{", ["n": "7", "pod": "p2", "word": "w2"])])
        if expected.last == "error" {
            #expect(found.contains(expected[0]), "\(found)")
        } else {
            #expect(found.count == expected.count && zip(found, expected).allSatisfy { $0.hasPrefix($1) }, "\(found)")
        }
    }

    @Test("a converting condition fails as Go's parsers word it", arguments: [
        ("d > 1s", "took=oops", "time: invalid duration \"oops\""),
        ("d > 1s", "took=90", "time: missing unit in duration \"90\""),
        ("d > 1s", "took=1d", "time: unknown unit \"d\" in duration \"1d\""),
        ("d > 1KB", "took=oops", "strconv.ParseFloat: parsing \"\": invalid syntax"),
        ("d > 1KB", "took=1XB", "unhandled size name: xb"),
        ("d > 1", "took=a", "strconv.ParseFloat: parsing \"a\": invalid syntax"),
        ("d > 1s and d > 1KB", "took=oops", "time: invalid duration \"oops\""),
    ])
    func conversions(condition: String, line: String, details: String) throws {
        let query = "{app=\"x\"} | logfmt d=\"took\" | \(condition)"
        let prepared = try LogQLEvaluator(reader: Self.reader([(line, [:])]), workPool: SerialWorkPool()).prepare(query)
        let value = try prepared.evaluate(
            from: .epoch, to: Timestamp(seconds: 10), step: .seconds(1), options: EvaluationOptions(), budget: QueryBudget()).value
        guard case .streams(let streams) = value else { return }
        #expect(streams.first?.labels["__error__"] == "LabelFilterErr")
        #expect(streams.first?.labels["__error_details__"] == details)
    }

    @Test("durations and sizes in a query", arguments: [
        ("d == 90m", "1h30m", true), ("d == 1d", "24h", true), ("d < 1.5s", "1400ms", true), ("d == 1h", "3600000000µs", true),
        ("d == 3MB", "3,000,000", true), ("d == 2KiB", "2048", true), ("d > 1MB", "3mb", true), ("d == 1", "1.5B", false),
        ("d == 1e3", "1000.0", true), ("d > -1", "0", true), ("d != 1s", "2s", true),
    ])
    func quantities(condition: String, value: String, holds: Bool) {
        let found = Self.instant("count_over_time({app=\"x\"} | logfmt | \(condition) | __error__=\"\" [1m])", [("d=\(value)", [:])])
        #expect(found.isEmpty != holds, "\(found)")
    }

    @Test("what is refused, and in which words", arguments: [
        ("{app=\"x\"} | logfmt | size > 1mb", "syntax error"), ("{app=\"x\"} | logfmt | a > 0x10", "unable to parse literal as a float"),
        ("{app=\"x\"} | logfmt | addr == ip(\"10.0.0.0/8\")", "syntax error: unexpected ip"),
        ("{app=\"x\"} |= ip(\"notanip\")", "ip: invalid pattern"),
        ("{app=\"x\"} | __error__ > 0", "__error__ is a string label and cannot be compared with __error__>0"),
        ("{app=\"x\"} | __error_details__ != 1s", "__error_details__ is a string label and cannot be compared with __error_details__!=1s"),
        ("{app}", "syntax error: unexpected }, expecting = or =~ or !~ or !="),
        ("count_over_time({app=\"x\"} | label_format a=\"{{\" [1m])", "unclosed action"),
        ("{app=\"x\",}", "syntax error: unexpected }"), ("({app=\"x\"}) | json", "syntax error"),
        ("rate({app=\"x\"}[5m ])", "unknown unit \"m \" in duration"), ("-count_over_time({app=\"x\"}[1m])", "expecting NUMBER"),
        ("approx_count_distinct(a, {app=\"x\"} | unwrap b [1m])", "unwrap is not supported for approx_count_distinct()"),
        ("approx_count_distinct(a, {app=\"x\"}[1m]) without (b)", "without is not supported for approx_count_distinct()"),
        ("approx_count_distinct(a, {app=\"x\"}[1m]) by (a)", "cannot group by the counted field \"a\""),
        // What a grammar expects next is listed while it is at most four things.
        ("{app=\"x\"", "line 1, col 9: syntax error: unexpected $end, expecting } or ,"),
        ("min({app=\"x\"}[5m])", "line 1, col 14: syntax error: unexpected RANGE"), ("sum({app=\"x\"})", "line 1, col 14: syntax error: unexpected )"),
        ("sum(1)", "line 1, col 6: syntax error: unexpected )"), ("topk(-1, rate({app=\"x\"}[5m]))", "line 1, col 8: syntax error: unexpected ,"),
        ("count_over_time({app=\"x\"})", "line 1, col 26: syntax error: unexpected )"), ("rate({app=\"x\"}[5m]", "col 19: syntax error: unexpected $end"),
        ("max_over_time(rate({app=\"x\"}[5m])[1h])", "line 1, col 15: syntax error: unexpected rate, expecting NUMBER or { or ("),
        ("sum by (a b) (rate({app=\"x\"}[5m]))", "syntax error: unexpected IDENTIFIER, expecting , or )"),
    ])
    func refused(query: String, message: String) {
        let error = #expect(throws: QueryError.self) { try Parser.parse(query) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("keywords and functions are written in any case", arguments: [
        "SUM(Count_Over_Time({app=\"x\"} | LOGFMT | a=\"1\" OR b=\"2\" [1m])) BY (a)", "Rate ({app=\"x\"} | Unwrap Duration(d) [1m])",
        "sum BY (a) (rate({app=\"x\"}[1m])) > BOOL 1", "{Sum=\"x\"} | Rate=\"1\"",
    ])
    func anyCase(query: String) throws { #expect(try Parser.parse(query).description.contains("Sum") == query.contains("Sum=")) }

    @Test("a comma takes all that follows, and binds tighter than or", arguments: [
        ("a=\"1\" and b=\"1\" or c=\"1\"", "( ( a=\"1\" , b=\"1\" ) or c=\"1\" )"), ("a=\"1\", b=\"1\" or c=\"1\"", "( a=\"1\" , ( b=\"1\" or c=\"1\" ) )"),
        ("a=\"1\" b=\"1\" or c=\"1\"", "( a=\"1\" , ( b=\"1\" or c=\"1\" ) )"), ("a=\"1\" or b=\"1\", c=\"1\"", "( a=\"1\" or ( b=\"1\" , c=\"1\" ) )"),
        ("a=\"1\" or b=\"1\" and c=\"1\"", "( a=\"1\" or ( b=\"1\" , c=\"1\" ) )"), ("(a=\"1\" or b=\"1\") c=\"1\"", "( ( a=\"1\" or b=\"1\" ) , c=\"1\" )"),
    ])
    func precedence(filter: String, expected: String) throws {
        #expect(try Parser.parse("{app=\"x\"} | \(filter)").description == "{app=\"x\"} | \(expected)")
    }

    @Test("distinct values are counted over the window, missing and empty ones not", arguments: [
        ("approx_count_distinct(id, {app=\"x\"} | logfmt [1m])", ["2"]),
        ("approx_count_distinct(id, {app=\"x\"} | logfmt [1m]) by (pod)", ["pod=1 2", "pod=2 1"]),
        ("approx_count_distinct(id, {app=\"x\"} | logfmt [1m]) by ()", ["2"]),
    ])
    func distinct(query: String, expected: [String]) {
        let lines: [Line] = [("id=1", ["pod": "1"]), ("id=2", ["pod": "1"]), ("id=1", ["pod": "2"]), ("id=", ["pod": "2"]), ("other=1", ["pod": "1"])]
        let found = Self.instant(query, query.hasSuffix("[1m])") ? lines.map { ($0.text, [:]) } : lines)
        #expect(found.contains(expected[0]) && expected.allSatisfy(found.contains), "\(found)")
    }

    @Test("a counter's rate reaches to the window's edges as far as its samples' distance allows", arguments: [
        (60, "90s", 600.0, 30, 660.0, 60, 1.0), (90, "90s", 600, 30, 660, 60, 2), (120, "150s", 600, 30, 660, 60, 0.8),
        (60, "90s", 40, 30, 100, 60, 1), (30, "90s", 40, 30, 100, 60, 0),
    ] as [(Int64, String, Double, Int64, Double, Int64, Double)])
    func rateCounter(at: Int64, window: String, first: Double, firstTime: Int64, last: Double, lastTime: Int64, rate: Double) throws {
        let start: Int64 = 1000
        let reader = MemoryEntryReader([(Labels(["app": "x"]), [(first, firstTime), (last, lastTime)].map { value, time in
            MemoryEntryReader.Entry(time: (start + time) * 1_000_000_000, line: Array("c=\(value)".utf8), metadata: .empty)
        })])
        let prepared = try LogQLEvaluator(reader: reader, workPool: SerialWorkPool()).prepare("rate_counter({app=\"x\"} | logfmt | unwrap c [\(window)])")
        let value = try prepared.evaluate(at: Timestamp(seconds: start + at), options: EvaluationOptions(), budget: QueryBudget()).value
        guard case .vector(let elements) = value else { return }
        #expect(elements.count == 1 && abs((elements.first?.value ?? .nan) - rate) < 1e-12, "\(elements)")
    }

    @Test("a set operation that takes steps from both sides gives one series")
    func joined() throws {
        let prepared = try LogQLEvaluator(reader: Self.reader([("a", [:])]), workPool: SerialWorkPool())
            .prepare("sum(count_over_time({app=\"x\"}[10s])) or vector(0)")
        let value = try prepared.evaluate(
            from: Timestamp(seconds: 10), to: Timestamp(seconds: 30), step: .seconds(10), options: EvaluationOptions(), budget: QueryBudget()).value
        guard case .matrix(let series) = value else { return }
        #expect(series.count == 1 && series.first?.values == [1, 0, 0] && series.first?.times == [10_000, 20_000, 30_000])
    }

    @Test("an empty value is not unwrapped, an absent one neither")
    func unwrapEmpty() {
        #expect(Self.instant("sum_over_time({app=\"x\"} | logfmt --keep-empty | unwrap v [1m])", [("v=", [:]), ("w=1", [:]), ("v=2", [:])]) == ["2"])
    }

    @Test("elements come in the order of their labels unless the query sorts them")
    func order() {
        let lines: [Line] = [("k=b", [:]), ("k=a", [:]), ("k=b", [:])]
        #expect(Self.instant("sum by (k) (count_over_time({app=\"x\"} | logfmt [1m]))", lines) == ["k=a 1", "k=b 2"])
        #expect(Self.instant("sort_desc(sum by (k) (count_over_time({app=\"x\"} | logfmt [1m])))", lines) == ["k=b 2", "k=a 1"])
    }

    @Test("colours, titles and one-character introducers go; broken escapes stay", arguments: [
        ("\u{1b}[1;31mred\u{1b}[0m", "red"), ("a\u{1b}]0;title\u{7}b", "ab"), ("\u{9b}32mgreen", "green"), ("x\u{1b}[38;5;208mo", "xo"),
        ("keep \u{1b} this", "keep \u{1b} this"), ("é\u{1b}[Kü", "éü"),
    ])
    func decolorize(line: String, expected: String) throws {
        #expect(try StageTests.answer("{app=\"x\"} | decolorize", [line]) == [expected])
    }

    @Test("keep leaves what tells of errors, and nothing else that begins with underscores")
    func keep() throws {
        #expect(try StageTests.answer("{app=\"x\"} | logfmt | keep app", ["__private=1"]) == ["__private=1"])
        #expect(try StageTests.answer("{app=\"x\"} | json | keep app", ["{"]) == ["__error__=JSONParserErr {"])
    }

    @Test("template functions as Sprig and Go have them", arguments: [
        ("{{ title `don't stop_me 9am` }}", "Don'T Stop_me 9am"), ("{{ addf 0.1 0.2 }}", "0.3"), ("{{ mulf 1.1 1.1 }}", "1.21"),
        ("{{ add `0x10` `010` 1 }}", "25"), ("{{ int `2.5` }}-{{ int `3.00` }}", "0-3"), ("{{ fromJson `broken` }}", "<no value>"),
        ("{{ alignLeft -1 `ab` }}|{{ alignRight 4 `ab` }}|", "ab|  ab|"), ("{{ `5d` | duration }}", nil), ("{{ .app | now }}", nil),
        ("{{ .app Replace `a` }}", nil), ("{{ repeat 9223372036854775807 `ab` }}", nil), ("{{ date `2006` 86400 }}", "1970"),
        ("{{ toDateInZone `2006-01-02 15:04` `+02:00` `2024-07-01 12:00` | unixEpoch }}", "1719828000"),
        ("{{ toDateInZone `2006-01-02 15:04` `No/Where` `2024-07-01 12:00` | unixEpoch }}", "1719835200"),
        ("{{ toDate `2006-01-02` `nonsense` | date `2006-01-02` }} {{ toDate `2006` `x` | unixEpoch }}", "0001-01-01 -62135596800"),
        ("{{ .app.foo }}", nil), ("{{ urldecode `a%zz` }}", nil), ("{{ urldecode `a%20b%26+c` }}", "a b& c"), ("{{ html `<a href='x'>` }}", "&lt;a href=&#39;x&#39;&gt;"),
        ("{{ js `it's <b>` }}", "it\\'s \\u003Cb\\u003E"), ("{{ urlquery `a b&c` }}", "a+b%26c"), ("{{ upper `straße é` }} {{ lower `İÀ` }}", "STRAßE É ià"),
        ("{{ b64dec `!!` }}", "illegal base64 data at input byte 0"), ("{{ b64dec `SGVsbG8` }}", "illegal base64 data at input byte 4"),
        ("{{ replace `` `-` `ab` }} {{ Replace `ab` `` `-` 2 }}", "-a-b- -a-b"), ("{{ round -2.5 0 }} {{ int `2.567` }} {{ floor `x` }}", "-3 0 0"),
        ("{{ printf `%d` `a` }} {{ printf `%s %s` `a` }} {{ printf `%s` `a` `b` }}", "%!d(string=a) a %!s(MISSING) a%!(EXTRA string=b)"),
        ("{{ `3MB` | bytes }}", "3e+06"), ("{{ round 2.675 2 }} {{ div 7 2 }} {{ mod 7 4 }}", "2.68 3 3"),
    ] as [(String, String?)])
    func templates(template: String, expected: String?) throws {
        let found = try StageTests.answer("{app=\"x\"} | line_format \(Literals.quote(template))", ["line"])
        #expect(found == [expected ?? "__error__=TemplateFormatErr line"])
    }

    @Test(
        "zones have their names, with summer time", .enabled(if: ZoneDatabase.isPresent, "there is no database of time zones on this machine"),
        arguments: [
            ("America/New_York", "2024-07-01 12:00", "1719849600"), ("America/New_York", "2024-12-01 12:00", "1733072400"),
            ("Asia/Kolkata", "2024-12-01 12:00", "1733034600"), ("../../etc/passwd", "2024-12-01 12:00", "1733054400"),
        ])
    func zones(name: String, local: String, seconds: String) throws {
        let template = "{{ toDateInZone `2006-01-02 15:04` `\(name)` `\(local)` | unixEpoch }}"
        #expect(try StageTests.answer("{app=\"x\"} | line_format \(Literals.quote(template))", ["line"]) == [seconds])
    }

    @Test(
        "times carry the zone they were read in, as Go's do; `date` shows the server's, which is UTC",
        .enabled(if: ZoneDatabase.isPresent, "there is no database of time zones on this machine"),
        arguments: [
            ("{{ toDateInZone `2006-01-02 15:04` `Europe/Berlin` `2024-07-01 12:00` }}", "2024-07-01 12:00:00 +0200 CEST"),
            ("{{ toDateInZone `2006-01-02 15:04` `Europe/Berlin` `2024-01-01 12:00` }}", "2024-01-01 12:00:00 +0100 CET"),
            ("{{ toDateInZone `2006-01-02 15:04` `Europe/Berlin` `2024-07-01 12:00` | date `15:04 MST` }}", "10:00 UTC"),
            ("{{ (toDateInZone `2006-01-02 15:04` `America/New_York` `2024-07-01 23:30`).Format `Mon 02 Jan 15:04 MST -07:00` }}", "Mon 01 Jul 23:30 EDT -04:00"),
            ("{{ (toDateInZone `2006-01-02 15:04` `Asia/Kolkata` `2024-07-01 03:30`).UTC.Format `2006-01-02T15:04Z07:00` }}", "2024-06-30T22:00Z"),
            ("{{ (toDateInZone `2006-01-02 15:04` `Asia/Tokyo` `2024-12-31 12:00`).YearDay }}", "366"),
            ("{{ toDate `2006-01-02T15:04:05Z07:00` `2024-07-01T12:00:00+02:00` }}", "2024-07-01 12:00:00 +0200 +0200"),
            ("{{ toDate `2006-01-02T15:04:05Z07:00` `2024-07-01T12:00:00Z` }}", "2024-07-01 12:00:00 +0000 UTC"),
            ("{{ toDateInZone `2006-01-02T15:04:05-07:00` `Europe/Berlin` `2024-07-01T12:00:00+02:00` }}", "2024-07-01 12:00:00 +0200 CEST"),
            ("{{ toDateInZone `2006-01-02 15:04 MST` `Europe/Berlin` `2024-07-01 12:00 CET` | unixEpoch }}", "1719831600"),
            ("{{ toDate `Mon Jan _2 15:04:05 MST 2006` `Mon Jul  1 09:05:06 PDT 2024` }}", "2024-07-01 09:05:06 +0000 PDT"),
            ("{{ toDate `02/Jan/2006:15:04:05 -0700` `10/Oct/2000:13:55:36 -0700` | unixEpoch }}", "971211336"),
            ("{{ toDate `2006-01-02 15:04:05` `2024-07-01 12:00:00.25` | unixEpochMillis }}", "1719835200250"),
            ("{{ toDate `2006-01-02 15:04:05.000` `2024-07-01 12:00:00.25` | unixEpoch }}", "-62135596800"),
            ("{{ toDate `2006-01-02` `2024-02-30` | date `2006` }}", "0001"), ("{{ toDate `15:04` `7:30` | date `2006-01-02 15:04` }}", "0000-01-01 07:30"),
            ("{{ toDate `2006-002` `2024-366` | date `Jan 2` }}", "Dec 31"), ("{{ toDate `3:04 PM` `12:05 AM` | date `15:04` }}", "00:05"),
            ("{{ __timestamp__ }}", "1970-01-01 00:00:01 +0000 UTC"), ("{{ __timestamp__ | date `Month _2006 .0005` }}", "Month _1970 .0001"),
            ("{{ __timestamp__.Unix }}", "1"),
        ])
    func carriedZones(template: String, expected: String) throws {
        #expect(try StageTests.answer("{app=\"x\"} | line_format \(Literals.quote(template))", ["line"]) == [expected])
    }

    @Test("labels come by category when asked for")
    func categories() throws {
        var options = EvaluationOptions()
        options.categorizesLabels = true
        let prepared = try LogQLEvaluator(reader: Self.reader([("a=1 env=p", ["trace": "t"])]), workPool: SerialWorkPool()).prepare("{app=\"x\"} | logfmt")
        let value = try prepared.evaluate(from: .epoch, to: Timestamp(seconds: 9), step: .seconds(1), options: options, budget: QueryBudget()).value
        guard case .streams(let streams) = value, let stream = streams.first, let entry = stream.entries.first else {
            Issue.record("no entry")
            return
        }
        #expect(stream.labels == Labels(["app": "x", "env": "prod"]))
        #expect(entry.metadata == Labels(["trace": "t"]))
        #expect(entry.parsed == Labels(["a": "1", "env_extracted": "p"]))
    }

    @Test("an answer that memory does not hold is cut, and says how to get the rest")
    func cut() throws {
        var limits = QueryBudget.Limits()
        limits.bytes = 1000
        var options = EvaluationOptions()
        options.limit = 0
        options.direction = .forward
        let lines: [Line] = (0..<20).map { _ in (String(repeating: "x", count: 200), [:]) }
        let evaluation = try LogQLEvaluator(reader: Self.reader(lines), workPool: SerialWorkPool()).prepare("{app=\"x\"}")
            .evaluate(from: .epoch, to: Timestamp(seconds: 100), step: .seconds(1), options: options, budget: QueryBudget(limits: limits))
        #expect(evaluation.isPartial)
        #expect(evaluation.warnings.first?.contains("for the rest ask again with start=") == true, "\(evaluation.warnings)")
    }

    @Test("more series than a query may have give those it may have, counted to the end, and say how to get the rest", arguments: [
        "sum by (user) (count_over_time({app=\"x\"} | logfmt [1m]))", "max_over_time({app=\"x\"} | logfmt | unwrap n [1m]) by (user)",
        "count_over_time({app=\"x\"} | logfmt | keep user [1m])",
    ])
    func cutSeries(query: String) throws {
        var limits = QueryBudget.Limits()
        limits.series = 3
        let lines: [Line] = (0..<40).map { ("user=u\($0 % 10) n=\($0)", [:]) }
        let evaluation = try LogQLEvaluator(reader: Self.reader(lines), workPool: SerialWorkPool()).prepare(query)
            .evaluate(at: Timestamp(seconds: 60), options: EvaluationOptions(), budget: QueryBudget(limits: limits))
        guard case .vector(let elements) = evaluation.value else {
            Issue.record("no vector")
            return
        }
        #expect(elements.map { $0.labels["user"] ?? "" } == ["u0", "u1", "u2"])
        #expect(elements.map(\.value) == (query.hasPrefix("max") ? [30, 31, 32] : [4, 4, 4]))
        #expect(evaluation.isPartial && evaluation.warnings.contains { $0.contains("these are 3 of more series") && $0.contains("for the rest") })
    }

    @Test("series take memory by their steps, and a query that has too little of it gives part of them")
    func cutByMemory() throws {
        var limits = QueryBudget.Limits()
        limits.bytes = 1 << 20
        let lines: [Line] = (0..<300).map { ("user=u\($0)", [:]) }
        let evaluation = try LogQLEvaluator(reader: Self.reader(lines), workPool: SerialWorkPool())
            .prepare("count_over_time({app=\"x\"} | logfmt | keep user [1m])")
            .evaluate(
                from: .epoch, to: Timestamp(seconds: 5000), step: .seconds(1), options: EvaluationOptions(), budget: QueryBudget(limits: limits))
        guard case .matrix(let series) = evaluation.value else {
            Issue.record("no matrix")
            return
        }
        // Five thousand steps of eight bytes each.
        #expect((1...26).contains(series.count) && evaluation.isPartial)
        #expect(series.allSatisfy { $0.values.allSatisfy { $0 == 1 } })
    }

    @Test("a query looks up in the middle of a chunk, and stops when its time is up or its client has gone", arguments: [
        "{app=\"x\"} | json | line_format `{{ .a }}`", "count_over_time({app=\"x\"} | logfmt [1m])",
        "quantile_over_time(0.5, {app=\"x\"} | logfmt | unwrap n [1m])", "{app=\"x\"} | logfmt | sort by (n)",
    ])
    func stops(query: String) throws {
        // One chunk of twenty thousand entries; a clock that moves when somebody looks at it.
        let prepared = try LogQLEvaluator(reader: Self.reader((0..<20_000).map { ("user=u n=\($0)", [:]) }), workPool: SerialWorkPool()).prepare(query)
        let looks = Looks()
        var options = EvaluationOptions()
        options.limit = 0
        let budget = QueryBudget(deadline: .init(at: 12, reason: "time is up") { looks.next() })
        let error = #expect(throws: QueryError.self) {
            _ = try prepared.evaluate(from: .epoch, to: Timestamp(seconds: 30_000), step: .seconds(60), options: options, budget: budget)
        }
        #expect(error?.code == .cancelled && error?.message == "time is up", "\(error?.message ?? "")")
        #expect(looks.count < 24, "it went on for \(looks.count) looks")
    }
}

/// A clock that is one later each time it is asked.
private final class Looks: Sendable {
    private let number = Mutex<UInt64>(0)
    var count: UInt64 { number.withLock { $0 } }

    func next() -> UInt64 {
        number.withLock { number in
            number += 1
            return number
        }
    }
}
