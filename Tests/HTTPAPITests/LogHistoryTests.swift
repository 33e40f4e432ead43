import Bytes
import ClusterAPI
import Environment
import HTTPAPI
import LogStore
import Synchronization
import Telemetry
import Testing

/// `kubectl logs` of a pod whose first lines rotation has taken from its node.
@Suite("Logs that reach back beyond the node's files")
struct LogHistoryTests {
    private static let start: Int64 = 1_700_000_000

    /// A node that has some of the lines, in the form of the real one.
    private struct Node: NodeChannel {
        var numbers: Range<Int>
        var error: StatusError?

        func logs(_ container: ContainerTarget, _ options: LogOptions) async throws(StatusError) -> ByteStream {
            if let error { throw error }
            var text = ""
            for number in numbers.suffix(options.tailLines ?? .max) {
                text += (options.timestamps ? LogHistoryTests.time(number).rfc3339(.nanoseconds) + " " : "") + "line \(number)\n"
            }
            let bytes = Array(text.utf8.prefix(options.limitBytes ?? .max))
            let box = Box([Array(bytes.prefix(30)), Array(bytes.dropFirst(30))].filter { !$0.isEmpty })
            return ByteStream(read: { () async throws(StatusError) in box.next() }, close: {})
        }

        func exec(_ container: ContainerTarget, _ options: ExecOptions) async throws(StatusError) -> ExecSession { throw .unavailable("no") }
        func stats(node: String) async throws(StatusError) -> [UInt8] { [] }
    }

    private final class Box: Sendable {
        private let pieces: Mutex<[[UInt8]]>
        init(_ pieces: [[UInt8]]) { self.pieces = Mutex(pieces) }
        func next() -> [UInt8]? { pieces.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }

    /// An API server that knows one pod.
    private struct OnePod: ClusterClient {
        func perform(_ request: APIRequest) async throws(StatusError) -> APIResponse {
            let pod = Pod {
                $0.metadata.name = "web"
                $0.metadata.namespace = "default"
                $0.metadata.uid = "u1"
                $0.status.containerStatuses = [
                    ContainerStatus {
                        $0.name = "main"
                        $0.state = ContainerState { $0.running = ContainerStateRunning { $0.startedAt = Timestamp(seconds: LogHistoryTests.start) } }
                    }
                ]
            }
            return APIResponse(code: 200, body: pod.jsonBytes)
        }

        func watch(_ request: WatchRequest) async throws(StatusError) -> WatchStream { throw .unavailable("no") }
    }

    static func time(_ number: Int) -> Timestamp { Timestamp(nanoseconds: start * 1_000_000_000 + Int64(number) * 1_000_000) }

    /// A store with lines 0 to 99 of the run on two streams, and some of the run before it.
    private static func store() throws -> LogStore {
        let clock = ManualClock(now: Timestamp(seconds: start + 60))
        let store = try LogStore.open(.init(directory: "/logs"), fileSystem: MemoryFileSystem(), workPool: SerialWorkPool(), clock: clock)
        var batch = LogWriteBatch()
        func stream(_ name: String, pod: String = "web") -> UInt32 {
            batch.addStream(
                Labels([
                    (name: "container", value: "main"), (name: "namespace", value: "default"), (name: "node", value: "n1"), (name: "pod", value: pod),
                    (name: "stream", value: name),
                ]))
        }
        let streams = [stream("stdout"), stream("stderr")]
        let other = stream("stdout", pod: "other")
        for number in -10..<100 {
            batch.addEntry(stream: streams[abs(number) % 2], time: time(number * (number < 0 ? 1000 : 1)).nanoseconds, line: Array("line \(number)".utf8))
            batch.addEntry(stream: other, time: time(number).nanoseconds, line: Array("other \(number)".utf8))
        }
        _ = try store.append(batch)
        return store
    }

    private static func read(_ node: Node, _ options: LogOptions) async throws -> [String] {
        let clock = ManualClock(now: Timestamp(seconds: start + 60))
        let channel = LogHistoryChannel(node, entries: try store(), client: OnePod(), workers: SerialWorkPool(), clock: clock)
        let log = try await channel.logs(ContainerTarget(node: "n1", namespace: "default", pod: "web", podUID: "u1", container: "main"), options)
        var text: [UInt8] = []
        while let piece = try await log.read() { text += piece }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func lines(_ numbers: Range<Int>) -> [String] { numbers.map { "line \($0)" } }

    @Test("lines that the node has no more come first, out of the store, and none comes twice", arguments: [0, 1, 40, 99])
    func whole(first: Int) async throws {
        #expect(try await Self.read(Node(numbers: first..<120), LogOptions()) == Self.lines(0..<120))
    }

    @Test("of the last lines the store gives what the node lacks", arguments: [1, 20, 21, 50, 120, 500])
    func tail(count: Int) async throws {
        var options = LogOptions()
        options.tailLines = count
        #expect(try await Self.read(Node(numbers: 100..<120), options) == Self.lines(max(0, 120 - count)..<120))
    }

    @Test("with times, each line has its own")
    func timestamps() async throws {
        var options = LogOptions()
        options.timestamps = true
        let read = try await Self.read(Node(numbers: 60..<62), options)
        #expect(read == (0..<62).map { "\(Self.time($0).rfc3339(.nanoseconds)) line \($0)" })
    }

    @Test("a time to begin at and a limit of bytes hold over both")
    func limits() async throws {
        var options = LogOptions()
        options.sinceTimeNanoseconds = Self.time(90).nanoseconds
        #expect(try await Self.read(Node(numbers: 95..<100), options) == Self.lines(90..<100))
        options = LogOptions()
        options.limitBytes = 14 + 7
        #expect(try await Self.read(Node(numbers: 1..<3), options) == Self.lines(0..<3))
        options.limitBytes = 10
        #expect(try await Self.read(Node(numbers: 2..<3), options) == ["line 0", "lin"])
    }

    @Test("a node that cannot be reached leaves the store to answer, with what it has of this run")
    func unreachable() async throws {
        #expect(try await Self.read(Node(numbers: 0..<0, error: .unavailable("no agent is connected for node n1")), LogOptions()) == Self.lines(0..<100))
        var options = LogOptions()
        options.previous = true
        let error = await #expect(throws: StatusError.self) {
            _ = try await Self.read(Node(numbers: 0..<0, error: .badRequest("previous terminated container not found")), options)
        }
        #expect(error?.message == "previous terminated container not found")
    }
}
