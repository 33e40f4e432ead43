import ClusterAPI
import Synchronization

/// One stream of a node channel: frames that came, and the right to send more.
///
/// ```
/// sender ──data──> window of 256 KB ──> reader
///        <──────────── credit ─────────  for what was read
/// ```
/// - Invariant: a peer that keeps to its credit never makes more than a window wait here; one that does not is found out.
final class ChannelStream: Sendable {
    /// Bytes of data that a sender may be ahead of its reader, each way.
    static let window = 256 << 10

    private struct State {
        var frames: [ChannelFrame] = []
        var waitingBytes = 0
        /// Read and not yet given back as credit.
        var readBytes = 0
        var credit = ChannelStream.window
        var isOver = false
        var whenCancelled: (@Sendable () -> Void)?
        var reader: CheckedContinuation<ChannelFrame?, Never>?
        var sender: CheckedContinuation<Void, Never>?
    }

    let number: UInt32
    private let post: @Sendable (UInt32, ChannelFrame) -> Void
    private let forget: @Sendable (UInt32) -> Void
    private let state = Mutex(State())

    init(_ number: UInt32, post: @escaping @Sendable (UInt32, ChannelFrame) -> Void, forget: @escaping @Sendable (UInt32) -> Void) {
        self.number = number
        self.post = post
        self.forget = forget
    }

    // MARK: What came

    /// Takes a frame of the peer; false when it has sent more than it may.
    func deliver(_ frame: ChannelFrame) -> Bool {
        if case .credit(let count) = frame {
            let sender = state.withLock { state in
                state.credit += count
                defer { state.sender = nil }
                return state.sender
            }
            sender?.resume()
            return true
        }
        // Not in its turn: whoever should read it may be waiting for the program that it ends.
        if frame == .cancel { cancel() }
        let (reader, isFair) = state.withLock { state in
            if case .data(_, let bytes) = frame { state.waitingBytes += bytes.count }
            let reader = state.reader
            state.reader = nil
            if reader == nil { state.frames.append(frame) }
            return (reader, state.waitingBytes <= 2 * Self.window && state.frames.count <= 10_000)
        }
        if let reader { reader.resume(returning: read(frame)) }
        return isFair
    }

    /// The next frame; nil when the connection is lost or the task is cancelled. One caller at a time.
    func next() async -> ChannelFrame? {
        let frame = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<ChannelFrame?, Never>) in
                let outcome: ChannelFrame?? = state.withLock { state in
                    if !state.frames.isEmpty { return state.frames.removeFirst() }
                    if state.isOver || Task.isCancelled { return .some(nil) }
                    state.reader = continuation
                    return .none
                }
                if let outcome { continuation.resume(returning: outcome.map { self.read($0) }) }
            }
        } onCancel: {
            let reader = state.withLock { state in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(returning: nil)
        }
        return frame
    }

    /// Gives credit back for what is read.
    private func read(_ frame: ChannelFrame) -> ChannelFrame {
        guard case .data(_, let bytes) = frame else { return frame }
        let credit = state.withLock { state in
            state.waitingBytes -= bytes.count
            state.readBytes += bytes.count
            guard state.readBytes >= Self.window / 2 else { return 0 }
            defer { state.readBytes = 0 }
            return state.readBytes
        }
        if credit > 0 { post(number, .credit(credit)) }
        return frame
    }

    // MARK: What goes

    /// Sends something small.
    func send(_ frame: ChannelFrame) { post(number, frame) }

    /// Sends data as the peer takes it; false when the stream is over.
    func send(_ bytes: [UInt8], pipe: UInt8) async -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let room = state.withLock { state in
                let room = state.isOver ? -1 : min(state.credit, ChannelFrame.dataLimit, rest.count)
                if room > 0 { state.credit -= room }
                return room
            }
            if room < 0 || Task.isCancelled { return false }
            if room == 0 {
                await waitForCredit()
                continue
            }
            post(number, .data(pipe: pipe, Array(rest.prefix(room))))
            rest = rest.dropFirst(room)
        }
        return true
    }

    private func waitForCredit() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.credit > 0 || state.isOver || Task.isCancelled { return true }
                    state.sender = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            wakeSender()
        }
    }

    private func wakeSender() {
        let sender = state.withLock { state in
            defer { state.sender = nil }
            return state.sender
        }
        sender?.resume()
    }

    // MARK: The end

    /// Has a closure called, once, when the peer wants no more or the connection is lost.
    func whenCancelled(_ body: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            if !state.isOver { state.whenCancelled = body }
            return state.isOver
        }
        if isOver { body() }
    }

    private func cancel() {
        let body = state.withLock { state in
            defer { state.whenCancelled = nil }
            return state.whenCancelled
        }
        body?()
    }

    /// The connection is lost, or nobody wants the stream any more.
    func end() {
        let reader = state.withLock { state in
            state.isOver = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
        wakeSender()
        cancel()
        forget(number)
    }
}
