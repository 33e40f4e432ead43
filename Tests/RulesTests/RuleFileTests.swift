import Bytes
import Environment
import Testing

@testable import Rules

@Suite("Rule files")
struct RuleFileTests {
    @Test("a Prometheus rule file is read whole")
    func file() {
        let file = RuleFile(
            """
            groups:
            - name: web
              interval: 30s
              query_offset: 5s
              limit: 10
              labels: {team: sea, severity: info}
              rules:
              - record: job:up:sum
                expr: sum(up)
              - alert: Down
                expr: up == 0
                for: 5m
                keep_firing_for: 1m30s
                language: logql
                labels: {severity: page}
                annotations:
                  summary: "{{ $labels.instance }} is down"
            """, path: "rules.yml")
        #expect(file.problems == [])
        let group = file.groups[0]
        #expect(group.interval == .seconds(30) && group.queryOffset == .seconds(5) && group.limit == 10)
        #expect(group.rules.map(\.name) == ["job:up:sum", "Down"])
        let alert = group.rules[1]
        #expect(alert.holdDuration == .seconds(300) && alert.keepFiringFor == .seconds(90) && alert.language == .logql)
        #expect(alert.labels == [.init(name: "severity", text: "page"), .init(name: "team", text: "sea")])
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var text: String
        var expect: [String]
        var testDescription: String { expect.joined(separator: " | ") }
    }

    @Test(
        "what is wrong is named with its place",
        arguments: [
            Wrong(text: "groups:\n- name: a\n  intervall: 5s\n", expect: ["f:3:3: unknown field \"intervall\""]),
            Wrong(text: "groups:\n- name: a\n- name: a\n", expect: ["f:3:9: groupname: \"a\" is repeated in the same file"]),
            Wrong(text: "groups:\n- rules: []\n", expect: ["f:2:3: Groupname must not be empty"]),
            Wrong(
                text: "groups:\n- name: a\n  rules:\n  - alert: X\n    record: y\n    expr: up\n",
                expect: ["f:5:13: group \"a\", rules[0].record: only one of 'record' and 'alert' must be set"]),
            Wrong(
                text: "groups:\n- name: a\n  rules:\n  - alert: X\n    expr: up\n    keep_firing_for: soon\n",
                expect: ["f:6:22: group \"a\", rules[0].keep_firing_for: not a valid duration string: \"soon\""]),
            Wrong(
                text: "groups:\n- name: a\n  rules:\n  - record: x\n    expr: up\n    for: 5m\n",
                expect: ["f:6:10: group \"a\", rules[0].for: invalid field 'for' in recording rule"]),
            Wrong(text: "groups:\n- name: a\n  rules:\n  - alert: X\n", expect: ["f:4:5: group \"a\", rules[0].expr: field 'expr' must be set in rule"]),
        ])
    func wrong(_ wrong: Wrong) {
        #expect(RuleFile(wrong.text, path: "f").problems.map(\.description) == wrong.expect)
    }

    @Test("text that is no document is one line with its place")
    func noDocument() {
        let file = RuleFile("groups: [", path: "f")
        #expect(file.problems.count == 1 && file.groups.isEmpty)
    }

    @Test("a manifest of a RuleGroup is read too")
    func manifest() {
        let file = RuleFile(
            """
            apiVersion: skysail.dev/v1
            kind: RuleGroup
            metadata: {name: tour}
            spec:
              rules:
              - alert: X
                expr: up
                for: soon
            """, path: "f")
        #expect(file.problems.map(\.description) == ["f:8:10: group \"tour\", rules[0].for: not a valid duration string: \"soon\""])
    }
}

@Suite("Prometheus' own rule files", .enabled(if: PromtoolFiles.rules != nil, "the shared conformance data (../shared/conformance/promql/promtool) is not here"))
struct PromtoolFileTests {
    @Test("a good one has no problems, and all its rules")
    func good() throws {
        let file = RuleFile(try #require(PromtoolFiles.rules), path: "rules.yml")
        #expect(file.problems == [])
        #expect(file.groups.map(\.id.name) == ["alerts", "rules"] && file.groups.map(\.rules.count) == [2, 3])
    }

    @Test("a template with an unknown variable is a problem with its place")
    func bad() throws {
        let text = try #require(PromtoolFiles.read("rules-bad.yml"))
        #expect(RuleFileCheck.problems(in: text).map(\.line) == [13])
    }
}

enum PromtoolFiles {
    static let folder = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/../shared/conformance/promql"

    static let rules = read("rules.yml")

    static func read(_ name: String) -> String? { ConformanceFile.read("\(folder)/promtool/\(name)").map { String(decoding: $0, as: UTF8.self) } }
}
