import Bytes
import CPosix
import ClusterAPI
import Environment
import Glibc
import NodeAgent
import Posix
import Synchronization

extension ProcessRuntime {
    enum ShimSignal {
        case stop, kill

        var number: Int32 { self == .stop ? SIGTERM : SIGUSR2 }
    }

    /// Starts a shim on a folder and waits for its one line: `ok`, or why not.
    func runShim(_ folder: ShimFolder) throws(RuntimeError) -> String {
        var ends: [Int32] = [-1, -1]
        guard unsafe csystem_pipe(&ends, O_CLOEXEC) == 0 else {
            throw RuntimeError(.environment, "cannot make a pipe: \(Spawn.text(errno: errno))")
        }
        let null = unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
        let errors = unsafe Glibc.open(folder.path + "/shim.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        defer {
            close(ends[0])
            close(null)
            if errors >= 0 { close(errors) }
        }
        // The shim inherits nothing of the agent: no environment, no descriptors, no terminal.
        let spawn = Spawn(
            command: configuration.shimCommand + [folder.path],
            environment: [ContainerSpec.Variable(name: "PATH", value: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")],
            directory: "/", standardInput: null, standardOutput: ends[1], standardError: errors >= 0 ? errors : ends[1])
        let shim: pid_t
        do throws(Spawn.Failure) {
            shim = try spawn.start()
        } catch {
            close(ends[1])
            throw RuntimeError(.environment, error.description)
        }
        close(ends[1])
        // A shim that only cleans up ends at once; whoever watches a living one reaps it later.
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(ends[0], $0.baseAddress, $0.count) }
            if count > 0 { line += chunk[..<count] } else if count == 0 || errno != EINTR { break }
        }
        if folder.readStart()?.shim.pid != shim || folder.readExit() != nil {
            PosixThread.start(name: "reap") {
                var status: Int32 = 0
                while unsafe waitpid(shim, &status, 0) < 0 && errno == EINTR {}
            }
        }
        return String(decoding: line.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    func signalShim(_ id: ContainerIdentity, _ signal: ShimSignal) throws(RuntimeError) {
        // Under the lock the watcher cannot close the descriptor and the system give its number to another file.
        let result: Int32? = state.withLock { state in
            state.live[id].map { csystem_pidfd_send_signal($0.descriptor, signal.number) }
        }
        guard let result else { throw RuntimeError(.notRunning, "cannot stop container \(id.name): it does not run") }
        guard result == 0 || errno == ESRCH else {
            throw RuntimeError(.environment, "cannot stop container \(id.name): \(Spawn.text(errno: errno))")
        }
    }

    static func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }
}
