import Glibc

/// A bounded queue between many producers and the one writer thread.
///
/// Producers wait while it is full: back-pressure instead of growth.
@safe final class BlockingQueue<Element: Sendable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let filled: UnsafeMutablePointer<pthread_cond_t>
    private let drained: UnsafeMutablePointer<pthread_cond_t>
    private var elements: [Element] = []
    private var isClosed = false
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        unsafe mutex = .allocate(capacity: 1)
        unsafe filled = .allocate(capacity: 1)
        unsafe drained = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe filled.initialize(to: pthread_cond_t())
        unsafe drained.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(filled, nil)
        unsafe pthread_cond_init(drained, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe pthread_cond_destroy(filled)
        unsafe pthread_cond_destroy(drained)
        unsafe mutex.deallocate()
        unsafe filled.deallocate()
        unsafe drained.deallocate()
    }

    /// False when the queue is closed.
    func add(_ element: Element) -> Bool {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while elements.count >= capacity && !isClosed { unsafe pthread_cond_wait(drained, mutex) }
        guard !isClosed else { return false }
        elements.append(element)
        unsafe pthread_cond_signal(filled)
        return true
    }

    /// Everything that waits, at least one element; nil when closed and empty.
    func takeAll() -> [Element]? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while elements.isEmpty {
            if isClosed { return nil }
            unsafe pthread_cond_wait(filled, mutex)
        }
        let taken = elements
        elements = []
        unsafe pthread_cond_broadcast(drained)
        return taken
    }

    func close() {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        isClosed = true
        unsafe pthread_cond_broadcast(filled)
        unsafe pthread_cond_broadcast(drained)
    }
}

/// The engine's own thread, which can be waited for.
@safe final class WriterThread: @unchecked Sendable {
    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        let start = unsafe Unmanaged.passRetained(Start(body))
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, unsafe start.toOpaque())
        precondition(result == 0, "the system gives us a thread (error \(result))")
    }

    func join() { pthread_join(thread, nil) }
}
