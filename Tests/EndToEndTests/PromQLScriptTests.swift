import Environment
import Posix
import PromQLScript
import Testing

/// Prometheus' own scripts against the finished binary, from remote write to JSON.
@Suite("PromQL over HTTP", .serialized, .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
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
        let address = server.address
        let (evaluations, failures) = try await OwnThread.run {
            var runner = ScriptRunner(script, on: ServerSubject(address: address))
            runner.run()
            return (runner.evaluations, runner.failures.map { "\(name) \($0)" })
        }
        let written = script.split(separator: "\n").count { $0.trimmed.hasPrefix("eval") }
        #expect(evaluations == written, "every evaluation of the file is run")
        #expect(failures.isEmpty, "\(evaluations - failures.count) of \(evaluations) pass\n\(failures.joined(separator: "\n"))")
        #expect(await server.stop() == 0)
    }
}
