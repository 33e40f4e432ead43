import Bytes
import ClusterAPI
import Environment
import Synchronization
import Testing

@testable import RemoteEngines

/// A node's side as a test scripts it: an echo for exec, numbered lines for logs.
private final class ScriptedNode: NodeChannel {
    let closed = Mutex(0)
    let written = Mutex<[ExecSession.Input]>([])
    /// Pieces that a log reader has taken so far.
    let pieces = Atomic(0)

    func logs(_ container: ContainerTarget, _ options: LogOptions) async throws(StatusError) -> ByteStream {
        guard container.container == "main" else { throw .badRequest("container \(container.container) is waiting to start: no log yet") }
        let limit = options.tailLines ?? 3
        return ByteStream(
            read: { [self] () async throws(StatusError) in
                let number = pieces.add(1, ordering: .relaxed).oldValue
                if options.follow, number >= limit {
                    while closed.withLock({ $0 }) == 0 { try? await Task.sleep(for: .milliseconds(1)) }
                    return nil
                }
                if number == 2, options.previous { throw .internalError("the disk has failed") }
                return number < limit ? Array("line \(number) \(String(repeating: "x", count: options.limitBytes ?? 0))\n".utf8) : nil
            },
            close: { [self] in closed.withLock { $0 += 1 } })
    }

    func exec(_ container: ContainerTarget, _ options: ExecOptions) async throws(StatusError) -> ExecSession {
        let output = MessageQueue()
        try? output.put(Array("\(options.command.joined(separator: " ")), tty \(options.tty)".utf8))
        return ExecSession(
            read: {
                guard let bytes = await output.next() else { return nil }
                if bytes.first == 0 { return .exited(code: Int(bytes[1])) }
                return bytes.first == 1 ? .stderr(Array(bytes.dropFirst())) : .stdout(bytes)
            },
            write: { [self] input in
                written.withLock { $0.append(input) }
                switch input {
                case .stdin(let bytes): try? output.put(bytes)
                case .closeStdin: try? output.put([0, 7])
                case .resize(let width, _): try? output.put([1] + Array("\(width)".utf8))
                }
            },
            close: { [self] in
                closed.withLock { $0 += 1 }
                output.finish()
            })
    }

    func stats(node: String) async throws(StatusError) -> [UInt8] { Array("{\"node\":\"\(node)\"}".utf8) + [UInt8](repeating: 0x20, count: 1 << 20) }
}

/// The connections that an agent has opened, in their order.
private final class OpenedConnections: Sendable {
    private let connections = Mutex<[MessageConnection]>([])

    var all: [MessageConnection] { connections.withLock { $0 } }

    func add(_ connection: MessageConnection) { connections.withLock { $0.append(connection) } }
}

@Suite("Node channel")
struct NodeChannelTests {
    private static func target(_ container: String = "main", node: String = "n1") -> ContainerTarget {
        ContainerTarget(node: node, namespace: "default", pod: "web", podUID: "u1", container: container)
    }

