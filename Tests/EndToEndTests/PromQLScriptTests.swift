import Environment
import Posix
import PromQLScript
import Testing

/// Prometheus' own scripts against the finished binary, from remote write to JSON.
@Suite("PromQL over HTTP", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct PromQLScriptTests {
    static let folder = ProjectRoot.path + "/../shared/conformance/promql"
    static let isPresent = PosixFileSystem().exists(folder)

    /// Each file has a server of its own, so that they may run side by side.
    static let files = [
        "aggregators", "at_modifier", "collision", "duration_expression", "extended_vectors", "fill-modifier", "functions", "histograms", "info",
        "limit", "literals", "name_label_dropping", "native_histograms", "operators", "range_queries", "selectors", "staleness", "start_timestamps",
        "subquery", "trig_functions", "type_and_unit",
    ]

    @Test(
        "what is written by remote write is answered as Prometheus answers it",
        .enabled(if: isPresent, "no conformance data beside the project"), arguments: files)
    func scripts(_ name: String) async throws {
        let bytes = try PosixFileSystem().contents("\(Self.folder)/\(name).test")
        try await run(String(decoding: bytes, as: UTF8.self), name, port: 23_200 + (Self.files.firstIndex(of: name) ?? 0))
    }

    @Test("our own scripts are answered as written", arguments: ["behaviour"])
    func ownScripts(_ name: String) async throws {
        let bytes = try PosixFileSystem().contents("\(ProjectRoot.path)/Tests/Fixtures/PromQL/\(name).promqltest")
        try await run(String(decoding: bytes, as: UTF8.self), name, port: 23_230)
    }

    private func run(_ script: String, _ name: String, port: Int) async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server", "--retention-metrics", "0"], folder: folder.path, port: port)
        var runner = ScriptRunner(script, on: ServerSubject(address: server.address))
        runner.run()
        let written = script.split(separator: "\n").count { $0.trimmed.hasPrefix("eval") }
        #expect(runner.evaluations == written, "every evaluation of the file is run")
        let failures = runner.failures.map { "\(name) \($0)" }.joined(separator: "\n")
        #expect(runner.failures.isEmpty, "\(runner.evaluations - runner.failures.count) of \(runner.evaluations) pass\n\(failures)")
        #expect(await server.stop() == 0)
    }
}
