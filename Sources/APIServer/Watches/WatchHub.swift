import Bytes
import ClusterAPI
import ObjectStore
import Synchronization

/// Fans the changes of the store out to watches: each watch gets each matching change once, in the order of revisions.
///
/// A watch begins with a state of the store, which is gathered without the hub's lock; under the lock it gets what has changed since and
/// remembers how far it has come: changes up to there, which the engine may still be about to publish, are passed over. Watches that fix a node's or an object's name lie in buckets, so that a change of one pod
/// does not visit a thousand watches of other nodes.
/// - Lock order: hub, then the engine's own. The engine calls `publish` with no lock that `index` or `changes` take.
final class WatchHub: Sendable {
    private struct State {
        var nextID: UInt64 = 0
        var watchers: [Resource: WatcherTable] = [:]
        /// Changes up to this revision have been handed out.
        var revision: UInt64
    }

    private let engine: any ObjectEngine
    private let digests: DigestCache
    private let fields: FieldIndexes
    private let state: Mutex<State>

    init(engine: any ObjectEngine, digests: DigestCache, fields: FieldIndexes) {
        self.engine = engine
        self.digests = digests
        self.fields = fields
        state = Mutex(State(revision: engine.index.revision))
    }

    // MARK: Opening

    func open(
        _ request: WatchRequest, _ scope: RequestScope, _ sink: WatchSink
    ) throws(StatusError) -> WatchSubscription {
        let version = request.options.resourceVersion
        guard let start = version.isEmpty ? 0 : UInt64(version) else {
            throw .badRequest("Invalid value: \"\(version)\": resourceVersion must be a number")
        }
        var watcher = Watcher(id: 0, request: request, scope: scope, startRevision: start, sink: sink)
        var events: [WatchEvent] = []
        if start == 0 || request.sendsInitialEvents {
            // Outside the lock: what happens meanwhile is made up for below.
            let first = initialEvents(watcher)
            guard start <= first.revision else { throw .tooLargeResourceVersion(start, current: first.revision) }
            (events, watcher.startRevision) = first
        }
        let id = try state.withLock { state throws(StatusError) in
            watcher.id = state.nextID
            state.nextID += 1
            switch engine.changes(after: watcher.startRevision) {
            case .tooOld: throw .tooOldResourceVersion(watcher.startRevision, oldest: engine.index.revision)
            case .changes(let changes):
                for change in changes {
                    watcher.startRevision = change.revision
                    guard let key = StorageKey.parse(change.key), key.resource == request.resource else { continue }
                    if let event = ChangeView(change, key, digests).event(for: watcher) { events.append(event) }
                }
            }
            let current = engine.index.revision
            if watcher.startRevision > current { throw .tooLargeResourceVersion(start, current: current) }
            if events.isEmpty || sink.deliver(events) { state.watchers[request.resource, default: WatcherTable()].insert(watcher) }
            return watcher.id
        }
        return WatchSubscription(hub: self, resource: request.resource, id: id)
    }

    /// Everything that matches as added, and the revision at which that was so.
    private func initialEvents(_ watcher: Watcher) -> ([WatchEvent], revision: UInt64) {
        let request = watcher.request
        var events: [WatchEvent] = []
        let revision: UInt64
        if let answer = fields.candidates(request.resource, request.options.fieldSelector) {
            events = answer.records.compactMap { initialEvent($0, watcher) }
            revision = answer.revision
        } else {
            let index = engine.index
            index.visit(prefix: StorageKey.prefix(request.resource, request.namespace)) { record in
                if let event = initialEvent(record, watcher) { events.append(event) }
                return true
            }
            revision = index.revision
        }
        if request.sendsInitialEvents { events.append(.bookmark(revision: revision, endsInitialEvents: true)) }
        return (events, revision)
    }

    private func initialEvent(_ record: Record, _ watcher: Watcher) -> WatchEvent? {
        guard let key = StorageKey.parse(record.key) else { return nil }
        let view = ChangeView(Change(revision: record.modRevision, key: record.key, record: record, previous: nil), key, digests)
        return view.event(for: watcher)
    }

    func close(_ resource: Resource, _ id: UInt64) { state.withLock { $0.watchers[resource]?.remove(id) } }

    // MARK: Handing out

    /// Called by the engine with each commit's changes, in order.
    func publish(_ changes: [Change]) {
        guard let revision = changes.last?.revision else { return }
        state.withLock { state in
            state.revision = revision
            // A commit's changes reach a watch in one batch: a client that resumes from their revision has seen all of them.
            var batches: [UInt64: [WatchEvent]] = [:]
            var reached: [Watcher] = []
            for change in changes {
                guard let key = StorageKey.parse(change.key) else { continue }
                let table = state.watchers[key.resource] ?? WatcherTable()
                if !table.isEmpty || !SelectableFields.indexed(key.resource).isEmpty {
                    let view = ChangeView(change, key, digests)
                    fields.follow(view)
                    table.visit(view) { watcher in
                        guard change.revision > watcher.startRevision, let event = view.event(for: watcher) else { return }
                        if batches[watcher.id] == nil { reached.append(watcher) }
                        batches[watcher.id, default: []].append(event)
                    }
                }
                if change.record == nil { digests.forget(change.key) }
            }
            for watcher in reached where !watcher.sink.deliver(batches[watcher.id] ?? []) {
                state.watchers[watcher.request.resource]?.remove(watcher.id)
            }
        }
    }

    /// Ends the watches whose time is over.
    func endOverdue(now: Timestamp) {
        let overdue = state.withLock { state in
            let overdue = state.watchers.keys.sorted().flatMap { resource in
                state.watchers[resource]?.all { watcher in watcher.sink.deadline.map { $0 <= now } ?? false } ?? []
            }
            for watcher in overdue { state.watchers[watcher.request.resource]?.remove(watcher.id) }
            return overdue
        }
        for watcher in overdue { watcher.sink.finish() }
    }

    func sendBookmarks() {
        state.withLock { state in
            for resource in state.watchers.keys.sorted() {
                for watcher in state.watchers[resource]?.all(where: \.request.allowsBookmarks) ?? [] {
                    let revision = max(state.revision, watcher.startRevision)
                    if !watcher.sink.deliver([.bookmark(revision: revision, endsInitialEvents: false)]) {
                        state.watchers[resource]?.remove(watcher.id)
                    }
                }
            }
        }
    }
}

/// One open watch; closing it twice is fine.
package final class WatchSubscription: Sendable {
    private let hub: WatchHub
    private let resource: Resource
    private let id: UInt64

    init(hub: WatchHub, resource: Resource, id: UInt64) {
        self.hub = hub
        self.resource = resource
        self.id = id
    }

    package func cancel() { hub.close(resource, id) }
}
