import CPosix
import Glibc

/// The socket calls that proxy and name server need. All sockets are non-blocking and closed on exec.
enum Sockets {
    struct Failure: Error {
        var code: Int32
        var description: String
    }

    static func failure(_ what: String) -> Failure {
        let code = errno
        let text = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return Failure(code: code, description: "cannot \(what): \(text)")
    }

    static func listen(_ address: SocketAddress) throws(Failure) -> Int32 {
        let descriptor = try open(SOCK_STREAM)
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        guard bind(descriptor, address), Glibc.listen(descriptor, 4096) == 0 else {
            defer { close(descriptor) }
            throw failure("listen on \(address)")
        }
        return descriptor
    }

    static func datagrams(on address: SocketAddress) throws(Failure) -> Int32 {
        let descriptor = try open(SOCK_DGRAM)
        guard bind(descriptor, address) else {
            defer { close(descriptor) }
            throw failure("listen on \(address) for datagrams")
        }
        return descriptor
    }

    /// Begins to connect; the socket becomes writable when that has succeeded or failed.
    static func connect(_ address: SocketAddress, datagrams: Bool = false) throws(Failure) -> Int32 {
        let descriptor = try open(datagrams ? SOCK_DGRAM : SOCK_STREAM)
        if !datagrams { set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
        var target = native(address)
        let result = unsafe withUnsafePointer(to: &target) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 || errno == EINPROGRESS else {
            defer { close(descriptor) }
            throw failure("connect to \(address)")
        }
        return descriptor
    }

    /// What became of a connection that was begun; 0 for success.
    static func connectError(_ descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        return code
    }

    /// The next waiting connection and who made it; nil when there is none.
    static func accept(_ listener: Int32) -> (descriptor: Int32, client: SocketAddress)? {
        var peer = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = unsafe withUnsafeMutablePointer(to: &peer) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe Glibc.accept(listener, $0, &size) }
        }
        guard descriptor >= 0 else { return nil }
        prepare(descriptor)
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        return (descriptor, portable(peer))
    }

    /// Reads what is there into the buffer's beginning: a count, 0 at the end of the stream, -1 with errno.
    static func read(_ descriptor: Int32, into buffer: inout [UInt8]) -> Int {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count >= 0 || errno != EINTR { return count }
        }
    }

    /// Writes what the socket takes; -1 with errno.
    static func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Int {
        while true {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count >= 0 || errno != EINTR { return count }
        }
    }

    static func receive(_ descriptor: Int32, into buffer: inout [UInt8]) -> (count: Int, from: SocketAddress)? {
        var peer = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe withUnsafeMutablePointer(to: &peer) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe recvfrom(descriptor, bytes.baseAddress, bytes.count, 0, $0, &size)
                }
            }
        }
        return count >= 0 ? (count, portable(peer)) : nil
    }

    static func send(_ descriptor: Int32, _ bytes: [UInt8], to address: SocketAddress) {
        var target = native(address)
        unsafe _ = bytes.withUnsafeBytes { bytes in
            unsafe withUnsafePointer(to: &target) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe sendto(
                        descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL), $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    static func shutdownWriting(_ descriptor: Int32) { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes so that the other side sees a reset.
    static func reset(_ descriptor: Int32) {
        var value = linger(l_onoff: 1, l_linger: 0)
        unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }

    static func closeDescriptor(_ descriptor: Int32) { close(descriptor) }

    static var wouldBlock: Bool { errno == EAGAIN || errno == EWOULDBLOCK }
    static var isOutOfDescriptors: Bool { errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM }

    /// The port a socket was given.
    static func port(of descriptor: Int32) -> UInt16 {
        var own = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe _ = withUnsafeMutablePointer(to: &own) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &size) }
        }
        return portable(own).port
    }

    static func monotonicNanoseconds() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    private static func open(_ type: __socket_type) throws(Failure) -> Int32 {
        let descriptor = socket(AF_INET, Int32(type.rawValue), 0)
        guard descriptor >= 0 else { throw failure("open a socket") }
        prepare(descriptor)
        return descriptor
    }

    private static func prepare(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        unsafe _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func bind(_ descriptor: Int32, _ address: SocketAddress) -> Bool {
        var own = native(address)
        return unsafe withUnsafePointer(to: &own) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        } == 0
    }

    private static func native(_ address: SocketAddress) -> sockaddr_in {
        var result = sockaddr_in()
        result.sin_family = sa_family_t(AF_INET)
        result.sin_port = address.port.bigEndian
        result.sin_addr = in_addr(s_addr: address.address.bigEndian)
        return result
    }

    private static func portable(_ address: sockaddr_in) -> SocketAddress {
        SocketAddress(UInt32(bigEndian: address.sin_addr.s_addr), UInt16(bigEndian: address.sin_port))
    }
}

/// Wakes a thread that waits in a `SocketLoop`.
final class LoopWaker: Sendable {
    let descriptor: Int32

    init() {
        descriptor = csystem_eventfd(0, csystem_EFD_CLOEXEC | csystem_EFD_NONBLOCK)
        precondition(descriptor >= 0, "the system gives us an eventfd")
    }

    deinit { close(descriptor) }

    func wake() {
        let one: [UInt64] = [1]
        unsafe _ = one.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    }

    func clear() {
        var counter: [UInt64] = [0]
        unsafe _ = counter.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    }
}

/// One thread's sockets and what to do when they are ready. It belongs to the thread that made it.
final class SocketLoop {
    private struct Watched {
        var events: UInt32
        var onReady: () -> Void
    }

    static let readable = csystem_EPOLLIN
    static let writable = csystem_EPOLLOUT

    private let epoll: Int32
    private let waker: LoopWaker
    private var watched: [Int32: Watched] = [:]

    init(_ waker: LoopWaker) {
        epoll = csystem_epoll_create()
        precondition(epoll >= 0, "the system gives us an epoll descriptor")
        self.waker = waker
        _ = csystem_epoll_set(epoll, waker.descriptor, Self.readable, true)
    }

    deinit { close(epoll) }

    /// Begins to watch a descriptor, or changes what is watched. With no events the callback rests until events are set again.
    func watch(_ descriptor: Int32, _ events: UInt32, onReady: @escaping () -> Void) {
        let before = watched[descriptor]?.events ?? 0
        if before != events, before != 0 || events != 0 { _ = csystem_epoll_set(epoll, descriptor, events, before == 0) }
        watched[descriptor] = Watched(events: events, onReady: onReady)
    }

    func change(_ descriptor: Int32, _ events: UInt32) {
        guard let entry = watched[descriptor], entry.events != events else { return }
        _ = csystem_epoll_set(epoll, descriptor, events, entry.events == 0)
        watched[descriptor]!.events = events
    }

    /// Must be called before the descriptor is closed.
    func forget(_ descriptor: Int32) {
        guard let entry = watched.removeValue(forKey: descriptor) else { return }
        if entry.events != 0 { _ = csystem_epoll_set(epoll, descriptor, 0, false) }
    }

    /// Waits once and calls whoever is ready. A callback may come without cause; sockets are non-blocking.
    func turn(timeoutMilliseconds: Int32) {
        var descriptors = [Int32](repeating: 0, count: 256)
        var events = [UInt32](repeating: 0, count: 256)
        let count = unsafe csystem_epoll_wait(epoll, &descriptors, &events, 256, timeoutMilliseconds)
        for index in 0..<max(0, Int(count)) {
            if descriptors[index] == waker.descriptor { waker.clear() } else { watched[descriptors[index]]?.onReady() }
        }
    }
}