    /// A hub and an agent with a connection in memory; each dial makes a new one.
    private static func connected(
        _ node: ScriptedNode, clock: ManualClock = ManualClock(now: .epoch), _ body: @escaping @Sendable (NodeChannelHub, OpenedConnections) async throws -> Void
    ) async throws {
        let hub = NodeChannelHub(clock: clock)
        let (accepted, accept) = AsyncStream.makeStream(of: MessageConnection.self)
        let opened = OpenedConnections()
        let agent = NodeChannelAgent(
            server: "http://server:9090", node: "n1", channel: node,
            dial: { url, _ in
                #expect(url == "ws://server:9090/skysail/v1/nodes/n1/channel")
                let (ours, theirs) = MessageConnection.pair()
                accept.yield(theirs)
                opened.add(ours)
                return ours
            }, clock: clock)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await agent.run() }
            group.addTask {
                await withDiscardingTaskGroup { serving in
                    for await connection in accepted { serving.addTask { await hub.serve(node: "n1", connection) } }
                    serving.cancelAll()
                }
            }
            while hub.connected.isEmpty { await Task.yield() }
            try await body(hub, opened)
            group.cancelAll()
        }
    }

    @Test("logs come through, and their end")
    func logs() async throws {
        try await Self.connected(ScriptedNode()) { hub, _ in
            let log = try await hub.logs(Self.target(), LogOptions())
            var text = ""
            while let piece = try await log.read() { text += String(decoding: piece, as: UTF8.self) }
            #expect(text == "line 0 \nline 1 \nline 2 \n")
            log.close()
        }
    }

    @Test("a refusal of the node comes in its own words; a failure on the way ends the log with it")
    func refusals() async throws {
        try await Self.connected(ScriptedNode()) { hub, _ in
            let error = await #expect(throws: StatusError.self) { _ = try await hub.logs(Self.target("side"), LogOptions()) }
            #expect(error?.message == "container side is waiting to start: no log yet" && error?.code == 400)
            var options = LogOptions()
            options.previous = true
            options.tailLines = 9
            let log = try await hub.logs(Self.target(), options)
            let failure = await #expect(throws: StatusError.self) { while try await log.read() != nil {} }
            #expect(failure?.message == "Internal error occurred: the disk has failed")
        }
    }

    @Test("a node whose agent is not connected is unavailable, by its name")
    func unconnected() async throws {
        let hub = NodeChannelHub(clock: ManualClock(now: .epoch))
        let error = await #expect(throws: StatusError.self) { _ = try await hub.stats(node: "n9") }
        #expect(error?.message == "no agent is connected for node n9" && error?.code == 503)
    }

    @Test("a reader that stops reading stops the node's side; closing ends the work behind it")
    func backPressure() async throws {
        let node = ScriptedNode()
        try await Self.connected(node) { hub, _ in
            var options = LogOptions()
            options.tailLines = 10_000
            options.limitBytes = 10_000
            let log = try await hub.logs(Self.target(), options)
            _ = try await log.read()
            try await Task.sleep(for: .milliseconds(100))
            // A window of 256 KB in frames of 10 KB.
            #expect(node.pieces.load(ordering: .relaxed) < 60)
            var bytes = 0
            while bytes < 5_000_000, let piece = try await log.read() { bytes += piece.count }
            #expect(bytes >= 5_000_000)
            log.close()
            while node.closed.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(1)) }
            #expect(node.pieces.load(ordering: .relaxed) < 1000)
        }
    }

    @Test("a program's input, outputs, window and exit code go their ways, each way in order")
    func exec() async throws {
        let node = ScriptedNode()
        try await Self.connected(node) { hub, _ in
            var options = ExecOptions()
            options.command = ["sh", "-c", "ls"]
            options.tty = true
            let session = try await hub.exec(Self.target(), options)
            #expect(await session.read() == .stdout(Array("sh -c ls, tty true".utf8)))
            await session.write(.stdin(Array("echo".utf8)))
            #expect(await session.read() == .stdout(Array("echo".utf8)))
            await session.write(.resize(width: 120, height: 40))
            #expect(await session.read() == .stderr(Array("120".utf8)))
            await session.write(.closeStdin)
            #expect(await session.read() == .exited(code: 7))
            session.close()
            while node.closed.withLock({ $0 }) == 0 { await Task.yield() }
        }
        #expect(node.written.withLock { $0 } == [.stdin(Array("echo".utf8)), .resize(width: 120, height: 40), .closeStdin])
    }

    @Test("a client that goes away ends its program")
    func abandoned() async throws {
        let node = ScriptedNode()
        try await Self.connected(node) { hub, _ in
            let session = try await hub.exec(Self.target(), ExecOptions())
            _ = await session.read()
            session.close()
            while node.closed.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    @Test("an answer of a megabyte comes whole")
    func stats() async throws {
        try await Self.connected(ScriptedNode()) { hub, _ in
            let body = try await hub.stats(node: "n1")
            #expect(body.count == (1 << 20) + 13)
        }
    }

    @Test("a lost connection ends what ran on it, and the agent dials again")
    func reconnect() async throws {
        let clock = ManualClock(now: .epoch)
        let node = ScriptedNode()
        try await Self.connected(node, clock: clock) { hub, opened in
            var options = LogOptions()
            options.follow = true
            let log = try await hub.logs(Self.target(), options)
            for _ in 0..<3 { _ = try await log.read() }
            opened.all[0].close()
            let error = await #expect(throws: StatusError.self) { _ = try await log.read() }
            #expect(error?.message == "the connection to the agent of node n1 was lost")
            #expect(node.closed.withLock { $0 } > 0)
            while opened.all.count < 2 {
                clock.advance(by: .seconds(1))
                await Task.yield()
            }
            while true {
                if let body = try? await hub.stats(node: "n1") {
                    #expect(body.count > 1 << 20)
                    break
                }
                await Task.yield()
            }
        }
    }

    @Test("a peer that is silent is found out")
    func silence() async throws {
        let clock = ManualClock(now: .epoch)
        let hub = NodeChannelHub(clock: clock)
        let (_, theirs) = MessageConnection.pair()
        await withDiscardingTaskGroup { group in
            group.addTask { await hub.serve(node: "n1", theirs) }
            while hub.connected.isEmpty { await Task.yield() }
            for _ in 0..<10_000 where !hub.connected.isEmpty {
                clock.advance(by: .seconds(1))
                await Task.yield()
            }
            #expect(hub.connected.isEmpty)
            group.cancelAll()
        }
    }

    static let examples: [ChannelFrame] = [
        .open(.stats(node: "n1")), .opened, .data(pipe: 2, [0, 255]), .data(pipe: 0, []), .credit(131_072), .closeInput, .resize(width: 80, height: 24), .cancel,
        .ended, .exited(code: -1), .failed(.badRequest("no")), .ping, .pong,
        .open(.exec(target(), { var options = ExecOptions(); options.command = ["a", "b c"]; options.stdin = true; return options }())),
        .open(.logs(target(), { var options = LogOptions(); options.tailLines = 5; options.sinceTimeNanoseconds = 7; options.follow = true; return options }())),
    ]

    @Test("frames read back as they were written", arguments: examples)
    func frames(frame: ChannelFrame) throws {
        let (stream, read) = try ChannelFrame.decode(frame.encoded(stream: 77))
        #expect(stream == 77 && read == frame)
    }

    @Test("no bytes crash the reader; a kind of a later release is passed over")
    func hostile() throws {
        var generator = SplitMix64(seed: 11)
        for _ in 0..<5000 {
            var bytes = Self.examples.randomElement(using: &generator)!.encoded(stream: 1)
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
            _ = try? ChannelFrame.decode(bytes)
        }
        #expect(try ChannelFrame.decode([99, 1, 0, 0, 0, 5]).frame == nil)
    }
}
