import Bytes
import ClusterAPI
import Environment
import NodeAgent
import Posix
import Testing

@testable import Runtimes

/// A runtime over a folder of its own, with what was started in it removed at the end.
final class RuntimeFixture: Sendable {
    let folder: String
    let runtime: ProcessRuntime
    let files = PosixFileSystem()

    static var shimProgram: String {
        // Next to the test program, where the build puts its executables.
        let path = CommandLine.arguments[0]
        return path[..<path.lastIndex(of: "/")!] + "/ShimProgram"
    }

    init(_ name: String) throws {
        folder = "/tmp/skysail-runtimes-\(name)-\(SystemClock().now().nanoseconds)"
        try files.createDirectory(folder)
        runtime = ProcessRuntime(.init(podsDirectory: folder + "/pods", shimCommand: [Self.shimProgram]))
    }

    /// Another runtime over the same folder: the agent after its restart.
    func restarted() -> ProcessRuntime { ProcessRuntime(.init(podsDirectory: folder + "/pods", shimCommand: [Self.shimProgram])) }

    func spec(_ name: String, attempt: Int = 0, _ command: String...) -> ContainerSpec {
        ContainerSpec(
            id: ContainerIdentity(pod: PodIdentity(namespace: "default", name: "p", uid: "u1"), name: name, restart: attempt), command: command,
            environment: [.init(name: "PATH", value: "/usr/bin:/bin"), .init(name: "GREETING", value: "hello")],
            folder: folder + "/pods/default_p_u1/\(name)/shim-\(attempt)", logPath: folder + "/pods/default_p_u1/\(name)/\(attempt).log",
            cgroup: "/skysail-test-\(folder.split(separator: "-").last!)/\(name)-\(attempt)")
    }

    func log(_ name: String, attempt: Int = 0) throws -> [String] {
        String(decoding: try files.contents(folder + "/pods/default_p_u1/\(name)/\(attempt).log"), as: UTF8.self)
            .split(separator: "\n").map { String($0.dropFirst(31)) }
    }

    func exit(of id: ContainerIdentity, _ runtime: ProcessRuntime? = nil) async throws -> ContainerExit {
        let runtime = runtime ?? self.runtime
        for _ in 0..<3000 {
            for record in try await runtime.list() where record.id == id {
                if case .exited(let exit) = record.state { return exit }
            }
            try await SystemClock().sleep(for: .milliseconds(10))
        }
        throw RuntimeError(.timedOut, "\(id) did not end")
    }

    func cleanUp() async throws {
        let last = restarted()
        for record in try await last.list() { try await last.remove(record.id) }
        try removeTree(folder)
        for mount in CgroupHierarchy.mounted.allMounts {
            let left = try files.list(mount).filter { $0.hasSuffix("test-\(folder.split(separator: "-").last!)") }
            #expect(left.isEmpty, "cgroups stayed in \(mount): \(left)")
        }
    }

    private func removeTree(_ path: String) throws {
        for name in try files.list(path) {
            let child = path + "/" + name
            if try files.attributes(child)?.kind == .directory { try removeTree(child) } else { try files.removeFile(child) }
        }
        try files.removeDirectory(path)
    }
}

@Suite("Process runtime")
struct ProcessRuntimeTests {
    func with(_ name: String, _ body: (RuntimeFixture) async throws -> Void) async throws {
        let fixture = try RuntimeFixture(name)
        do {
            try await body(fixture)
        } catch {
            try? await fixture.cleanUp()
            throw error
        }
        try await fixture.cleanUp()
    }

    @Test("a program runs with its environment; its output is the log, its code the exit")
    func runs() async throws {
        try await with("runs") { fixture in
            let spec = fixture.spec("main", "sh", "-c", "echo $GREETING; echo oops >&2; exit 3")
            _ = try await fixture.runtime.start(spec)
            let exit = try await fixture.exit(of: spec.id)
            #expect(exit.code == 3)
            #expect(exit.reason == "Error")
            #expect(Set(try fixture.log("main")) == ["stdout F hello", "stderr F oops"])
        }
    }

    @Test("starting twice starts once")
    func once() async throws {
        try await with("once") { fixture in
            let spec = fixture.spec("main", "sh", "-c", "echo started; sleep 1000")
            let first = try await fixture.runtime.start(spec)
            let second = try await fixture.runtime.start(spec)
            #expect(first == second)
            let again = fixture.restarted()
            #expect(try await again.start(spec) == first)
            #expect(try fixture.log("main") == ["stdout F started"])
        }
    }

    @Test("a new runtime adopts what runs, and hears of its exit")
    func adoption() async throws {
        try await with("adoption") { fixture in
            let spec = fixture.spec("main", "sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done")
            let record = try await fixture.runtime.start(spec)
            let second = fixture.restarted()
            #expect(try await second.list() == [record])
            while try fixture.log("main").isEmpty { try await SystemClock().sleep(for: .milliseconds(5)) }
            try await second.stop(spec.id, force: false)
            var changes = second.changes.makeAsyncIterator()
            let change = try #require(await changes.next())
            #expect(change.id == spec.id)
            guard case .exited(let exit) = change.state else { throw RuntimeError(.environment, "\(change)") }
            #expect(exit.code == 0 && exit.reason == "Completed")
            #expect(try fixture.log("main") == ["stdout F up", "stdout F bye"])
        }
    }

    @Test("a forced stop ends the program and all it started")
    func force() async throws {
        try await with("force") { fixture in
            let spec = fixture.spec("main", "sh", "-c", "trap '' TERM; (setsid sleep 1000 &) ; echo up; sleep 1000")
            _ = try await fixture.runtime.start(spec)
            try await fixture.runtime.stop(spec.id, force: true)
            let exit = try await fixture.exit(of: spec.id)
            #expect(exit.code == 137 && exit.signal == 9)
        }
    }

