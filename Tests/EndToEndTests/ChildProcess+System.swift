import Glibc
import Synchronization

enum EnvironmentVariables {
    static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe String(cString: text)
    }

    static var isRoot: Bool { geteuid() == 0 }
}

/// A child process by its id.
final class ChildProcess: Sendable {
    enum Signal: Sendable {
        case terminate, kill, interrupt, hangup

        fileprivate var number: Int32 {
            switch self {
            case .terminate: SIGTERM
            case .kill: SIGKILL
            case .interrupt: SIGINT
            case .hangup: SIGHUP
            }
        }
    }

    let id: Int32
    private let ended = Mutex<Int32?>(nil)

    private init(id: Int32) { self.id = id }

    /// Starts a program whose both outputs are appended to a file.
    static func start(_ program: String, _ arguments: [String], output: String) throws -> ChildProcess {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var id: pid_t = 0
        let failure = unsafe posix_spawn(&id, program, &actions, nil, &words, environ)
        guard failure == 0 else { throw ServerFailed("cannot start \(program): error \(failure)") }
        return ChildProcess(id: id)
    }

    func signal(_ signal: Signal) {
        if ended.withLock({ $0 }) == nil { _ = Glibc.kill(id, signal.number) }
    }

    /// The exit code when it has ended: 128 plus the signal when one killed it.
    func exitCode() -> Int32? {
        ended.withLock { ended in
            if let ended { return ended }
            var status: Int32 = 0
            guard unsafe waitpid(id, &status, WNOHANG) == id else { return nil }
            let number = status & 0x7f
            ended = number == 0 ? (status >> 8) & 0xff : 128 + number
            return ended
        }
    }

    func wait(upTo patience: Duration) async -> Int32? {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            if let code = exitCode() { return code }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return exitCode()
    }
}
