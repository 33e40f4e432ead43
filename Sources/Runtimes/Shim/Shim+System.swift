import Bytes
import CPosix
import ClusterAPI
import Environment
import Glibc
import NodeAgent
import Posix

/// The process beside every container: it starts the program, writes its log, waits for it and records how it ended.
///
/// It is the parent of the program and a subreaper, and does not depend on the agent that started it: the agent may be killed or replaced
/// and finds everything in the folder again (`docs/formats/shim-folder.md`). It has one thread and waits in one `poll`.
package struct Shim: ~Copyable {
    private let folder: ShimFolder
    private let spec: ContainerSpec
    private let clock = SystemClock()
    private let cgroup: ContainerCgroup?
    private var log: ShimLog
    private var format = CRILogFormat()
    /// Records that the disk has not taken yet.
    private var unwritten: [UInt8] = []
    private var chunk = [UInt8](repeating: 0, count: 32_768)
    private var pipes: [Int32] = [-1, -1]
    private let signals: Int32
    private var program: pid_t = -1
    private var programStatus: Int32?

    /// Runs the shim of a folder to the end of its container; the exit code of the shim itself.
    ///
    /// Writes one line to standard output when the container is started or certainly will not be: `ok`, or what went wrong.
    package static func main(folder path: String) -> Int32 {
        let folder = ShimFolder(path)
        do throws(FileError) {
            guard let lock = try folder.lock() else { return waitForOther(folder) }
            // The lock lives as long as the process.
            defer { withExtendedLifetime(lock) {} }
            if folder.readExit() != nil {
                announce("ok")
                return 0
            }
            guard let spec = folder.readSpec() else {
                announce("cannot read \(path)/spec.json")
                return 1
            }
            let hierarchy = CgroupHierarchy.mounted
            let cgroup = hierarchy.version == .none || geteuid() != 0 ? nil : ContainerCgroup(hierarchy: hierarchy, path: spec.cgroup)
            if let start = folder.readStart() {
                try finishOrphan(folder, start, cgroup)
                announce("ok")
                return 0
            }
            let startedAt = SystemClock().now()
            guard let identity = ShimFolder.ProcessIdentity(pid: getpid()) else {
                announce("cannot read /proc/self/stat")
                return 1
            }
            var record = ShimFolder.StartRecord(shim: identity, container: nil, boot: ShimFolder.boot, startedAt: startedAt)
            try folder.writeStart(record)
            do {
                var shim = try Shim(folder: folder, spec: spec, cgroup: cgroup)
                try shim.start()
                record.container = ShimFolder.ProcessIdentity(pid: shim.program)
                try? folder.writeStart(record)
                announce("ok")
                releaseProgramPages()
                let exit = shim.run(startedAt: startedAt)
                try folder.writeExit(exit)
            } catch {
                cgroup?.remove()
                let message = (error as? Spawn.Failure)?.description ?? "\(error)"
                try folder.writeExit(
                    ContainerExit(code: 128, reason: "StartError", message: message, startedAt: nil, finishedAt: SystemClock().now()))
                announce("ok")
            }
            return 0
        } catch {
            announce(error.description)
            return 1
        }
    }

    /// Another shim holds the folder: waits until it has started the container, so that the caller may rely on it.
    private static func waitForOther(_ folder: ShimFolder) -> Int32 {
        for _ in 0..<2000 {
            if folder.readStart()?.container != nil || folder.readExit() != nil { break }
            usleep(5000)
        }
        announce("ok")
        return 0
    }

    /// The shim that began this container is gone: ends what is left of the container and says so.
    private static func finishOrphan(_ folder: ShimFolder, _ start: ShimFolder.StartRecord, _ cgroup: ContainerCgroup?) throws(FileError) {
        if start.boot == ShimFolder.boot {
            cgroup?.killAll()
            if let container = start.container, container.isAlive { kill(-container.pid, SIGKILL) }
        }
        cgroup?.remove()
        try folder.writeExit(
            ContainerExit(
                code: 137, signal: SIGKILL, reason: "ContainerStatusUnknown",
                message: "the container's shim was killed, so its exit is not known", startedAt: start.startedAt,
                finishedAt: SystemClock().now()))
    }

    private static func announce(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        unsafe _ = bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
        // The agent reads to the end of the pipe.
        let null = unsafe open("/dev/null", O_WRONLY | O_CLOEXEC)
        if null >= 0 {
            dup2(null, 1)
            close(null)
        }
    }

    /// Gives back the pages of the program's file that starting up has touched; the few that are needed come back from the page cache.
    ///
    /// A shim is the whole binary of which it runs a small loop, and there is one beside every container. Only code and constants go: data
    /// that the loader has relocated lies behind the code in the file and stays.
    private static func releaseProgramPages() {
        guard let text = try? PosixFileSystem().contents("/proc/self/maps") else { return }
        var lastCode = ""
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n").reversed() {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
            guard fields.count >= 6, fields[5].hasPrefix("/") else { continue }
            if fields[1] == "r-xp" { lastCode = fields[5] }
            guard lastCode == fields[5], fields[1] == "r-xp" || fields[1] == "r--p" else { continue }
            let ends = fields[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard ends.count == 2, let start = unsafe UnsafeMutableRawPointer(bitPattern: ends[0]) else { continue }
            unsafe _ = madvise(start, Int(ends[1] - ends[0]), MADV_DONTNEED)
        }
    }

    private init(folder: ShimFolder, spec: ContainerSpec, cgroup: ContainerCgroup?) throws {
        let log = try ShimLog(path: spec.logPath)
        let watched = [SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2]
        let signals = unsafe watched.withUnsafeBufferPointer { unsafe csystem_signal_descriptor($0.baseAddress!, $0.count) }
        guard signals >= 0 else { throw FileError("watch signals for", spec.id.name, errno: errno) }
        self.folder = folder
        self.spec = spec
        self.cgroup = cgroup
        self.log = log
        self.signals = signals
        signal(SIGPIPE, SIG_IGN)
        _ = csystem_set_child_subreaper(true)
        unsafe _ = csystem_set_thread_name("shim:" + spec.id.name)
    }

    // MARK: Starting

    private mutating func start() throws {
        guard !spec.command.isEmpty else { throw Spawn.Failure(description: "cannot run nothing: the container has no command") }
        try cgroup?.create(spec.resources)
        var ends: [[Int32]] = []
        for _ in 0..<2 {
            var pair: [Int32] = [-1, -1]
            guard unsafe csystem_pipe(&pair, O_CLOEXEC) == 0 else { throw FileError("make a pipe for", spec.id.name, errno: errno) }
            ends.append(pair)
        }
        let null = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(null)
            close(ends[0][1])
            close(ends[1][1])
        }
        let isRoot = geteuid() == 0
        var spawn = Spawn(
            command: spec.command, environment: spec.environment, directory: spec.workingDirectory ?? "/", standardInput: null,
            standardOutput: ends[0][1], standardError: ends[1][1])
        spawn.writes = (cgroup?.processFiles ?? []).map { ($0, "0", true) }
        // Lowering the score needs a capability that not every root has; the container runs all the same.
        spawn.writes.append(("/proc/self/oom_score_adj", String(spec.resources.outOfMemoryScore), false))
        spawn.privateMounts = isRoot ? spec.mounts : nil
        spawn.identity = isRoot ? spec.identity : nil
        if !isRoot && !spec.mounts.isEmpty {
            throw Spawn.Failure(description: "cannot mount \(spec.mounts[0].source) at \(spec.mounts[0].target): the agent does not run as root")
        }
        program = try spawn.start()
        pipes = [ends[0][0], ends[1][0]]
        for pipe in pipes { _ = fcntl(pipe, F_SETFL, O_NONBLOCK) }
    }

    // MARK: Running

    /// Nanoseconds of draining after the end of the program: something outside the cgroup may hold a pipe open for ever.
    private static let drainLimit: UInt64 = 2_000_000_000

    private mutating func run(startedAt: Timestamp) -> ContainerExit {
        var endedAt: UInt64?
        var finishedAt = startedAt
        var kills = 0
        while true {
            let isBlocked = !unwritten.isEmpty
            var polled = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
            // While the disk refuses records the pipes are left alone: the program waits rather than lose a line.
            for pipe in pipes { polled.append(pollfd(fd: isBlocked ? -1 : pipe, events: Int16(POLLIN), revents: 0)) }
            unsafe _ = poll(&polled, nfds_t(polled.count), isBlocked || endedAt != nil ? 100 : -1)

            while true {
                let number = csystem_next_signal(signals)
                if number < 0 { break }
                receive(number)
            }
            if programStatus != nil && endedAt == nil {
                endedAt = clock.monotonicNanoseconds()
                finishedAt = clock.now()
                // What the program left running ends with it, as in any container.
                kills = cgroup?.outOfMemoryKills ?? 0
                killAll()
            }
            if isBlocked { writeOut() }
            for stream in CRILogFormat.Stream.allCases where pipes[stream.rawValue] >= 0 && unwritten.isEmpty { drain(stream) }
            if let endedAt {
                let isDrained = pipes.allSatisfy { $0 < 0 } && unwritten.isEmpty
                if isDrained || clock.monotonicNanoseconds() &- endedAt > Self.drainLimit { break }
            }
        }
        for stream in CRILogFormat.Stream.allCases where pipes[stream.rawValue] >= 0 { finish(stream) }
        reap()
        cgroup?.remove()
        return exit(startedAt: startedAt, finishedAt: finishedAt, outOfMemoryKills: kills)
    }

    private mutating func receive(_ number: Int32) {
        switch number {
        case SIGCHLD: reap()
        case SIGTERM, SIGINT: if programStatus == nil { kill(program, spec.stopSignal) }
        case SIGUSR1: try? log.reopen()
        case SIGUSR2: killAll()
        default: break
        }
    }

    private func killAll() {
        if let cgroup { cgroup.killAll() } else { kill(-program, SIGKILL) }
    }

    private mutating func reap() {
        var status: Int32 = 0
        while true {
            let pid = unsafe waitpid(-1, &status, WNOHANG)
            if pid <= 0 { break }
            if pid == program { programStatus = status }
        }
    }

    private mutating func drain(_ stream: CRILogFormat.Stream) {
        // A bounded number of reads, so that a torrent on one stream starves neither the other nor the signals.
        for _ in 0..<16 {
            let pipe = pipes[stream.rawValue]
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(pipe, $0.baseAddress, $0.count) }
            if count > 0 {
                format.append(chunk[..<count], from: stream, now: clock.now(), to: &unwritten)
                writeOut()
                if !unwritten.isEmpty { return }
            } else if count == 0 {
                finish(stream)
                return
            } else if errno != EINTR {
                return
            }
        }
    }

    private mutating func finish(_ stream: CRILogFormat.Stream) {
        close(pipes[stream.rawValue])
        pipes[stream.rawValue] = -1
        format.finish(stream, now: clock.now(), to: &unwritten)
        writeOut()
    }

    private mutating func writeOut() {
        if unwritten.isEmpty { return }
        let count = log.write(unwritten[...], now: clock.now())
        if count == unwritten.count { unwritten.removeAll(keepingCapacity: true) } else { unwritten.removeFirst(count) }
    }

    private func exit(startedAt: Timestamp, finishedAt: Timestamp, outOfMemoryKills: Int) -> ContainerExit {
        let status = programStatus ?? 0
        if csystem_wait_exited(status) {
            let code = csystem_wait_exit_code(status)
            // A program that ends since one of its processes was killed for want of memory ends for want of memory, as containerd says it.
            let reason = code == 0 ? "Completed" : outOfMemoryKills > 0 ? "OOMKilled" : "Error"
            return ContainerExit(code: code, reason: reason, startedAt: startedAt, finishedAt: finishedAt)
        }
        let signal = csystem_wait_signal(status)
        let isOutOfMemory = signal == SIGKILL && outOfMemoryKills > 0
        return ContainerExit(
            code: 128 + signal, signal: signal, reason: isOutOfMemory ? "OOMKilled" : "Error", startedAt: startedAt,
            finishedAt: finishedAt)
    }
}
