import Bytes
import Environment
import Posix
import Testing

/// A real client of one version.
struct Kubectl: Sendable, CustomStringConvertible {
    let program: String
    /// The 32 of 1.32.
    let minor: Int

    var description: String { "kubectl 1.\(minor)" }
    /// Exec over WebSocket, and so over anything we serve, came with 1.30.
    var canExec: Bool { minor >= 30 }

    /// Every version on this machine, the oldest first: on the path, beside it as `kubectl.1.NN`, in `.build/test-tools`, or named
    /// in `SKYSAIL_KUBECTLS` (paths with colons between them).
    static let all: [Kubectl] = {
        let search = """
            IFS=:; for d in $PATH; do ls "$d/kubectl"; done
            k=$(command -v kubectl) && ls "$(dirname "$(readlink -f "$k")")"/kubectl.1.*
            ls \(ProjectRoot.path)/.build/test-tools/*/usr/bin/kubectl
            for k in $SKYSAIL_KUBECTLS; do echo "$k"; done
            """
        let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "SKYSAIL_KUBECTLS": EnvironmentVariables.value("SKYSAIL_KUBECTLS") ?? ""]
        guard let found = try? PosixProgramRunner.runBlocking("sh", ["-c", search], environment: environment) else { return [] }
        var byMinor: [Int: Kubectl] = [:]
        for program in String(decoding: found.output, as: UTF8.self).split(separator: "\n").map(String.init) {
            guard let minor = minor(of: program), byMinor[minor] == nil else { continue }
            byMinor[minor] = Kubectl(program: program, minor: minor)
        }
        return byMinor.values.sorted { $0.minor < $1.minor }
    }()

    /// Those that walk: all, unless `SKYSAIL_KUBECTL_MINOR` asks for one.
    static let walking: [Kubectl] = {
        guard let minor = EnvironmentVariables.value("SKYSAIL_KUBECTL_MINOR").flatMap({ Int($0) }) else { return all }
        return all.filter { $0.minor == minor }
    }()

    /// Where one version is enough: the one whose release the server claims to be, else the newest.
    static var main: Kubectl? { walking.first { $0.minor == 32 } ?? walking.last }

    /// A walk of every version, some side by side, each at a server of its own that is in its first state.
    ///
    /// - Parameter port: the first of twenty ports that nothing else uses: each version has one.
    static func walk(_ mode: [String], port: Int, _ steps: @escaping @Sendable (KubectlSession) async throws -> Void) async {
        await SideBySide.run(walking, width: 4) { version in
            let folder = try ScratchFolder()
            defer { folder.remove() }
            let server = try await RunningServer(mode, folder: folder.path, port: port + version.minor - 20)
            do {
                try await steps(try KubectlSession(version, server, folder: folder))
            } catch {
                // A server that is killed would leave its pods to the tests that look for what stays behind.
                _ = await server.stop()
                throw error
            }
            #expect(await server.stop() == 0, "\(version)")
        }
    }

    private static func minor(of program: String) -> Int? {
        guard let outcome = try? PosixProgramRunner.runBlocking(
            program, ["version", "--client", "-o", "json"], environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp", "KUBECONFIG": "/dev/null"]),
            let document = try? JSONValue.parse(outcome.output)
        else { return nil }
        return document["clientVersion"]?["minor"]?.stringValue.flatMap { Int($0.prefix { $0.isNumber }) }
    }
}

/// One client at one server.
struct KubectlSession: Sendable {
    let kubectl: Kubectl
    let server: RunningServer
    /// Where it keeps its caches and copies.
    let home: String

    init(_ kubectl: Kubectl, _ server: RunningServer, folder: ScratchFolder) throws {
        self.kubectl = kubectl
        self.server = server
        home = folder.path + "/home-1.\(kubectl.minor)"
        try PosixFileSystem().createDirectory(home)
    }

    func run(_ arguments: [String], input: String = "", editor: String = "") throws -> (code: Int32, output: String) {
        let environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "KUBECONFIG": "/dev/null", "KUBE_EDITOR": editor, "TMPDIR": home,
        ]
        let outcome: ProgramOutcome
        do {
            outcome = try PosixProgramRunner.runBlocking(
                kubectl.program, ["--server", server.address] + arguments, environment: environment, input: Array(input.utf8), timeout: .seconds(60))
        } catch {
            throw CommandFailed(description: "\(arguments.joined(separator: " ")): \(error)")
        }
        return (outcome.code, String(decoding: outcome.output + outcome.errors, as: UTF8.self))
    }

    /// The session from a release on, for what came with it; nil before. So what a version cannot do is written where it is left out.
    func since(_ minor: Int) -> KubectlSession? { kubectl.minor >= minor ? self : nil }

    /// The session before a release, for what went or changed with it.
    func before(_ minor: Int) -> KubectlSession? { kubectl.minor < minor ? self : nil }

    /// Waits until a field has a value. `wait --for=jsonpath` came with 1.23; older versions ask again and again.
    func await(_ field: String, of object: String, is value: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        if let session = since(23) {
            return try session.expect(
                "wait", "--for=jsonpath=\(field)=\(value)", object, "--timeout=30s", prints: "condition met", sourceLocation: sourceLocation)
        }
        let deadline = ContinuousClock.now + .seconds(30)
        while try run(["get", object, "-o", "jsonpath=\(field)"]).output != value, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
        }
        try expect("get", object, "-o", "jsonpath=\(field)", prints: value, sourceLocation: sourceLocation)
    }

    /// The command succeeds and prints each of the texts.
    func expect(
        _ arguments: String..., input: String = "", editor: String = "", prints texts: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (code, output) = try run(arguments, input: input, editor: editor)
        #expect(code == 0, "\(kubectl) \(arguments): \(output)", sourceLocation: sourceLocation)
        for text in texts { #expect(output.contains(text), "\(kubectl) \(arguments): \(output)", sourceLocation: sourceLocation) }
    }

    /// The command fails and says why in each of the texts.
    func refuse(_ arguments: String..., input: String = "", prints texts: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (code, output) = try run(arguments, input: input)
        #expect(code != 0, "\(kubectl) \(arguments): \(output)", sourceLocation: sourceLocation)
        for text in texts { #expect(output.contains(text), "\(kubectl) \(arguments): \(output)", sourceLocation: sourceLocation) }
    }
}

struct CommandFailed: Error, CustomStringConvertible {
    let description: String
}
