import Bytes
import Environment
import Posix
import Testing

/// The finished binary as a child process, and requests to it: these tests know nothing of its inside.
struct Binary {
    /// `SKYSAIL_BINARY`, else the debug build beside the tests.
    static let path: String = {
        if let path = EnvironmentVariables.value("SKYSAIL_BINARY") { return path }
        return ProjectRoot.path + "/.build/debug/skysail"
    }()

    /// Why the suite cannot run here, nil when it can.
    static var missing: String? {
        PosixFileSystem().exists(path) ? nil : "no binary at \(path): build it with `make release`, or name one in SKYSAIL_BINARY"
    }
}

enum ProjectRoot {
    static let path = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
}

/// A folder that is removed when the test is over.
struct ScratchFolder {
    let path = "/tmp/skysail-e2e-\(UInt32.random(in: 0..<(.max)))"

    init() throws { try PosixFileSystem().createDirectory(path) }

    func remove() { _ = try? PosixProgramRunner.runBlocking("rm", ["-rf", path], environment: [:]) }
}

/// A running `skysail` that is stopped, or killed, by the test.
final class RunningServer: Sendable {
    let child: ChildProcess
    let port: Int
    let folder: String

    var address: String { "http://127.0.0.1:\(port)" }

    /// Starts the binary and returns when it says it is ready.
    init(_ arguments: [String], folder: String, port: Int, host: String = "127.0.0.1", patience: Duration = .seconds(30)) async throws {
        self.port = port
        self.folder = folder
        child = try ChildProcess.start(
            Binary.path, arguments + ["--data", folder + "/data", "--listen", "\(host):\(port)"], output: folder + "/output.log")
        let deadline = ContinuousClock.now + patience
        while true {
            if let answer = try? Curl.get("http://127.0.0.1:\(port)/-/ready"), answer.status == 200 { return }
            if let code = child.exitCode() {
                throw ServerFailed("it ended with \(code): \(output.suffix(2000))")
            }
            guard ContinuousClock.now < deadline else {
                child.signal(.kill)
                throw ServerFailed("it was not ready after \(patience): \(output.suffix(2000))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// A test that fails on its way must not leave a server behind for the next one to meet.
    deinit { child.signal(.kill) }

    /// What it printed so far.
    var output: String { String(decoding: (try? PosixFileSystem().contents(folder + "/output.log")) ?? [], as: UTF8.self) }

    /// SIGTERM, then the exit code.
    func stop() async -> Int32? {
        child.signal(.terminate)
        return await child.wait(upTo: .seconds(40))
    }

    /// SIGKILL: the process has no chance to say goodbye.
    func kill() async {
        child.signal(.kill)
        _ = await child.wait(upTo: .seconds(10))
    }
}

struct ServerFailed: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String) { description = "skysail did not start: \(reason)" }
}
