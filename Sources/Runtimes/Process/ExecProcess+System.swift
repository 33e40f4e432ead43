import CPosix
import ClusterAPI
import Glibc
import NodeAgent
import Posix
import Synchronization

/// A program inside a container that somebody talks to.
///
/// Its output is read only when it is asked for, so a slow reader slows the program instead of filling memory.
final class ExecProcess: Sendable {
    private struct State {
        /// Output and errors, or the terminal and -1; -1 after the end.
        var outputs: [Int32]
        var input: Int32
        var isClosed = false
        var hasExited = false
        var isReading = false
    }

    private let child: pid_t
    private let terminal: Int32
    private let state: Mutex<State>

    init(child: pid_t, input: Int32, outputs: [Int32], terminal: Int32) {
        self.child = child
        self.terminal = terminal
        state = Mutex(State(outputs: outputs, input: input))
    }

    deinit {
        let state = state.withLock { $0 }
        for descriptor in Set(state.outputs + [state.input, terminal]) where descriptor >= 0 { Glibc.close(descriptor) }
        if !state.hasExited {
            kill(-child, SIGKILL)
            let child = child
            PosixThread.start(name: "reap") { Self.reap(child) }
        }
    }

    var session: ExecSession {
        ExecSession(
            read: { await self.onThread { self.readBlocking() } },
            write: { input in await self.onThread { self.writeBlocking(input) } },
            close: { self.close() })
    }

    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            PosixThread.start(name: "exec") { continuation.resume(returning: body()) }
        }
    }

    private func readBlocking() -> ExecSession.Output? {
        var chunk = [UInt8](repeating: 0, count: 32_768)
        while true {
            let (outputs, hasExited) = state.withLock { ($0.outputs, $0.hasExited) }
            if hasExited { return nil }
            if outputs.allSatisfy({ $0 < 0 }) {
                let status = Self.reap(child)
                state.withLock { $0.hasExited = true }
                let code = csystem_wait_exited(status) ? csystem_wait_exit_code(status) : 128 + csystem_wait_signal(status)
                return .exited(code: Int(code))
            }
            var polled = outputs.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            unsafe _ = poll(&polled, nfds_t(polled.count), -1)
            for (index, item) in polled.enumerated() where item.revents != 0 {
                let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(item.fd, $0.baseAddress, $0.count) }
                if count > 0 { return index == 0 ? .stdout(Array(chunk[..<count])) : .stderr(Array(chunk[..<count])) }
                // A terminal whose program has gone fails with EIO instead of ending.
                if count == 0 || (errno != EINTR && errno != EAGAIN) {
                    state.withLock { $0.outputs[index] = -1 }
                    if item.fd != terminal { Glibc.close(item.fd) }
                }
            }
        }
    }

    private func writeBlocking(_ input: ExecSession.Input) {
        switch input {
        case .stdin(let bytes):
            let descriptor = state.withLock { $0.input }
            var rest = bytes[...]
            while descriptor >= 0, !rest.isEmpty {
                let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
                if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
            }
        case .closeStdin:
            let descriptor = state.withLock { state in
                defer { state.input = -1 }
                return state.input
            }
            if descriptor >= 0, descriptor != terminal { Glibc.close(descriptor) }
        case .resize(let width, let height):
            if terminal >= 0 { _ = csystem_set_terminal_size(terminal, UInt16(clamping: width), UInt16(clamping: height)) }
        }
    }

    /// Ends the program if it still runs; whoever reads then gets its end.
    private func close() {
        let hasExited = state.withLock { state in
            state.isClosed = true
            return state.hasExited
        }
        if !hasExited { kill(-child, SIGKILL) }
    }

    @discardableResult
    private static func reap(_ child: pid_t) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 && errno == EINTR {}
        return status
    }
}

extension ProcessRuntime {
    func openBlocking(_ id: ContainerIdentity, _ options: ExecOptions) throws(RuntimeError) -> ExecSession {
        guard let path = state.withLock({ $0.live[id]?.folder ?? $0.folders[id] }), let spec = ShimFolder(path).readSpec(),
            let container = ShimFolder(path).readStart()?.container, container.isAlive
        else { throw RuntimeError(.notRunning, "container \(id.name) does not run") }
        var namespace: Int32 = -1
        var spawn = try prepare(id, container, spec, options.command, &namespace)
        defer { if namespace >= 0 { close(namespace) } }
        /// The program's ends, closed here once it has them.
        var theirs: [Int32] = []
        var ours: (input: Int32, outputs: [Int32], terminal: Int32) = (-1, [-1, -1], -1)
        func fail(_ what: String) -> RuntimeError { RuntimeError(.environment, "\(what): \(Spawn.text(errno: errno))") }
        if options.tty {
            var (controller, terminal): (Int32, Int32) = (-1, -1)
            guard unsafe csystem_open_terminal(&controller, &terminal) == 0 else { throw fail("cannot open a terminal") }
            theirs = [terminal, terminal, terminal]
            ours = (controller, [controller, -1], controller)
            spawn.takesTerminal = true
        } else {
            var pipes: [[Int32]] = []
            for _ in 0..<3 {
                var pair: [Int32] = [-1, -1]
                guard unsafe csystem_pipe(&pair, O_CLOEXEC) == 0 else { throw fail("cannot make a pipe") }
                pipes.append(pair)
            }
            theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
            ours = (pipes[0][1], [pipes[1][0], pipes[2][0]], -1)
        }
        (spawn.standardInput, spawn.standardOutput, spawn.standardError) = (theirs[0], theirs[1], theirs[2])
        defer { for descriptor in Set(theirs) { close(descriptor) } }
        do throws(Spawn.Failure) {
            let process = ExecProcess(child: try spawn.start(), input: ours.input, outputs: ours.outputs, terminal: ours.terminal)
            let session = process.session
            return session
        } catch {
            for descriptor in Set([ours.input] + ours.outputs) where descriptor >= 0 { close(descriptor) }
            throw RuntimeError(.environment, error.description)
        }
    }
}
