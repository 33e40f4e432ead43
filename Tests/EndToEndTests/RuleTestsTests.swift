import Bytes
import Environment
import Posix
import Testing

@Suite("skysail test rules", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct RuleTestsTests {
    static let folder = ProjectRoot.path + "/../shared/conformance/promql/promtool"
    static let isThere = PosixFileSystem().exists(folder + "/unittest.yml")

    private func run(_ arguments: [String]) throws -> (code: Int, text: String) {
        let outcome = try PosixProgramRunner.runBlocking(Binary.path, arguments, environment: ["PATH": "/usr/bin:/bin"])
        return (Int(outcome.code), String(decoding: outcome.output + outcome.errors, as: UTF8.self))
    }

    @Test(
        "promtool's own files pass, fail and are refused as there", .enabled(if: isThere, "the shared conformance data (../shared/conformance) is not here"),
        arguments: [
            ("unittest.yml", 0, "SUCCESS"), ("no-test-group-interval.yml", 0, "SUCCESS"), ("at-modifier-test.yml", 0, "SUCCESS"),
            ("negative-offset-test.yml", 0, "SUCCESS"), ("failing.yml", 1, "alertname: AlwaysFiring, time: 300.0 s"), ("bad-input-series.yml", 1, "unexpected end of input"),
            ("bad-promql.yml", 1, "many-to-many matching not allowed"),
        ])
    func published(file: String, code: Int, part: String) throws {
        let (found, text) = try run(["test", "rules", "\(Self.folder)/\(file)"])
        #expect(found == code && text.contains(part), "\(text)")
    }

    @Test(
        "promtool's rule files are checked as there", .enabled(if: isThere, "the shared conformance data (../shared/conformance) is not here"),
        arguments: [("rules.yml", 0), ("features.yml", 0), ("at-modifier.yml", 0), ("negative-offset.yml", 0), ("rules-bad.yml", 1), ("../alert_generator/rules.yaml", 0)])
    func checked(file: String, code: Int) throws {
        let (found, text) = try run(["check", "rules", "\(Self.folder)/\(file)"])
        #expect(found == code, "\(text)")
    }

    @Test("a test of rules over metrics and logs passes, and tells what is otherwise")
    func both() throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let files = PosixFileSystem()
        try files.replaceContents(
            folder.path + "/rules.yml",
            with: Array(
                """
                groups:
                - name: both
                  interval: 1m
                  rules:
                  - record: web:errors
                    expr: sum(count_over_time({app="web"} |= "error" [1m]))
                    language: logql
                  - alert: ErrorsUnderLoad
                    expr: web:errors > 2 and on() sum(load) > 10
                    for: 1m
                    labels: {severity: page, cluster: "{{ $externalLabels.cluster }}"}
                    annotations: {summary: "{{ $value }} errors"}
                """.utf8))
        func tests(_ errors: Int) -> [UInt8] {
            Array(
                """
                rule_files: ["ru*.yml"]
                tests:
                - name: errors under load
                  external_labels: {cluster: north}
                  input_series:
                  - series: load{pod="a"}
                    values: 20x5
                  input_logs:
                  - stream: '{app="web"}'
                    lines:
                \((0..<60).map { "    - {time: \($0 * 5)s, line: \"error \($0)\"}" }.joined(separator: "\n"))
                  promql_expr_test:
                  - expr: web:errors
                    eval_time: 3m
                    exp_samples: [{labels: "web:errors", value: \(errors)}]
                  logql_expr_test:
                  - expr: sum(count_over_time({app="web"}[10s]))
                    eval_time: 1m
                    exp_samples: [{value: 2}]
                  alert_rule_test:
                  - {eval_time: 1m, alertname: ErrorsUnderLoad, exp_alerts: []}
                  - eval_time: 3m
                    alertname: ErrorsUnderLoad
                    exp_alerts:
                    - exp_labels: {severity: page, cluster: north}
                      exp_annotations: {summary: "12 errors"}
                """.utf8)
        }
        try files.replaceContents(folder.path + "/good.yml", with: tests(12))
        try files.replaceContents(folder.path + "/bad.yml", with: tests(13))
        let good = try run(["test", "rules", folder.path + "/good.yml"])
        #expect(good.code == 0, "\(good.text)")
        let bad = try run(["test", "rules", folder.path + "/bad.yml"])
        #expect(bad.code == 1 && bad.text.contains("errors under load: expr: \"web:errors\", time: 180.0 s"), "\(bad.text)")
    }
}
