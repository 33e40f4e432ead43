import Bytes
import ClusterAPI
import Glibc
import Posix
import Synchronization
import Testing

@testable import ServiceNetwork

/// A back end that says who it is, echoes until the end of what it is sent, and says goodbye after that end.
final class EchoServer: Sendable {
    let descriptor: Int32
    let address: SocketAddress

    init(_ name: String, _ address: String) throws {
        descriptor = try Sockets.listen(SocketAddress(SocketAddress.address(address)!, 0))
        self.address = SocketAddress(SocketAddress.address(address)!, Sockets.port(of: descriptor))
        _ = fcntl(descriptor, F_SETFL, 0)
        let listener = descriptor
        PosixThread.start(name: "echo") {
            while let (connection, _) = Sockets.accept(listener) {
                _ = fcntl(connection, F_SETFL, 0)
                PosixThread.start(name: "echo") {
                    var buffer = [UInt8](repeating: 0, count: 65_536)
                    func send(_ bytes: ArraySlice<UInt8>) {
                        var rest = bytes
                        while !rest.isEmpty {
                            let count = Sockets.write(connection, rest)
                            if count <= 0 { return }
                            rest = rest.dropFirst(count)
                        }
                    }
                    send(Array("\(name):".utf8)[...])
                    while true {
                        let count = Sockets.read(connection, into: &buffer)
                        if count <= 0 { break }
                        send(buffer[..<count])
                    }
                    send(Array(":bye".utf8)[...])
                    close(connection)
                }
            }
        }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

/// These tests publish rules themselves.
struct NoServer: ClusterClient {
    func perform(_ request: APIRequest) async throws(StatusError) -> APIResponse { throw .unavailable("there is no server") }
    func watch(_ request: WatchRequest) async throws(StatusError) -> WatchStream { throw .unavailable("there is no server") }
}

/// Sends everything, ends its side, and reads to the end; nil when the connection was refused or reset.
func talk(to address: SocketAddress, _ bytes: [UInt8]) -> [UInt8]? {
    guard let descriptor = try? Sockets.connect(address) else { return nil }
    defer { close(descriptor) }
    var waiting = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
    unsafe _ = poll(&waiting, 1, 10_000)
    guard Sockets.connectError(descriptor) == 0 else { return nil }
    if bytes.isEmpty { Sockets.shutdownWriting(descriptor) }
    var sent = 0
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        waiting[0].events = Int16(POLLIN) | (sent < bytes.count ? Int16(POLLOUT) : 0)
        unsafe _ = poll(&waiting, 1, 10_000)
        if sent < bytes.count {
            let count = Sockets.write(descriptor, bytes[sent...])
            if count > 0 { sent += count }
            if sent == bytes.count { Sockets.shutdownWriting(descriptor) }
        }
        let count = Sockets.read(descriptor, into: &buffer)
        if count > 0 { received += buffer[..<count] }
        if count == 0 { return received }
        if count < 0 && !Sockets.wouldBlock { return nil }
        if waiting[0].revents == 0 { return nil }
    }
}

@Suite("Service network on real sockets")
struct ServiceNetworkTests {
    func with(_ nameServer: SocketAddress? = nil, _ body: (ServiceNetwork) throws -> Void) rethrows {
        let network = ServiceNetwork(
            client: NoServer(), clock: SystemClock(), .init(nameServer: nameServer), startThread: { name, body in PosixThread.start(name: name, body) }, report: { _ in })
        network.start()
        defer {
            network.stop()
            while !network.hasEnded { usleep(1000) }
        }
        try body(network)
    }

    func rules(_ front: SocketAddress, _ backends: [SocketAddress]) -> ProxyRules {
        ProxyRules([front: .init(service: NamespacedName(namespace: "default", name: "web"), port: "", backends: backends.sorted())])
    }

    /// The listener opens a moment after the rules are published.
    func talkSoon(_ front: SocketAddress, _ bytes: [UInt8]) -> [UInt8]? {
        for _ in 0..<1000 {
            if let answer = talk(to: front, bytes) { return answer }
            usleep(2000)
        }
        return nil
    }

    @Test("connections are spread over the back ends, and a half-closed one still brings its answer")
    func proxies() throws {
        let servers = try [EchoServer("a", "127.16.200.1"), EchoServer("b", "127.16.200.2")]
        let front = SocketAddress("127.96.200.1", port: 22_010)!
        with { network in
            network.publish(rules(front, servers.map(\.address)), DNSZone(domain: "cluster.local"))
            _ = talkSoon(front, [])
            var counts: [String: Int] = [:]
            for _ in 0..<10 { counts[String(decoding: talk(to: front, Array("hello".utf8)) ?? [], as: UTF8.self), default: 0] += 1 }
            #expect(counts == ["a:hello:bye": 5, "b:hello:bye": 5])
        }
        _ = servers
    }

    @Test("ten megabytes pass unchanged, both ways at once")
    func bulk() throws {
        let server = try EchoServer("a", "127.16.200.3")
        let front = SocketAddress("127.96.200.3", port: 22_011)!
        var generator = Xoshiro256(seed: 11)
        let bytes = (0..<10 << 20).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        with { network in
            network.publish(rules(front, [server.address]), DNSZone(domain: "cluster.local"))
            #expect(talkSoon(front, bytes) == Array("a:".utf8) + bytes + Array(":bye".utf8))
        }
        _ = server
    }

    @Test("a back end that refuses is passed over; without any the connection is refused")
    func failover() throws {
        let server = try EchoServer("a", "127.16.200.4")
        let dead = SocketAddress("127.16.200.5", port: 22_099)!
        let front = SocketAddress("127.96.200.4", port: 22_012)!
        with { network in
            network.publish(rules(front, [dead, server.address]), DNSZone(domain: "cluster.local"))
            _ = talkSoon(front, [])
            for _ in 0..<6 { #expect(talk(to: front, Array("x".utf8)) == Array("a:x:bye".utf8)) }
            network.publish(ProxyRules(), DNSZone(domain: "cluster.local"))
            var isRefused = false
            for _ in 0..<1000 where !isRefused {
                isRefused = talk(to: front, []) == nil
                usleep(1000)
            }
            #expect(isRefused)
        }
        _ = server
    }

    @Test("the name server answers over UDP and TCP")
    func names() throws {
        let address = SocketAddress("127.16.200.53", port: 22_053)!
        let zone = try Objects.table().zone
        let question = DNSAnswer.question("web.default.svc.cluster.local", 1)
        try with(address) { network in
            network.publish(ProxyRules(), zone)
            let socket = try Sockets.connect(address, datagrams: true)
            defer { close(socket) }
            var buffer = [UInt8](repeating: 0, count: 4096)
            var answers: [String] = []
            for _ in 0..<500 where answers.isEmpty {
                _ = Sockets.write(socket, question[...])
                var waiting = [pollfd(fd: socket, events: Int16(POLLIN), revents: 0)]
                unsafe _ = poll(&waiting, 1, 20)
                let count = Sockets.read(socket, into: &buffer)
                if count > 0 { answers = DNSAnswer(Array(buffer[..<count])).answers } else { usleep(2000) }
            }
            #expect(answers == ["web.default.svc.cluster.local A 127.96.0.10"])
            let framed = [UInt8(0), UInt8(question.count)] + question
            let both = try #require(talk(to: address, framed + framed))
            let length = Int(both[0]) << 8 | Int(both[1])
            #expect(both.count == 2 * (2 + length))
            #expect(DNSAnswer(Array(both[2..<2 + length])).answers == answers)
        }
    }
}
