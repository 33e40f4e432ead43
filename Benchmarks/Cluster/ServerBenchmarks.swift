import Bytes
import ClusterAPI
import NIOHTTP1
import NIOPosix
import Posix
import Synchronization

/// Nodes and bound pods in a running server.
struct ServerFill {
    var port: Int
    var nodes: Int
    var pods: Int

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let objects = SampleObjects()
        let start = Stopwatch.now()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for lane in 0..<16 {
                tasks.addTask {
                    let connection = try await HTTPConnection.open(port: port, on: group)
                    for number in stride(from: lane, to: nodes, by: 16) {
                        let answer = try await connection.send(.POST, "/api/v1/nodes", objects.node(number).jsonBytes)
                        if answer.status > 299, answer.status != 409 { print("node \(number): \(answer.status)") }
                    }
                    for number in stride(from: lane, to: pods, by: 16) {
                        let pod = objects.pod(number, node: SampleObjects.nodeName(number % nodes))
                        let answer = try await connection.send(.POST, "/api/v1/namespaces/\(SampleObjects.namespace)/pods", pod.jsonBytes)
                        if answer.status > 299 { print("pod \(number): \(answer.status)") }
                    }
                    await connection.close()
                }
            }
            try await tasks.waitForAll()
        }
        print("filled with \(nodes) nodes and \(pods) pods in \(Stopwatch.seconds(since: start).short) s")
    }
}

/// Single-object calls at a steady rate beside open watches, each on one node's pods. A call's time runs from when it was due.
struct CallBenchmark {
    var port: Int
    var process: Int
    var rate: Int
    var seconds: Int
    var watches: Int

    private static let lanes = 64
    /// As many as `fill` made.
    private static let nodes = 500
    private static let pods = 10_000

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var open: [HTTPConnection] = []
        for number in 0..<watches {
            let connection = try await HTTPConnection.open(port: port, on: group)
            connection.stream("/api/v1/pods?watch=1&resourceVersion=0&fieldSelector=spec.nodeName%3D\(SampleObjects.nodeName(number % Self.nodes))")
            open.append(connection)
        }
        let opened = try await Self.settle(open)
        let before = Self.received(open)
        let (server, own) = (ProcessFigures(process), ProcessFigures(0))
        let (cpu, ownCPU) = (server.cpuSeconds, own.cpuSeconds)
        let start = Stopwatch.now() + 100_000_000
        let results = try await withThrowingTaskGroup(of: (Latencies, Latencies, Int).self) { tasks in
            for lane in 0..<Self.lanes { tasks.addTask { try await calls(lane, from: start, group) } }
            var sum = (Latencies(), Latencies(), 0)
            for try await part in tasks {
                sum.0.add(part.0)
                sum.1.add(part.1)
                sum.2 += part.2
            }
            return sum
        }
        let elapsed = Stopwatch.seconds(since: start)
        let after = Self.received(open)
        print("calls: \(rate)/s for \(seconds) s beside \(watches) watches, which were open and quiet after \(opened.short) s; \(Int(Double(results.0.count + results.1.count) / elapsed)) calls/s answered, \(results.2) failed")
        print("  get: \(results.0.text())")
        print("  status patch: \(results.1.text())")
        var all = results.0
        all.add(results.1)
        print("  all: \(all.text())")
        print(
            "  server: \(((server.cpuSeconds - cpu) / elapsed * 100).short) % of a core, RSS \(server.residentMegabytes) MB; client: "
                + "\(((own.cpuSeconds - ownCPU) / elapsed * 100).short) % of a core; watches received \((after - before) / 1024) KiB")
    }

    private static func received(_ connections: [HTTPConnection]) -> Int { connections.reduce(0) { $0 + $1.received.load(ordering: .relaxed) } }

    /// Waits until every watch is answered and nothing has come for two seconds; returns how long the answers took, in seconds.
    private static func settle(_ open: [HTTPConnection]) async throws -> Double {
        let start = Stopwatch.now()
        var (last, seconds) = (-1, 0.0)
        var quiet = 0
        while quiet < 20 {
            try await SystemClock().sleep(for: .milliseconds(100))
            let now = received(open)
            if now == last, open.allSatisfy(\.isAnswered) {
                quiet += 1
            } else {
                (quiet, last, seconds) = (0, now, Stopwatch.seconds(since: start))
            }
        }
        return seconds
    }

    private func calls(_ lane: Int, from start: UInt64, _ group: MultiThreadedEventLoopGroup) async throws -> (Latencies, Latencies, Int) {
        let connection = try await HTTPConnection.open(port: port, on: group)
        let clock = SystemClock()
        var (gets, patches, failed) = (Latencies(), Latencies(), 0)
        for number in stride(from: lane, to: rate * seconds, by: Self.lanes) {
            let due = start + UInt64(number) * 1_000_000_000 / UInt64(rate)
            let now = Stopwatch.now()
            if now < due { try await clock.sleep(for: .nanoseconds(Int64(due - now))) }
            let pod = (number &* 7919) % Self.pods
            let path = "/api/v1/namespaces/\(SampleObjects.namespace)/pods/app-\(pod % SampleObjects.kinds)-\(pod)"
            if number % 5 == 4 {
                let patch: JSONValue = ["status": ["message": .string("seen \(number)")]]
                let answer = try await connection.send(.PATCH, path + "/status", patch.bytes, type: "application/strategic-merge-patch+json")
                patches.add(Stopwatch.now() &- due)
                if answer.status != 200 { failed += 1 }
            } else {
                let answer = try await connection.send(.GET, path)
                gets.add(Stopwatch.now() &- due)
                if answer.status != 200 { failed += 1 }
            }
        }
        await connection.close()
        return (gets, patches, failed)
    }
}

/// A switch that is thrown once.
private final class Switch: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

/// What a list of everything takes of memory while it is sent.
struct ListBenchmark {
    var port: Int
    var process: Int

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = ProcessFigures(process)
        let connection = try await HTTPConnection.open(port: port, on: group)
        let before = server.residentMegabytes
        let isOver = Switch()
        let start = Stopwatch.now()
        async let highest = {
            var highest = 0
            while !isOver.isSet {
                highest = max(highest, server.residentMegabytes)
                try? await SystemClock().sleep(for: .milliseconds(2))
            }
            return highest
        }()
        let answer = try await connection.send(.GET, "/api/v1/pods")
        let seconds = Stopwatch.seconds(since: start)
        isOver.set()
        print(
            "list: \(answer.byteCount >> 20) MiB in \(seconds.short) s; server RSS \(before) MB before, \(await highest) MB at most, "
                + "\(server.residentMegabytes) MB after")
        await connection.close()
    }
}

/// What open watches take of memory while nothing happens.
struct WatchFootprint {
    var port: Int
    var process: Int
    var watches: Int

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = ProcessFigures(process)
        let before = server.residentKilobytes
        var open: [HTTPConnection] = []
        for number in 0..<watches {
            let connection = try await HTTPConnection.open(port: port, on: group)
            connection.stream("/api/v1/pods?watch=1&resourceVersion=0&fieldSelector=spec.nodeName%3D\(SampleObjects.nodeName(number))")
            open.append(connection)
        }
        try await SystemClock().sleep(for: .seconds(5))
        let after = server.residentKilobytes
        print("watches: RSS \(before / 1024) MB before, \(after / 1024) MB with \(watches) idle ones: \((after - before) / max(1, watches)) KB each")
        for connection in open { await connection.close() }
    }
}
