/// The proxy's listeners and connections. It lives on one thread.
///
/// Data is passed on as it comes; an end of one direction is passed on as such, and the other direction goes on. A client is read only
/// when its back end takes what was read before, so a connection needs at most one buffer a direction.
final class ProxyServer {
    final class Listener {
        let front: SocketAddress
        let descriptor: Int32
        var chooser: BackendChooser

        init(front: SocketAddress, descriptor: Int32, chooser: BackendChooser) {
            self.front = front
            self.descriptor = descriptor
            self.chooser = chooser
        }
    }

    let loop: SocketLoop
    /// Where chunks are read into; shared by all connections of the thread.
    var chunk = [UInt8](repeating: 0, count: 65_536)
    private var listeners: [SocketAddress: Listener] = [:]
    private var connections: [ObjectIdentifier: ProxyConnection] = [:]
    /// Fronts that could not be listened on are tried again with every change and every few seconds.
    private(set) var refused: [SocketAddress: ProxyRules.Rule] = [:]
    private var pausedUntil: UInt64?
    private let report: (String) -> Void

    init(loop: SocketLoop, report: @escaping (String) -> Void) {
        self.loop = loop
        self.report = report
    }

    /// How long a back end may take to accept a connection.
    static let connectLimit: UInt64 = 5_000_000_000

    // MARK: Rules

    func apply(_ rules: ProxyRules) {
        for front in listeners.keys.sorted() where rules.rules[front] == nil {
            let listener = listeners.removeValue(forKey: front)!
            loop.forget(listener.descriptor)
            Sockets.closeDescriptor(listener.descriptor)
        }
        refused = [:]
        for front in rules.fronts {
            let rule = rules.rules[front]!
            if let listener = listeners[front] { listener.chooser.update(rule) } else { listen(front, rule) }
        }
    }

    private func listen(_ front: SocketAddress, _ rule: ProxyRules.Rule) {
        do throws(Sockets.Failure) {
            let descriptor = try Sockets.listen(front)
            let listener = Listener(front: front, descriptor: descriptor, chooser: BackendChooser(rule))
            listeners[front] = listener
            loop.watch(descriptor, SocketLoop.readable) { [unowned self, unowned listener] in accept(listener) }
        } catch {
            refused[front] = rule
            report("service \(rule.service): \(error.description)")
        }
    }

    var connectionCount: Int { connections.count }

    // MARK: Connections

    private func accept(_ listener: Listener) {
        // A bounded number, so that established connections get their turn.
        for _ in 0..<64 {
            guard let (descriptor, client) = Sockets.accept(listener.descriptor) else {
                if Sockets.isOutOfDescriptors { pause() }
                return
            }
            let connection = ProxyConnection(server: self, listener: listener, client: descriptor, address: client.address)
            connections[ObjectIdentifier(connection)] = connection
            connection.connect()
        }
    }

    func remove(_ connection: ProxyConnection) { connections[ObjectIdentifier(connection)] = nil }

    /// Stops accepting for a moment: out of descriptors, `accept` would report the same connection for ever.
    private func pause() {
        pausedUntil = Sockets.monotonicNanoseconds() + 100_000_000
        for listener in listeners.values { loop.change(listener.descriptor, 0) }
    }

    /// What must be done without an event; milliseconds until the next look.
    func tick() -> Int32 {
        let now = Sockets.monotonicNanoseconds()
        if let until = pausedUntil, now >= until {
            pausedUntil = nil
            for listener in listeners.values { loop.change(listener.descriptor, SocketLoop.readable) }
        }
        var isConnecting = false
        for connection in Array(connections.values) where connection.isConnecting {
            isConnecting = true
            if now > connection.connectDeadline { connection.backendFailed() }
        }
        if !refused.isEmpty {
            let again = refused
            refused = [:]
            for front in again.keys.sorted() { listen(front, again[front]!) }
        }
        if pausedUntil != nil { return 100 }
        return isConnecting ? 500 : refused.isEmpty ? -1 : 5000
    }

    func closeAll() {
        for connection in Array(connections.values) { connection.close(isAbrupt: true) }
        for listener in listeners.values {
            loop.forget(listener.descriptor)
            Sockets.closeDescriptor(listener.descriptor)
        }
        listeners = [:]
    }
}

/// One client and its back end.
final class ProxyConnection {
    /// One direction: what was read and not yet written, and whether its source has ended.
    private struct Direction {
        var pending: [UInt8] = []
        var offset = 0
        var hasEnded = false
        var isShut = false

