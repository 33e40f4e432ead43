import Bytes
package import ClusterAPI
package import Environment
package import Telemetry

/// A node channel whose logs begin with the lines that rotation has taken from the node and the log store still has.
///
/// The node's files come first in truth: what they hold is read from them, and where the store cannot be read they are all there is. When
/// the node cannot be reached, or has no file of the container any more, the store is all there is.
package struct LogHistoryChannel: NodeChannel {
    private let nodes: any NodeChannel
    private let entries: any EntryReader
    private let client: any ClusterClient
    private let workers: any WorkPool
    private let clock: any WallClock

    package init(_ nodes: any NodeChannel, entries: any EntryReader, client: any ClusterClient, workers: any WorkPool, clock: any WallClock) {
        self.nodes = nodes
        self.entries = entries
        self.client = client
        self.workers = workers
        self.clock = clock
    }

    package func exec(_ container: ContainerTarget, _ options: ExecOptions) async throws(StatusError) -> ExecSession {
        try await nodes.exec(container, options)
    }

    package func stats(node: String) async throws(StatusError) -> [UInt8] { try await nodes.stats(node: node) }

    package func logs(_ container: ContainerTarget, _ options: LogOptions) async throws(StatusError) -> ByteStream {
        guard let run = await times(of: container, previous: options.previous) else { return try await nodes.logs(container, options) }
        let first: FirstLines
        do throws(StatusError) {
            first = try await probe(container, options)
        } catch where error.code == 503 || error.code == 400 {
            // Without the node the store answers; a log that never was is the node's to explain.
            let history = StoredLines(scan(container, options, run, before: run.end), options, entries: entries, workers: workers)
            guard let begin = try? await history.next() else { throw error }
            let body = StoredLog(history, begin: begin, then: nil)
            return ByteStream(read: { () async throws(StatusError) in try await body.next() }, close: {})
        }
        guard let oldest = first.oldest else { return try await nodes.logs(container, options) }
        if let wanted = options.tailLines, first.count >= wanted { return try await nodes.logs(container, options) }
        var asked = options
        asked.tailLines = options.tailLines.map { $0 - first.count }
        let history = StoredLines(scan(container, options, run, before: oldest), asked, entries: entries, workers: workers)
        // A store that cannot be read takes nothing from what the node has.
        guard let begin = try? await history.next() else { return try await nodes.logs(container, options) }
        var rest = options
        rest.limitBytes = options.limitBytes.map { max(0, $0 - begin.count) }
        if rest.limitBytes == 0 {
            let body = StoredLog(history, begin: begin, then: nil)
            return ByteStream(read: { () async throws(StatusError) in try await body.next() }, close: {})
        }
        let live = try await nodes.logs(container, rest)
        let body = StoredLog(history, begin: begin, then: live)
        return ByteStream(read: { () async throws(StatusError) in try await body.next() }, close: live.close)
    }

    // MARK: What the node has

    private struct FirstLines {
        /// Time of the oldest line that the node would give.
        var oldest: Int64?
        var count: Int
    }

    /// Asks the node for the time of its oldest line, and how many of the last ones it has when so many are wanted.
    private func probe(_ container: ContainerTarget, _ options: LogOptions) async throws(StatusError) -> FirstLines {
        var asked = options
        asked.follow = false
        asked.timestamps = true
        asked.limitBytes = options.tailLines == nil ? 64 : nil
        let log = try await nodes.logs(container, asked)
        defer { log.close() }
        var head: [UInt8] = []
        var count = 0
        while let piece = try await log.read() {
            if head.count < 64 { head += piece.prefix(64 - head.count) }
            count += piece.count { $0 == UInt8(ascii: "\n") }
        }
        let time = Timestamp(rfc3339: head.prefix { $0 != UInt8(ascii: " ") })
        return FirstLines(oldest: time?.nanoseconds, count: count)
    }

    // MARK: What the store has

    private struct RunTimes {
        var start: Int64
        var end: Int64
    }

    /// When the run of the container began that is asked for, and ended; nil when nobody knows.
    private func times(of container: ContainerTarget, previous: Bool) async -> RunTimes? {
        guard let pod = try? await client.get(Pod.self, namespace: container.namespace, name: container.pod), pod.metadata.uid == container.podUID else {
            return nil
        }
        let statuses = pod.status.containerStatuses + pod.status.initContainerStatuses
        guard let status = statuses.first(where: { $0.name == container.container }) else { return nil }
        let state = previous ? status.lastState : status.state
        let now = clock.now() + .seconds(1)
        if let start = state?.running?.startedAt { return RunTimes(start: start.nanoseconds, end: now.nanoseconds) }
        guard let ended = state?.terminated, let start = ended.startedAt else { return nil }
        // Times of a status are whole seconds.
        return RunTimes(start: start.nanoseconds, end: ((ended.finishedAt ?? now) + .seconds(1)).nanoseconds)
    }

    private func scan(_ container: ContainerTarget, _ options: LogOptions, _ run: RunTimes, before end: Int64) -> LogScan {
        var start = run.start
        if let time = options.sinceTimeNanoseconds { start = max(start, time) }
        if let seconds = options.sinceSeconds { start = max(start, (clock.now() - .seconds(seconds)).nanoseconds) }
        let matchers = [
            LabelMatcher("namespace", equals: container.namespace), LabelMatcher("pod", equals: container.pod),
            LabelMatcher("container", equals: container.container), LabelMatcher("node", equals: container.node),
        ]
        return LogScan(
            matchers: matchers, start: start, end: max(start, end), projection: [.times, .lines],
            order: .ordered(options.tailLines == nil ? .forward : .backward), limit: options.tailLines ?? 0)
    }
}

/// What the store has, and then what the node has.
private actor StoredLog {
    private let history: StoredLines
    private var begin: [UInt8]?
    private var isInHistory = true
    private let then: ByteStream?

    init(_ history: StoredLines, begin: [UInt8], then: ByteStream?) {
        self.history = history
        self.begin = begin
        self.then = then
    }

    func next() async throws(StatusError) -> [UInt8]? {
        if let begin {
            self.begin = nil
            return begin
        }
        if isInHistory {
            do {
                if let piece = try await history.next() { return piece }
            } catch {
                throw .internalError("cannot read the log store: \(error)")
            }
            isInHistory = false
        }
        guard let then else { return nil }
        return try await then.read()
    }
}
