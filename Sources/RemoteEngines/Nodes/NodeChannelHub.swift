package import ClusterAPI
package import Environment
import Synchronization

/// The server's end of all node channels: what a node is asked goes over the connection that its agent has opened.
package final class NodeChannelHub: NodeChannel {
    private let clock: any WallClock
    private let local: (name: String, channel: any NodeChannel)?
    private let links = Mutex<[String: ChannelLink]>([:])

    /// - Parameter local: the node in the same process, if there is one.
    package init(local: (name: String, channel: any NodeChannel)? = nil, clock: any WallClock) {
        self.local = local
        self.clock = clock
    }

    /// Nodes whose agents are connected, sorted.
    package var connected: [String] { links.withLock { $0.keys.sorted() } }

    /// Carries an agent's connection until it ends. A newer connection of the same node replaces it: an agent that comes back need not wait
    /// until its old connection is found dead.
    package func serve(node: String, _ connection: MessageConnection) async {
        let link = ChannelLink(connection, clock: clock)
        let previous = links.withLock { links in
            defer { links[node] = link }
            return links[node]
        }
        previous?.close()
        await withTaskCancellationHandler {
            // An agent asks nothing.
            await link.run { stream, _ in stream.end() }
        } onCancel: {
            link.close()
        }
        links.withLock { links in if links[node] === link { links[node] = nil } }
    }

    private func open(_ node: String, _ request: ChannelRequest) throws(StatusError) -> ChannelStream {
        guard let link = links.withLock({ $0[node] }), let stream = link.open(request) else {
            throw .unavailable("no agent is connected for node \(node)")
        }
        return stream
    }

    private static func lost(_ node: String) -> StatusError { .unavailable("the connection to the agent of node \(node) was lost") }

    // MARK: NodeChannel

    package func logs(_ container: ContainerTarget, _ options: LogOptions) async throws(StatusError) -> ByteStream {
        if let local, local.name == container.node { return try await local.channel.logs(container, options) }
        let stream = try open(container.node, .logs(container, options))
        switch await stream.next() {
        case .opened?: break
        case .failed(let error)?:
            stream.end()
            throw error
        default:
            stream.send(.cancel)
            stream.end()
            throw Self.lost(container.node)
        }
        return ByteStream(
            read: { () async throws(StatusError) -> [UInt8]? in
                switch await stream.next() {
                case .data(_, let bytes)?: return bytes
                case .ended?: return nil
                case .failed(let error)?: throw error
                default: if Task.isCancelled { return nil } else { throw Self.lost(container.node) }
                }
            },
            close: {
                stream.send(.cancel)
                stream.end()
            })
    }

    package func exec(_ container: ContainerTarget, _ options: ExecOptions) async throws(StatusError) -> ExecSession {
        if let local, local.name == container.node { return try await local.channel.exec(container, options) }
        let stream = try open(container.node, .exec(container, options))
        switch await stream.next() {
        case .opened?: break
        case .failed(let error)?:
            stream.end()
            throw error
        default:
            stream.send(.cancel)
            stream.end()
            throw Self.lost(container.node)
        }
        return ExecSession(
            read: {
                while let frame = await stream.next() {
                    switch frame {
                    case .data(let pipe, let bytes): return pipe == 2 ? .stderr(bytes) : .stdout(bytes)
                    case .exited(let code): return .exited(code: code)
                    case .failed(let error): return .failed(error)
                    case .ended: return nil
                    default: continue
                    }
                }
                return Task.isCancelled ? nil : .failed(Self.lost(container.node))
            },
            write: { input in
                switch input {
                case .stdin(let bytes): _ = await stream.send(bytes, pipe: 0)
                case .closeStdin: stream.send(.closeInput)
                case .resize(let width, let height): stream.send(.resize(width: width, height: height))
                }
            },
            close: {
                stream.send(.cancel)
                stream.end()
            })
    }

    package func stats(node: String) async throws(StatusError) -> [UInt8] {
        if let local, local.name == node { return try await local.channel.stats(node: node) }
        let stream = try open(node, .stats(node: node))
        defer { stream.end() }
        var body: [UInt8] = []
        while let frame = await stream.next() {
            switch frame {
            case .data(_, let bytes): body += bytes
            case .ended: return body
            case .failed(let error): throw error
            default: continue
            }
        }
        throw Self.lost(node)
    }
}
