import Environment
import Posix
import Testing

@Suite(
    "client-python, unmodified", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"),
    .enabled(if: PythonClient.interpreter != nil, "no Python here has the package `kubernetes`"))
struct PythonClientTests {
    @Test("lists, watches, patches, executes, applies and reads logs")
    func walk() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["up"], folder: folder.path, port: 23106)
        let outcome = try PosixProgramRunner.runBlocking(
            try #require(PythonClient.interpreter), [ProjectRoot.path + "/Tests/Fixtures/Clients/python-client.py", server.address],
            environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path], timeout: .seconds(100))
        let output = String(decoding: outcome.output, as: UTF8.self)
        #expect(outcome.code == 0, "\(output)\(String(decoding: outcome.errors, as: UTF8.self))")
        let expected = [
            "listed 1", "watched MODIFIED", "merged b", "patched d", #"executed 'out\nerr\n'"#, "echoed typed", "exited 3", "logged started",
            "paged 2 True", "applied py", "found autoscalingpolicies", "refused read 404", "refused exec True", "deleted py",
        ]
        #expect(output.split(separator: "\n").map(String.init) == expected)
        #expect(await server.stop() == 0)
    }
}

enum PythonClient {
    /// The first Python that has the client: one made for the tests, or the system's.
    static let interpreter: String? = {
        for program in [ProjectRoot.path + "/.build/test-tools/python/bin/python3", "/usr/bin/python3"] {
            let outcome = try? PosixProgramRunner.runBlocking(
                program, ["-c", "import kubernetes"], environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp"])
            if outcome?.code == 0 { return program }
        }
        return nil
    }()
}
