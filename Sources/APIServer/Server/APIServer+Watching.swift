package import Bytes
package import ClusterAPI
import Synchronization

extension APIServer {
    /// Opens a watch that hands its events to a closure, in order, from the thread that commits; the closure must not block.
    /// It answers false when it wants no more.
    ///
    /// - Throws: `expired` when the revision is no longer kept; `badRequest` for selectors that cannot be.
    package func subscribe(
        _ request: WatchRequest, deliver: @escaping @Sendable ([WatchEvent]) -> Bool
    ) throws(StatusError) -> WatchSubscription {
        try open(request, WatchSink(deliver: deliver))
    }

    private func open(_ request: WatchRequest, _ sink: WatchSink) throws(StatusError) -> WatchSubscription {
        let verb = APIRequest(
            .list, request.resource, version: request.version, namespace: request.namespace, options: request.options, user: request.user)
        if let refusal = configuration.authorize(request.user, verb) { throw .forbidden(request.resource, "", refusal) }
        let scope = try RequestScope(verb, table)
        guard scope.kind.verbs.contains("watch") else { throw .methodNotAllowed(request.resource, "watch") }
        try SelectableFields.check(request.options.fieldSelector, request.resource)
        return try hub.open(request, scope, sink)
    }

    /// Opens a watch as a stream of batches, which ends when the request's time is over.
    package func watch(_ request: WatchRequest, now: Timestamp) throws(StatusError) -> WatchStream {
        let cell = SubscriptionCell()
        let (stream, source) = WatchStream.make(capacity: configuration.watchCapacity) { cell.cancel() }
        let deadline = request.timeoutSeconds.flatMap { $0 > 0 ? now + .seconds($0) : nil }
        let sink = WatchSink(deliver: { source.send($0) }, finish: { source.finish() }, deadline: deadline)
        cell.set(try open(request, sink))
        return stream
    }

    /// Opens a watch whose events are fetched when the caller likes: for the simulation.
    package func cursor(_ request: WatchRequest) throws(StatusError) -> WatchCursor {
        let cursor = WatchCursor(capacity: configuration.watchCapacity)
        cursor.attach(try subscribe(request) { cursor.append($0) })
        return cursor
    }

    /// Tells watches that ask for it how far they have come; called about once a minute.
    package func sendBookmarks() { hub.sendBookmarks() }
}

/// Joins a stream that may end before its subscription is known.
private final class SubscriptionCell: Sendable {
    private struct State {
        var subscription: WatchSubscription?
        var isCancelled = false
    }

    private let state = Mutex(State())

    func set(_ subscription: WatchSubscription) {
        let isLate = state.withLock { state in
            state.subscription = subscription
            return state.isCancelled
        }
        if isLate { subscription.cancel() }
    }

    func cancel() {
        let subscription = state.withLock { state in
            state.isCancelled = true
            return state.subscription
        }
        subscription?.cancel()
    }
}

/// The events of one watch, to be drained at will. It is bounded: who never drains gets `expired` as the last event.
package final class WatchCursor: Sendable {
    private struct State {
        var events: [WatchEvent] = []
        var isCut = false
        var subscription: WatchSubscription?
    }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    deinit { state.withLock { $0.subscription }?.cancel() }

    func attach(_ subscription: WatchSubscription) { state.withLock { $0.subscription = subscription } }

    func append(_ events: [WatchEvent]) -> Bool {
        state.withLock { state in
            if state.isCut { return false }
            guard state.events.isEmpty || state.events.count + events.count <= capacity else {
                state.events = [.failed(.expired("the watch fell \(state.events.count) events behind and was closed"))]
                state.isCut = true
                return false
            }
            state.events += events
            return true
        }
    }

    /// Everything that has come since the last call.
    package func drain() -> [WatchEvent] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }

    package func cancel() {
        let subscription = state.withLock { state in
            state.isCut = true
            return state.subscription
        }
        subscription?.cancel()
    }
}
