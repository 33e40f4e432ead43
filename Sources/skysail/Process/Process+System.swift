import Bytes
import Glibc
import Posix
import Synchronization

/// What the process knows of itself and its environment.
enum ProcessVariables {
    /// An environment variable, nil when it is not set or empty.
    static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }

    static var isRoot: Bool { geteuid() == 0 }
    static var processID: Int32 { getpid() }

    /// The path of the running binary.
    static var executablePath: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
        return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : CommandLine.arguments[0]
    }

    static var executableFolder: String {
        let path = executablePath
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    static var workingDirectory: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        guard unsafe getcwd(&buffer, buffer.count) != nil else { return "/" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// CPU time of the calling thread.
    static func threadCPUNanoseconds() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    static func exit(_ code: Int32) -> Never { Glibc.exit(code) }
}

/// Lines to the standard streams, each written whole and at once, so that none is lost when the process is killed.
enum Terminal {
    private static let lock = Mutex(())

    static func print(_ line: String) { write(line + "\n", to: 1) }

    static func complain(_ line: String) { write(line + "\n", to: 2) }

    static func write(_ text: String, to descriptor: Int32 = 1) { write(Array(text.utf8), to: descriptor) }

    static func write(_ bytes: [UInt8], to descriptor: Int32 = 1) {
        lock.withLock { _ in
            var done = 0
            while done < bytes.count {
                let result = unsafe bytes[done...].withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if result > 0 { done += result } else if errno != EINTR { return }
            }
        }
    }

    static var isTerminal: Bool { isatty(1) == 1 }

    /// Columns of the terminal, 120 when there is none.
    static var width: Int {
        var size = winsize()
        return unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 120
    }
}

/// Ends an operation on SIGTERM or SIGINT by cancelling it.
enum StopSignals {
    /// Runs until done or until a stop signal comes; a cancellation that a signal caused is a normal end.
    ///
    /// - Parameter onReload: called for each SIGHUP, which else ends the process.
    static func run(onReload: (@Sendable () -> Void)? = nil, _ operation: @escaping @Sendable () async throws -> Void) async throws {
        let signals = wait(onReload: onReload)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await operation()
                return true
            }
            group.addTask {
                for await _ in signals { return false }
                return false
            }
            do {
                _ = try await group.next()
                group.cancelAll()
                try await group.waitForAll()
            } catch is CancellationError {
                group.cancelAll()
            }
        }
    }

    /// Delivers one element per stop signal, and calls `onReload` for each SIGHUP.
    static func wait(onReload: (@Sendable () -> Void)? = nil) -> AsyncStream<Int32> {
        AsyncStream { continuation in
            var ends: [Int32] = [-1, -1]
            guard unsafe Glibc.pipe(&ends) == 0 else { return }
            let (readEnd, writeEnd) = (ends[0], ends[1])
            writeEndForSignals.store(writeEnd, ordering: .releasing)
            for number in onReload == nil ? [SIGTERM, SIGINT] : [SIGTERM, SIGINT, SIGHUP] {
                signal(number) { number in
                    var byte = UInt8(truncatingIfNeeded: number)
                    unsafe _ = Glibc.write(writeEndForSignals.load(ordering: .acquiring), &byte, 1)
                }
            }
            signal(SIGPIPE, SIG_IGN)
            PosixThread.start(name: "signals") {
                var byte: UInt8 = 0
                while unsafe Glibc.read(readEnd, &byte, 1) == 1 {
                    if Int32(byte) == SIGHUP { onReload?() } else { continuation.yield(Int32(byte)) }
                }
            }
        }
    }
}

private let writeEndForSignals = Atomic<Int32>(-1)