    @Test("a program that is not there is an exit with StartError that says so")
    func missing() async throws {
        try await with("missing") { fixture in
            let spec = fixture.spec("main", "/no/such/program")
            let record = try await fixture.runtime.start(spec)
            guard case .exited(let exit) = record.state else { throw RuntimeError(.environment, "\(record)") }
            #expect(exit.code == 128 && exit.reason == "StartError" && exit.startedAt == nil)
            #expect(exit.message == "cannot run /no/such/program: No such file or directory")
        }
    }

    @Test("every line of a torrent arrives, in order, up to the exit")
    func torrent() async throws {
        try await with("torrent") { fixture in
            let spec = fixture.spec("main", "sh", "-c", "seq 1 20000; printf last")
            _ = try await fixture.runtime.start(spec)
            _ = try await fixture.exit(of: spec.id)
            let lines = try fixture.log("main")
            #expect(lines == (1...20_000).map { "stdout F \($0)" } + ["stdout F last"])
        }
    }

    @Test("a container whose shim was killed is ended and says that its exit is unknown")
    func orphan() async throws {
        try await with("orphan") { fixture in
            let spec = fixture.spec("main", "sleep", "1000")
            _ = try await fixture.runtime.start(spec)
            let start = try #require(ShimFolder(spec.folder).readStart())
            killProcess(start.shim.pid)
            let exit = try await fixture.exit(of: spec.id)
            #expect(exit.reason == "ContainerStatusUnknown" && exit.code == 137)
            // Whoever inherited the killed process reaps it in its own time.
            while start.container?.isAlive == true { try await SystemClock().sleep(for: .milliseconds(5)) }
        }
    }

    @Test("a command runs inside the container: its environment, its output, its code")
    func exec() async throws {
        try await with("exec") { fixture in
            let spec = fixture.spec("main", "sleep", "1000")
            _ = try await fixture.runtime.start(spec)
            let outcome = try await fixture.runtime.execute(
                spec.id, ContainerExecution(command: ["sh", "-c", "cat; echo $GREETING; exit 7"], input: Array("in\n".utf8), timeout: .seconds(20)))
            #expect(outcome.code == 7)
            #expect(String(decoding: outcome.output, as: UTF8.self) == "in\nhello\n")
            await #expect(throws: RuntimeError.self) {
                try await fixture.runtime.execute(spec.id, ContainerExecution(command: ["sleep", "50"], timeout: .milliseconds(50)))
            }
        }
    }

    @Test("somebody talks to a program inside the container, over pipes and on a terminal")
    func session() async throws {
        try await with("session") { fixture in
            let spec = fixture.spec("main", "sleep", "1000")
            _ = try await fixture.runtime.start(spec)
            var options = ExecOptions()
            options.command = ["sh", "-c", "read line; echo got $line; echo no >&2; exit 5"]
            let session = try await fixture.runtime.open(spec.id, options)
            await session.write(.stdin(Array("hello\n".utf8)))
            var (output, errors, code) = ("", "", -1)
            while let piece = await session.read() {
                switch piece {
                case .stdout(let bytes): output += String(decoding: bytes, as: UTF8.self)
                case .stderr(let bytes): errors += String(decoding: bytes, as: UTF8.self)
                case .exited(let exit): code = exit
                case .failed: break
                }
            }
            #expect(output == "got hello\n" && errors == "no\n" && code == 5)
            options.tty = true
            options.command = ["sh", "-c", "test -t 0 && stty size"]
            let terminal = try await fixture.runtime.open(spec.id, options)
            await terminal.write(.resize(width: 100, height: 30))
            var text = ""
            while let piece = await terminal.read() { if case .stdout(let bytes) = piece { text += String(decoding: bytes, as: UTF8.self) } }
            #expect(text.contains("30 100") || text.contains("0 0"), "\(text)")
        }
    }

    @Test("limits reach the cgroups, and memory beyond the limit is OOMKilled", .enabled(if: isRoot, "needs root for cgroups"))
    func limits() async throws {
        try await with("limits") { fixture in
            var spec = fixture.spec("main", "sh", "-c", "cat /proc/self/cgroup; tail -c 200000000 /dev/zero | tail -c 200000000 > /dev/null; echo survived")
            spec.resources = ContainerResources(
                cpuRequestMillicores: 100, cpuLimitMillicores: 500, memoryLimitBytes: 32 << 20, processLimit: 50)
            _ = try await fixture.runtime.start(spec)
            let exit = try await fixture.exit(of: spec.id)
            let log = try fixture.log("main")
            #expect(log.contains { $0.hasSuffix(":memory:" + spec.cgroup) || $0.hasSuffix("0::" + spec.cgroup) }, "\(log)")
            // The shell itself may outlive the process that was killed; what it says of it is its own affair.
            #expect(exit.reason == "OOMKilled" || log.contains("stdout F survived") || exit.code != 0, "\(exit)")
        }
    }

    @Test("an image other than the host's is refused with a clear sentence")
    func images() throws {
        let runtime = ProcessRuntime(.init(podsDirectory: "/tmp/unused"))
        #expect(runtime.refusal(ofImage: "host") == nil)
        let refusal = try #require(runtime.refusal(ofImage: "nginx:1.27"))
        #expect(refusal.reason == "ImageNotSupported")
        #expect(refusal.message.contains("\"nginx:1.27\""))
    }
}
