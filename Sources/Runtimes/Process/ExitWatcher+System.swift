import CPosix
import Glibc
import Posix
import Synchronization

/// One thread that waits for the end of any number of processes, children or not, through their pidfds.
final class ExitWatcher: Sendable {
    private struct Entry {
        var descriptor: Int32
        var onExit: @Sendable () -> Void
    }

    private struct State {
        var entries: [Entry] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wake: Int32

    init() {
        wake = csystem_eventfd(0, csystem_EFD_CLOEXEC | csystem_EFD_NONBLOCK)
        precondition(wake >= 0, "the system gives us an eventfd")
        PosixThread.start(name: "exits") { [self] in loop() }
    }

    /// Ends the thread; processes that still run are no longer watched.
    func close() {
        state.withLock { $0.isClosed = true }
        notify()
    }

    /// Calls back on the watcher's thread when the process has ended, at once when it is gone already.
    ///
    /// - Returns: a descriptor by which the process can be signalled until the callback has returned, or nil when it is gone.
    func watch(_ process: ShimFolder.ProcessIdentity, onExit: @escaping @Sendable () -> Void) -> Int32? {
        let descriptor = csystem_pidfd_open(process.pid, 0)
        // The pid may have been given to another process before it was opened; after it, it cannot.
        guard descriptor >= 0, process.isAlive else {
            if descriptor >= 0 { Glibc.close(descriptor) }
            return nil
        }
        state.withLock { $0.entries.append(Entry(descriptor: descriptor, onExit: onExit)) }
        notify()
        return descriptor
    }

    private func notify() {
        let one: [UInt64] = [1]
        unsafe _ = one.withUnsafeBytes { unsafe write(wake, $0.baseAddress, $0.count) }
    }

    private func loop() {
        while true {
            let (descriptors, isClosed) = state.withLock { state in (state.entries.map(\.descriptor), state.isClosed) }
            if isClosed { break }
            var polled = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
            for descriptor in descriptors { polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)) }
            unsafe _ = poll(&polled, nfds_t(polled.count), -1)
            if polled[0].revents != 0 {
                var counter: [UInt64] = [0]
                unsafe _ = counter.withUnsafeMutableBytes { unsafe read(wake, $0.baseAddress, $0.count) }
            }
            for item in polled.dropFirst() where item.revents != 0 { finish(item.fd) }
        }
        let rest = state.withLock { state in
            defer { state.entries = [] }
            return state.entries
        }
        for entry in rest { Glibc.close(entry.descriptor) }
    }

    private func finish(_ descriptor: Int32) {
        // Reaps it when it is our child; otherwise its own parent does.
        var pid: pid_t = 0
        var code: Int32 = 0
        var status: Int32 = 0
        unsafe _ = csystem_wait_pidfd(descriptor, WEXITED | WNOHANG, &pid, &code, &status)
        let entry = state.withLock { state in
            let index = state.entries.firstIndex { $0.descriptor == descriptor }
            return index.map { state.entries.remove(at: $0) }
        }
        entry?.onExit()
        Glibc.close(descriptor)
    }
}
