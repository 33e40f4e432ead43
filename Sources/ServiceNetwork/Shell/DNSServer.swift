/// The name server's sockets: UDP and TCP at one address, and the host's name servers behind it. It lives on one thread.
final class DNSServer {
    private struct Forwarded {
        var question: [UInt8]
        var reply: ([UInt8]) -> Void
        var deadline: UInt64
    }

    private let loop: SocketLoop
    private let upstreams: [SocketAddress]
    private var zone: DNSZone
    private var datagrams: Int32 = -1
    private var listener: Int32 = -1
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    /// Sockets to the host's name servers.
    private var upstreamSockets: [Int32] = []
    private var forwarded: [UInt16: Forwarded] = [:]
    private var nextID: UInt16 = UInt16.random(in: 0...UInt16.max)
    private var streams: [Int32: Stream] = [:]

    /// A TCP connection: bytes that have come, and answers that wait.
    private struct Stream {
        var received: [UInt8] = []
        var unsent: [UInt8] = []
        /// Questions that have no answer yet.
        var unanswered = 0
        var lastUse: UInt64
        var hasEnded = false
    }

    /// Questions under way to the host's name servers, and TCP connections, at once.
    private static let forwardLimit = 4096
    private static let streamLimit = 256
    private static let forwardTimeout: UInt64 = 4_000_000_000
    private static let streamTimeout: UInt64 = 10_000_000_000

    init(loop: SocketLoop, address: SocketAddress, upstreams: [SocketAddress], zone: DNSZone) throws(Sockets.Failure) {
        self.loop = loop
        // A host that already asks us must not be asked back.
        self.upstreams = upstreams.filter { $0 != address }
        self.zone = zone
        datagrams = try Sockets.datagrams(on: address)
        do throws(Sockets.Failure) {
            listener = try Sockets.listen(SocketAddress(address.address, Sockets.port(of: datagrams)))
        } catch {
            Sockets.closeDescriptor(datagrams)
            throw error
        }
        for upstream in self.upstreams {
            if let socket = try? Sockets.connect(upstream, datagrams: true) { upstreamSockets.append(socket) }
        }
    }

    var port: UInt16 { Sockets.port(of: datagrams) }

    func start() {
        loop.watch(datagrams, SocketLoop.readable) { [unowned self] in receive() }
        loop.watch(listener, SocketLoop.readable) { [unowned self] in accept() }
        for socket in upstreamSockets { loop.watch(socket, SocketLoop.readable) { [unowned self] in receiveAnswer(socket) } }
    }

    func apply(_ zone: DNSZone) { self.zone = zone }

    func closeAll() {
        for descriptor in [datagrams, listener] + upstreamSockets + streams.keys.sorted() {
            loop.forget(descriptor)
            Sockets.closeDescriptor(descriptor)
        }
        streams = [:]
    }

    // MARK: UDP

    private func receive() {
        for _ in 0..<256 {
            guard let (count, client) = Sockets.receive(datagrams, into: &buffer) else { return }
            let socket = datagrams
            answer(Array(buffer[..<count]), isStream: false) { Sockets.send(socket, $0, to: client) }
        }
    }

    private func answer(_ question: [UInt8], isStream: Bool, _ reply: @escaping ([UInt8]) -> Void) {
        switch DNSResponder.decide(question, zone, isStream: isStream) {
        case .answer(let bytes): reply(bytes)
        case .ignore: break
        case .forward(let otherwise):
            guard !upstreamSockets.isEmpty, forwarded.count < Self.forwardLimit else { return reply(otherwise) }
            while forwarded[nextID] != nil { nextID &+= 1 }
            var bytes = question
            bytes[0] = UInt8(nextID >> 8)
            bytes[1] = UInt8(truncatingIfNeeded: nextID)
            forwarded[nextID] = Forwarded(
                question: question, reply: reply, deadline: Sockets.monotonicNanoseconds() &+ Self.forwardTimeout)
            nextID &+= 1
            // All are asked; the first answer counts.
            for socket in upstreamSockets { _ = Sockets.write(socket, bytes[...]) }
        }
    }

