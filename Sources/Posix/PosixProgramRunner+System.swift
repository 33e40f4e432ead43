import Bytes
import CPosix
package import Environment
import Glibc
import Synchronization

/// Runs programs of the host, each watched by a thread of its own until it ends.
package struct PosixProgramRunner: ProgramRunner {
    package init() {}

    package func run(
        _ program: String, _ arguments: [String], environment: [String: String], input: [UInt8], timeout: Duration
    ) async throws -> ProgramOutcome {
        try await withCheckedThrowingContinuation { continuation in
            PosixThread.start(name: "program") {
                continuation.resume(
                    with: Result {
                        try Self.runBlocking(program, arguments, environment: environment, input: input, timeout: timeout)
                    })
            }
        }
    }

    /// The same on the calling thread.
    package static func runBlocking(
        _ program: String, _ arguments: [String], environment: [String: String], input: [UInt8] = [], timeout: Duration = .seconds(60)
    ) throws -> ProgramOutcome {
        var pipes: [(read: Int32, write: Int32)] = []
        func closeAll() {
            for pipe in pipes {
                if pipe.read >= 0 { close(pipe.read) }
                if pipe.write >= 0 { close(pipe.write) }
            }
        }
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard unsafe csystem_pipe(&ends, O_CLOEXEC) == 0 else {
                closeAll()
                throw FileError("make a pipe for", program, errno: errno)
            }
            pipes.append((ends[0], ends[1]))
        }
        defer { closeAll() }

        var actions = unsafe posix_spawn_file_actions_t()
        unsafe _ = posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, pipes[0].read, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, pipes[1].write, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, pipes[2].write, 2)

        let words = [program] + arguments
        var argumentPointers: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        var environmentPointers: [UnsafeMutablePointer<CChar>?] =
            unsafe environment.sorted { $0.key < $1.key }.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            unsafe (argumentPointers + environmentPointers).forEach { unsafe free($0) }
        }
        var child: pid_t = 0
        let failure = unsafe posix_spawnp(&child, program, &actions, nil, &argumentPointers, &environmentPointers)
        guard failure == 0 else { throw FileError("run", program, errno: failure) }
        for index in 0..<3 {
            if index == 0 {
                close(pipes[0].read)
                pipes[0].read = -1
            } else {
                close(pipes[index].write)
                pipes[index].write = -1
            }
        }

        var output: [UInt8] = []
        var errors: [UInt8] = []
        var sent = 0
        let clock = SystemClock()
        let deadline = clock.monotonicNanoseconds() &+ UInt64(max(0, timeout.saturatedNanoseconds))
        var timedOut = false
        if input.isEmpty {
            close(pipes[0].write)
            pipes[0].write = -1
        } else {
            _ = fcntl(pipes[0].write, F_SETFL, O_NONBLOCK)
        }
        var chunk = [UInt8](repeating: 0, count: 65536)
        while pipes[1].read >= 0 || pipes[2].read >= 0 {
            var polled = [
                pollfd(fd: pipes[0].write, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: pipes[1].read, events: Int16(POLLIN), revents: 0),
                pollfd(fd: pipes[2].read, events: Int16(POLLIN), revents: 0),
            ]
            let now = clock.monotonicNanoseconds()
            if now >= deadline {
                timedOut = true
                break
            }
            _ = unsafe poll(&polled, 3, Int32(min((deadline - now) / 1_000_000 + 1, 60_000)))
            if polled[0].revents != 0 {
                let remaining = input[sent...]
                let written = unsafe remaining.withUnsafeBytes { unsafe write(pipes[0].write, $0.baseAddress, $0.count) }
                if written > 0 { sent += written }
                if sent == input.count || (written < 0 && errno != EAGAIN && errno != EINTR) {
                    close(pipes[0].write)
                    pipes[0].write = -1
                }
            }
            for index in 1...2 where polled[index].revents != 0 {
                let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(pipes[index].read, $0.baseAddress, $0.count) }
                if count > 0 {
                    if index == 1 { output += chunk[..<count] } else { errors += chunk[..<count] }
                } else if count == 0 || errno != EINTR {
                    close(pipes[index].read)
                    pipes[index].read = -1
                }
            }
        }
        if timedOut { kill(child, SIGKILL) }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 && errno == EINTR {}
        if timedOut { throw FileError("wait for", program, .other(errno: ETIMEDOUT)) }
        let signal = status & 0x7f
        let code = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        return ProgramOutcome(code: code, output: output, errors: errors)
    }
}
