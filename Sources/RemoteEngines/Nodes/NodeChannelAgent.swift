import Bytes
package import ClusterAPI
package import Environment

/// The agent's end of its node channel: keeps one connection to the server open and answers what is asked over it.
package struct NodeChannelAgent: Sendable {
    private let url: String
    private let headers: [(name: String, value: String)]
    private let channel: any NodeChannel
    private let dial: MessageConnection.Dial
    private let clock: any WallClock
    private let seed: UInt64
    private let report: @Sendable (String) -> Void

    private static let shortestPause: Duration = .milliseconds(200)
    private static let longestPause: Duration = .seconds(10)

    /// - Parameter server: the server's URL, as in `http://10.0.0.1:9090`.
    package init(
        server: String, node: String, headers: [(name: String, value: String)] = [], channel: any NodeChannel, dial: @escaping MessageConnection.Dial,
        clock: any WallClock, seed: UInt64 = 0, report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        let socket = server.hasPrefix("https") ? "wss" + server.dropFirst(5) : server.hasPrefix("http") ? "ws" + server.dropFirst(4) : server
        url = "\(socket)/skysail/v1/nodes/\(URLText.escape(node))/channel"
        self.headers = headers
        self.channel = channel
        self.dial = dial
        self.clock = clock
        self.seed = seed
        self.report = report
    }

    /// Serves until the task is cancelled, dialling again whenever the connection is lost.
    package func run() async {
        var random = SplitMix64(seed: seed)
        var pause = Self.shortestPause
        var isDown = false
        while !Task.isCancelled {
            do {
                let connection = try await dial(url, headers)
                if isDown { report("the node channel to \(url) is open again") }
                (isDown, pause) = (false, Self.shortestPause)
                let link = ChannelLink(connection, clock: clock)
                await withTaskCancellationHandler {
                    await link.run { stream, request in await serve(stream, request) }
                } onCancel: {
                    link.close()
                }
            } catch {
                if !isDown, !Task.isCancelled { report("cannot open the node channel to \(url), will try again: \(error)") }
                isDown = true
            }
            // By chance from half of the pause on, so that agents do not come back all at once.
            let half = pause / 2
            let wait = half + .milliseconds(Int64.random(in: 0...half.wholeMilliseconds, using: &random))
            do { try await clock.sleep(for: wait) } catch { return }
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func serve(_ stream: ChannelStream, _ request: ChannelRequest) async {
        defer { stream.end() }
        do throws(StatusError) {
            switch request {
            case .stats(let node):
                if await stream.send(try await channel.stats(node: node), pipe: 1) { stream.send(.ended) }
            case .logs(let container, let options):
                let log = try await channel.logs(container, options)
                stream.send(.opened)
                await serve(log, stream)
            case .exec(let container, let options):
                let session = try await channel.exec(container, options)
                stream.send(.opened)
                await serve(session, stream)
            }
        } catch {
            stream.send(.failed(error))
        }
    }

    private func serve(_ log: ByteStream, _ stream: ChannelStream) async {
        stream.whenCancelled {
            log.close()
            stream.end()
        }
        do throws(StatusError) {
            var isWanted = true
            while isWanted, let piece = try await log.read() { isWanted = await stream.send(piece, pipe: 1) }
            stream.send(.ended)
        } catch {
            stream.send(.failed(error))
        }
        log.close()
    }

    private func serve(_ session: ExecSession, _ stream: ChannelStream) async {
        stream.whenCancelled {
            session.close()
            stream.end()
        }
        await withDiscardingTaskGroup { group in
            group.addTask {
                while let frame = await stream.next() {
                    switch frame {
                    case .data(_, let bytes): await session.write(.stdin(bytes))
                    case .closeInput: await session.write(.closeStdin)
                    case .resize(let width, let height): await session.write(.resize(width: width, height: height))
                    default: break
                    }
                }
            }
            output: while let output = await session.read() {
                switch output {
                case .stdout(let bytes): if await !stream.send(bytes, pipe: 1) { break output }
                case .stderr(let bytes): if await !stream.send(bytes, pipe: 2) { break output }
                case .exited(let code): stream.send(.exited(code: code))
                case .failed(let error): stream.send(.failed(error))
                }
            }
            stream.send(.ended)
            session.close()
            group.cancelAll()
        }
    }
}
