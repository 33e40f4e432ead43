import Bytes
import CPosix
import ClusterAPI
import Environment
import Glibc
import NodeAgent
import Posix
import Synchronization

extension ProcessRuntime {
    // MARK: Running a program inside

    /// Starts a program in the container's cgroups, mount namespace, environment and identity, and waits for it.
    func executeBlocking(_ id: ContainerIdentity, _ execution: ContainerExecution) throws(RuntimeError) -> ProgramOutcome {
        guard let path = state.withLock({ $0.live[id]?.folder }), let spec = ShimFolder(path).readSpec(),
            let container = ShimFolder(path).readStart()?.container
        else { throw RuntimeError(.notRunning, "cannot run a program in container \(id.name): it does not run") }
        guard !execution.command.isEmpty else {
            throw RuntimeError(.environment, "cannot run nothing in container \(id.name): no command was given")
        }
        var pipes: [[Int32]] = []
        var namespace: Int32 = -1
        func closeAll() {
            for pair in pipes { for end in pair where end >= 0 { close(end) } }
            if namespace >= 0 { close(namespace) }
        }
        defer { closeAll() }
        for _ in 0..<3 {
            var pair: [Int32] = [-1, -1]
            guard unsafe csystem_pipe(&pair, O_CLOEXEC) == 0 else {
                throw RuntimeError(.environment, "cannot make a pipe: \(Spawn.text(errno: errno))")
            }
            pipes.append(pair)
        }
        var spawn = try prepare(id, container, spec, execution.command, &namespace)
        spawn.standardInput = pipes[0][0]
        spawn.standardOutput = pipes[1][1]
        spawn.standardError = pipes[2][1]
        let child: pid_t
        do throws(Spawn.Failure) {
            child = try spawn.start()
        } catch {
            // As shells say "command not found".
            return ProgramOutcome(code: 126, output: [], errors: Array((error.description + "\n").utf8))
        }
        for (index, end) in [(0, 0), (1, 1), (2, 1)] {
            close(pipes[index][end])
            pipes[index][end] = -1
        }
        var ends = (input: pipes[0][1], output: pipes[1][0], errors: pipes[2][0])
        pipes = []
        defer { for end in [ends.input, ends.output, ends.errors] where end >= 0 { close(end) } }
        var outcome = ProgramOutcome(code: 0, output: [], errors: [])
        let isInTime = Self.converse(&ends, execution, &outcome)
        if !isInTime { kill(-child, SIGKILL) }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard isInTime else {
            throw RuntimeError(.timedOut, "command \(execution.command[0]) did not end within \(execution.timeout)")
        }
        outcome.code = csystem_wait_exited(status) ? csystem_wait_exit_code(status) : 128 + csystem_wait_signal(status)
        return outcome
    }

    /// What a program inside a container starts with: its cgroups, mount namespace, environment and identity.
    ///
    /// - Parameter namespace: receives the descriptor of the mount namespace, to be closed by the caller.
    func prepare(
        _ id: ContainerIdentity, _ container: ShimFolder.ProcessIdentity, _ spec: ContainerSpec, _ command: [String], _ namespace: inout Int32
    ) throws(RuntimeError) -> Spawn {
        var spawn = Spawn(
            command: command, environment: spec.environment, directory: spec.workingDirectory ?? "/", standardInput: -1, standardOutput: -1,
            standardError: -1)
        guard geteuid() == 0 else { return spawn }
        namespace = unsafe Glibc.open("/proc/\(container.pid)/ns/mnt", O_RDONLY | O_CLOEXEC)
        guard namespace >= 0, container.isAlive else {
            throw RuntimeError(.notRunning, "cannot run a program in container \(id.name): it has just ended")
        }
        spawn.mountNamespace = namespace
        spawn.identity = spec.identity
        spawn.writes = ContainerCgroup(hierarchy: .mounted, path: spec.cgroup).processFiles.map { ($0, "0", true) }
        return spawn
    }

    /// Bytes of output kept of a program that runs inside a container.
    private static let outputLimit = 16 << 20

    /// Writes the input and reads both outputs to their ends; false when the time was over first.
    private static func converse(
        _ ends: inout (input: Int32, output: Int32, errors: Int32), _ execution: ContainerExecution, _ outcome: inout ProgramOutcome
    ) -> Bool {
        let clock = SystemClock()
        let deadline = clock.monotonicNanoseconds() &+ UInt64(max(0, execution.timeout.saturatedNanoseconds))
        var sent = 0
        var chunk = [UInt8](repeating: 0, count: 65_536)
        _ = fcntl(ends.input, F_SETFL, O_NONBLOCK)
        if execution.input.isEmpty {
            close(ends.input)
            ends.input = -1
        }
        while ends.output >= 0 || ends.errors >= 0 {
            let now = clock.monotonicNanoseconds()
            if now >= deadline { return false }
            var polled = [
                pollfd(fd: ends.input, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: ends.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: ends.errors, events: Int16(POLLIN), revents: 0),
            ]
            unsafe _ = poll(&polled, 3, Int32(min((deadline - now) / 1_000_000 + 1, 60_000)))
            if polled[0].revents != 0 {
                let rest = execution.input[sent...]
                let count = unsafe rest.withUnsafeBytes { unsafe write(ends.input, $0.baseAddress, $0.count) }
                if count > 0 { sent += count }
                if sent == execution.input.count || (count < 0 && errno != EAGAIN && errno != EINTR) {
                    close(ends.input)
                    ends.input = -1
                }
            }
            for index in 1...2 where polled[index].revents != 0 {
                let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(polled[index].fd, $0.baseAddress, $0.count) }
                if count > 0 {
                    if index == 1 {
                        if outcome.output.count < outputLimit { outcome.output += chunk[..<count] }
                    } else {
                        if outcome.errors.count < outputLimit { outcome.errors += chunk[..<count] }
                    }
                } else if count == 0 || errno != EINTR {
                    close(polled[index].fd)
                    if index == 1 { ends.output = -1 } else { ends.errors = -1 }
                }
            }
        }
        return true
    }
}
