import Bytes
package import ClusterAPI
package import Environment
import Synchronization

/// What only the node of a pod can answer, answered by the agent in the same process.
package struct LocalNodeChannel: NodeChannel {
    private let nodeName: String
    private let layout: NodeLayout
    private let runtime: any ContainerRuntime
    private let files: any FileSystem
    private let workers: any WorkPool
    private let clock: any WallClock

    package init(
        nodeName: String, layout: NodeLayout, runtime: any ContainerRuntime, files: any FileSystem, workers: any WorkPool,
        clock: any WallClock
    ) {
        self.nodeName = nodeName
        self.layout = layout
        self.runtime = runtime
        self.files = files
        self.workers = workers
        self.clock = clock
    }

    /// How often a log that is followed is looked at again, and the runtime is asked whether the container still runs.
    private static let pollInterval: Duration = .milliseconds(200)
    private static let runningInterval: Duration = .seconds(1)

    // MARK: Logs

    package func logs(_ container: ContainerTarget, _ options: LogOptions) async throws(StatusError) -> ByteStream {
        try check(container.node)
        let pod = PodIdentity(namespace: container.namespace, name: container.pod, uid: container.podUID)
        let latest = latestRun(pod, container.container)
        let restart = options.previous ? latest.flatMap { $0 > 0 ? $0 - 1 : nil } : latest
        guard let restart else {
            let name = "\"\(container.container)\" in pod \"\(container.pod)\""
            throw .badRequest(
                options.previous ? "previous terminated container \(name) not found" : "container \(name) is waiting to start: no log yet")
        }
        let identity = ContainerIdentity(pod: pod, name: container.container, restart: restart)
        let (path, files, now) = (layout.logPath(identity), files, clock.now())
        let cursor: ContainerLogCursor
        do {
            cursor = try await workers.run { try ContainerLogCursor(path, options, now: now, files: files) }
        } catch {
            throw .internalError("cannot read the log of container \(container.container): \(error)")
        }
        let tail = LogTail(cursor: cursor, follows: options.follow && !options.previous, identity: identity, channel: self)
        return ByteStream(
            read: { () async throws(StatusError) in try await tail.next() }, close: { tail.isClosed.store(true, ordering: .relaxed) })
    }

    /// The number of the newest run that has a log.
    private func latestRun(_ pod: PodIdentity, _ container: String) -> Int? {
        let folder = layout.containerDirectory(ContainerIdentity(pod: pod, name: container, restart: 0))
        let names = (try? files.list(folder)) ?? []
        return names.compactMap { layout.container(logPath: folder + "/" + $0)?.restart }.max()
    }

    private func check(_ node: String) throws(StatusError) {
        guard node == nodeName else { throw .notFound(Node.resource, node) }
    }

    /// One reader of a log, who may wait for more.
    private actor LogTail {
        private var cursor: ContainerLogCursor
        private let follows: Bool
        private let identity: ContainerIdentity
        private let channel: LocalNodeChannel
        nonisolated let isClosed = Atomic(false)

        init(cursor: ContainerLogCursor, follows: Bool, identity: ContainerIdentity, channel: LocalNodeChannel) {
            self.cursor = cursor
            self.follows = follows
            self.identity = identity
            self.channel = channel
        }

        func next() async throws(StatusError) -> [UInt8]? {
            var hasEnded = !follows
            var nextCheck = channel.clock.monotonicNanoseconds()
            while !isClosed.load(ordering: .relaxed) {
                let step: ContainerLogCursor.Step
                do {
                    let before = cursor
                    (cursor, step) = try await channel.workers.run {
                        var cursor = before
                        var step = try cursor.step()
                        if case .atEnd = step {
                            try cursor.followRotation()
                            step = try cursor.step()
                        }
                        return (cursor, step)
                    }
                } catch {
                    throw .internalError("cannot read the log of container \(identity.name): \(error)")
                }
                switch step {
                case .bytes(let bytes): return bytes
                case .finished: return nil
                case .atEnd:
                    if hasEnded { return nil }
                    let now = channel.clock.monotonicNanoseconds()
                    if now >= nextCheck {
                        nextCheck = now &+ UInt64(LocalNodeChannel.runningInterval.saturatedNanoseconds)
                        // After it has ended one more look finds what it printed last.
                        hasEnded = await !channel.runs(identity)
                        if hasEnded { continue }
                    }
                    do { try await channel.clock.sleep(for: LocalNodeChannel.pollInterval) } catch { return nil }
                }
            }
            return nil
        }
    }

    private func runs(_ container: ContainerIdentity) async -> Bool {
        guard let records = try? await runtime.list() else { return true }
        return records.contains { record in
            if record.id == container, case .running = record.state { true } else { false }
        }
    }

    // MARK: Programs

    package func exec(_ container: ContainerTarget, _ options: ExecOptions) async throws(StatusError) -> ExecSession {
        try check(container.node)
        guard !options.command.isEmpty else {
            throw .badRequest("cannot attach to container \"\(container.container)\": its input was closed when it was started")
        }
        do {
            let records = try await runtime.list()
            let running = records.filter { record in
                guard record.id.pod.uid == container.podUID, record.id.name == container.container else { return false }
                if case .running = record.state { return true } else { return false }
            }
            guard let record = running.max(by: { $0.id < $1.id }) else {
                throw RuntimeError(.notRunning, "container \"\(container.container)\" of pod \"\(container.pod)\" does not run")
            }
            return try await runtime.open(record.id, options)
        } catch {
            throw .badRequest("cannot run \(options.command[0]): \(error)")
        }
    }

    // MARK: Figures

    /// - Source: the kubelet's `/stats/summary`; the figures themselves are metrics of the collector.
    package func stats(node: String) async throws(StatusError) -> [UInt8] {
        try check(node)
        var pods: [JSONValue] = []
        var seen: Set<String> = []
        for record in ((try? await runtime.list()) ?? []).sorted(by: { $0.id < $1.id }) {
            guard case .running = record.state, seen.insert(record.id.pod.uid).inserted else { continue }
            pods.append([
                "podRef": [
                    "name": .string(record.id.pod.name), "namespace": .string(record.id.pod.namespace), "uid": .string(record.id.pod.uid),
                ]
            ])
        }
        let summary: JSONValue = ["node": ["nodeName": .string(nodeName)], "pods": .array(pods)]
        return summary.bytes
    }
}
