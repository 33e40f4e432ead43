import Bytes
import QueryLanguage
import Telemetry
import Testing

@testable import Rules

@Suite("Templates of labels and annotations")
struct AlertTemplateTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var failsOnMissing: Bool
        /// nil: it must fail.
        var output: String?
        var input: TemplateValue
        var query: [VectorElement]
        var testDescription: String { text }
    }

    static let published: [Case] = {
        guard let bytes = ConformanceFile.read(PromtoolFiles.folder + "/promql_parse.json"), let document = try? JSONValue.parse(bytes) else { return [] }
        return (document["templates"]?.arrayValue ?? []).compactMap { one in
            let text = one["text"]?.stringValue ?? ""
            let input = (one["input"]?.arrayValue ?? []).map { value in
                value.doubleValue.map { TemplateValue.number($0) } ?? .string(value.stringValue ?? "")
            }
            let query = (one["query_result"]?.arrayValue ?? []).map { sample in
                var labels = LabelsBuilder()
                if case .object(let members)? = sample["labels"] { for (name, value) in members { labels.set(name, value.stringValue ?? "") } }
                return VectorElement(labels: labels.labels, time: 0, value: sample["value"]?.doubleValue ?? 0)
            }
            return Case(
                text: text, failsOnMissing: one["option"]?.stringValue == "missingkey=error",
                output: one["fails"] == true ? nil : one["output"]?.stringValue ?? "", input: .list(input), query: query)
        }
    }()

    @Test("expand as Prometheus has it", .enabled(if: !published.isEmpty, "the shared conformance data (../shared/conformance/promql) is not here"), arguments: published)
    func conformance(_ one: Case) {
        var context = AlertTemplate.Context(now: Timestamp(seconds: 1_353_755_652), externalURL: "http://testhost:9090/path/prefix")
        context.query = { _ in one.query }
        let rendered = try? AlertTemplate.expand(one.text, one.input, context, missingKey: one.failsOnMissing ? .failure : .noValue)
        #expect(rendered == one.output)
    }

    static let labels = Labels(["instance": "{{ $value }}", "job": "<b>&\"\u{0}"])

    @Test(
        "know the alert's labels and value",
        arguments: [
            ("{{ $labels.job }} at {{ $value }}", "<b>&\"\u{0} at 2.5"),
            ("{{ .Labels.job }} {{ .Value | printf \"%.2f\" }}", "<b>&\"\u{0} 2.50"),
            ("{{ printf \"%.0f of %s\" $value $labels.missing }}!", "2 of !"),
            // A template in a label's value stays text: it is never run.
            ("{{ $labels.instance }}", "{{ $value }}"),
            ("{{ if gt $value 2.0 }}high{{ else }}low{{ end }}", "high"),
            ("{{ humanize 1048576 }} {{ humanize1024 1048576 }} {{ humanizeDuration 135.3563 }} {{ humanizePercentage 0.959 }}", "1.049M 1Mi 2m 15s 95.9%"),
            ("{{ humanizeTimestamp 1643114203 }}", "2022-01-25 12:36:43 +0000 UTC"),
            ("{{ stripPort \"[::1]:6006\" }} {{ parseDuration \"2h10m15s\" }}", "::1 7815"),
        ])
    func alert(_ text: String, _ expect: String) {
        #expect(AlertTemplate.render(text, Self.labels, 2.5, .init(now: .epoch)) == expect)
    }

    @Test("that fail say so in their place", arguments: ["{{ humanize \"one\" }}", "{{ query \"x\" | first }}", "{{ match \"(\" \"x\" }}"])
    func failures(_ text: String) {
        #expect(AlertTemplate.check(text) == nil)
        #expect(AlertTemplate.render(text, Self.labels, 1, .init(now: .epoch)).hasPrefix("<error expanding template: "))
    }

    @Test("that cannot be read are refused", arguments: ["{{", "{{ $label.foo }}", "{{ nonsense 1 }}", "{{ if }}x{{ end }}", "{{ end }}", "{{ \"x }}"])
    func refused(_ text: String) { #expect(AlertTemplate.check(text) != nil) }
}
