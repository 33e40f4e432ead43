import Environment
import Posix
import PromQLScript
import Testing

@testable import PromQL

@Suite("PromQL conformance")
struct ConformanceTests {
    static let files = [
        "aggregators", "at_modifier", "collision", "duration_expression", "extended_vectors", "fill-modifier", "functions", "histograms", "info",
        "limit", "literals", "name_label_dropping", "native_histograms", "operators", "range_queries", "selectors", "staleness", "start_timestamps",
        "subquery", "trig_functions", "type_and_unit",
    ]

    static let isPresent = PosixFileSystem().exists(Conformance.folder)

    @Test("every evaluation of Prometheus' own scripts answers as Prometheus does", .enabled(if: isPresent), arguments: files)
    func scripts(_ name: String) throws {
        let bytes = try PosixFileSystem().contents("\(Conformance.folder)/\(name).test")
        var runner = ScriptRunner(String(decoding: bytes, as: UTF8.self), on: EngineSubject())
        runner.run()
        let written = String(decoding: bytes, as: UTF8.self).split(separator: "\n").count { $0.trimmed.hasPrefix("eval") }
        #expect(runner.evaluations == written, "every evaluation of the file is run")
        let failures = runner.failures.map { "\(name).test \($0)" }.joined(separator: "\n")
        #expect(runner.failures.isEmpty, "\(runner.evaluations - runner.failures.count) of \(runner.evaluations) pass\n\(failures)")
    }

    @Test("our own scripts answer as written", arguments: ["behaviour"])
    func ownScripts(_ name: String) throws {
        let bytes = try PosixFileSystem().contents("\(Conformance.root)/Tests/Fixtures/PromQL/\(name).promqltest")
        var runner = ScriptRunner(String(decoding: bytes, as: UTF8.self), on: EngineSubject())
        runner.run()
        #expect(runner.failures.isEmpty, "\(runner.failures.map { "\(name).promqltest \($0)" }.joined(separator: "\n"))")
    }
}
