import Bytes
import ClusterAPI
import Environment
import Synchronization

/// One end of a node channel: many streams on one connection.
final class ChannelLink: Sendable {
    private struct State {
        var streams: [UInt32: ChannelStream] = [:]
        var lastNumber: UInt32 = 0
        var isOver = false
        var heardAt: UInt64 = 0
    }

    private let connection: MessageConnection
    private let clock: any WallClock
    private let state = Mutex(State())
    private let outgoing: AsyncStream<[UInt8]>
    private let outbox: AsyncStream<[UInt8]>.Continuation

    /// How often a connection that may be dead is tried, and how long it may be silent.
    private static let pingInterval: Duration = .seconds(10)
    private static let silenceLimit: UInt64 = 35_000_000_000
    private static let streamLimit = 4096

    init(_ connection: MessageConnection, clock: any WallClock) {
        self.connection = connection
        self.clock = clock
        // Data waits for credit and control is little, so this holds a few windows at most.
        (outgoing, outbox) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .unbounded)
    }

    /// Carries frames until the connection ends; then every stream ends.
    ///
    /// - Parameter serve: answers a stream that the peer has opened.
    func run(serve: @escaping @Sendable (ChannelStream, ChannelRequest) async -> Void) async {
        state.withLock { $0.heardAt = clock.monotonicNanoseconds() }
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in
                for await message in outgoing {
                    do { try await connection.send(message) } catch { break }
                }
                connection.close()
            }
            group.addTask { [self] in await keepAlive() }
            await withDiscardingTaskGroup { answers in
                await receive { stream, request in answers.addTask { await serve(stream, request) } }
                end()
                answers.cancelAll()
            }
            group.cancelAll()
        }
    }

    func close() { connection.close() }

    private func receive(_ open: (ChannelStream, ChannelRequest) -> Void) async {
        while !Task.isCancelled, let message = try? await connection.receive() {
            state.withLock { $0.heardAt = clock.monotonicNanoseconds() }
            let decoded: (stream: UInt32, frame: ChannelFrame?)
            do throws(CorruptBytes) { decoded = try ChannelFrame.decode(message) } catch { return }
            switch decoded.frame {
            case nil, .pong?: break
            case .ping?: post(0, .pong)
            case .open(let request)?:
                guard let stream = makeStream(decoded.stream) else { return }
                open(stream, request)
            case .some(let frame):
                // A stream that is unknown has ended here while the frame was on its way.
                if let stream = state.withLock({ $0.streams[decoded.stream] }), !stream.deliver(frame) { return }
            }
        }
    }

    private func keepAlive() async {
        while !Task.isCancelled {
            do { try await clock.sleep(for: Self.pingInterval) } catch { return }
            let heardAt = state.withLock { $0.heardAt }
            if clock.monotonicNanoseconds() &- heardAt > Self.silenceLimit { return connection.close() }
            post(0, .ping)
        }
    }

    /// Opens a stream for a request of ours; nil when the connection is lost.
    func open(_ request: ChannelRequest) -> ChannelStream? {
        let number: UInt32? = state.withLock { state in
            if state.isOver { return nil }
            repeat { state.lastNumber &+= 1 } while state.lastNumber == 0 || state.streams[state.lastNumber] != nil
            return state.lastNumber
        }
        guard let number, let stream = makeStream(number) else { return nil }
        stream.send(.open(request))
        return stream
    }

    private func makeStream(_ number: UInt32) -> ChannelStream? {
        let stream = ChannelStream(number) { [weak self] number, frame in
            self?.post(number, frame)
        } forget: { [weak self] number in
            self?.state.withLock { $0.streams[number] = nil }
        }
        let isNew = state.withLock { state in
            if state.isOver || state.streams[number] != nil || state.streams.count >= Self.streamLimit { return false }
            state.streams[number] = stream
            return true
        }
        return isNew ? stream : nil
    }

    private func post(_ number: UInt32, _ frame: ChannelFrame) { outbox.yield(frame.encoded(stream: number)) }

    private func end() {
        let streams = state.withLock { state in
            state.isOver = true
            return state.streams
        }
        for number in streams.keys.sorted() { streams[number]!.end() }
        outbox.finish()
        connection.close()
    }
}
