import Synchronization

/// The events of one watch in batches. It is bounded: a reader that falls too far behind gets `expired` as its last event.
///
/// The watch ends when the stream is finished by its source, when the reading task is cancelled, or when the last copy of the stream is dropped.
/// One reader at a time.
package struct WatchStream: AsyncSequence, Sendable {
    package typealias Element = [WatchEvent]
    package typealias Failure = Never

    private let buffer: WatchBuffer
    /// Ends the watch when nobody holds the stream any more.
    private let lifetime: Lifetime

    /// A stream and the end that its source writes to. `onEnd` is called once when the reader has gone; it must not block.
    package static func make(capacity: Int = 4096, onEnd: @escaping @Sendable () -> Void = {}) -> (WatchStream, Source) {
        let buffer = WatchBuffer(capacity: capacity, onEnd: onEnd)
        return (WatchStream(buffer: buffer, lifetime: Lifetime(buffer: buffer)), Source(buffer: buffer))
    }

    package func makeAsyncIterator() -> Iterator { Iterator(buffer: buffer, lifetime: lifetime) }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let buffer: WatchBuffer
        fileprivate let lifetime: Lifetime

        /// All events that have come since the last batch, at least one; nil when the watch is over.
        package mutating func next() async -> [WatchEvent]? { await buffer.next() }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> [WatchEvent]? { await buffer.next() }
    }

    /// The writing end.
    package struct Source: Sendable {
        fileprivate let buffer: WatchBuffer

        /// Hands over events; false when the reader has gone or has fallen behind, and the source should drop the watch.
        @discardableResult
        package func send(_ events: [WatchEvent]) -> Bool { buffer.send(events) }

        /// No more events come; what was sent is still read.
        package func finish() { buffer.finish() }
    }

    fileprivate final class Lifetime: Sendable {
        let buffer: WatchBuffer
        init(buffer: WatchBuffer) { self.buffer = buffer }
        deinit { buffer.end() }
    }
}

/// The bounded queue between the two ends.
private final class WatchBuffer: Sendable {
    private struct State {
        var events: [WatchEvent] = []
        var isFinished = false
        var hasEnded = false
        var waiting: CheckedContinuation<[WatchEvent]?, Never>?
    }

    private let capacity: Int
    private let onEnd: @Sendable () -> Void
    private let state = Mutex(State())

    init(capacity: Int, onEnd: @escaping @Sendable () -> Void) {
        self.capacity = capacity
        self.onEnd = onEnd
    }

    func send(_ events: [WatchEvent]) -> Bool {
        if events.isEmpty { return true }
        var reader: CheckedContinuation<[WatchEvent]?, Never>?
        let isTaken = state.withLock { state -> Bool in
            if state.isFinished || state.hasEnded { return false }
            if let waiting = state.waiting {
                reader = waiting
                state.waiting = nil
                return true
            }
            guard state.events.count + events.count <= capacity || state.events.isEmpty else {
                // What is queued would arrive with a hole behind it: the reader lists anew instead.
                state.events = [.failed(.expired("the watch fell \(state.events.count) events behind and was closed"))]
                state.isFinished = true
                return false
            }
            state.events.append(contentsOf: events)
            return true
        }
        reader?.resume(returning: events)
        return isTaken
    }

    func finish() {
        let reader = state.withLock { state -> CheckedContinuation<[WatchEvent]?, Never>? in
            state.isFinished = true
            defer { state.waiting = nil }
            return state.waiting
        }
        reader?.resume(returning: nil)
    }

    /// The reader has gone.
    func end() {
        let (reader, isFirst) = state.withLock { state -> (CheckedContinuation<[WatchEvent]?, Never>?, Bool) in
            let isFirst = !state.hasEnded
            state.hasEnded = true
            state.events = []
            defer { state.waiting = nil }
            return (state.waiting, isFirst)
        }
        reader?.resume(returning: nil)
        if isFirst { onEnd() }
    }

    func next() async -> [WatchEvent]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> [WatchEvent]?? in
                    if state.hasEnded { return .some(nil) }
                    if !state.events.isEmpty {
                        defer { state.events = [] }
                        return .some(state.events)
                    }
                    if state.isFinished { return .some(nil) }
                    precondition(state.waiting == nil, "a watch stream has one reader")
                    state.waiting = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            end()
        }
    }
}
