import Bytes
import Environment
import QueryLanguage
import Telemetry
import Testing

@testable import LogQL

@Suite("stages and pipes")
struct StageTests {
    static func answer(_ query: String, _ lines: [String], labels: KeyValuePairs<String, String> = ["app": "x"]) throws -> [String] {
        let reader = MemoryEntryReader([(Labels(labels), lines.enumerated().map { offset, line in
            MemoryEntryReader.Entry(time: Int64(offset + 1) * 1_000_000_000, line: Array(line.utf8), metadata: .empty)
        })])
        var options = EvaluationOptions()
        options.direction = .forward
        let value = try LogQLEvaluator(reader: reader, workPool: SerialWorkPool()).prepare(query).evaluate(
            from: .epoch, to: Timestamp(seconds: 1000), step: .seconds(1), options: options, budget: QueryBudget()
        ).value
        guard case .streams(let streams) = value else { return [] }
        return streams.flatMap { stream in
            stream.entries.map { entry in
                let pairs = stream.labels.pairs.filter { $0.name != "app" && $0.name != "__error_details__" }
                return (pairs.map { "\($0.name)=\($0.value)" } + [String(decoding: entry.line, as: UTF8.self)]).joined(separator: " ")
            }
        }
    }

    @Test("one line through a pipeline", arguments: [
        (#"| logfmt"#, #"a=1 b="x y" dup=1 dup=2 empty="#, #"a=1 b=x y dup=1 a=1 b="x y" dup=1 dup=2 empty="#),
        (#"| logfmt --keep-empty e"#, "e=", "e= e="),
        (#"| logfmt missing="m" | line_format "-""#, "a=1", "missing= -"),
        (#"| json | line_format "-""#, #"{"a":{"b":1},"c":"\u00e9"}"#, "a_b=1 c=\u{e9} -"),
        (#"| json | line_format "-""#, #"{"app":"y"}"#, "app_extracted=y -"),
        (#"| json x="a[1].b" | line_format "-""#, #"{"a":[0,{"b":[1]}]}"#, "x=[1] -"),
        (#"| json | line_format "-""#, #" {"a":1}"#, "a=1 -"), (#"| json x="a" | line_format "-""#, #" {"a":1}"#, "__error__=JSONParserErr -"),
        (#"| json | line_format "-""#, "plain", "__error__=JSONParserErr -"), (#"| json | line_format "-""#, "{broken", "__error__=JSONParserErr -"),
        (#"| unpack"#, "plain", "__error__=JSONParserErr plain"),
        (#"| decolorize"#, "\u{1b}[31mred\u{1b}[0m", "red"),
        (#"| label_format b="{{.app | upper}}""#, "l", "b=X l"),
        (#"| line_format "{{if eq .app `x`}}yes{{else}}no{{end}}""#, "l", "yes"),
        (#"| line_format "{{range $i, $e := fromJson __line__}}{{$i}}:{{$e}} {{- end}}""#, "[1, 2]", "0:11:2"),
        (#"| line_format "{{__timestamp__ | date `2006-01-02T15:04:05Z07:00`}}""#, "l", "1970-01-01T00:00:01Z"),
        (#"| line_format "{{add 1 2}} {{div 7 2}} {{addf 1.5 2}} {{round 1.256 2}}""#, "l", "3 3 3.5 1.26"),
        (#"| line_format "{{trunc 2 __line__}}{{substr 1 3 __line__}}""#, "abcdef", "abbc"),
        (#"| line_format "{{ now | unixEpoch }}""#, "l", "1000"),
        (#"| line_format "{{ div 1 0 }}""#, "l", "__error__=TemplateFormatErr l"),
        (#"|= ip("10.0.0.0/8")"#, "from 10.1.2.3:80", "from 10.1.2.3:80"),
        (#"| cluster"#, "took 15ms", "count=1 pattern=took <_> took 15ms"),
    ])
    func line(pipeline: String, line: String, expected: String) throws {
        #expect(try Self.answer("{app=\"x\"} \(pipeline)", [line]) == [expected])
    }

    @Test("pipes on the whole answer", arguments: [
        ("| dedup", ["1", "2", "1"]),
        ("| distinct", ["1", "2"]),
        ("| regexp `(?P<a>.)` | keep a | distinct a", ["a=1 1", "a=2 2"]),
        ("| top 1", ["count=3 line=1 1"]),
        (#"|= "2" | context 1,0"#, ["1", "2"]),
    ])
    func table(pipes: String, expected: [String]) throws {
        #expect(try Self.answer("{app=\"x\"} \(pipes)", ["1", "1", "2", "1"]) == expected)
    }

    @Test("failed lines fail a metric query unless nobody looks at labels or they are grouped by their error", arguments: [
        ("sum(count_over_time({app=\"x\"} | json [1m]))", ["2"]), ("sum by (a) (count_over_time({app=\"x\"} | json [1m]))", nil),
        ("sum by (__error__) (count_over_time({app=\"x\"} | json [1m]))", ["1", "1"]),
        ("count_over_time({app=\"x\"} | json | __error__=\"\" [1m])", ["1"]),
    ] as [(String, [String]?)])
    func failures(query: String, expected: [String]?) throws {
        let lines = ["{\"a\":1}", "broken"]
        let reader = MemoryEntryReader([(["app": "x"], lines.enumerated().map { offset, line in
            MemoryEntryReader.Entry(time: Int64(offset + 1) * 1_000_000_000, line: Array(line.utf8), metadata: .empty)
        })].map { (Labels($0.0 as KeyValuePairs), $0.1) })
        let prepared = try LogQLEvaluator(reader: reader, workPool: SerialWorkPool()).prepare(query)
        let answer = try? prepared.evaluate(at: Timestamp(seconds: 10), options: EvaluationOptions(), budget: QueryBudget())
        guard let expected else {
            #expect(answer == nil)
            return
        }
        guard case .vector(let elements)? = answer?.value else {
            Issue.record("no vector")
            return
        }
        #expect(elements.map { DecimalNumber.prometheusText($0.value) } == expected)
    }

    @Test("errors carry the place in Loki's words")
    func errors() {
        #expect {
            try Parser.parse("{a=\"b\"} | json | =")
        } throws: { error in
            (error as? QueryError)?.message == "parse error at line 1, col 18: syntax error: unexpected ="
        }
    }

    @Test("any text is parsed or refused, never a crash")
    func fuzz() {
        var random = SplitMix64(seed: 42)
        let words = ["{", "}", "a", "=", "\"b\"", "|", "json", "logfmt", "(", ")", "[5m]", "sum", "by", "rate", "5", "and", "or", "unwrap", "|=", "`x`", "offset", "-", "drop", ","]
        for _ in 0..<3000 {
            let count = Int.random(in: 1...24, using: &random)
            let text = (0..<count).map { _ in words.randomElement(using: &random)! }.joined(separator: " ")
            if let expression = try? Parser.parse(text) { #expect((try? Parser.parse(expression.description)) != nil, "\(text)") }
        }
        #expect(throws: QueryError.self) { try Parser.parse(String(repeating: "(", count: 5000)) }
    }
}
