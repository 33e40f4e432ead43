import CPosix
import Environment
import Glibc
import Synchronization

/// Low-priority threads for heavy work, one per core.
///
/// Measured on two cores with four CPU-heavy requests running: light requests keep a p99 of 1 ms beside these threads, 45 ms beside a
/// pool of normal priority, 2 s when the heavy work sits on the cooperative pool.
package final class ThreadWorkPool: WorkPool {
    package let width: Int
    private let queue: WorkQueue

    /// - Parameter niceness: added to the threads' priority; 10 leaves a busy machine responsive.
    package init(threads: Int, niceness: Int32 = 10) {
        let count = max(1, threads)
        // The caller of `forEach` is one of the workers.
        width = count + 1
        queue = WorkQueue()
        for number in 0..<count {
            PosixThread.start(name: "work-\(number)") { [queue] in
                PosixThread.lowerPriority(by: niceness)
                while let work = queue.next() { work() }
            }
        }
    }

    deinit { queue.close() }

    package func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let accepted = queue.add { continuation.resume(with: Result { try work() }) }
            if !accepted { continuation.resume(throwing: CancellationError()) }
        }
    }

    package func forEach(_ count: Int, _ body: @Sendable (_ worker: Int, _ index: Int) throws -> Void) throws {
        if count <= 1 {
            if count == 1 { try body(0, 0) }
            return
        }
        // Queued helpers hold the round, never the body: a helper that starts after the round is over finds nothing to do.
        try withoutActuallyEscaping(body) { body in
            let round = Round(count: count, body: body)
            for worker in 1...min(width - 1, count - 1) where !queue.add({ round.join(worker) }) { break }
            round.workAsCaller()
            if let error = round.error { throw error }
        }
    }

    /// The indices of one `forEach`, and who is still at it.
    ///
    /// The caller waits only for helpers that have begun. Helpers still in the queue behind other work are not waited for, so calls that
    /// nest, or that fill the pool, cannot wait for each other in a circle.
    private final class Round: Sendable {
        private struct State {
            var body: (@Sendable (Int, Int) throws -> Void)?
            /// Helpers that have begun; each signals once when it is done.
            var begun = 0
            var failure: (any Error)?
        }

        private let next = Atomic<Int>(0)
        private let count: Int
        private let state: Mutex<State>
        private let left = Semaphore()

        init(count: Int, body: @escaping @Sendable (Int, Int) throws -> Void) {
            self.count = count
            state = Mutex(State(body: body))
        }

        var error: (any Error)? { state.withLock { $0.failure } }

        func join(_ worker: Int) {
            guard begin() else { return }
            run(worker)
            left.signal()
        }

        func workAsCaller() {
            run(0)
            let helpers = state.withLock { state in
                state.body = nil
                return state.begun
            }
            for _ in 0..<helpers { left.wait() }
        }

        private func begin() -> Bool {
            state.withLock { state in
                guard state.body != nil else { return false }
                state.begun += 1
                return true
            }
        }

        private func run(_ worker: Int) {
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                do {
                    try state.withLock({ $0.body })?(worker, index)
                } catch {
                    state.withLock { if $0.failure == nil { $0.failure = error } }
                    next.store(count, ordering: .relaxed)
                }
            }
        }
    }
}

/// The pool's queue: closures under one lock, waiting threads on a semaphore.
final class WorkQueue: Sendable {
    private struct State {
        /// A place is emptied when its work is taken: what it holds, a request's body for one, must not rest here until the places move up.
        var items: [(@Sendable () -> Void)?] = []
        var head = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let available = Semaphore()

    func add(_ work: @escaping @Sendable () -> Void) -> Bool {
        let accepted = state.withLock { state in
            if state.isClosed { return false }
            state.items.append(work)
            return true
        }
        if accepted { available.signal() }
        return accepted
    }

    func next() -> (@Sendable () -> Void)? {
        while true {
            available.wait()
            let (work, isClosed): ((@Sendable () -> Void)?, Bool) = state.withLock { state in
                guard state.head < state.items.count else { return (nil, state.isClosed) }
                let work = state.items[state.head].take()
                state.head += 1
                if state.head > 1024 && state.head * 2 > state.items.count {
                    state.items.removeFirst(state.head)
                    state.head = 0
                } else if state.head == state.items.count {
                    state.items.removeAll(keepingCapacity: true)
                    state.head = 0
                }
                return (work, state.isClosed)
            }
            if let work { return work }
            if isClosed {
                // The next thread learns of it too.
                available.signal()
                return nil
            }
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        available.signal()
    }
}

/// A counting semaphore of the system, for threads of our own.
@safe package final class Semaphore: @unchecked Sendable {
    private let storage: UnsafeMutablePointer<sem_t>

    package init(value: UInt32 = 0) {
        unsafe storage = .allocate(capacity: 1)
        unsafe storage.initialize(to: sem_t())
        unsafe sem_init(storage, 0, value)
    }

    deinit {
        unsafe sem_destroy(storage)
        unsafe storage.deallocate()
    }

    package func signal() { unsafe _ = sem_post(storage) }

    package func wait() {
        while unsafe sem_wait(storage) != 0 && errno == EINTR {}
    }
}

/// Threads of our own, for what blocks.
package enum PosixThread {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a detached thread. The name is cut to 15 bytes.
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        unsafe pthread_attr_setstacksize(&attributes, 16 << 20)
        defer { unsafe pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        let result = unsafe pthread_create(
            &thread, &attributes,
            { argument in
                let start = unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                unsafe _ = csystem_set_thread_name(String(start.name.prefix(15)))
                start.body()
                return nil
            }, unsafe start.toOpaque())
        precondition(result == 0, "the system gives us a thread (error \(result))")
    }

    /// Puts the calling thread to sleep: for threads of our own only.
    package static func sleep(nanoseconds: UInt64) {
        var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        unsafe nanosleep(&time, nil)
    }

    /// Makes the calling thread give way to others; a thread's own niceness on Linux.
    package static func lowerPriority(by niceness: Int32) {
        _ = csystem_set_thread_nice(0, niceness)
    }
}