        var isEmpty: Bool { offset == pending.count }
    }

    private unowned let server: ProxyServer
    private let listener: ProxyServer.Listener
    private let client: Int32
    private let address: UInt32
    private var backend: Int32 = -1
    private var target: SocketAddress?
    private var tried: [SocketAddress] = []
    private(set) var isConnecting = false
    private(set) var connectDeadline: UInt64 = 0
    private var isClosed = false
    /// From the client, and to it.
    private var directions = [Direction(), Direction()]

    init(server: ProxyServer, listener: ProxyServer.Listener, client: Int32, address: UInt32) {
        self.server = server
        self.listener = listener
        self.client = client
        self.address = address
    }

    /// Connects to a back end that has not refused this connection; resets the client when none is left.
    func connect() {
        let now = Sockets.monotonicNanoseconds()
        while let target = listener.chooser.choose(client: address, tried: tried, now: now) {
            self.target = target
            do throws(Sockets.Failure) {
                backend = try Sockets.connect(target)
                isConnecting = true
                connectDeadline = now &+ ProxyServer.connectLimit
                server.loop.watch(backend, SocketLoop.writable) { [unowned self] in backendReady() }
                return
            } catch {
                listener.chooser.release(target)
                tried.append(target)
                self.target = nil
            }
        }
        close(isAbrupt: true)
    }

    /// The back end did not accept: the next one is tried, since nothing was sent yet.
    func backendFailed() {
        server.loop.forget(backend)
        Sockets.closeDescriptor(backend)
        backend = -1
        isConnecting = false
        if let target {
            listener.chooser.release(target)
            tried.append(target)
        }
        target = nil
        connect()
    }

    private func backendReady() {
        if isConnecting {
            guard Sockets.connectError(backend) == 0 else { return backendFailed() }
            isConnecting = false
            server.loop.watch(client, SocketLoop.readable) { [unowned self] in pump() }
        }
        pump()
    }

    /// Moves what can be moved, both ways.
    private func pump() {
        guard !isClosed, !isConnecting else { return }
        for index in 0...1 where !move(index) { return close(isAbrupt: true) }
        if directions[0].isShut && directions[1].isShut { return close(isAbrupt: false) }
        server.loop.change(client, interest(reads: 0, writes: 1))
        server.loop.change(backend, interest(reads: 1, writes: 0))
    }

    private func interest(reads: Int, writes: Int) -> UInt32 {
        var events: UInt32 = 0
        if !directions[reads].hasEnded && directions[reads].isEmpty { events |= SocketLoop.readable }
        if !directions[writes].isEmpty { events |= SocketLoop.writable }
        return events
    }

    /// Moves one direction on; false when the connection is broken.
    private func move(_ index: Int) -> Bool {
        let source = index == 0 ? client : backend
        let sink = index == 0 ? backend : client
        // A few chunks at a time: other connections wait too.
        for _ in 0..<4 {
            if !directions[index].isEmpty {
                let written = Sockets.write(sink, directions[index].pending[directions[index].offset...])
                if written < 0 { return Sockets.wouldBlock }
                directions[index].offset += written
                if !directions[index].isEmpty { return true }
                directions[index].pending.removeAll(keepingCapacity: false)
                directions[index].offset = 0
            }
            if directions[index].hasEnded { break }
            let count = Sockets.read(source, into: &server.chunk)
            if count < 0 { return Sockets.wouldBlock }
            if count == 0 {
                directions[index].hasEnded = true
                break
            }
            let written = Sockets.write(sink, server.chunk[..<count])
            if written < 0 && !Sockets.wouldBlock { return false }
            if written < count {
                directions[index].pending = Array(server.chunk[max(0, written)..<count])
                return true
            }
            if count < server.chunk.count { break }
        }
        if directions[index].hasEnded && directions[index].isEmpty && !directions[index].isShut {
            directions[index].isShut = true
            Sockets.shutdownWriting(sink)
        }
        return true
    }

    func close(isAbrupt: Bool) {
        if isClosed { return }
        isClosed = true
        for descriptor in [client, backend] where descriptor >= 0 {
            server.loop.forget(descriptor)
            if isAbrupt { Sockets.reset(descriptor) } else { Sockets.closeDescriptor(descriptor) }
        }
        if let target { listener.chooser.release(target) }
        server.remove(self)
    }
}
