import Bytes
import Testing

@testable import QueryLanguage

@Suite("templates")
struct TemplateTests {
    struct Subject: TemplateSubject {
        func field(_ name: String) -> TemplateValue {
            name == "labels" ? .object(["job": .string("web")]) : name == "n" ? .number(1.5) : name == "list" ? .list([.integer(1), .integer(2)]) : .none
        }
        var whole: TemplateValue { .string("whole") }
        func call(_ name: String, _ arguments: [TemplateValue]) -> TemplateValue { .none }
    }

    @Test("a template renders", arguments: [
        ("a {{ .labels.job }} b", "a web b"), ("{{ . }}", "whole"), ("x {{- 1 -}} y", "x1y"), ("{{/* c */}}z", "z"),
        ("{{ if gt .n 1.0 }}hot{{ else if eq .n 1.0 }}even{{ else }}cold{{ end }}", "hot"),
        ("{{ if eq .n 2.0 }}a{{ else if eq .n 1.5 }}b{{ else }}c{{ end }}!", "b!"),
        ("{{ range .list }}[{{ . }}]{{ else }}none{{ end }}", "[1][2]"),
        ("{{ range $i, $v := .list }}{{ if $i }},{{ end }}{{ $v }}{{ end }}", "1,2"),
        ("{{ range .list }}{{ break }}x{{ end }}y", "y"),
        ("{{ with $x := .labels }}{{ .job }}{{ $x.job }}{{ end }}", "webweb"), ("{{ with .gone }}a{{ else }}b{{ end }}", "b"),
        ("{{ $v := 1 }}{{ $v = 2 }}{{ $v }}", "2"), ("{{ (fromJson `{\"a\":[7]}`).a }}", "[7]"),
        ("{{ printf \"%05.1f|%-4s|%x|%q|%d\" .n \"ab\" 255 \"q\" 3 }}", "001.5|ab  |ff|\"q\"|3"),
        ("{{ \"a b\" | urlencode | urldecode | b64enc | b64dec | title }}", "A B"), ("{{ and true \"x\" }}{{ or \"\" \"y\" }}{{ not false }}", "xytrue"),
        ("{{ index .list 1 }} {{ len .list }} {{ slice \"abcd\" 1 3 }}", "2 2 bc"), ("{{ unixEpoch (toDate \"2006-01-02\" \"1970-01-02\") }}", "86400"),
        ("{{ \"1700000000\" | unixToTime | date \"Jan _2 15:04:05.000\" }}", "Nov 14 22:13:20.000"),
        ("{{ define \"a\" }}<{{ . }}{{ $ }}>{{ end }}{{ template \"a\" 1 }}{{ template \"a\" .labels.job }}", "<11><webweb>"),
        ("{{ block \"b\" .list }}{{ range . }}{{ . }};{{ end }}{{ end }}!", "1;2;!"),
        ("{{ (\"1700000000\" | unixToTime).Format \"15:04\" }} {{ (\"1700000000\" | unixToTime).Year }}", "22:13 2023"),
        ("{{ (unixToTime \"1700000060\").Sub (unixToTime \"1700000000\") }}", "1m0s"),
        ("{{ trimPrefix \"a\" \"abc\" }}{{ repeat 2 \"x\" }}{{ indent 2 \"y\" }}", "bcxx  y"), ("{{ `{{raw}}` }}", "{{raw}}"),
    ])
    func render(template: String, expected: String) throws {
        #expect(String(decoding: try TextTemplate(template).render(Subject()), as: UTF8.self) == expected)
    }

    @Test(
        "what only shows when it runs fails then",
        arguments: [
            "{{ template \"nowhere\" }}", "{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}", "{{ .n.Format \"2006\" }}",
            "{{ (unixToTime \"1700000000\").Frobnicate }}",
        ])
    func failing(template: String) throws {
        let template = try TextTemplate(template)
        #expect(throws: TemplateError.self) { try template.render(Subject()) }
    }

    @Test(
        "a length of time is printed as Go prints it",
        arguments: [
            (Duration.zero, "0s"), (.seconds(1800), "30m0s"), (.milliseconds(1500), "1.5s"), (.milliseconds(250), "250ms"), (.nanoseconds(1500), "1.5µs"),
            (.seconds(-3725), "-1h2m5s"), (.seconds(7200), "2h0m0s"),
        ])
    func duration(value: Duration, text: String) { #expect(TemplateValue.duration(value).text == text) }

    @Test("a broken template is refused", arguments: [
        "{{", "{{ }}", "{{ break }}", "{{ if .a }}{{ continue }}{{ end }}", "{{ nil }}", "{{ nosuch }}", "{{ if }}{{ end }}", "{{ if .a }}", "{{ end }}", "{{ $x }}", "{{ 1 | 2 }}", "{{ \"a }}", "{{ (.a }}", "{{ define \"a\" }}x",
        "{{ template x }}", "{{ if .a }}{{ define \"a\" }}{{ end }}{{ end }}", "{{ define \"a\" }}{{ else }}{{ end }}",
    ])
    func refuse(template: String) { #expect(throws: TemplateError.self) { try TextTemplate(template) } }
}