    private func receiveAnswer(_ socket: Int32) {
        for _ in 0..<256 {
            let count = Sockets.read(socket, into: &buffer)
            // A refusal of the port comes as an error of the next call, and is read off with it.
            guard count >= 0 else { return }
            guard count >= 12 else { continue }
            let id = UInt16(buffer[0]) << 8 | UInt16(buffer[1])
            guard let asked = forwarded.removeValue(forKey: id) else { continue }
            var bytes = Array(buffer[..<count])
            bytes[0] = asked.question[0]
            bytes[1] = asked.question[1]
            asked.reply(bytes)
        }
    }

    // MARK: TCP

    private func accept() {
        while let (descriptor, _) = Sockets.accept(listener) {
            guard streams.count < Self.streamLimit else {
                Sockets.reset(descriptor)
                continue
            }
            streams[descriptor] = Stream(lastUse: Sockets.monotonicNanoseconds())
            loop.watch(descriptor, SocketLoop.readable) { [unowned self] in serve(descriptor) }
        }
    }

    /// - Source: RFC 1035 §4.2.2: each message has its length in two bytes before it.
    private func serve(_ descriptor: Int32) {
        guard streams[descriptor] != nil else { return }
        streams[descriptor]!.lastUse = Sockets.monotonicNanoseconds()
        while !streams[descriptor]!.hasEnded {
            let count = Sockets.read(descriptor, into: &buffer)
            if count < 0 {
                if !Sockets.wouldBlock { return drop(descriptor) }
                break
            }
            if count == 0 {
                streams[descriptor]!.hasEnded = true
                break
            }
            streams[descriptor]!.received += buffer[..<count]
            if streams[descriptor]!.received.count > 1 << 18 { return drop(descriptor) }
        }
        let received = streams[descriptor]!.received
        var questions: [[UInt8]] = []
        var offset = 0
        while received.count - offset >= 2 {
            let length = Int(received[offset]) << 8 | Int(received[offset + 1])
            guard received.count - offset >= 2 + length else { break }
            questions.append(Array(received[offset + 2..<offset + 2 + length]))
            offset += 2 + length
        }
        streams[descriptor]!.received.removeFirst(offset)
        streams[descriptor]!.unanswered += questions.count
        for question in questions {
            answer(question, isStream: true) { [unowned self] bytes in
                guard streams[descriptor] != nil else { return }
                streams[descriptor]!.unanswered -= 1
                streams[descriptor]!.unsent += [UInt8(bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)] + bytes
                flush(descriptor)
            }
        }
        if streams[descriptor] != nil { flush(descriptor) }
    }

    private func flush(_ descriptor: Int32) {
        while let unsent = streams[descriptor]?.unsent, !unsent.isEmpty {
            let count = Sockets.write(descriptor, unsent[...])
            if count < 0 {
                if !Sockets.wouldBlock { return drop(descriptor) }
                return loop.change(descriptor, SocketLoop.writable)
            }
            streams[descriptor]!.unsent.removeFirst(count)
        }
        guard let stream = streams[descriptor] else { return }
        if stream.hasEnded && stream.unanswered == 0 { return drop(descriptor) }
        loop.change(descriptor, stream.hasEnded ? 0 : SocketLoop.readable)
    }

    private func drop(_ descriptor: Int32) {
        streams[descriptor] = nil
        loop.forget(descriptor)
        Sockets.closeDescriptor(descriptor)
    }

    /// What must be done without an event; milliseconds until the next look.
    func tick() -> Int32 {
        let now = Sockets.monotonicNanoseconds()
        for id in forwarded.keys.sorted() where forwarded[id]!.deadline < now {
            let asked = forwarded.removeValue(forKey: id)!
            if let failure = DNSResponder.serverFailure(to: asked.question) { asked.reply(failure) }
        }
        for descriptor in streams.keys.sorted() where now &- streams[descriptor]!.lastUse > Self.streamTimeout { drop(descriptor) }
        return forwarded.isEmpty && streams.isEmpty ? -1 : 1000
    }
}
